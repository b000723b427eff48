package store

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	sq "github.com/Masterminds/squirrel"
)

// Store keeps the mirror of one workspace. Its methods may be called from several
// goroutines; writes are one after the other.
type Store interface {
	Reader
	Archive
	JobLog
	ActionLog
	// StartRun opens a run and takes the mirror's lease for it. A run that was left
	// open by a holder that ended, or whose lease ran out, is closed as interrupted;
	// what it had set aside stays for this one. While another holder's lease runs
	// the error is a *BusyError.
	StartRun(ctx context.Context, c Claim) (Run, error)
	// AsOf opens the mirror as it was at an instant: every entity's table holds
	// the versions that were live then. It fails with ErrBeforeFirst for an
	// instant before the first run.
	AsOf(ctx context.Context, at time.Time) (Reader, error)
	// Instant is the instant of the mirror that a time means. The present, and what
	// lies ahead, is the last commit: who asks again for the instant sees the same,
	// whatever was written meanwhile. It fails as AsOf does.
	Instant(ctx context.Context, at time.Time) (time.Time, error)
	// Diff yields, ordered by key, what is different in an entity at to from what
	// it was at from. A row that changed and changed back is not yielded. It fails
	// with ErrBeforeFirst as AsOf does.
	Diff(ctx context.Context, t *Table, from, to time.Time) iter.Seq2[Difference, error]
	// Parents lists the live rows of an entity with one key, in order of the key:
	// what nested lists need in their paths.
	Parents(ctx context.Context, t *Table) ([]Parent, error)
	// Orphans lists the parents that live rows of a nested entity name and that are
	// no live rows of up, its parent's table.
	Orphans(ctx context.Context, t, up *Table) ([]string, error)
	// Reading tells how far the lists of an entity were read.
	Reading(ctx context.Context, t *Table) (Reading, error)
	// Unattributed looks among the live rows that were first seen after since for
	// those that nothing claims: the Attribution's fields are all null. It returns
	// their number and the span of the window's field (Unix seconds).
	Unattributed(ctx context.Context, t *Table, since time.Time) (n, from, to int64, err error)
	// Bind ties the mirror to the workspace of an App API key, of which it keeps a
	// salted fingerprint. A key other than the one before is ErrOtherKey, unless
	// accept says that it is a new key of the same workspace.
	Bind(ctx context.Context, key string, accept bool) error
	// BoundTo is ErrOtherKey when the mirror is tied to another key than this one.
	BoundTo(ctx context.Context, key string) error
	// Put makes one record live at once, outside any run: what a write to the API
	// answered. A version of it becomes history as in Write. A list that a run is
	// reading or has set aside takes nothing of the record away.
	Put(ctx context.Context, t *Table, row Row) (Change, error)
	// Synced is when a run last read an entity completely; zero for never.
	Synced(ctx context.Context, entity string) (time.Time, error)
	// SyncedBy is what Synced was at an instant.
	SyncedBy(ctx context.Context, entity string, at time.Time) (time.Time, error)
	// Status tells what the mirror holds and how fresh it is.
	Status(ctx context.Context) (Status, error)
	// Totals tells what all runs together did, by entity, in order of their names. An
	// entity that no run reported on is not listed.
	Totals(ctx context.Context) ([]EntityTotals, error)
}

// Reader answers queries and cannot write.
type Reader interface {
	// Rows runs one query and yields its rows: int64, float64, string, []byte or nil
	// in column order. A row is valid until the next one. After an error the
	// sequence ends. Each ranging runs the query anew.
	Rows(ctx context.Context, q sq.Sqlizer) iter.Seq2[[]any, error]
	// Snapshot lets f run several queries that see the mirror at one instant, of the
	// first of them, whatever is written meanwhile. rows is as the method Rows, for
	// one query at a time, until f returns. A query that is cut short, by its own
	// context too, ends nothing but itself. The error is f's.
	Snapshot(ctx context.Context, f func(rows Rows) error) error
	// Plan is how the store would answer a query.
	Plan(ctx context.Context, q sq.Sqlizer) (Plan, error)
	// Statement runs one statement that a person wrote. It can read the mirror and
	// nothing else: no write, no other file, no setting, no second statement.
	// Parameters are bound by name; one that the statement does not have is refused.
	// Cells are int64, float64, string, []byte or nil.
	// A *StatementError says what is wrong with the statement. The rows must be
	// ranged over, once: they hold a connection until then.
	Statement(ctx context.Context, text string, params map[string]any) (columns []string, rows iter.Seq2[[]any, error], err error)
	Close() error
}

