package cio

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"ciomirror/catalog"
)

// chain serves a list as a map from token to answer; "" is the first page.
func chain(pages map[string]string) *sequence {
	s := &sequence{}
	return s.serving(func(r *http.Request) (*http.Response, error) {
		body, ok := pages[r.URL.Query().Get("start")]
		if !ok {
			return reply(400, `{"errors":[{"detail":"bad token","status":"400"}]}`), nil
		}
		return reply(200, body), nil
	})
}

// serving answers by request instead of in turn.
func (s *sequence) serving(f answers) *sequence {
	s.replies = []func() (*http.Response, error){func() (*http.Response, error) {
		s.mu.Lock()
		r := s.requests[len(s.requests)-1]
		s.mu.Unlock()
		return f(r)
	}}
	return s
}

func TestPagesFollowsTokensToTheEnd(t *testing.T) {
	for name, end := range map[string]string{
		"absent": `{"things":[{"id":3}]}`,
		"null":   `{"things":[{"id":3}],"next":null}`,
		"empty":  `{"next":"","things":[{"id":3}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			s := chain(map[string]string{
				"":       `{"things":[{"id":1},{"id":2}],"next":"a+/=&b"}`, // short of 100: no end
				"a+/=&b": `{"next":42,"things":[]}`,
				"42":     end,
			})
			m := &catalog.Meter{}
			pages, err := collect(t.Context(), newClient(t, s, fast), catalog.Walk{Entity: things(), Meter: m})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([][]string{{`{"id":1}`, `{"id":2}`}, nil, {`{"id":3}`}}, pages); diff != "" {
				t.Error(diff)
			}
			if m.Requests() != 3 || m.Retries() != 0 {
				t.Errorf("%d requests, %d retries", m.Requests(), m.Retries())
			}
		})
	}
}

func TestPagesSendsWhatTheCatalogSays(t *testing.T) {
	s := inTurn(says(200, `{"things":null}`))
	c := newClient(t, s, fast)
	if _, err := collect(t.Context(), c, catalog.Walk{Entity: things(), Query: query("hidden", "true", "start_ts", "5")}); err != nil {
		t.Fatal(err)
	}
	r := s.requests[0]
	if got, want := r.URL.String(), testBase+"/v1/things?hidden=true&limit=100&sort=asc&start_ts=5"; got != want {
		t.Errorf("asked %s, want %s", got, want)
	}
	if got := r.Header.Get("Authorization"); got != "Bearer "+canary {
		t.Errorf("Authorization %q", got)
	}
	if got := r.Header.Get("User-Agent"); got != "ciomirror/test" {
		t.Errorf("User-Agent %q", got)
	}
}

func TestPagesEncodesTheParent(t *testing.T) {
	s := inTurn(says(200, `{"parts":[]}`))
	if _, err := collect(t.Context(), newClient(t, s, fast), catalog.Walk{Entity: parts(), Parent: "a-_=/+@ ?%."}); err != nil {
		t.Fatal(err)
	}
	if got, want := s.requests[0].URL.EscapedPath(), "/v1/things/a-_%3D%2F%2B%40%20%3F%25./parts"; got != want {
		t.Errorf("asked %s, want %s", got, want)
	}
}

func TestPagesRefusesAWalkThatCannotBe(t *testing.T) {
	s := inTurn(says(200, `{}`))
	c := newClient(t, s, fast)
	for name, w := range map[string]catalog.Walk{
		"no entity":          {},
		"no list":            {Entity: &catalog.Entity{Name: "x"}},
		"no parent":          {Entity: parts()},
		"a climbing parent":  {Entity: parts(), Parent: ".."},
		"a needless parent":  {Entity: things(), Parent: "1"},
		"a start in between": {Entity: things(), Query: query("start", "x")},
	} {
		if _, err := collect(t.Context(), c, w); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if s.count() != 0 {
		t.Errorf("%d requests", s.count())
	}
}

func TestPagesMayBeRangedTwice(t *testing.T) {
	s := chain(map[string]string{"": `{"things":[{"id":1}],"next":"a"}`, "a": `{"things":[{"id":2}]}`})
	seq := newClient(t, s, fast).Pages(t.Context(), catalog.Walk{Entity: things()})
	for round := range 2 {
		n := 0
		for _, err := range seq {
			if err != nil {
				t.Fatal(err)
			}
			n++
		}
		if n != 2 {
			t.Errorf("round %d: %d pages", round, n)
		}
	}
	for range seq {
		break // an early end asks nothing more
	}
	if s.count() != 5 {
		t.Errorf("%d requests, want 5", s.count())
	}
}

// API-7 and API-8.
func TestWalkThatLeadsNowhereEnds(t *testing.T) {
	page := func(id int, next string) string {
		return fmt.Sprintf(`{"things":[{"id":%d,"n":%d}],"next":%s}`, id, id, next)
	}
	empty := func(next string) string { return `{"things":[],"next":"` + next + `"}` }
	for name, tc := range map[string]struct {
		pages    map[string]string
		requests int
		good     int // pages before the error
	}{
		"the same token again":      {map[string]string{"": page(1, `"a"`), "a": page(2, `"a"`)}, 2, 1},
		"A-B-A":                     {map[string]string{"": page(1, `"a"`), "a": page(2, `"b"`), "b": page(3, `"a"`)}, 3, 2},
		"restart at page 1":         {map[string]string{"": page(1, `"a"`), "a": page(2, `"b"`), "b": page(1, `"a"`)}, 3, 2},
		"restart with fresh token":  {map[string]string{"": page(1, `"a"`), "a": page(2, `"b"`), "b": page(1, `"c"`)}, 3, 2},
		"restart, id now a text":    {map[string]string{"": page(1, `"a"`), "a": `{"things":[{"x":0,"id":"1"}],"next":"b"}`}, 2, 1},
		"empty for ever":            {map[string]string{"": empty("1"), "1": empty("2"), "2": empty("3"), "3": empty("4"), "4": empty("5"), "5": empty("6")}, 5, 4},
		"a token of 1 MB":           {map[string]string{"": page(1, `"`+strings.Repeat("x", 1<<20)+`"`)}, 1, 0},
		"a token that is an object": {map[string]string{"": page(1, `{"a":1}`)}, 1, 0},
		"a token that is true":      {map[string]string{"": page(1, `true`)}, 1, 0},
		"two tokens":                {map[string]string{"": `{"next":"a","things":[{"id":1}],"next":"b"}`}, 1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			s := chain(tc.pages)
			pages, err := collect(t.Context(), newClient(t, s, fast), catalog.Walk{Entity: things()})
			if !errors.Is(err, catalog.ErrContract) {
				t.Errorf("error %v", err)
			}
			if s.count() != tc.requests || len(pages) != tc.good {
				t.Errorf("%d requests and %d pages, want %d and %d: %v", s.count(), len(pages), tc.requests, tc.good, err)
			}
		})
	}
}

func TestFourEmptyPagesAreNoEnd(t *testing.T) {
	empty := func(next string) string { return `{"things":[],"next":"` + next + `"}` }
	s := chain(map[string]string{"": empty("1"), "1": empty("2"), "2": empty("3"), "3": empty("4"),
		"4": `{"things":[{"id":1}],"next":"5"}`, "5": empty("6"), "6": empty("")})
	pages, err := collect(t.Context(), newClient(t, s, fast), catalog.Walk{Entity: things()})
	if err != nil || len(pages) != 7 {
		t.Errorf("%d pages, %v", len(pages), err)
	}
}

func TestListSaidToHaveOnePageIsFollowedAllTheSame(t *testing.T) {
	e := things()
	e.List.Paged = false
	s := chain(map[string]string{"": `{"things":[{"id":1}],"next":"a"}`, "a": `{"things":[{"id":2}]}`})
	if pages, err := collect(t.Context(), newClient(t, s, fast), catalog.Walk{Entity: e}); err != nil || len(pages) != 2 {
		t.Errorf("%d pages, %v", len(pages), err)
	}
}

func TestAMillionPagesTakeLittleMemory(t *testing.T) {
	n := 1_000_000
	if testing.Short() {
		n = 50_000
	}
	rt := answers(func(r *http.Request) (*http.Response, error) {
		at, _ := strconv.Atoi(r.URL.Query().Get("start"))
		if at == n-1 {
			return reply(200, `{"things":[{"id":-1}]}`), nil
		}
		return reply(200, fmt.Sprintf(`{"things":[{"id":%d}],"next":"%d"}`, at+1_000_000, at+1)), nil
	})
	before, pages := heap(), 0
	var during uint64
	for _, err := range newClient(t, rt, fast).Pages(t.Context(), catalog.Walk{Entity: things()}) {
		if err != nil {
			t.Fatal(err)
		}
		if pages++; pages == n-1 {
			during = heap()
		}
	}
	if pages != n {
		t.Errorf("%d pages, want %d", pages, n)
	}
	if perPage := float64(during-before) / float64(n); perPage > 64 {
		t.Errorf("%.0f bytes of memory a page", perPage)
	}
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func TestCancelEndsAWalkAtOnce(t *testing.T) {
	// slow is a body that brings a byte a second, and ends with the request.
	for name, rt := range map[string]http.RoundTripper{
		"before the headers": answers(func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		}),
		"in the body":           answers(func(r *http.Request) (*http.Response, error) { return drip(r.Context()), nil }),
		"in a back-off":         inTurn(says(503, "", "Retry-After", "60")),
		"in a pause":            inTurn(says(429, "", "Retry-After", "60")),
		"waiting for the limit": inTurn(says(200, `{"things":[{"id":1}],"next":"a"}`)),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancelCause(t.Context())
				stop := errors.New("enough")
				c := newClient(t, rt, func(o *Options) {
					if name == "waiting for the limit" {
						o.Rate = 0.001
					}
				})
				time.AfterFunc(1500*time.Millisecond, func() { cancel(stop) })
				start := time.Now()
				_, err := collect(ctx, c, catalog.Walk{Entity: things()})
				if took := time.Since(start); took != 1500*time.Millisecond {
					t.Errorf("ended after %v", took)
				}
				if !errors.Is(err, context.Canceled) || !errors.Is(err, stop) || classes(t, err) != "" {
					t.Errorf("error %v", err)
				}
			})
		})
	}
}
