package sync

import "ciomirror/catalog"

// Planned is what a run would ask for one entity.
type Planned struct {
	Entity string `json:"entity"`
	Path   string `json:"path"`
	// Requests is the least number of requests, as far as the rows are known.
	Requests int64 `json:"requests"`
}

// Plan says what a run would ask, without asking. rows tells how many rows of an
// entity are known; 0 when none are.
func Plan(o Options, rows func(entity string) int64, entities ...string) ([]Planned, error) {
	s, err := New(nil, nil, o)
	if err != nil {
		return nil, err
	}
	scope, err := s.scope(entities)
	if err != nil {
		return nil, err
	}
	var plan []Planned
	for _, e := range scope {
		walks := int64(1)
		if e.Parent != nil {
			walks = rows(e.Parent.Entity)
		}
		walks *= int64(len(s.queries(e, s.o.Now().Unix())))
		plan = append(plan, Planned{Entity: e.Name, Path: e.List.Path, Requests: max(walks, pages(e, rows(e.Name)))})
	}
	return plan, nil
}

// pageOfFixedSize is the page of a paged list that takes no limit.
const pageOfFixedSize = 10

// pages is how many pages hold n rows.
func pages(e *catalog.Entity, n int64) int64 {
	size := int64(e.List.Size)
	switch {
	case !e.List.Paged:
		return 1
	case size == 0:
		size = pageOfFixedSize
	}
	return (n + size - 1) / size
}