// Rows runs one query, as Reader.Rows does.
type Rows = func(ctx context.Context, q sq.Sqlizer) iter.Seq2[[]any, error]

// Plan is how a query is answered.
type Plan struct {
	// Steps are the store's own words, a line a step, indented below the step that
	// they are part of.
	Steps []string
	// Indexes are the names of those that are used, in the order of the steps, each
	// once. It is empty when rows are looked at one by one.
	Indexes []string
}

// Claim says who starts a run, and what for.
type Claim struct {
	Mode string // what was asked for, in words; All for everything
	// Requests are those that were sent for the run before it began.
	Requests int64
	// Holder names the machine and the process. A holder's own earlier run is never
	// in its way.
	Holder string
	// Ended reports whether the run of another holder is known to have ended; nil
	// when nothing is known, and then its lease has to run out.
	Ended func(holder string) bool
}

// All is the mode of a run that reads every entity.
const All = "all"

// Lease is how long a run that shows no sign of life keeps others out. Every write
// is one; Renew is one without a write.
const Lease = time.Minute

// BusyError says that another holder's run is under way.
type BusyError struct {
	Holder string
	Until  time.Time // of its lease
}

func (e *BusyError) Error() string {
	return fmt.Sprintf("another sync is running: %s has the mirror until %s at least", e.Holder, e.Until.UTC().Format(time.RFC3339))
}

// Parent is a live row that nested lists belong to.
type Parent struct {
	Key     string
	Changed time.Time // when its live version began
}

// Reading is how far the lists of an entity were read, over all runs.
type Reading struct {
	Windows   []Window            // the oldest first; they do not overlap
	Positions map[string]Position // by list
	Tried     time.Time           // when a run last asked for any of it; zero for never
}

// Window is a closed window of time that was read to its end. Both bounds, in Unix
// seconds, belong to it.
type Window struct {
	From, To int64
	Rows     int64     // records on the last reading
	ReadAt   time.Time // when the last reading began
}

// Position is how far one list of an entity was read.
type Position struct {
	// List tells an entity's lists apart: a parent's id, a view, "" for the plain one.
	List string
	// Mark is up to where; what it counts is the list's own affair.
	Mark int64
	// ReadAt is when the last reading began; WholeAt when the last reading of the
	// whole list did.
	ReadAt, WholeAt time.Time
	// Staged: the list's rows are set aside and not live yet.
	Staged bool
}

// Run writes what one sync reads.
//
// Complete lists go through Stage and Apply, so that a reader sees the list of
// before or the list of after and nothing between. Windowed lists go through
// Write, page by page. Every method is one transaction: it happens whole or, when
// it returns an error or its context ends, not at all. Once another run took the
// mirror over, every method fails with ErrTakenOver.
type Run interface {
	// ID numbers the run; numbers rise.
	ID() int64
	// Stage sets rows of a complete list aside. A row staged again replaces the
	// earlier one.
	//
	// With a position the rows are those of one parent, all of them: they replace
	// what was staged for it, and the position is noted with them, as staged. Such a
	// list outlives the run until it is applied or discarded; others do not.
	Stage(ctx context.Context, t *Table, rows []Row, p *Position) error
	// Apply makes the staged rows of the scope live. A live row of the scope that was
	// not staged is gone: it becomes a deleted version. What is staged outside the
	// scope stays so. Positions of the scope are no longer noted as staged.
	Apply(ctx context.Context, t *Table, s Scope) (Change, error)
	// Discard drops what is staged for the table, with its positions.
	Discard(ctx context.Context, t *Table) error
	// Unseen counts the live rows of the scope that are not staged, those that Apply
	// would delete, by parent ("" where there are none).
	Unseen(ctx context.Context, t *Table, s Scope) (map[string]int64, error)
	// Write makes rows of a windowed list live at once.
	Write(ctx context.Context, t *Table, rows []Row) (Change, error)
	// Attribute notes that the rows belong to the record id of another entity, in the
	// Attribution's field. A row that is not live is added; of one that is, nothing
	// else changes, and no version is made.
	Attribute(ctx context.Context, t *Table, id string, rows []Row) (Change, error)
	// Closed notes a closed window as read to its end. Windows inside it are replaced
	// by it, and those that reach into it are cut.
	Closed(ctx context.Context, t *Table, w Window) error
	// Reached notes positions.
	Reached(ctx context.Context, t *Table, p ...Position) error
	// Renew keeps the lease.
	Renew(ctx context.Context) error
	// Report notes how an entity fared; a second report replaces the first.
	Report(ctx context.Context, r EntityReport) error
	// Drift adds to the counts of an entity's drift.
	Drift(ctx context.Context, t *Table, drift []Drift) error
	// Finish closes the run and makes it durable: after it returns, a power cut
	// loses nothing of the run.
	Finish(ctx context.Context, status string, failure error) error
}

