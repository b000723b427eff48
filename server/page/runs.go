package page

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// runsView is the history of the syncs.
type runsView struct {
	Ranges []rangeLink
	Runs   []Run
	More   bool
	Charts []chartView
	Next   *NextJob
	Daemon bool
}

type rangeLink struct {
	Name, Href string
	Active     bool
}

type lookBack struct {
	name      string
	back, bar time.Duration
	label     string
}

// ranges are how far back the history goes, with the length of a bar of its charts. Bars
// begin at full hours and at midnight (UTC), as their labels say.
var ranges = []lookBack{
	{"24h", 24 * time.Hour, 2 * time.Hour, "15:04"},
	{"7d", 7 * 24 * time.Hour, 24 * time.Hour, "2 Jan"},
	{"30d", 30 * 24 * time.Hour, 2 * 24 * time.Hour, "2 Jan"},
}

func (p *Page) runs(r *http.Request) (answer, error) {
	ctx, now := r.Context(), p.o.Now()
	chosen := 1
	if name := r.URL.Query().Get("range"); name != "" {
		if chosen = slices.IndexFunc(ranges, func(x lookBack) bool { return x.name == name }); chosen < 0 {
			return answer{}, wrong("take a link of Runs: 24h, 7d, 30d", "there is no range %q", name)
		}
	}
	var v runsView
	for i, x := range ranges {
		v.Ranges = append(v.Ranges, rangeLink{x.name, "/runs?range=" + url.QueryEscape(x.name), i == chosen})
	}
	state, err := p.o.Journal.State(ctx)
	if err != nil {
		return answer{}, err
	}
	v.Next, v.Daemon = state.Next, state.Scheduler
	if v.Runs, err = p.o.Journal.Runs(ctx, now.Add(-ranges[chosen].back), mostRuns); err != nil {
		return answer{}, err
	}
	v.More = len(v.Runs) == mostRuns
	if len(v.Runs) > 0 {
		if v.Charts, err = p.runCharts(v.Runs, chosen, now); err != nil {
			return answer{}, err
		}
	}
	for i := range v.Charts {
		v.Charts[i].Note = cappedNote(v.More)
	}
	return answer{view: "runs", title: "Runs", data: v}, nil
}

// cappedNote says what the figures of a view leave out when there are more runs than it
// looks at.
func cappedNote(capped bool) string {
	if !capped {
		return ""
	}
	return fmt.Sprintf("Of the last %d runs alone.", mostRuns)
}

// runCharts draw the rows that changed by entity, how long the runs took and what
// they asked of the API, over time.
func (p *Page) runCharts(runs []Run, chosen int, now time.Time) ([]chartView, error) {
	x := ranges[chosen]
	last := now.UTC().Truncate(x.bar)
	bars := int(x.back/x.bar) + 1 // the range seldom begins with a bar: of the first it has a part
	labels := []string{now.Add(-x.back).UTC().Format(x.label)}
	for i := 1; i < bars; i++ {
		labels = append(labels, last.Add(-time.Duration(bars-1-i)*x.bar).Format(x.label))
	}
	place := func(r Run) int { return max(0, bars-1-int(last.Sub(r.Started.UTC().Truncate(x.bar))/x.bar)) }
	changed := map[string][]float64{}
	var names []string
	longest, calls, waited := make([]float64, bars), make([]float64, bars), make([]float64, bars)
	for _, r := range runs {
		i := min(place(r), bars-1)
		calls[i] += float64(r.Requests)
		if !r.Finished.IsZero() {
			longest[i] = max(longest[i], round(r.Finished.Sub(r.Started).Seconds()))
		}
		for _, e := range r.Entities {
			waited[i] = round(waited[i] + e.Waited.Seconds())
			n := e.New + e.Changed + e.Gone
			if n == 0 {
				continue
			}
			if changed[e.Entity] == nil {
				changed[e.Entity] = make([]float64, bars)
				names = append(names, e.Entity)
			}
			changed[e.Entity][i] += float64(n)
		}
	}
	slices.SortStableFunc(names, func(a, b string) int { return int(sum(changed[b]) - sum(changed[a])) })
	rows := chart{Title: "Rows new, changed and gone", Labels: labels}
	for _, name := range names {
		rows.Series = append(rows.Series, series{words(name), changed[name]})
	}
	if len(names) == 0 {
		rows.Series = []series{{"none", make([]float64, bars)}}
	}
	var drawn []chartView
	for _, c := range []chart{
		rows,
		// Bars, since a line would draw a day without a run as one of no length.
		{Title: "Longest run, in seconds", Labels: labels, Series: []series{{"seconds", longest}}},
		{Title: "Requests to the API", Labels: labels, Series: []series{{"requests", calls}}},
		{Title: "Waits for the API, of all requests together, in seconds", Labels: labels, Series: []series{{"seconds", waited}}, Line: true},
	} {
		v, err := p.draw(c)
		if err != nil {
			return nil, err
		}
		drawn = append(drawn, v)
	}
	return drawn, nil
}

// round leaves hundredths.
func round(f float64) float64 { return float64(int64(f*100+0.5)) / 100 }

func sum(values []float64) (s float64) {
	for _, v := range values {
		s += v
	}
	return s
}

// runView is one run.
type runView struct {
	Run
	Live bool
}

// Took is how long the run took; zero while it goes on.
func (r Run) Took() time.Duration {
	if r.Finished.IsZero() {
		return 0
	}
	return r.Finished.Sub(r.Started)
}

// Totals sums up the entities.
func (r Run) Totals() EntityRun {
	var t EntityRun
	for _, e := range r.Entities {
		t.New, t.Changed, t.Same, t.Gone = t.New+e.New, t.Changed+e.Changed, t.Same+e.Same, t.Gone+e.Gone
		t.Rows, t.Requests, t.Waited = t.Rows+e.Rows, t.Requests+e.Requests, t.Waited+e.Waited
	}
	return t
}

// Troubled counts the entities that did not go well.
func (r Run) Troubled() (n int64) {
	for _, e := range r.Entities {
		if e.Error != "" {
			n++
		}
	}
	return n
}

func (p *Page) run(r *http.Request) (answer, error) {
	v, err := p.runNamed(r)
	if err != nil {
		return answer{}, err
	}
	return answer{view: "run", title: "Run " + strconv.FormatInt(v.ID, 10), data: v}, nil
}

func (p *Page) runNamed(r *http.Request) (runView, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		f := missing("there is no run %q", r.PathValue("id"))
		f.Hint = "the runs are listed under Runs"
		return runView{}, f
	}
	run, err := p.o.Journal.Run(r.Context(), id)
	return runView{run, run.Status == statusRunning}, err
}

// statusRunning is the state of a run that goes on.
const statusRunning = "running"
