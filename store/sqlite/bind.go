package sqlite

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"

	"ciomirror/store"
)

// Bind implements store.Store. The salt is the file's own, so that two mirrors of
// one key do not show that they are.
func (s *Store) Bind(ctx context.Context, key string, accept bool) error {
	err := s.write(ctx, func(tx *sql.Tx, _ int64) error {
		salt := make([]byte, 16)
		if _, err := rand.Read(salt); err != nil {
			return err
		}
		if err := tx.QueryRowContext(ctx, `insert into _mirror (name, value) values ('key_salt', ?)
			on conflict do update set value = value returning value`, salt).Scan(&salt); err != nil {
			return err
		}
		mac := hmac.New(sha256.New, salt)
		mac.Write([]byte(key))
		print := mac.Sum(nil)
		var known []byte
		err := tx.QueryRowContext(ctx, `select value from _mirror where name = 'key_fingerprint'`).Scan(&known)
		switch {
		case errors.Is(err, sql.ErrNoRows), err == nil && accept:
			_, err = tx.ExecContext(ctx, `insert or replace into _mirror (name, value) values ('key_fingerprint', ?)`, print)
		case err == nil && !hmac.Equal(known, print):
			err = store.ErrOtherKey
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("bind the mirror to its key: %w", err)
	}
	return nil
}
