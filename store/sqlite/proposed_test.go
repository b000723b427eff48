package sqlite_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"ciomirror/query"
)

// What is in every row of one field is in none of another, and what is in every row
// leads to none in particular. Of terms that are as rare it is the order of the
// alphabet that decides.
func TestTheRarestTermsOfTheFieldAreAskedFor(t *testing.T) {
	l := newLibrary(t)
	var records []string
	for i := range 400 {
		records = append(records, fmt.Sprintf(`{"id":"%d","subject":"The weekly letter %d","recipient":"ann%d@lumen.test"}`, i, i, i))
	}
	l.write("messages", records...)
	for filter, want := range map[string]string{
		`{"contains":{"subject":"lumen"}}`:                                            `"blum" AND "bmen" AND "bume"`,
		`{"contains":{"recipient":"lumen"}}`:                                          `"alum" AND "amen" AND "aume"`,
		`{"contains":{"subject":"weekly letter 399"}}`:                                "\"b399\" AND \"b\u00a039\" AND \"br\u00a03\"",
		`{"and":[{"contains":{"recipient":"@lumen"}},{"fuzzy":{"subject":"zebra"}}]}`: `"bbra" AND "bebr" AND "bzeb"`,
	} {
		looks, _, err := l.ask("messages", `{"query":{"filter":`+filter+`}}`, true).Chosen(t.Context(), l.s.Rows)
		if err != nil {
			t.Fatal(err)
		}
		if got := looks[len(looks)-1].Args[0]; got != want {
			t.Errorf("%s: asked for %v, want %s", filter, got, want)
		}
	}
}

func TestAPageThatTheFirstRowsFillIsReadFromThemAlone(t *testing.T) {
	l := newLibrary(t)
	const n = 7_000
	records := make([]string, n)
	for i := range records {
		subject := "The weekly letter"
		if i == 0 {
			subject = "A zebra"
		}
		records[i] = fmt.Sprintf(`{"id":"%d","created":%d,"subject":%q}`, i, i/2, subject) // two at a time
	}
	l.write("messages", records...)
	for _, sort := range []string{`{"created":"desc"}`, `{"created":"asc"}`, `{"id":"asc"}`} {
		for filter, first := range map[string]bool{`{"keyword":{"subject":"letter"}}`: true, `{"keyword":{"subject":"zebra"}}`: false} {
			cursor, rows := "", 0
			for page := 0; ; page++ {
				params := `{"query":{"filter":` + filter + `,"sort":[` + sort + `]},"fields":["id"],"limit":900` + cursor + `}`
				with, without := l.find("messages", params, true), l.find("messages", params, false)
				if with != without {
					t.Fatalf("%s:\n with the index %s\n without        %s", params, with, without)
				}
				looks, reads, err := l.ask("messages", params, true).Chosen(t.Context(), l.s.Rows)
				if err != nil {
					t.Fatal(err)
				}
				if page == 0 && (len(looks) == 0) != first || (reads[len(reads)-1].Part == query.Enough) != (len(looks) == 0) {
					t.Errorf("%s: %d looks, then %s", params, len(looks), reads[len(reads)-1].Part)
				}
				var answer query.Answer
				if err := json.Unmarshal([]byte(with), &answer); err != nil {
					t.Fatal(err)
				}
				rows += len(answer.Data)
				if answer.Meta.Cursor == nil {
					break
				}
				cursor = `,"cursor":` + literal(*answer.Meta.Cursor)
			}
			if want := map[bool]int{true: n - 1, false: 1}[first]; rows != want {
				t.Errorf("%s by %s: %d rows on all pages, want %d", filter, sort, rows, want)
			}
		}
	}
}
