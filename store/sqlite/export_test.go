package sqlite

import (
	"context"
	"database/sql"
)

// Pragmas reads a pragma from n connections of a pool at once.
func (s *Store) Pragmas(ctx context.Context, who, name string, n int) ([]string, error) {
	db := s.db.DB
	if who == "writer" {
		w, err := s.openForWriting()
		if err != nil {
			return nil, err
		}
		db, n = w, 1
	} else {
		n = min(n, db.Stats().MaxOpenConnections)
	}
	var values []string
	var held []*sql.Conn
	defer func() {
		for _, c := range held {
			c.Close()
		}
	}()
	for range n {
		c, err := db.Conn(ctx)
		if err != nil {
			return nil, err
		}
		held = append(held, c)
		var v string
		if err := c.QueryRowContext(ctx, "pragma "+name).Scan(&v); err != nil {
			return nil, err
		}
		values = append(values, v)
	}
	return values, nil
}

// ReaderExec tries to write through a reader's connection.
func (s *Store) ReaderExec(ctx context.Context, statement string) error {
	_, err := s.db.ExecContext(ctx, statement)
	return err
}