// Scope says which rows a staged list was to show.
type Scope struct {
	// All: every row of the entity. Otherwise those of Parents; rows of other parents
	// stay as they are.
	All     bool
	Parents []string
	// Guard holds the deletions back when too many rows would vanish at once. The
	// zero Guard holds nothing back.
	Guard Guard
}

// Guard is the largest loss that passes unasked: rows, or a share of the entity's
// live rows, whichever is more.
type Guard struct {
	Rows  int64
	Share float64
}

// Stops reports whether the loss of gone rows out of live is held back.
func (g Guard) Stops(gone, live int64) bool {
	return g != (Guard{}) && gone > g.Rows && float64(gone) > g.Share*float64(live)
}

// HeldError says that a list was not applied because too many rows would vanish.
// What was staged is dropped.
type HeldError struct{ Gone, Live int64 }

func (e *HeldError) Error() string {
	return fmt.Sprintf("%d of %d rows would vanish at once: none was removed", e.Gone, e.Live)
}

// Change counts what a write did to live rows.
type Change struct{ New, Changed, Same, Gone int64 }

// Add adds other to c.
func (c *Change) Add(other Change) {
	c.New += other.New
	c.Changed += other.Changed
	c.Same += other.Same
	c.Gone += other.Gone
}

// The states of a run and of an entity in it.
const (
	Running     = "running"
	Complete    = "complete"
	Partial     = "partial"
	Failed      = "failed"
	Skipped     = "skipped" // the key may not read the entity
	Held        = "held"    // too many rows would have vanished
	Interrupted = "interrupted"
)

// EntityReport is how an entity fared in a run.
type EntityReport struct {
	Entity   string `json:"entity"`
	Status   string `json:"status"`
	Requests int64  `json:"requests"`
	Pages    int64  `json:"pages"`
	// Rows are the records read; of a complete list each counts once.
	Rows    int64 `json:"rows"`
	New     int64 `json:"new"`
	Changed int64 `json:"changed"`
	Same    int64 `json:"same"`
	Gone    int64 `json:"gone"`
	// Waited is the time spent waiting for the rate limit and before retries.
	Waited  time.Duration `json:"-"`
	Seconds float64       `json:"seconds"`
	// Error is nil unless something went wrong.
	Error *string `json:"error"`
	// Warning is what a person should know of an entity that went well.
	Warning *string `json:"warning"`
}

// RunReport is how a run fared.
type RunReport struct {
	Run      int64          `json:"run"`
	Status   string         `json:"status"`
	Started  time.Time      `json:"started"`
	Seconds  float64        `json:"seconds"`
	Requests int64          `json:"requests"`
	Entities []EntityReport `json:"entities"`
	// Paused: a budget or a stop ended the run, and nothing else was wrong.
	Paused bool `json:"-"`
}

