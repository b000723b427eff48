package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"sync"
	"time"

	"ciomirror/connector"
	"ciomirror/query"
	"ciomirror/server"
	"ciomirror/store"
	"ciomirror/store/sqlite"
)

// servedMirror is the mirror as a server has it: opened when it is first needed, since
// there may be none yet, and opened again when another file takes its place.
type servedMirror struct {
	a   *app
	key string // with which records are written; "" for that of a pretend API

	mu   sync.Mutex
	open *lentStore
}

// lentStore is an open mirror and how many calls it answers.
type lentStore struct {
	*sqlite.Store
	file     fs.FileInfo
	calls    int
	replaced bool // another file has its place: the last call closes it
}

var (
	_ query.Source     = (*servedMirror)(nil)
	_ connector.Ledger = (*servedMirror)(nil)
	_ server.Mirror    = (*servedMirror)(nil)
)

// current returns the mirror of now; the caller says when it is done with it. While
// there is none the error is ErrNotSynced.
func (m *servedMirror) current(ctx context.Context) (s *sqlite.Store, done func(), err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	file, err := os.Stat(m.a.settings.DB)
	if m.open != nil && (err != nil || !os.SameFile(file, m.open.file)) {
		m.leave()
	}
	if m.open == nil {
		// Others wait for this mirror: it does not go with whoever asked first.
		opened, err := m.a.openMirror(context.WithoutCancel(ctx), false)
		if errors.Is(err, store.ErrNoMirror) {
			return nil, nil, fmt.Errorf("%w: %w", server.ErrNotSynced, err)
		}
		if err != nil {
			return nil, nil, err
		}
		m.open = &lentStore{Store: opened, file: file}
	}
	lent := m.open
	lent.calls++
	return lent.Store, sync.OnceFunc(func() { m.giveBack(lent) }), nil
}

func (m *servedMirror) giveBack(s *lentStore) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s.calls--
	s.closeIfDone()
}

// leave forgets the open mirror. Calls under way still read it to their end.
func (m *servedMirror) leave() {
	m.open.replaced = true
	m.open.closeIfDone()
	m.open = nil
}

func (s *lentStore) closeIfDone() {
	if s.replaced && s.calls == 0 {
		_ = s.Close() // it was only read
	}
}

func (m *servedMirror) close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.open != nil {
		m.leave()
	}
}

// Snapshot implements query.Source.
func (m *servedMirror) Snapshot(ctx context.Context, f func(rows query.Rows) error) error {
	s, done, err := m.current(ctx)
	if err != nil {
		return err
	}
	defer done()
	return s.Snapshot(ctx, f)
}

// StartAction implements connector.Ledger. What is written to one workspace must not
// turn up in the mirror of another, so the key is looked at first.
func (m *servedMirror) StartAction(ctx context.Context, act store.Action) (int64, error) {
	s, done, err := m.current(ctx)
	if err != nil {
		return 0, err
	}
	defer done()
	if m.key != "" {
		err = s.Bind(ctx, m.key, false)
	}
	if err != nil {
		return 0, otherKey(err)
	}
	return s.StartAction(ctx, act)
}

// owns looks whether the mirror, if there is one, is of the key.
func (m *servedMirror) owns(ctx context.Context) error {
	s, done, err := m.current(ctx)
	if errors.Is(err, server.ErrNotSynced) {
		return nil
	}
	if err != nil {
		return err
	}
	defer done()
	return s.BoundTo(ctx, m.key)
}

// ownAPI is the App API beside a mirror: with the key of another workspace, answers of
// two workspaces would stand side by side.
type ownAPI struct {
	connector.Live
	owns func(context.Context) error
}

// Do implements connector.Live.
func (l ownAPI) Do(ctx context.Context, method, path string, query url.Values, body any) (json.RawMessage, error) {
	if err := l.owns(ctx); err != nil {
		return nil, otherKey(err)
	}
	return l.Live.Do(ctx, method, path, query, body)
}

// otherKey says of a mirror that is not of the key what to do.
func otherKey(err error) error {
	if !errors.Is(err, store.ErrOtherKey) {
		return err
	}
	return &connector.Error{Type: connector.Forbidden, Code: connector.NotAllowed, Field: "action", Err: err,
		Msg:  "the mirror is of another App API key, so nothing is asked or written with this one",
		Hint: "whoever runs ciomirror names the mirror of this key with --profile or --db, or says that it is a new key of the same workspace: ciomirror sync --rebind"}
}

// EndAction implements connector.Ledger.
func (m *servedMirror) EndAction(ctx context.Context, id int64, o store.Outcome) error {
	s, done, err := m.current(ctx)
	if err != nil {
		return err
	}
	defer done()
	return s.EndAction(ctx, id, o)
}

// Put implements connector.Ledger.
func (m *servedMirror) Put(ctx context.Context, t *store.Table, row store.Row) (store.Change, error) {
	s, done, err := m.current(ctx)
	if err != nil {
		return store.Change{}, err
	}
	defer done()
	return s.Put(ctx, t, row)
}

// Synced implements connector.Ledger.
func (m *servedMirror) Synced(ctx context.Context, entity string) (time.Time, error) {
	s, done, err := m.current(ctx)
	if err != nil {
		return time.Time{}, err
	}
	defer done()
	return s.Synced(ctx, entity)
}

// Status implements server.Mirror.
func (m *servedMirror) Status(ctx context.Context) (server.Status, error) {
	s, done, err := m.current(ctx)
	if err != nil {
		return server.Status{}, err
	}
	defer done()
	now, err := s.Status(ctx)
	if err != nil {
		return server.Status{}, err
	}
	totals, err := s.Totals(ctx)
	if err != nil {
		return server.Status{}, err
	}
	status := server.Status{Bytes: now.Bytes}
	for _, e := range now.Entities {
		of := server.EntityStatus{Entity: e.Entity, Rows: e.Rows, Synced: e.Synced}
		for _, t := range totals {
			if t.Entity == e.Entity {
				of.Runs, of.Requests, of.Seconds, of.Waited = t.Runs, t.Requests, t.Seconds, t.Waited
				of.Changes = map[string]int64{"new": t.Change.New, "changed": t.Change.Changed, "same": t.Change.Same, "gone": t.Change.Gone}
			}
		}
		status.Entities = append(status.Entities, of)
	}
	return status, nil
}
