package sqlite

import (
	"cmp"
	"context"
	sqldriver "database/sql/driver"
	"fmt"
	"iter"
	"regexp"
	"slices"
	"strings"

	sq "github.com/Masterminds/squirrel"
	"github.com/jmoiron/sqlx"

	"ciomirror/store"
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
		return nil, queryError(err)
	}
	if r.remembers == nil {
		return conn, nil
	}
	return conn, r.begin(ctx, conn)
}

// begin opens a transaction. When it fails, the connection is given back.
func (r reader) begin(ctx context.Context, conn *sqlx.Conn) error {
	_, err := conn.ExecContext(ctx, "begin")
	if err == nil && r.remembers != nil {
		err = r.remembers(ctx, conn)
	}
	if err != nil {
		rollback(ctx, conn)
	}
	return onDisk(err)
}

func (r reader) release(ctx context.Context, conn *sqlx.Conn) {
	if r.remembers != nil {
		rollback(ctx, conn)
		return
	}
	_ = conn.Close()
}

// rollback ends a transaction and gives the connection back.
func rollback(ctx context.Context, conn *sqlx.Conn) {
	if _, err := conn.ExecContext(context.WithoutCancel(ctx), "rollback"); err != nil {
		// The pool drops a connection of which nobody knows where it stands.
		_ = conn.Raw(func(any) error { return sqldriver.ErrBadConn })
	}
	_ = conn.Close()
}

// Close implements store.Reader.
func (r reader) Close() error { return r.db.Close() }

func queryError(err error) error { return fmt.Errorf("query the mirror: %w", onDisk(err)) }

// Rows implements store.Reader.
func (r reader) Rows(ctx context.Context, q sq.Sqlizer) iter.Seq2[[]any, error] {
	return func(yield func([]any, error) bool) {
		conn, err := r.connect(ctx)
		if err != nil {
			yield(nil, err)
			return
		}
		defer r.release(ctx, conn)
		rowsOf(conn)(ctx, q)(yield)
	}
}

// Snapshot implements store.Reader. A deferred transaction keeps to what its first
// query saw.
func (r reader) Snapshot(ctx context.Context, f func(rows store.Rows) error) error {
	conn, err := r.db.Connx(ctx)
	if err != nil {
		return queryError(err)
	}
	if err := r.begin(ctx, conn); err != nil {
		return queryError(err)
	}
	defer rollback(ctx, conn)
	return f(rowsOf(conn))
}

// rowsOf runs queries on one connection.
func rowsOf(conn *sqlx.Conn) store.Rows {
	return func(ctx context.Context, q sq.Sqlizer) iter.Seq2[[]any, error] {
		return func(yield func([]any, error) bool) {
			text, args, err := q.ToSql()
			if err != nil {
				yield(nil, err)
				return
			}
			rows, err := conn.QueryxContext(ctx, text, args...)
			if err != nil {
				yield(nil, queryError(err))
				return
			}
			defer rows.Close()
			for rows.Next() {
				cells, err := rows.SliceScan()
				if err != nil {
					yield(nil, queryError(err))
					return
				}
				if !yield(cells, nil) {
					return
				}
			}
			if err := rows.Err(); err != nil {
				yield(nil, queryError(err))
			}
		}
	}
}

// indexUsed finds an index in a step of SQLite's plan. A text index is a table of its
// own, and so are lists in JSON. AUTOMATIC indexes are made for the one query, and so
// are none.
var indexUsed = regexp.MustCompile(`^(?:SEARCH|SCAN) (?:(\S+) (?:USING (?:COVERING )?INDEX (\S+)|USING INTEGER PRIMARY KEY)|(_\S+_text) VIRTUAL TABLE INDEX)`)

// Plan implements store.Reader.
func (r reader) Plan(ctx context.Context, q sq.Sqlizer) (p store.Plan, err error) {
	text, args, err := q.ToSql()
	if err != nil {
		return p, err
	}
	var steps []struct {
		ID, Parent, NotUsed int
		Detail              string
	}
	if err := r.db.SelectContext(ctx, &steps, "explain query plan "+text, args...); err != nil {
		return p, fmt.Errorf("explain: %w", onDisk(err))
	}
	depth := map[int]int{}
	for _, s := range steps {
		depth[s.ID] = depth[s.Parent] + 1
		p.Steps = append(p.Steps, strings.Repeat("  ", depth[s.ID]-1)+s.Detail)
		if m := indexUsed.FindStringSubmatch(s.Detail); m != nil {
			name := cmp.Or(m[2], m[1], m[3]) // a table can be its own index
			if !slices.Contains(p.Indexes, name) {
				p.Indexes = append(p.Indexes, name)
			}
		}
	}
	return p, nil
}