// Difference is one row that differs between two times.
type Difference struct {
	// Key are the cells of the key columns.
	Key    []any
	Change string // Added, Removed or Changed
	// Old and New are the cells at the two times; Old is nil for an added row, New
	// for a removed one.
	Old, New []any
}

// The ways in which a row differs.
const (
	Added   = "added"
	Removed = "removed"
	Changed = "changed"
)

// Status is what the mirror holds.
type Status struct {
	Path     string         `json:"file"`
	Bytes    int64          `json:"bytes"`
	Entities []EntityStatus `json:"entities"`
	Runs     []RunSummary   `json:"runs"` // the last ones, newest first
	Drift    []DriftStatus  `json:"drift"`
}

// EntityStatus is the freshness of one entity.
type EntityStatus struct {
	Entity string `json:"entity"`
	Rows   int64  `json:"rows"`
	// Synced is when the entity was last read completely; nil for never.
	Synced *time.Time `json:"synced"`
	// AgeSeconds is how long ago that is.
	AgeSeconds *int64 `json:"age_seconds"`
	// Last is the entity's state in the last run that read it; "" for none.
	Last  string  `json:"last"`
	Error *string `json:"error"`
}

// EntityTotals is what all runs together did for one entity.
type EntityTotals struct {
	Entity   string
	Runs     map[string]int64 // by how they ended
	Change   Change
	Requests int64
	Waited   time.Duration
	Seconds  float64
}

// RunSummary is a run without its entities.
type RunSummary struct {
	Run      int64      `json:"run"`
	Mode     string     `json:"mode"`
	Status   string     `json:"status"`
	Started  time.Time  `json:"started"`
	Finished *time.Time `json:"finished"`
	Requests int64      `json:"requests"`
	Error    *string    `json:"error"`
}

// DriftStatus is one kind of drift, as counted so far.
type DriftStatus struct {
	Entity   string    `json:"entity"`
	Path     string    `json:"path"`
	Kind     string    `json:"kind"`
	Got      string    `json:"got"`
	Count    int64     `json:"count"`
	LastSeen time.Time `json:"last_seen"`
}

// BeforeFirstError is ErrBeforeFirst with the times that it is about.
type BeforeFirstError struct {
	At    time.Time // that was asked for
	First time.Time // the first sync began
	Whole time.Time // the first time that the mirror shows by when a sync of everything had ended
}

func (e *BeforeFirstError) Error() string {
	return fmt.Sprintf("as of %s: the first sync was at %s: %v", e.At.UTC().Format(time.RFC3339), e.First.UTC().Format(time.RFC3339), ErrBeforeFirst)
}

// Unwrap returns ErrBeforeFirst.
func (e *BeforeFirstError) Unwrap() error { return ErrBeforeFirst }

// StatementError says what is wrong with a statement, and what to do.
type StatementError struct{ Msg, Hint string }

func (e *StatementError) Error() string { return e.Msg }

// Errors that callers tell apart.
var (
	// ErrNoMirror: the file does not exist, or no run has written to it.
	ErrNoMirror = errors.New("the mirror is empty")
	// ErrForeign: the file is a database of another program, or no database.
	ErrForeign = errors.New("the file is not a mirror")
	// ErrNewer: a newer version of ciomirror wrote the file.
	ErrNewer = errors.New("the mirror was written by a newer version")
	// ErrOtherKey: the mirror was filled with another key, perhaps of another
	// workspace.
	ErrOtherKey = errors.New("the mirror was filled with another App API key")
	// ErrDisk: the disk did not take a write, because it is full or refuses more.
	// What was there before is untouched.
	ErrDisk = errors.New("the disk did not take it")
	// ErrFileGone: the mirror's file was deleted, moved or replaced while it was
	// open. What would be written to it nobody would find again.
	ErrFileGone = errors.New("the mirror's file was taken away while it was open")
	// ErrTakenOver: the lease ran out, and another run has the mirror now.
	ErrTakenOver = errors.New("another run took the mirror over")
	// ErrBeforeFirst: the mirror did not exist yet at that time. The error is a
	// *BeforeFirstError.
	ErrBeforeFirst = errors.New("the mirror knows nothing of that time")
)
