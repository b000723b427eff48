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
		var got []string
		for cursor := ""; ; {
			page := `{` + params + `,"fields":["id"],"limit":37` + cursor + `}`
			for _, st := range l.ask("messages", page, false).Statements() {
				p, err := l.s.Plan(t.Context(), st)
				if err != nil {
					t.Fatal(err)
				}
				numbers := st.Part == "numbers" && !strings.Contains(params, "desc") || st.Part == "greatest" || st.Part == "present"
				if plan := strings.Join(p.Steps, "; "); numbers && !strings.Contains(params, "not") && !strings.Contains(params, "901") && strings.Contains(plan, "TEMP B-TREE") {
					t.Errorf("%s sorts: %s", page, plan)
				}
			}
			var answer query.Answer
			if err := json.Unmarshal([]byte(l.find("messages", page, false)), &answer); err != nil {
				t.Fatal(err)
			}
			for _, row := range answer.Data {
				got = append(got, strings.Trim(string(row), `{}"id:`))
			}
			if answer.Meta.Cursor == nil {
				break
			}
			cursor = `,"cursor":` + literal(*answer.Meta.Cursor)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s:\n got %v\nwant %v", params, got, want)
		}
	}
}
