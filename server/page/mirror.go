package page

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// Mirror answers questions. Its errors are *Problem where a person can do something
// about them.
type Mirror interface {
	// Search asks for rows with the params of a context-store search.
	Search(ctx context.Context, s Search) (Found, error)
	// Explain tells how a search is answered, without answering it.
	Explain(ctx context.Context, s Search) (Explained, error)
	// Ask runs one statement that can only read.
	Ask(ctx context.Context, q Question) (Grid, error)
	// Past is one record with its versions, all of them as of one instant. asOf is the
	// time that is asked about, in words; "" for now. A record that never was, or was
	// not there then, is an error with the status 404.
	Past(ctx context.Context, entity string, key []string, asOf string) (Past, error)
	// Diff tells what is different in an entity at one time from what it was at
	// another. It stops after limit rows.
	Diff(ctx context.Context, entity string, from, to time.Time, limit int) (Diff, error)
}

// Journal knows how the mirror came to be what it is.
type Journal interface {
	// State is what the mirror holds and how fresh it is.
	State(ctx context.Context) (State, error)
	// Runs are those that began since then, the newest first, at most limit.
	Runs(ctx context.Context, since time.Time, limit int) ([]Run, error)
	// Run is one run, or an error with the status 404.
	Run(ctx context.Context, id int64) (Run, error)
	// Writes are what was written to the workspace through this program since then, by
	// entity and action.
	Writes(ctx context.Context, since time.Time) ([]Write, error)
	// Instant reads a time as people write it, or the name of a snapshot.
	Instant(ctx context.Context, text string) (time.Time, error)
}

// Library keeps the saved queries.
type Library interface {
	// Queries are those that can be asked, and what is wrong with the others.
	Queries() (all []Saved, broken []Problem, err error)
	// Bind gives a saved query's parameters the values that people typed.
	Bind(name string, given map[string]string) (Bound, error)
}

// Search is a search of an entity.
type Search struct {
	Entity string
	Params json.RawMessage
	// AsOf is the time that is asked about, in words; "" for now.
	AsOf string
	// Named: its fields are a choice. JSON lines then leave out what has no value, as
	// a search does.
	Named bool
}

// Found are rows as JSON objects, with their fields in the catalog's order.
type Found struct {
	Rows   []json.RawMessage
	Cursor string // leads to the next page; "" when there is none
	// Count is what was counted, nil when nothing was asked for; partial when time
	// ran out.
	Count        *int64
	CountPartial bool
	Facets       map[string]Facet // by field
}

// Facet are the most frequent values of a field.
type Facet struct {
	Values        []FacetValue
	More, Partial bool
}

// FacetValue is one value and how many rows have it.
type FacetValue struct {
	Value json.RawMessage
	Count int64
}

// Explained is how a search is answered.
type Explained struct {
	// SQL is the search as one statement that can be run as it stands; Statements are
	// those that the mirror runs.
	SQL        string
	Statements []Statement
	Hints      []string
	// Path and Body are the same search as a request to the hosted service.
	Path, Body string
}

// Statement is one SELECT with its plan, a line a step.
type Statement struct {
	SQL  string
	Plan []string
}

// Question is one statement of SQL.
type Question struct {
	SQL string
	// Given are values as people typed them, Bound those of a saved query.
	Given map[string]string
	Bound map[string]any
	AsOf  string
	Limit int // rows
}

// SavedQuestion is a saved query with what people typed for its parameters.
type SavedQuestion struct {
	Name  string
	Given map[string]string
	AsOf  string
}

// Grid is the answer to a Question: cells are int64, float64, string or nil.
type Grid struct {
	Columns []string
	Rows    [][]any
	More    bool
}

// Past is a record in time.
type Past struct {
	// Shown is the version of the time that was asked for: the live one, or the last
	// of a record that is gone, when none was.
	Shown Version
	// Versions are the latest ones, the latest first. More: there are older ones,
	// among which Shown can be.
	Versions []Version
	More     bool
}

// Deleted is how the last version of a record ends that is gone.
const Deleted = "deleted"

// Version is a record as it was from one time to another. To is zero for the
// version that is live.
type Version struct {
	From, To time.Time
	// Ended is how the version ended: changed, Deleted; "" for the live one.
	Ended string
	// Run is the one that wrote it; 0 for a write of ours, of which Action is the
	// number, where that is known.
	Run, Action int64
	// GoneBy is the run that found the record gone, where Ended is Deleted and that is
	// known.
	GoneBy int64
	// Row has every column, Raw is the record as the API sent it.
	Row, Raw json.RawMessage
}

// Diff is what is different in one entity. Capped: there is more.
type Diff struct {
	Added, Removed, Changed int
	Capped                  bool
	Rows                    []Difference
}

// Difference is one row that differs.
type Difference struct {
	Key    []string
	Name   string // how people call it, "" when it has no name
	Change string // added, removed, changed
	Fields []FieldChange
}

// FieldChange is the value of a field before and after.
type FieldChange struct {
	Field         string
	Before, After json.RawMessage
}

// State is what the mirror holds.
type State struct {
	Profile string
	Bytes   int64
	Tables  []TableState
	// First is when the first run ended that read a table completely; while there is
	// none, when the first run ended, and zero before that.
	First     time.Time
	Snapshots []Snapshot
	Next      *NextJob // nil when nothing is scheduled
	Scheduler bool     // somebody is there to run it
	Drift     int      // kinds of things that the catalog does not say
}

// TableState is one entity.
type TableState struct {
	Entity string
	Rows   int64
	First  time.Time // when the first run ended that read it completely; zero for never
	Synced time.Time // when it was last read completely; zero for never
	Last   string    // how it fared in the last run that read it
	Error  string
}

// Snapshot is a named point in time.
type Snapshot struct {
	Name string
	At   time.Time
}

// NextJob is what the scheduler does next.
type NextJob struct {
	Job, Kind string
	At        time.Time
}

// Run is one sync.
type Run struct {
	ID       int64
	Mode     string
	Status   string
	Started  time.Time
	Finished time.Time // zero while it goes on
	Requests int64
	Error    string
	Entities []EntityRun
}

// EntityRun is how one entity fared in a run.
type EntityRun struct {
	Entity, Status           string
	Requests, Rows           int64
	New, Changed, Same, Gone int64
	Waited, Took             time.Duration
	Error, Warning           string
}

// Write is what one action did to the workspace.
type Write struct {
	Entity, Action string
	Done           int64 // times that it took effect
	Unknown        int64 // times of which nobody knows
}

// Saved is a question that is asked again.
type Saved struct {
	Name, Title, Doc, Text string
	Search                 bool // a search; otherwise SQL
	Params                 []Param
}

// Param is what a saved query wants to know.
type Param struct {
	Name, Type, Doc, Default string
	Required                 bool
}

// Bound is a saved query with its values: a search or a statement.
type Bound struct {
	Search *Search
	Fields []string // that the search names; none for the usual ones
	SQL    string
	Values map[string]any
}

// Problem is an error that a person can do something about.
type Problem struct {
	Status  int // of HTTP
	Message string
	Hint    string // what to do next
}

func (p *Problem) Error() string { return p.Message }

// status is that of a page with the problem on it; nil is none.
func (p *Problem) status() int {
	if p == nil {
		return http.StatusOK
	}
	return p.Status
}

func missing(format string, args ...any) *Problem {
	return &Problem{Status: http.StatusNotFound, Message: fmt.Sprintf(format, args...)}
}

func wrong(hint, format string, args ...any) *Problem {
	return &Problem{Status: http.StatusBadRequest, Message: fmt.Sprintf(format, args...), Hint: hint}
}
