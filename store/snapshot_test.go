package store_test

import (
	"strings"
	"testing"
	"time"

	"ciomirror/store"
)

func TestKeepIsTheUnionOfItsRules(t *testing.T) {
	now := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	var snapshots []store.Snapshot
	for _, at := range []string{
		// Of March there is none; the end of April is May further east.
		"2026-01-05", "2026-02-01", "2026-02-27", "2026-04-30", "2026-05-01", "2026-10-31", "2026-11-01", "2026-11-18", "2026-11-19", "2026-11-20",
	} {
		day, err := time.Parse(time.DateOnly, at)
		if err != nil {
			t.Fatal(err)
		}
		snapshots = append(snapshots, store.Snapshot{Name: at, At: day.Add(time.Hour).In(time.FixedZone("east", 12*3600))})
	}
	for _, test := range []struct {
		keep store.Keep
		want string
	}{
		{store.Keep{Last: 3}, "2026-11-20 2026-11-19 2026-11-18"},
		{store.Keep{Days: 3}, "2026-11-20 2026-11-19 2026-11-18"},
		{store.Keep{Days: 1}, "2026-11-20"},
		{store.Keep{Monthly: 3}, "2026-11-20 2026-10-31 2026-05-01"},
		{store.Keep{Monthly: 5}, "2026-11-20 2026-10-31 2026-05-01 2026-04-30 2026-02-27"},
		{store.Keep{Last: 2, Days: 3, Monthly: 2}, "2026-11-20 2026-11-19 2026-11-18 2026-10-31"},
		{store.Keep{}, ""},
	} {
		kept, removed := test.keep.Split(snapshots, now)
		var names []string
		for _, s := range kept {
			names = append(names, s.Name)
		}
		if got := strings.Join(names, " "); got != test.want || len(kept)+len(removed) != len(snapshots) {
			t.Errorf("%+v keeps %s, want %s; %d are removed", test.keep, got, test.want, len(removed))
		}
	}
}
