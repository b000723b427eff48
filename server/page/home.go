package page

import (
	"net/http"
	"net/url"
	"slices"
	"time"

	"ciomirror/catalog"
)

// homeView is what the home page shows.
type homeView struct {
	State   State
	Empty   bool      // nothing was ever synced
	Oldest  time.Time // of the times at which the tables were last read; zero when one never was
	Never   int64     // tables that were never read completely
	Rows    int64
	Calls   int64 // requests of the last 24 hours
	Runs    int64 // that made them
	Waited  time.Duration
	Changed int64 // rows new, changed and gone in the last 24 hours
	Tables  []tableLine
	News    []newsLine
	Writes  []writeLine
	Last    []Run
	Saved   []Saved
	Broken  []Problem
	Since   time.Time
	Note    string // what the figures leave out
}

// tableLine is one entity on the home page.
type tableLine struct {
	TableState
	Doc     string
	Changed int64 // in the last 24 hours
	Days    spark // rows that changed, by day
	Child   bool  // a nested list of the one above
}

// newsLine is what happened to one entity in the last 24 hours.
type newsLine struct {
	Entity             string
	New, Changed, Gone int64
}

// writeLine is what was written through this program, with the address of its ledger.
type writeLine struct {
	Write
	Href string
}

// sparkDays is how far back the small charts of the home page go.
const sparkDays = 7

// mostRuns is how many runs a view looks at.
const mostRuns = 500

func (p *Page) home(r *http.Request) (answer, error) {
	ctx, now := r.Context(), p.o.Now()
	v := homeView{Since: now.Add(-24 * time.Hour)}
	var err error
	if v.State, err = p.o.Journal.State(ctx); err != nil {
		if f := p.problem(ctx, err); f.Status == http.StatusNotFound {
			v.Empty = true
			return answer{view: "home", title: "Home", data: v}, nil
		}
		return answer{}, err
	}
	runs, err := p.o.Journal.Runs(ctx, now.AddDate(0, 0, -sparkDays), mostRuns)
	if err != nil {
		return answer{}, err
	}
	v.Last = runs[:min(len(runs), 5)]
	v.Empty = v.State.First.IsZero() && len(runs) == 0
	v.Note = cappedNote(len(runs) == mostRuns)
	runs = v.State.changes(runs)
	v.tell(runs)
	v.list(p.o.Catalog, runs, now)
	writes, err := p.o.Journal.Writes(ctx, v.Since)
	if err != nil {
		return answer{}, err
	}
	for _, w := range writes {
		v.Writes = append(v.Writes, writeLine{w, ledgerURL(w)})
	}
	if v.Saved, v.Broken, err = p.o.Library.Queries(); err != nil {
		return answer{}, err
	}
	return answer{view: "home", title: "Home", data: v}, nil
}

// ledgerURL leads to the actions themselves.
func ledgerURL(w Write) string {
	return "/sql?" + url.Values{
		"sql":      {"select * from actions where entity = :entity and action = :action order by id desc"},
		"p.entity": {w.Entity}, "p.action": {w.Action},
	}.Encode()
}

// changes are the runs with the changes that they found. What the first reading of a
// table finds is none, as on the Changes view.
func (s State) changes(runs []Run) []Run {
	firsts := map[string]time.Time{}
	for _, t := range s.Tables {
		if firsts[t.Entity] = t.First; t.First.IsZero() {
			firsts[t.Entity] = s.First
		}
	}
	runs = slices.Clone(runs)
	for i, run := range runs {
		runs[i].Entities = slices.Clone(run.Entities)
		for j := range runs[i].Entities {
			e := &runs[i].Entities[j]
			first := firsts[e.Entity]
			if first.IsZero() || !run.Finished.IsZero() && !run.Finished.After(first) {
				e.New, e.Changed, e.Gone = 0, 0, 0
			}
		}
	}
	return runs
}

// tell sums up what the runs of the last day did.
func (v *homeView) tell(runs []Run) {
	news := map[string]*newsLine{}
	for _, run := range runs {
		if run.Started.Before(v.Since) {
			continue
		}
		v.Calls += run.Requests
		v.Runs++
		for _, e := range run.Entities {
			v.Waited += e.Waited
			n := news[e.Entity]
			if n == nil {
				n = &newsLine{Entity: e.Entity}
				news[e.Entity] = n
			}
			n.New, n.Changed, n.Gone = n.New+e.New, n.Changed+e.Changed, n.Gone+e.Gone
			v.Changed += e.New + e.Changed + e.Gone
		}
	}
	for _, t := range v.State.Tables {
		if n := news[t.Entity]; n != nil && n.New+n.Changed+n.Gone > 0 {
			v.News = append(v.News, *n)
		}
	}
}

// list makes the lines of the tables. What is nested stands below its parent.
func (v *homeView) list(cat *catalog.Catalog, runs []Run, now time.Time) {
	days := changedByDay(runs, now)
	for _, t := range v.State.Tables {
		v.Rows += t.Rows
		switch {
		case t.Synced.IsZero():
			v.Never++
		case v.Oldest.IsZero() || t.Synced.Before(v.Oldest):
			v.Oldest = t.Synced
		}
		line := tableLine{TableState: t, Days: newSpark(days[t.Entity])}
		if e, ok := cat.Entity(t.Entity); ok {
			line.Doc, line.Child = e.Doc, e.Parent != nil
		}
		for _, n := range v.News {
			if n.Entity == t.Entity {
				line.Changed = n.New + n.Changed + n.Gone
			}
		}
		v.Tables = append(v.Tables, line)
	}
}

// changedByDay counts the rows that changed, by entity and day, the last day at the
// end. Days begin at midnight (UTC).
func changedByDay(runs []Run, now time.Time) map[string][]int64 {
	const day = 24 * time.Hour
	days, today := map[string][]int64{}, now.UTC().Truncate(day)
	for _, run := range runs {
		ago := int(today.Sub(run.Started.UTC().Truncate(day)) / day)
		if ago < 0 || ago >= sparkDays {
			continue
		}
		for _, e := range run.Entities {
			if days[e.Entity] == nil {
				days[e.Entity] = make([]int64, sparkDays)
			}
			days[e.Entity][sparkDays-1-ago] += e.New + e.Changed + e.Gone
		}
	}
	return days
}
