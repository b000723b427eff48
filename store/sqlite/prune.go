package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"ciomirror/store"
)

// pruneChunk is how many versions one transaction removes at most, so that a sync
// waits for it no longer than for a page.
const pruneChunk = 5000

// Prune implements store.Archive.
func (s *Store) Prune(ctx context.Context, k store.Keep, dryRun bool) (store.Pruned, error) {
	p, err := s.prune(ctx, k, dryRun)
	if err != nil {
		return store.Pruned{}, fmt.Errorf("prune: %w", err)
	}
	return p, nil
}

func (s *Store) prune(ctx context.Context, k store.Keep, dryRun bool) (store.Pruned, error) {
	if k.Last < 0 || k.Days < 0 || k.Monthly < 0 || k == (store.Keep{}) {
		return store.Pruned{}, store.ErrKeepNothing
	}
	line, err := s.drawLine(ctx, k, dryRun)
	if err != nil {
		return store.Pruned{}, err
	}
	p := store.Pruned{DryRun: dryRun, Horizon: unixMilli(line.horizon), Snapshots: line.removed, Entities: []store.EntityVersions{}}
	entities, err := s.entityNames(ctx)
	if err != nil {
		return store.Pruned{}, err
	}
	for _, e := range entities {
		n, err := s.pruneEntity(ctx, e, line, dryRun)
		if err != nil {
			return store.Pruned{}, fmt.Errorf("%s: %w", e, err)
		}
		if n > 0 {
			p.Versions += n
			p.Entities = append(p.Entities, store.EntityVersions{Entity: e, Versions: n})
		}
	}
	if p.Versions > 0 && !dryRun {
		return p, s.settle(ctx, false)
	}
	return p, nil
}

// line parts what is remembered from what is not.
type line struct {
	horizon int64   // Unix ms
	kept    []int64 // the instants of the snapshots that stay, ascending
	removed []store.Snapshot
}

// drawLine decides what is forgotten and, unless it is a dry run, makes it so for
// every reader before the first version goes.
func (s *Store) drawLine(ctx context.Context, k store.Keep, dryRun bool) (l line, err error) {
	now := s.now()
	if dryRun {
		return lineOf(ctx, s.db, k, now)
	}
	err = s.write(ctx, func(tx *sql.Tx, _ int64) error {
		if l, err = lineOf(ctx, tx, k, now); err != nil {
			return err
		}
		for _, gone := range l.removed {
			if _, err := tx.ExecContext(ctx, "delete from snapshots where name = ?", gone.Name); err != nil {
				return err
			}
		}
		_, err := tx.ExecContext(ctx, "insert or replace into _mirror (name, value) values ('horizon', ?)", l.horizon)
		return err
	})
	return l, err
}

func lineOf(ctx context.Context, q queryer, k store.Keep, now time.Time) (line, error) {
	l := line{removed: []store.Snapshot{}}
	if err := q.QueryRowContext(ctx, "select "+horizon).Scan(&l.horizon); err != nil {
		return l, err
	}
	// What was forgotten once does not come back.
	l.horizon = max(l.horizon, k.Horizon(now).UnixMilli())
	snapshots, err := snapshotsOf(ctx, q)
	if err != nil {
		return l, err
	}
	kept, removed := k.Split(snapshots, now)
	l.removed = append(l.removed, removed...)
	for _, s := range slices.Backward(kept) {
		l.kept = append(l.kept, s.At.UnixMilli())
	}
	return l, nil
}

// shown reports whether a kept snapshot shows a version.
func (l line) shown(from, to int64) bool {
	i, _ := slices.BinarySearch(l.kept, from)
	return i < len(l.kept) && l.kept[i] < to
}

// pruneEntity removes the versions of an entity that nobody can see any more, or
// only counts them. Versions are looked up without a lock: nobody brings one back.
func (s *Store) pruneEntity(ctx context.Context, entity string, l line, dryRun bool) (n int64, err error) {
	for at, more := (mark{to: -1}), true; more; {
		var unseen []int64
		if unseen, at, more, err = s.unseenVersions(ctx, entity, l, at); err != nil {
			return n, err
		}
		n += int64(len(unseen))
		if dryRun || len(unseen) == 0 {
			continue
		}
		ids, err := json.Marshal(unseen)
		if err != nil {
			return n, err
		}
		if err := s.write(ctx, func(tx *sql.Tx, _ int64) error {
			// The plus keeps SQLite on the row ids; the condition itself guards a
			// version that took a removed one's id.
			_, err := tx.ExecContext(ctx, fmt.Sprintf("delete from %s where rowid in (select value from json_each(?)) and +_valid_to <= ?",
				quote(historyOf(entity))), string(ids), l.horizon)
			return err
		}); err != nil {
			return n, err
		}
	}
	return n, nil
}

// mark is where a walk of versions, in the order in which they ended, stands.
type mark struct{ to, id int64 }

// unseenVersions looks at the next versions that ended before the horizon and
// returns the ids of those that no kept snapshot shows. more says whether there may
// be others behind the new mark.
func (s *Store) unseenVersions(ctx context.Context, entity string, l line, after mark) (unseen []int64, at mark, more bool, err error) {
	rows, err := s.db.QueryContext(ctx, fmt.Sprintf(`select rowid, _valid_from, _valid_to from %s
		where (_valid_to, rowid) > (?, ?) and _valid_to <= ? order by _valid_to, rowid limit ?`,
		quote(historyOf(entity))), after.to, after.id, l.horizon, pruneChunk)
	if err != nil {
		return nil, after, false, err
	}
	defer rows.Close()
	n := 0
	for at = after; rows.Next(); n++ {
		var from int64
		if err := rows.Scan(&at.id, &from, &at.to); err != nil {
			return nil, after, false, err
		}
		if !l.shown(from, at.to) {
			unseen = append(unseen, at.id)
		}
	}
	return unseen, at, n == pruneChunk, rows.Err()
}
