package store

import (
	"context"
	"errors"
	"slices"
	"time"

	"ciomirror/internal/newfile"
)

// Archive keeps named points in time and forgets the past that nobody needs.
type Archive interface {
	// CreateSnapshot binds a name to the instant at which the last complete run of
	// everything ended; made by a job, or by a person for "". Without a name it
	// makes one. Errors: ErrNoCompleteRun, ErrSnapshotExists, and ErrPruned when
	// that instant is already forgotten.
	CreateSnapshot(ctx context.Context, name, madeBy string) (NewSnapshot, error)
	// Snapshots lists the snapshots, the newest instant first.
	Snapshots(ctx context.Context) ([]Snapshot, error)
	// RemoveSnapshot forgets a name, or fails with ErrNoSnapshot. The versions that
	// it showed go with the next Prune.
	RemoveSnapshot(ctx context.Context, name string) error
	// Prune forgets the snapshots that k does not keep, and the versions that ended
	// before the horizon and that no kept snapshot shows. The horizon is k.Days ago
	// and never moves back. From then on an instant before it fails with ErrPruned,
	// unless it is a kept snapshot's.
	//
	// The first transaction draws the line: whatever stops the rest, nobody sees
	// half of a time, and the next Prune goes on. A dry run changes nothing and
	// reports what the same call would do.
	Prune(ctx context.Context, k Keep, dryRun bool) (Pruned, error)
}

// Snapshot is a named point in time.
type Snapshot struct {
	Name    string    `json:"name"`
	At      time.Time `json:"at"`      // the instant it shows
	Run     int64     `json:"run"`     // the complete run that ended then
	Created time.Time `json:"created"` // when somebody named it
	MadeBy  string    `json:"made_by"` // the job; "" for a person
}

// NewSnapshot is a snapshot just made.
type NewSnapshot struct {
	Snapshot
	// After is the last run that began later, of which the snapshot shows nothing;
	// nil for none.
	After *RunSummary `json:"-"`
}

// Exported is a snapshot in a file of its own.
type Exported struct {
	Snapshot string       `json:"snapshot"`
	File     string       `json:"file"`
	Bytes    int64        `json:"bytes"`
	Entities []EntityRows `json:"entities"`
}

// EntityRows counts rows of an entity.
type EntityRows struct {
	Entity string `json:"entity"`
	Rows   int64  `json:"rows"`
}

// Keep says which snapshots a Prune keeps: those that any of its rules keeps. A
// rule that is zero keeps none; to keep none at all is refused with ErrKeepNothing.
type Keep struct {
	Last    int // the newest
	Days    int // those that show an instant younger than so many days
	Monthly int // the newest of each of the last so many months (UTC) that have one
}

// DefaultKeep is what is kept unless somebody asks for something else.
var DefaultKeep = Keep{Last: 30, Days: 90, Monthly: 12}

// Horizon is the instant before which k keeps snapshots alone.
func (k Keep) Horizon(now time.Time) time.Time { return now.UTC().AddDate(0, 0, -k.Days) }

// Split sorts snapshots, in any order, into those that k keeps and those that it
// does not, each the newest first.
func (k Keep) Split(snapshots []Snapshot, now time.Time) (kept, removed []Snapshot) {
	newestFirst := slices.SortedFunc(slices.Values(snapshots), func(a, b Snapshot) int {
		return b.At.Compare(a.At)
	})
	months := map[string]bool{}
	for i, s := range newestFirst {
		month := s.At.UTC().Format("2006-01")
		ofMonth := !months[month] && len(months) < k.Monthly
		months[month] = true
		if i < k.Last || ofMonth || k.Days > 0 && s.At.After(k.Horizon(now)) {
			kept = append(kept, s)
		} else {
			removed = append(removed, s)
		}
	}
	return kept, removed
}

// Pruned is what a Prune forgot, or would forget.
type Pruned struct {
	DryRun bool `json:"dry_run"`
	// Horizon is the instant before which only kept snapshots are remembered.
	Horizon   time.Time  `json:"horizon"`
	Snapshots []Snapshot `json:"snapshots"` // the newest first
	Versions  int64      `json:"versions"`
	// Entities are those that lost versions.
	Entities []EntityVersions `json:"entities"`
}

// EntityVersions counts versions of an entity's rows.
type EntityVersions struct {
	Entity   string `json:"entity"`
	Versions int64  `json:"versions"`
}

// Errors that callers tell apart.
var (
	// ErrNoCompleteRun: no run of everything was complete yet.
	ErrNoCompleteRun = errors.New("no sync of everything was complete yet")
	// ErrSnapshotExists: the name is taken.
	ErrSnapshotExists = errors.New("there is a snapshot of that name")
	// ErrNoSnapshot: no snapshot has the name.
	ErrNoSnapshot = errors.New("there is no snapshot of that name")
	// ErrPruned: the mirror has forgotten that time.
	ErrPruned = errors.New("the mirror no longer remembers that time")
	// ErrKeepNothing: a Keep without a rule, or with one below zero.
	ErrKeepNothing = errors.New("no rule says what to keep")
	// ErrDamaged: the mirror's file is not whole.
	ErrDamaged = errors.New("the mirror is damaged")
	// ErrFileExists: an export would overwrite something.
	ErrFileExists = newfile.ErrExists
	// ErrItself: an export would overwrite the mirror.
	ErrItself = newfile.ErrSpared
)
