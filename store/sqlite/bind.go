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
		print := fingerprint(salt, key)
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

// BoundTo implements store.Store.
func (s *Store) BoundTo(ctx context.Context, key string) error {
	var salt, known []byte
	err := s.db.QueryRowContext(ctx, `select s.value, f.value from _mirror as s, _mirror as f
		where s.name = 'key_salt' and f.name = 'key_fingerprint'`).Scan(&salt, &known)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil
	case err != nil:
		return fmt.Errorf("look whose the mirror is: %w", err)
	case !hmac.Equal(known, fingerprint(salt, key)):
		return store.ErrOtherKey
	}
	return nil
}

func fingerprint(salt []byte, key string) []byte {
	mac := hmac.New(sha256.New, salt)
	mac.Write([]byte(key))
	return mac.Sum(nil)
}
