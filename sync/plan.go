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
	// Requests is how many requests are expected, at least: of what was never read,
	// nobody knows the size.
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
	walks, err := w.listsToRead(ctx)
	if err != nil || len(walks) == 0 {
		return 0, "no " + w.of.Parent.Entity + " changed", err
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
	n := int64(1) // the running window
	why := "the running window"
	if len(f.again) > 0 {
		why += " and those that are due"
	}
	if left := f.requests(int64(w.of.List.Size)); left >= 0 {
		return n + left, why, nil
	}
	return n + int64(len(f.again)+len(f.gaps)), why + "; how many are behind it is not known yet", nil
}

func (w *walker) planFeed(known int64) (int64, string, error) {
	var n int64
	for _, q := range views(w.of) {
		before, read := w.reading.Positions[q.Encode()]
		if !read || w.o.Full || !recent(before.WholeAt, w.started, wholeFeed) {
			n += max(1, pages(w.of.List, known))
			continue
		}
		days := time.Duration(w.of.List.Feed.Days) * 24 * time.Hour
		since := w.started.Sub(time.Unix(before.Mark, 0)) + overlap
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
