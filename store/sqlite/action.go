package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"ciomirror/store"
)

// StartAction implements store.ActionLog. The commit waits for the disk: what is
// sent next cannot be taken back, and must not be forgotten.
func (s *Store) StartAction(ctx context.Context, a store.Action) (id int64, err error) {
	var wait time.Duration
	err = s.durably(ctx, func(tx *sql.Tx, _ int64) error {
		if wait, err = tooSoon(ctx, tx, a); err != nil || wait > 0 {
			return err
		}
		var body *string
		if a.Body != nil {
			text := string(a.Body)
			body = &text
		}
		return tx.QueryRowContext(ctx, `insert into actions (at, face, entity, action, method, path, body) values (?, ?, ?, ?, ?, ?, ?) returning id`,
			a.At.UnixMilli(), a.Face, a.Entity, a.Action, a.Method, a.Path, body).Scan(&id)
	})
	switch {
	case err != nil:
		return 0, fmt.Errorf("note %s of %s: %w", a.Action, a.Entity, err)
	case wait > 0:
		return 0, fmt.Errorf("%s of %s: %w", a.Action, a.Entity, &store.TooSoonError{Wait: wait})
	}
	return id, nil
}

// tooSoon is how long a has to wait for the distance that it keeps to others of its
// path. One that ended counts from its end: it may have waited for its turn, too. One
// that lies a little ahead was noted by another while a waited for its turn here. One
// that lies farther ahead says that the clock was set back, and then nothing can be
// measured.
func tooSoon(ctx context.Context, tx *sql.Tx, a store.Action) (time.Duration, error) {
	if a.Every == 0 {
		return 0, nil
	}
	var last sql.NullInt64
	if err := tx.QueryRowContext(ctx, `select max(coalesce(finished, at)) from actions
		where method = ? and path = ? and outcome <> ? and coalesce(finished, at) <= ?`,
		a.Method, a.Path, store.Unsent, a.At.Add(a.Every).UnixMilli()).Scan(&last); err != nil || !last.Valid {
		return 0, err
	}
	return min(a.Every, max(0, a.Every-a.At.Sub(unixMilli(last.Int64)))), nil
}

// EndAction implements store.ActionLog.
func (s *Store) EndAction(ctx context.Context, id int64, o store.Outcome) error {
	null := func(text string) sql.NullString { return sql.NullString{String: text, Valid: text != ""} }
	err := s.durably(ctx, func(tx *sql.Tx, _ int64) error {
		done, err := tx.ExecContext(ctx, `update actions set outcome = ?, finished = ?, status = ?, answer_id = ?, message = ? where id = ?`,
			o.Outcome, o.At.UnixMilli(), sql.NullInt64{Int64: int64(o.Status), Valid: o.Status != 0}, null(o.AnswerID), null(o.Message), id)
		if err != nil {
			return err
		}
		if n, err := done.RowsAffected(); err != nil || n != 1 {
			return fmt.Errorf("there is no action %d: %w", id, err)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("note how action %d ended: %w", id, err)
	}
	return nil
}
