package sync

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"ciomirror/catalog"
	"ciomirror/store"
)

// nested reads the lists of those parents that changed since theirs was read, or
// whose list was read too long ago, and makes them live together.
//
// What is read is set aside with the parent's position, so that a run which is cut
// short loses nothing: the next goes on with the parents that are left.
//
// The position's mark is the instant (Unix ms) at which the parent's version began.
type nested struct {
	*walker
	marks map[string]int64 // by parent

	mu      sync.Mutex // guards what follows
	aside   map[string]bool
	whole   map[string]bool // of those set aside: no page of it can have moved
	missing int             // parents whose list answered 404
}

func (w *walker) nested(ctx context.Context) {
	keep := context.WithoutCancel(ctx)
	n := &nested{walker: w, marks: map[string]int64{}, aside: map[string]bool{}, whole: map[string]bool{}}
	walks, err := n.due(keep)
	if err != nil {
		w.fail(storeError{err})
		return
	}
	w.expectRequests(len(walks))
	w.all(ctx, walks, n.read)
	if w.refused() {
		w.failStore(w.pen.Discard(keep, w.table))
		return
	}
	n.confirm(ctx)
	if n.missing > 1 && n.missing == len(walks) {
		w.fail(fmt.Errorf("each of the %d lists answered that it does not exist", n.missing))
	} else if n.missing > 0 {
		w.warn(fmt.Sprintf("%d of %s were gone when their list was asked for", n.missing, w.of.Parent.Entity))
	}
	// A run that is cut short leaves what is set aside to the next.
	if !w.cutShort() && len(n.aside) > 0 {
		w.apply(keep, n.scope())
	}
}

func (n *nested) scope() store.Scope {
	return store.Scope{Parents: slices.Sorted(maps.Keys(n.aside)), Guard: n.guard()}
}

// due are the walks of the lists that are due. Those that an earlier run set aside
// and that are not due again are there already, as are those of parents that no
// longer exist: they are empty.
func (n *nested) due(ctx context.Context) ([]catalog.Walk, error) {
	up, _ := n.o.Catalog.Entity(n.of.Parent.Entity)
	parents, err := n.dst.Parents(ctx, store.NewTable(up))
	if err != nil {
		return nil, err
	}
	var walks []catalog.Walk
	for _, p := range parents {
		n.marks[p.Key] = p.Changed.UnixMilli()
		at, read := n.reading.Positions[p.Key]
		if n.o.Full || !read || at.Mark != p.Changed.UnixMilli() || !recent(at.ReadAt, n.started, n.o.Everything) {
			walks = append(walks, catalog.Walk{Entity: n.of, Parent: p.Key, Meter: &n.meter})
		} else if at.Staged {
			n.aside[p.Key] = true
		}
	}
	if n.pen == nil {
		return walks, nil
	}
	// Each run begins elsewhere, so that lists which fail do not stand before the
	// same others for ever.
	if len(walks) > 0 {
		at := int(n.pen.ID() % int64(len(walks)))
		walks = slices.Concat(walks[at:], walks[:at])
	}
	if n.parentStatus == store.Complete { // else a parent that is missing may still exist
		err = n.forget(ctx, store.NewTable(up))
	}
	return walks, err
}

// forget sets aside, as empty, the lists of parents that no longer exist.
func (n *nested) forget(ctx context.Context, up *store.Table) error {
	gone, err := n.dst.Orphans(ctx, n.table, up)
	if err != nil {
		return err
	}
	for _, p := range n.reading.Positions {
		if _, live := n.marks[p.List]; p.Staged && !live && !slices.Contains(gone, p.List) {
			gone = append(gone, p.List)
		}
	}
	for _, id := range gone {
		if err := n.pen.Stage(ctx, n.table, nil, &store.Position{List: id, ReadAt: n.started, WholeAt: n.started}); err != nil {
			return err
		}
		n.aside[id], n.whole[id] = true, true
	}
	return nil
}

// read reads the list of one parent to its end and sets it aside.
func (n *nested) read(ctx context.Context, walk catalog.Walk) error {
	began := n.o.Now()
	rows, pages, err := n.walker.whole(ctx, walk)
	if errors.Is(err, catalog.ErrNotFound) {
		// The parent seems to be deleted since its own list was read. Its rows stay
		// until that list says so too.
		n.mu.Lock()
		defer n.mu.Unlock()
		n.missing++
		return nil
	}
	if err != nil {
		return err
	}
	p := store.Position{List: walk.Parent, Mark: n.marks[walk.Parent], ReadAt: began, WholeAt: began}
	if err := n.pen.Stage(context.WithoutCancel(ctx), n.table, rows, &p); err != nil {
		return storeError{err}
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.aside[walk.Parent], n.whole[walk.Parent] = true, pages == 1
	return nil
}

// confirm walks, once more, the lists of several pages that would lose rows; see
// walker.confirm. One that cannot be confirmed stays set aside, and the next run
// looks at it again.
func (n *nested) confirm(ctx context.Context) {
	if len(n.aside) == 0 || n.cutShort() {
		return
	}
	lost, err := n.pen.Unseen(context.WithoutCancel(ctx), n.table, n.scope())
	if err != nil {
		n.fail(storeError{err})
		return
	}
	var walks []catalog.Walk
	for _, parent := range slices.Sorted(maps.Keys(lost)) {
		if !n.whole[parent] {
			walks = append(walks, catalog.Walk{Entity: n.of, Parent: parent, Meter: &n.meter})
			delete(n.aside, parent)
		}
	}
	n.all(ctx, walks, func(ctx context.Context, walk catalog.Walk) error {
		rows, _, err := n.walker.whole(ctx, walk)
		if err != nil {
			return err
		}
		if err := n.pen.Stage(context.WithoutCancel(ctx), n.table, rows, nil); err != nil {
			return storeError{err}
		}
		n.mu.Lock()
		defer n.mu.Unlock()
		n.aside[walk.Parent] = true
		return nil
	})
}
