package sqlite

import (
	"context"
	"fmt"
	"iter"
	"strings"

	sq "github.com/Masterminds/squirrel"
	"github.com/jmoiron/sqlx"
)

// reader answers queries from one pool of connections that cannot write.
type reader struct{ db *sqlx.DB }

// Close implements store.Reader.
func (r reader) Close() error { return r.db.Close() }

// Rows implements store.Reader.
func (r reader) Rows(ctx context.Context, q sq.Sqlizer) iter.Seq2[[]any, error] {
	return func(yield func([]any, error) bool) {
		text, args, err := q.ToSql()
		if err != nil {
			yield(nil, err)
			return
		}
		rows, err := r.db.QueryxContext(ctx, text, args...)
		if err != nil {
			yield(nil, fmt.Errorf("query the mirror: %w", err))
			return
		}
		defer rows.Close()
		for rows.Next() {
			cells, err := rows.SliceScan()
			if err != nil {
				yield(nil, fmt.Errorf("query the mirror: %w", err))
				return
			}
			if !yield(cells, nil) {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(nil, fmt.Errorf("query the mirror: %w", err))
		}
	}
}

// Plan implements store.Reader.
func (r reader) Plan(ctx context.Context, q sq.Sqlizer) ([]string, error) {
	text, args, err := q.ToSql()
	if err != nil {
		return nil, err
	}
	var steps []struct {
		ID, Parent, NotUsed int
		Detail              string
	}
	if err := r.db.SelectContext(ctx, &steps, "explain query plan "+text, args...); err != nil {
		return nil, fmt.Errorf("explain: %w", err)
	}
	depth := map[int]int{}
	lines := make([]string, len(steps))
	for i, s := range steps {
		depth[s.ID] = depth[s.Parent] + 1
		lines[i] = strings.Repeat("  ", depth[s.ID]-1) + s.Detail
	}
	return lines, nil
}
