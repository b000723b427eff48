package mcp

import (
	"context"
	"encoding/json"
	"iter"
	"time"

	"ciomirror/catalog"
	"ciomirror/connector"
)

// Workspace is what the tools read.
type Workspace interface {
	// Open opens the mirror for one call: as it is, or as it was at asOf, which is a
	// time in words or the name of a snapshot.
	Open(ctx context.Context, asOf string) (Mirror, error)
	// Schema describes an entity in full, as JSON.
	Schema(e *catalog.Entity) (json.RawMessage, error)
	// Saved lists the saved queries.
	Saved() ([]Saved, error)
	// Bind gives a saved query its parameters.
	Bind(name string, params map[string]string) (Question, error)
}

// Mirror is an open mirror. Rows and columns are as the store gives them.
type Mirror interface {
	// Execute answers a search.
	Execute(ctx context.Context, r connector.Request) (connector.Envelope, error)
	// Statement runs one statement that can do nothing but read the mirror.
	Statement(ctx context.Context, text string, params map[string]any) (columns []string, rows iter.Seq2[[]any, error], err error)
	// At is the time of asOf; zero for as it is.
	At() time.Time
	// Instant reads a time in words, or the name of a snapshot; now for "". It is an
	// instant of the mirror, of which Changes yields the same whatever is written later.
	Instant(ctx context.Context, text string) (time.Time, error)
	// Changes yields what differs in an entity between two times, in order of the key.
	Changes(ctx context.Context, e *catalog.Entity, from, to time.Time) iter.Seq2[Change, error]
	// Synced is when an entity was last read completely, up to At; zero for never.
	Synced(ctx context.Context, entity string) (time.Time, error)
	Status(ctx context.Context) (Status, error)
	Close() error
}

// Live is the App API: a *connector.Connector that may write.
type Live interface {
	// Preview is the request that Execute would send. It sends nothing.
	Preview(ctx context.Context, r connector.Request) (connector.Call, error)
	Execute(ctx context.Context, r connector.Request) (connector.Envelope, error)
}

// Operator is one operator of the filter.
type Operator struct {
	Operator string          `json:"operator"`
	Doc      string          `json:"doc"`
	Example  json.RawMessage `json:"example"`
}

// View is a ready-made question that SQL can select from.
type View struct {
	View string `json:"view"`
	Doc  string `json:"doc"`
}

// Saved is a saved query.
type Saved struct {
	Name        string       `json:"name"`
	Title       string       `json:"title"`
	Description string       `json:"description,omitempty"`
	Params      []SavedParam `json:"params"`
}

// SavedParam is a parameter of a saved query. Default is nil when a value must be
// given.
type SavedParam struct {
	Name    string  `json:"name"`
	Type    string  `json:"type"`
	Default *string `json:"default,omitempty"`
	Doc     string  `json:"doc,omitempty"`
}

// Question is a saved query with its parameters: a statement, or a search of Entity.
type Question struct {
	SQL    string
	Params map[string]any
	Entity string
	Search json.RawMessage // the params of a context_store_search
}

// Change is one row that differs.
type Change struct {
	Key    json.RawMessage // the key fields by name
	Change string          // added, removed or changed
	// Fields has, by name, the value before and the value after; null for none.
	Fields map[string][2]json.RawMessage
}

// Status is what the mirror holds and how it is kept.
type Status struct {
	Entities  []EntityStatus `json:"entities"`
	Runs      []Run          `json:"runs"`      // the last ones, newest first
	Snapshots []Snapshot     `json:"snapshots"` // newest first
	// Drift counts the things that the API sends and the catalog does not know.
	Drift int `json:"drift"`
	// NextJob is the next job of the schedules, nil for none. Nothing fires unless
	// Daemon says that one is at work.
	NextJob *Job `json:"next_job,omitempty"`
	Daemon  bool `json:"daemon"`
}

// EntityStatus is the freshness of one entity.
type EntityStatus struct {
	Entity     string     `json:"entity"`
	Rows       int64      `json:"rows"`
	Synced     *time.Time `json:"synced,omitempty"`
	AgeSeconds *int64     `json:"age_seconds,omitempty"`
	Last       string     `json:"last_run,omitempty"`
	Error      *string    `json:"error,omitempty"`
}

// Run is one sync.
type Run struct {
	Run      int64      `json:"run"`
	Mode     string     `json:"mode"`
	Status   string     `json:"status"`
	Started  time.Time  `json:"started"`
	Finished *time.Time `json:"finished,omitempty"`
	Requests int64      `json:"requests"`
	Error    *string    `json:"error,omitempty"`
}

// Snapshot is a named point in time.
type Snapshot struct {
	Name string    `json:"name"`
	At   time.Time `json:"at"`
}

// Job is a job of the schedules.
type Job struct {
	Job string    `json:"job"`
	At  time.Time `json:"at"`
}
