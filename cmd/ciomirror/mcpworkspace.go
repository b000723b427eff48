package main

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"time"

	"ciomirror/catalog"
	"ciomirror/connector"
	"ciomirror/query"
	mcpserver "ciomirror/server/mcp"
)

// mcpWorkspace lets the MCP server read what the commands read. It opens the mirror for
// every call, as a command does: so a sync, a new file or a newer schema is seen at
// once, and a server that nobody asks holds nothing open.
type mcpWorkspace struct{ a *app }

// Open implements mcpserver.Workspace.
func (w mcpWorkspace) Open(ctx context.Context, asOf string) (mcpserver.Mirror, error) {
	o, err := w.a.openAt(ctx, asOf)
	if err != nil {
		return nil, err
	}
	compiler := query.NewCompiler(catalog.Default(), query.SQLite{TextIndex: asOf == ""})
	c, err := connector.New(catalog.Default(), compiler, o.reader, connector.Options{InstanceID: w.a.instanceID(), Now: w.a.now})
	if err != nil {
		o.done()
		return nil, err
	}
	return mcpMirror{a: w.a, Connector: c, opened: o}, nil
}

// Schema implements mcpserver.Workspace.
func (w mcpWorkspace) Schema(e *catalog.Entity) (json.RawMessage, error) {
	return json.Marshal(describe(e))
}

// Saved implements mcpserver.Workspace.
func (w mcpWorkspace) Saved() ([]mcpserver.Saved, error) {
	all, _, err := w.a.loadQueries()
	if err != nil {
		return nil, err
	}
	list := make([]mcpserver.Saved, len(all))
	for i, q := range all {
		list[i] = mcpserver.Saved{Name: q.Name, Title: q.Title, Description: q.Description, Params: []mcpserver.SavedParam{}}
		for _, p := range q.Params {
			list[i].Params = append(list[i].Params, mcpserver.SavedParam{Name: p.Name, Type: string(p.Type), Default: p.Default, Doc: p.Doc})
		}
	}
	return list, nil
}

// Bind implements mcpserver.Workspace.
func (w mcpWorkspace) Bind(name string, params map[string]string) (mcpserver.Question, error) {
	q, bound, err := w.a.boundQuery(name, params)
	if err != nil {
		return mcpserver.Question{}, err
	}
	if q.Search == nil {
		return mcpserver.Question{SQL: q.SQL, Params: bound}, nil
	}
	arguments, err := q.Arguments(bound)
	return mcpserver.Question{Entity: q.Search.Entity, Search: arguments}, err
}

// mcpMirror is an open mirror; the connector searches it.
type mcpMirror struct {
	*connector.Connector
	opened
	a *app
}

// At implements mcpserver.Mirror.
func (o mcpMirror) At() time.Time { return o.at }

// Statement implements mcpserver.Mirror.
func (o mcpMirror) Statement(ctx context.Context, text string, params map[string]any) ([]string, iter.Seq2[[]any, error], error) {
	return askStatement(ctx, o.reader, text, params)
}

// Instant implements mcpserver.Mirror.
func (o mcpMirror) Instant(ctx context.Context, text string) (time.Time, error) {
	at := o.a.now()
	if text != "" {
		var err error
		if at, err = o.a.instant(ctx, o.mirror, text); err != nil {
			return at, err
		}
	}
	return o.mirror.Instant(ctx, at)
}

// Changes implements mcpserver.Mirror.
func (o mcpMirror) Changes(ctx context.Context, e *catalog.Entity, from, to time.Time) iter.Seq2[mcpserver.Change, error] {
	return func(yield func(mcpserver.Change, error) bool) {
		for r, err := range differences(ctx, o.mirror, e, from, to) {
			if !yield(mcpserver.Change{Key: r.Key, Change: r.Change, Fields: r.Fields}, err) {
				return
			}
		}
	}
}

// Synced implements mcpserver.Mirror.
func (o mcpMirror) Synced(ctx context.Context, entity string) (time.Time, error) {
	if o.at.IsZero() {
		return o.mirror.Synced(ctx, entity)
	}
	return o.mirror.SyncedBy(ctx, entity, o.at)
}

// Status implements mcpserver.Mirror.
func (o mcpMirror) Status(ctx context.Context) (mcpserver.Status, error) {
	s, err := o.mirror.Status(ctx)
	if err != nil {
		return mcpserver.Status{}, err
	}
	snapshots, err := o.mirror.Snapshots(ctx)
	if err != nil {
		return mcpserver.Status{}, err
	}
	jobs, err := o.a.scheduleStatus(ctx, o.mirror)
	if err != nil {
		return mcpserver.Status{}, fmt.Errorf("read the schedules: %w", err)
	}
	status := mcpserver.Status{
		Entities: make([]mcpserver.EntityStatus, len(s.Entities)), Runs: make([]mcpserver.Run, len(s.Runs)),
		Snapshots: make([]mcpserver.Snapshot, len(snapshots)), Drift: len(s.Drift), Daemon: jobs.Running,
	}
	for i, e := range s.Entities {
		status.Entities[i] = mcpserver.EntityStatus(e)
	}
	for i, r := range s.Runs {
		status.Runs[i] = mcpserver.Run(r)
	}
	for i, n := range snapshots {
		status.Snapshots[i] = mcpserver.Snapshot{Name: n.Name, At: n.At}
	}
	if jobs.Next != nil {
		status.NextJob = &mcpserver.Job{Job: jobs.Next.Job, At: jobs.Next.At}
	}
	return status, nil
}

// Close implements mcpserver.Mirror.
func (o mcpMirror) Close() error {
	o.done()
	return nil
}
