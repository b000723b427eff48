package query_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"ciomirror/query"
)

func TestVectorsOfTheContract(t *testing.T) {
	m := withThings(t)
	v := readVectors(t)
	for _, f := range v.Filters {
		t.Run(fmt.Sprintf("filter %d", f.N), func(t *testing.T) {
			got := m.ids(t, "things", fmt.Sprintf(`{"query":{"filter":%s}}`, f.Filter))
			if want := texts(f.IDs); !slices.Equal(got, want) {
				t.Errorf("%s: %s\n got %v\nwant %v", f.Why, f.Filter, got, want)
			}
		})
	}
	for i, s := range v.Sorts {
		t.Run(fmt.Sprintf("sort %d", i+1), func(t *testing.T) {
			limit := "null"
			if s.Limit != nil {
				limit = fmt.Sprint(*s.Limit)
			}
			got := m.ids(t, "things", fmt.Sprintf(`{"query":{"sort":%s},"limit":%s}`, s.Sort, limit))
			if want := texts(s.IDs); !slices.Equal(got, want) {
				t.Errorf("%s\n got %v\nwant %v", s.Sort, got, want)
			}
		})
	}
	for i, e := range v.Errors {
		t.Run(fmt.Sprintf("error %d", i+1), func(t *testing.T) {
			_, err := m.search("things", fmt.Sprintf(`{"query":{"filter":%s}}`, e.Filter))
			f, ok := errors.AsType[*query.Error](err)
			if !ok || f.Code != e.Code {
				t.Errorf("%s: %v (%+v), want code %s", e.Filter, err, f, e.Code)
			}
		})
	}
}
