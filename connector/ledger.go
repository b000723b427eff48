package connector

import (
	"context"
	"time"

	"ciomirror/store"
)

// Ledger is what the mirror keeps of calls to the live API. A store.Store is one.
type Ledger interface {
	store.ActionLog
	// Put makes a record live at once: what a write answered.
	Put(ctx context.Context, t *store.Table, row store.Row) (store.Change, error)
	// Synced is when a run last read an entity completely; zero for never.
	Synced(ctx context.Context, entity string) (time.Time, error)
}
