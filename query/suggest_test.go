package query_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/Masterminds/squirrel"

	"ciomirror/query"
)

func TestWhatIsNearIsSuggestedForWhatIsNotFound(t *testing.T) {
	m := newMirror(t, testCatalog(t))
	for i, name := range []string{"Welcome back", "Welcome, Anna", "Wellcome", "Trial ends", "Trail running", "An end"} {
		m.insert(t, "things", fmt.Sprintf(`{"id":%d,"name":%q,"code":"KX-00%[1]d","meta":{"note":"Weltome"},"steps":["Wekcome"]}`, i+1, name))
	}
	const none = `{"has_more":false,"cursor":null,"took_ms":0}`
	suggested := func(words string) string {
		return `{"has_more":false,"cursor":null,"took_ms":0,"suggestions":{` + words + `}}`
	}
	for filter, want := range map[string]string{
		// The nearest first, then the most frequent.
		`{"fuzzy":{"name":"wlecome bakc"}}`:                                   suggested(`"name":{"words":["welcome","wellcome","back"],"partial":false}`),
		`{"keyword":{"name":"trlai"}}`:                                        suggested(`"name":{"words":[],"partial":false}`),
		`{"keyword":{"name":"tial"}}`:                                         suggested(`"name":{"words":["trial"],"partial":false}`),
		`{"startswith":{"name":"welcme b"}}`:                                  suggested(`"name":{"words":["welcome","wellcome"],"partial":false}`),
		`{"like":{"name":"%Bakc%"}}`:                                          suggested(`"name":{"words":["back"],"partial":false}`),
		`{"fuzzy":{"name":"bakc","code":"kx 0001"}}`:                          suggested(`"code":{"words":["001"],"partial":false},"name":{"words":["back"],"partial":false}`),
		`{"and":[{"fuzzy":{"name":"bakc"}},{"contains":{"name":"wlecome"}}]}`: suggested(`"name":{"words":["back","welcome","wellcome"],"partial":false}`),
		// A word that is there is spelt well, and of two letters every word would be near.
		`{"and":[{"keyword":{"name":"welcome"}},{"eq":{"id":6}}]}`: suggested(`"name":{"words":[],"partial":false}`),
		`{"keyword":{"name":"ax"}}`:                                suggested(`"name":{"words":[],"partial":false}`),
		// Nothing was looked for in a text.
		`{"eq":{"name":"wlecome"}}`:                                     none,
		`{"and":[{"eq":{"id":9}},{"not":{"fuzzy":{"name":"welcme"}}}]}`: none,
		`{"fuzzy":{"meta.note":"welcme"}}`:                              none,
		`{"any":{"steps":{"fuzzy":"welcme"}}}`:                          none,
		`{"contains":{"tags":"welcme"}}`:                                none,
		`{"fuzzy":{"id":"welcme"}}`:                                     none,
		// Something was found.
		`{"fuzzy":{"name":"elcom"}}`: none,
	} {
		params := fmt.Sprintf(`{"query":{"filter":%s},"suggest":true}`, filter)
		if got := metaOf(t, m, "things", params); got != want {
			t.Errorf("%s:\n got %s\nwant %s", filter, got, want)
		}
		for _, unasked := range []string{``, `,"suggest":false`, `,"suggest":null`} {
			if got := metaOf(t, m, "things", fmt.Sprintf(`{"query":{"filter":%s}%s}`, filter, unasked)); got != none {
				t.Errorf("unasked: %s", got)
			}
		}
	}
	// With typos what is near is found, and there is nothing to suggest.
	if got := metaOf(t, m, "things", `{"query":{"filter":{"fuzzy":{"name":"wlecome bakc"}}},"suggest":true,"typos":1}`); got != none {
		t.Error(got)
	}
	_, err := m.search("things", `{"suggest":"yes"}`)
	if f := wantCode(t, err, query.InvalidFilter); f.At != "/suggest" || !strings.Contains(f.Hint, `"suggest":true`) {
		t.Errorf("%+v", f)
	}
}

// shelf is a source without a row that fits, and with so many texts.
type shelf struct {
	texts  int
	then   error // after them
	hang   bool  // after them, until the time is over
	fields int   // that were asked for
}

func (s *shelf) Snapshot(_ context.Context, f func(query.Rows) error) error { return f(s.rows) }

func (s *shelf) rows(ctx context.Context, q squirrel.Sqlizer) iter.Seq2[[]any, error] {
	return func(yield func([]any, error) bool) {
		if _, page := q.(query.Statement); page {
			return
		}
		s.fields++
		for range s.texts {
			if !yield([]any{"Welcome back"}, nil) {
				return
			}
		}
		if s.hang {
			<-ctx.Done()
			yield(nil, ctx.Err())
		}
		if s.then != nil {
			yield(nil, s.then)
		}
	}
}

func TestSuggestionsAreBounded(t *testing.T) {
	c := query.NewCompiler(testCatalog(t), query.SQLite{})
	run := func(t *testing.T, ctx context.Context, s *shelf, filter string) (string, error) {
		q, err := query.Parse([]byte(`{"query":{"filter":` + filter + `},"suggest":true}`))
		if err != nil {
			t.Fatal(err)
		}
		p, err := c.Compile("things", q)
		if err != nil {
			t.Fatal(err)
		}
		a, err := query.Run(ctx, s, p, clock)
		b, _ := json.Marshal(a.Meta.Extras)
		return string(b), err
	}
	const two = `{"fuzzy":{"name":"bakc","code":"bakc"}}`
	synctest.Test(t, func(t *testing.T) {
		want := `{"suggestions":{"code":{"words":[],"partial":true},"name":{"words":["back"],"partial":true}}}`
		// The time is for all fields together: the second has none left.
		if got, err := run(t, t.Context(), &shelf{texts: 3, hang: true}, `{"fuzzy":{"name":"bakc"},"keyword":{"code":"nothing"}}`); err != nil || got != want {
			t.Errorf("out of time: %s, %v", got, err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), query.SuggestTime/2)
		defer cancel()
		if _, err := run(t, ctx, &shelf{hang: true}, two); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want the search to end", err)
		}
	})
	want := `{"suggestions":{"code":{"words":["back"],"partial":true},"name":{"words":["back"],"partial":true}}}`
	if got, err := run(t, t.Context(), &shelf{texts: query.SuggestRows + 1}, two); err != nil || got != want {
		t.Errorf("too many rows: %s, %v", got, err)
	}
	want = strings.ReplaceAll(want, "true", "false")
	if got, err := run(t, t.Context(), &shelf{texts: query.SuggestRows}, two); err != nil || got != want {
		t.Errorf("as many rows as are read: %s, %v", got, err)
	}
	broken := errors.New("disk I/O error")
	if _, err := run(t, t.Context(), &shelf{then: broken}, two); !errors.Is(err, broken) {
		t.Errorf("got %v, want the failure", err)
	}
}
