package sqlite_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"ciomirror/query"
)

// Many deliveries have one campaign: no page may read and sort them all. The contract
// has ties in the order of the key, whichever way the values go.
func TestManyRowsOfOneValueAreReadInTheOrderOfTheKey(t *testing.T) {
	l := newLibrary(t)
	const n = 600
	campaigns := []string{"5", "3", "5", "123456789012345678901", "8", "null", "-123456789012345678901"}
	of := map[string][]string{} // campaign to ids
	var records []string
	for i := range n {
		id, campaign := fmt.Sprintf("%03d", i*7%n), campaigns[i*i%len(campaigns)]
		of[campaign] = append(of[campaign], id)
		records = append(records, fmt.Sprintf(`{"id":%q,"created":%d,"campaign_id":%s}`, id, i, campaign))
	}
	l.write("messages", records...)
	for _, ids := range of {
		slices.Sort(ids)
	}
	all := func(campaigns ...string) (ids []string) {
		for _, c := range campaigns {
			ids = append(ids, of[c]...)
		}
		return ids
	}
	five := slices.Clone(of["5"])
	slices.Reverse(five)
	for params, want := range map[string][]string{
		`"query":{"sort":[{"campaign_id":"asc"}]}`:                                                           all("-123456789012345678901", "3", "5", "8", "123456789012345678901", "null"),
		`"query":{"sort":[{"campaign_id":"desc"}]}`:                                                          all("123456789012345678901", "8", "5", "3", "-123456789012345678901", "null"),
		`"query":{"filter":{"lt":{"campaign_id":8}},"sort":[{"campaign_id":"desc"}]}`:                        all("5", "3", "-123456789012345678901"),
		`"query":{"filter":{"eq":{"campaign_id":5}}}`:                                                        all("5"),
		`"query":{"filter":{"eq":{"campaign_id":5}},"sort":[{"id":"desc"}]}`:                                 five,
		`"query":{"filter":{"eq":{"campaign_id":123456789012345678901}}}`:                                    all("123456789012345678901"),
		`"query":{"filter":{"not":{"not":{"eq":{"campaign_id":8}}}}}`:                                        all("8"),
		`"query":{"filter":{"in":{"campaign_id":[8,123456789012345678901]}},"sort":[{"campaign_id":"asc"}]}`: all("8", "123456789012345678901"),
	} {
		for _, limit := range []int{37, 400} {
			got := l.pages(params, limit)
			if !slices.Equal(got, want) {
				t.Errorf("%s, %d a page:\n got %v\nwant %v", params, limit, got, want)
			}
		}
	}
	for params, part := range map[string]string{
		`"query":{"sort":[{"campaign_id":"asc"}]}`:                           "numbers",
		`"query":{"sort":[{"campaign_id":"desc"}]}`:                          "greatest",
		`"query":{"filter":{"eq":{"campaign_id":5}}}`:                        "present",
		`"query":{"filter":{"eq":{"campaign_id":5}},"sort":[{"id":"desc"}]}`: "present",
	} {
		statements := l.ask("messages", "{"+params+"}", false).Statements()
		i := slices.IndexFunc(statements, func(st query.Statement) bool { return st.Part == part })
		if i < 0 {
			t.Errorf("%s has no part %q", params, part)
			continue
		}
		p, err := l.s.Plan(t.Context(), statements[i])
		if err != nil || !slices.Contains(p.Indexes, "messages_campaign_id_key") || strings.Contains(strings.Join(p.Steps, " "), "TEMP B-TREE") {
			t.Errorf("%s sorts: %q, %v", params, p.Steps, err)
		}
	}
}

// pages are the ids on all pages of a search.
func (l *library) pages(params string, limit int) (ids []string) {
	l.Helper()
	for cursor := ""; ; {
		page := fmt.Sprintf(`{%s,"fields":["id"],"limit":%d%s}`, params, limit, cursor)
		var answer query.Answer
		if err := json.Unmarshal([]byte(l.find("messages", page, false)), &answer); err != nil {
			l.Fatal(err)
		}
		for _, row := range answer.Data {
			ids = append(ids, strings.Trim(string(row), `{}"id:`))
		}
		if answer.Meta.Cursor == nil {
			return ids
		}
		cursor = `,"cursor":` + literal(*answer.Meta.Cursor)
	}
}
