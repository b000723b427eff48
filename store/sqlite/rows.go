package sqlite

import (
	"context"
	sqldriver "database/sql/driver"
	"fmt"
	"iter"
	"strings"

	sq "github.com/Masterminds/squirrel"
	"github.com/jmoiron/sqlx"
)

// reader answers queries from one pool of connections that cannot write.
type reader struct {
	db *sqlx.DB
	// remembers, when set, fails when the mirror has forgotten the time that is
	// asked for. It is asked in the transaction of each query: a prune that comes
	// between the question and the answer must not thin the answer out.
	remembers func(ctx context.Context, q sqlx.QueryerContext) error
}

// connect takes a connection for one query; release gives it back.
func (r reader) connect(ctx context.Context) (*sqlx.Conn, error) {
	conn, err := r.db.Connx(ctx)
	if err != nil {
		return nil, fmt.Errorf("query the mirror: %w", err)
	}
	if r.remembers == nil {
		return conn, nil
	}
	if _, err = conn.ExecContext(ctx, "begin"); err == nil {
		err = r.remembers(ctx, conn)
	}
	if err != nil {
		r.release(ctx, conn)
		return nil, err
	}
	return conn, nil
}

func (r reader) release(ctx context.Context, conn *sqlx.Conn) {
	if r.remembers != nil {
		if _, err := conn.ExecContext(context.WithoutCancel(ctx), "rollback"); err != nil {
			// The pool drops a connection of which nobody knows where it stands.
			_ = conn.Raw(func(any) error { return sqldriver.ErrBadConn })
		}
	}
	_ = conn.Close()
}

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
		conn, err := r.connect(ctx)
		if err != nil {
			yield(nil, err)
			return
		}
		defer r.release(ctx, conn)
		rows, err := conn.QueryxContext(ctx, text, args...)
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
