package query_test

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"testing"

	"github.com/Masterminds/squirrel"

	"ciomirror/catalog"
	"ciomirror/query"
)

// textIndex answers looks into a text index that proposes some number of rows, and
// in which all terms are as rare.
type textIndex int64

func (n textIndex) rows(_ context.Context, q squirrel.Sqlizer) iter.Seq2[[]any, error] {
	return func(yield func([]any, error) bool) {
		if sql, _, _ := q.ToSql(); strings.Contains(sql, "count(*)") {
			yield([]any{int64(n), "[1,2]"}, nil)
		}
	}
}

// poems is an entity with two fields that have a text index and one that has none.
func poems(t *testing.T, filter string) *query.Plan {
	t.Helper()
	cat, err := catalog.New(&catalog.Entity{
		Name: "poems", Doc: "Poems.", Key: []string{"id"},
		List: catalog.List{Path: "/v1/poems", Items: "poems", Complete: true},
		Fields: []catalog.Field{
			field("id", 0, catalog.Integer), field("title", catalog.FullText, catalog.String), field("from", catalog.FullText, catalog.String),
			field("metre", 0, catalog.String), field("lines", 0, catalog.Array), unix(field("created", catalog.Indexed, catalog.Integer)),
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	extra := ""
	if f, ok := strings.CutSuffix(filter, "~"); ok { // with two typing errors
		filter, extra = f, `,"typos":2`
	}
	q, err := query.Parse(fmt.Appendf(nil, `{"query":{"filter":%s,"sort":[{"created":"desc"}]}%s}`, filter, extra))
	if err != nil {
		t.Fatal(err)
	}
	plan, err := query.NewCompiler(cat, query.SQLite{TextIndex: true}).Compile("poems", q)
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

func TestWhatIsProposedMustHoldForARowToBeFound(t *testing.T) {
	for filter, want := range map[string]string{
		`{"contains":{"title":"Rose"}}`:         `"aose" AND "aros"`,
		`{"startswith":{"title":"ro"}}`:         ``,
		`{"contains":{"metre":"iambic"}}`:       ``,
		`{"eq":{"title":"Rose"}}`:               ``,
		`{"contains":{"lines":"rose"}}`:         ``,
		`{"not":{"contains":{"title":"rose"}}}`: ``,
		`{"like":{"from":"Ann%of%\"Kent\""}}`:   `"bann" AND "bent" AND "bken" AND "bnt¢"`,
		`{"fuzzy":{"title":"the o rose"}}`:      `"aose" AND "aros" AND "athe"`,
		`{"keyword":{"title":"the rose"}}`:      `(("athe") OR ("aose" AND "aros"))`,
		`{"keyword":{"title":"o rose"}}`:        ``,
		`{"contains":{"title":"abcdefgh"}}`:     `"aabc" AND "abcd" AND "acde" AND "adef"`,
		`{"and":[{"contains":{"title":"the"}},{"eq":{"metre":"x"}},{"not":{"contains":{"title":"not"}}}]}`:         `"athe"`,
		`{"and":[{"contains":{"title":"the"}},{"contains":{"from":"the"}}]}`:                                       `"athe" AND "bthe"`,
		`{"and":[{"contains":{"title":"the"}},{"or":[{"contains":{"title":"one"}},{"contains":{"from":"two"}}]}]}`: `"athe" AND (("aone") OR ("btwo"))`,
		`{"fuzzy":{"title":"the o rose"}}~`:                                                                ``,
		`{"keyword":{"title":"congratulations"}}~`:                                                         `(((("acon" AND "aong") OR ("aatu" AND "atul") OR ("aion" AND "aons" AND "atio"))))`,
		`{"and":[{"fuzzy":{"title":"automations rose"}},{"contains":{"from":"ann"}}]}~`:                    `"bann" AND (("aaut") OR ("amat") OR ("aons"))`,
		`{"keyword":{"title":"automations rose"}}~`:                                                        ``,
		`{"or":[{"contains":{"title":"the"}},{"eq":{"metre":"x"}}]}`:                                       ``,
		`{"or":[{"contains":{"title":"the"}},{"and":[{"eq":{"metre":"x"}},{"endswith":{"from":"two"}}]}]}`: `(("athe") OR ("btwo"))`,
		`{"or":[]}`: ``,
		`{"not":{"not":{"contains":{"title":"rose"}}}}`: ``,
	} {
		looks, _, err := poems(t, filter).Chosen(t.Context(), textIndex(2).rows)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if len(looks) > 0 {
			got = looks[len(looks)-1].Args[0].(string)
		}
		if got != want {
			t.Errorf("%s\n got %s\nwant %s", filter, got, want)
		}
	}
}

func TestManyProposedRowsAreRatherWalked(t *testing.T) {
	plan := poems(t, `{"contains":{"title":"Rose"}}`)
	_, few, err := plan.Chosen(t.Context(), textIndex(5000).rows)
	if err != nil || len(few) != 1 || few[0].Args[0] != "[1,2]" || !strings.Contains(few[0].SQL, `rowid IN (SELECT value FROM json_each(?)) AND text_contains("title", ?)`) {
		t.Errorf("few: %+v, %v", few, err)
	}
	_, many, err := plan.Chosen(t.Context(), textIndex(5001).rows)
	if err != nil || len(many) != len(plan.Statements()) || strings.Contains(many[0].SQL, "rowid") {
		t.Errorf("many: %+v, %v", many, err)
	}
	// The plan is as it was: what one look found is not left for the next.
	if _, again, _ := plan.Chosen(t.Context(), textIndex(0).rows); again[0].Args[0] != "[1,2]" || len(plan.Statements()) != len(many) {
		t.Errorf("again: %+v", again)
	}
}

// A filter may be larger than what a text index can be asked.
func TestGreatFiltersAreCutForTheTextIndexOnly(t *testing.T) {
	m := newMirror(t, testCatalog(t))
	m.exec(t, `create table poems (title)`)
	m.exec(t, `create virtual table _poems_text using fts5(title, "from", content='', contentless_delete=1, detail=none, tokenize='ascii')`)
	word := func(i int) string { return fmt.Sprintf(`{"contains":{"title":"word %d"}}`, i) }
	var words []string
	for i := range 400 {
		words = append(words, word(i))
	}
	deep := word(0)
	for i := range 30 {
		deep = fmt.Sprintf(`{"and":[{"or":[%s,%s]},%s]}`, deep, word(i), word(i))
	}
	long := strings.Repeat("o rose ", 100_000)
	for name, c := range map[string]struct {
		filter string
		looks  bool
	}{
		"a long and":     {`{"and":[` + strings.Join(words, ",") + `]}`, true},
		"a long or":      {`{"or":[` + strings.Join(words, ",") + `]}`, false},
		"a deep filter":  {deep, true},
		"a long operand": {`{"contains":{"title":"` + long + `"}}`, true},
		"many words":     {`{"fuzzy":{"title":"` + long + `"}}`, true},
		"many keywords":  {`{"keyword":{"title":"` + strings.ReplaceAll(long, "o ", "") + `"}}`, false},
	} {
		looks, _, err := poems(t, c.filter).Chosen(t.Context(), m.Rows)
		if err != nil || (len(looks) > 0) != c.looks {
			t.Errorf("%s: %d looks, %v", name, len(looks), err)
		}
	}
}
