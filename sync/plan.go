package sync

import (
	"context"
	"time"

	"ciomirror/catalog"
)

// Planned is what a run would ask for one entity.
type Planned struct {
	Entity string `json:"entity"`
	Path   string `json:"path"`
	// Requests is how many requests are expected. Of what was never read nobody knows
	// the size, and then it is the least.
	Requests int64 `json:"requests"`
	// Why says what is to be read.
	Why string `json:"why"`
}

// Plan says what a run would ask now, without asking. Without a store it plans a
// first sync.
func (s *Syncer) Plan(ctx context.Context, entities ...string) ([]Planned, error) {
	scope, err := s.scope(entities)
	if err != nil {
		return nil, err
	}
	rows := map[string]int64{}
	if s.dst != nil {
		status, err := s.dst.Status(ctx)
		if err != nil {
			return nil, err
		}
		for _, e := range status.Entities {
			rows[e.Entity] = e.Rows
		}
	}
	var plan []Planned
	for _, w := range s.newRun(nil, scope).walkers {
		if s.dst != nil {
			if w.reading, err = s.dst.Reading(ctx, w.table); err != nil {
				return nil, err
			}
		}
		p := Planned{Entity: w.of.Name, Path: w.of.List.Path}
		if p.Requests, p.Why, err = w.plan(ctx, rows); err != nil {
			return nil, err
		}
		plan = append(plan, p)
	}
	return plan, nil
}

func (w *walker) plan(ctx context.Context, rows map[string]int64) (requests int64, why string, err error) {
	known := rows[w.of.Name]
	switch l := w.of.List; {
	case l.Complete && w.of.Parent != nil:
		return w.planNested(ctx, known, rows[w.of.Parent.Entity])
	case l.Complete:
		return max(pages(l, known), 1) * int64(len(views(w.of))), "the whole list", nil
	case l.Window != nil:
		return w.planWindows(ctx)
	}
	return w.planFeed(known)
}

func (w *walker) planNested(ctx context.Context, known, parents int64) (int64, string, error) {
	if w.dst == nil {
		return 0, "one list for each of " + w.of.Parent.Entity, nil
	}
	walks, err := (&nested{walker: w, marks: map[string]int64{}, aside: map[string]bool{}}).due(ctx)
	if err != nil || len(walks) == 0 {
		return 0, "the lists of those " + w.of.Parent.Entity + " that turn out to have changed", err
	}
	each := int64(1)
	if parents > 0 {
		each = max(1, pages(w.of.List, known/parents))
	}
	return int64(len(walks)) * each, "lists of " + w.of.Parent.Entity + " that changed or are due", nil
}

func (w *walker) planWindows(ctx context.Context) (int64, string, error) {
	_, f, err := w.windowsToRead(ctx)
	if err != nil {
		return 0, "", err
	}
	size := int64(w.of.List.Size)
	n := int64(1) // the running window
	for _, a := range f.again {
		n += max(1, (a.rows+size-1)/size)
	}
	var rows, seconds int64
	for _, c := range w.reading.Windows {
		rows, seconds = rows+c.Rows, seconds+c.To-c.From+1
	}
	for _, g := range f.gaps {
		n += 1
		if seconds > 0 {
			// As dense as what is known.
			n += int64(float64(rows) * float64(g.seconds()) / float64(seconds) / float64(size))
		}
	}
	switch {
	case seconds == 0:
		return n, "all that there is; how much that is is not known yet", nil
	case w.o.Full:
		return n, "all windows", nil
	}
	return n, "the running window and those that are due", nil
}

func (w *walker) planFeed(known int64) (int64, string, error) {
	var n int64
	for i, q := range views(w.of) {
		before, read := w.reading.Positions[q.Encode()]
		if !read || w.o.Full || !recent(before.WholeAt, w.started, wholeFeed) {
			if i == 0 { // the further views show little
				n += pages(w.of.List, known)
			}
			n++
			continue
		}
		days := time.Duration(w.of.List.Feed.Days) * 24 * time.Hour
		since := max(0, w.started.Sub(time.Unix(before.Mark, 0))) + overlap
		n += 1 + pages(w.of.List, int64(float64(known)*min(1, float64(since)/float64(days))))
	}
	if known == 0 {
		return n, "all that is shown; how much that is is not known yet", nil
	}
	return n, "what is new", nil
}

// pageOfFixedSize is the page of a paged list that takes no limit.
const pageOfFixedSize = 10

// pages is how many pages hold n rows.
func pages(l catalog.List, n int64) int64 {
	size := int64(l.Size)
	switch {
	case !l.Paged:
		return 1
	case size == 0:
		size = pageOfFixedSize
	}
	return (n + size - 1) / size
}
