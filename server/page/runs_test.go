package page

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"ciomirror/catalog"
)

// A bar has the runs of the hours or the days that its label names, and no others.
func TestARunIsDrawnInTheBarOfItsTime(t *testing.T) {
	now := time.Date(2026, 11, 23, 9, 20, 0, 0, time.UTC)
	for _, c := range []struct {
		started, label string
		chosen         int
	}{
		{"2026-11-23T09:20:00Z", "08:00", 0},
		{"2026-11-23T07:59:00Z", "06:00", 0},
		{"2026-11-22T09:21:00Z", "09:20", 0}, // a part of a bar: the range begins in it
		{"2026-11-23T00:00:00Z", "23 Nov", 1},
		{"2026-11-22T23:59:00Z", "22 Nov", 1},
		{"2026-11-23T00:30:00+01:00", "22 Nov", 1},
		{"2026-11-16T10:00:00Z", "16 Nov", 1},
	} {
		started, err := time.Parse(time.RFC3339, c.started)
		if err != nil {
			t.Fatal(err)
		}
		charts, err := pageAt(now).runCharts([]Run{{Started: started, Requests: 7}}, c.chosen, now)
		if err != nil {
			t.Fatal(err)
		}
		calls := charts[2]
		i := slices.Index(calls.Series[0].Values, 7)
		if i < 0 || calls.Labels[i] != c.label {
			t.Errorf("%s is drawn at %d of %q, want %s", c.started, i, calls.Labels, c.label)
		}
	}
}

func TestADayOfASparkBeginsAtMidnight(t *testing.T) {
	now := time.Date(2026, 11, 23, 9, 20, 0, 0, time.UTC)
	var runs []Run
	for n, started := range []time.Time{now, now.Add(-10 * time.Hour), now.AddDate(0, 0, -6), now.AddDate(0, 0, -7)} {
		runs = append(runs, Run{Started: started, Entities: []EntityRun{{Entity: "campaigns", New: 1 << n}}})
	}
	if got, want := changedByDay(runs, now)["campaigns"], []int64{4, 0, 0, 0, 0, 2, 1}; !slices.Equal(got, want) {
		t.Errorf("by day: %v, want %v", got, want)
	}
}

// busy is a mirror with so many runs.
type busy struct {
	Mirror
	Exporter
	Journal
	Library
	runs int
}

func (b busy) State(context.Context) (State, error)               { return State{First: noon}, nil }
func (b busy) Writes(context.Context, time.Time) ([]Write, error) { return nil, nil }
func (b busy) Queries() ([]Saved, []Problem, error)               { return nil, nil, nil }
func (b busy) Runs(context.Context, time.Time, int) ([]Run, error) {
	return slices.Repeat([]Run{{Started: noon, Finished: noon}}, b.runs), nil
}

// Of more runs than it looks at a view says so: its figures would pass for all.
func TestFiguresOfTheLastRunsSaySo(t *testing.T) {
	for runs, capped := range map[int]bool{1: false, mostRuns: true} {
		b := busy{runs: runs}
		p, err := New(Options{
			Catalog: catalog.Default(), Mirror: b, Journal: b, Library: b, Exporter: b, Endings: []Ending{{Name: "csv"}}, Downloads: 1,
			Operators: []Operator{{Name: "eq"}}, Now: func() time.Time { return noon }, Log: slog.New(slog.DiscardHandler),
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, link := range []string{"/", "/runs"} {
			w := httptest.NewRecorder()
			p.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, link, nil))
			if said := strings.Contains(w.Body.String(), "Of the last 500 runs alone."); w.Code != http.StatusOK || said != capped {
				t.Errorf("%s of %d runs: %d, it says so: %t", link, runs, w.Code, said)
			}
		}
	}
}
