package sqlite

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"
	driver "modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"ciomirror/store"
)

// maxValue is the size of the largest value or row that a person's statement may
// make or read, in bytes. It is small because copying values into one row cannot be
// interrupted.
const maxValue = 1 << 20

// maxGrowth is by how much the process may grow while a statement runs, in bytes.
const maxGrowth = 512 << 20

// limits bound what cannot be interrupted: one call of a function, and the making
// of one row. SQLite looks for an interrupt between rows only.
var limits = map[int]int{
	lib.SQLITE_LIMIT_ATTACHED:            0,
	lib.SQLITE_LIMIT_LENGTH:              maxValue,
	lib.SQLITE_LIMIT_SQL_LENGTH:          1 << 20,
	lib.SQLITE_LIMIT_COLUMN:              250,
	lib.SQLITE_LIMIT_FUNCTION_ARG:        100,
	lib.SQLITE_LIMIT_EXPR_DEPTH:          500, // views of the past nest
	lib.SQLITE_LIMIT_COMPOUND_SELECT:     100,
	lib.SQLITE_LIMIT_VDBE_OP:             250_000,
	lib.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: 50, // of LIKE with ESCAPE; its time is this times the text's length
	lib.SQLITE_LIMIT_WORKER_THREADS:      0,
}

// sealed is a connection behind locks, for one statement of a person.
type sealed struct {
	conn   *sqlx.Conn
	before map[int]int // limits
	calls  map[string]int
	why    *store.StatementError // the authorizer's reason where it has its own
}

func seal(conn *sqlx.Conn) (*sealed, error) {
	s := &sealed{conn: conn, before: map[int]int{}, calls: map[string]int{}}
	for id, n := range limits {
		old, err := driver.Limit(conn.Conn, id, n)
		if err != nil {
			return s, fmt.Errorf("limit a statement: %w", err)
		}
		if id != lib.SQLITE_LIMIT_ATTACHED { // nothing of ours attaches
			s.before[id] = old
		}
	}
	return s, authorize(conn, s.onlyReads)
}

// open undoes the seal. When that fails, the connection is not to be used again.
func (s *sealed) open() error {
	for id, n := range s.before {
		if _, err := driver.Limit(s.conn.Conn, id, n); err != nil {
			return err
		}
	}
	return authorize(s.conn, nil)
}

func authorize(conn *sqlx.Conn, f driver.AuthorizerFn) error {
	return conn.Raw(func(c any) error {
		a, ok := c.(driver.AuthorizerRegisterer)
		if !ok {
			return fmt.Errorf("the SQLite driver has no authorizer")
		}
		return a.RegisterAuthorizer(f)
	})
}

// readPragmas tell about the schema and change nothing; those of settings take no
// argument, which would be the new value.
var (
	readPragmas    = []string{"table_info", "table_xinfo", "table_list", "index_list", "index_info", "index_xinfo", "foreign_key_list"}
	settingPragmas = []string{"function_list", "compile_options", "application_id", "user_version"}
)

// deniedFunctions reach beyond the database, read damaged structures on purpose, take
// quadratic time or are good for nothing but large values.
var deniedFunctions = []string{"load_extension", "sqlite_log", "unhex", "zeroblob", "randomblob", "rtreenode", "rtreedepth", "rtreecheck"}

// maxCalls is how often a statement may name functions of a kind, those in the views
// that it reads included: usage alone names replace fourteen times. A call on a text of
// maxValue takes 5 to 20 ms, and those in one row are not interrupted. Nor is the
// planning of selects within selects.
// Looking for a text full of words in another takes half a second, and with typing
// errors more.
var maxCalls = map[string]int{"text": 120, "growth": 40, "words": 12, "select": 150}

// growing functions make texts longer; textual ones read them through.
var (
	growing = []string{"printf", "format", "replace", "hex", "quote", "unistr_quote", "char", "concat", "concat_ws", "strftime"}
	textual = []string{"upper", "lower", "trim", "ltrim", "rtrim", "substr", "substring", "instr", "length", "like", "glob", "unicode", "unistr", "soundex"}
)

// counts lets a function pass unless too many of its kind came before.
func (s *sealed) counts(function string) driver.AuthorizerReturnCode {
	kind := ""
	switch {
	case slices.Contains(growing, function):
		kind = "growth"
	case strings.HasPrefix(function, "text_"): // the search's own
		kind = "words"
	case slices.Contains(textual, function), strings.HasPrefix(function, "json"):
		kind = "text"
	default:
		return driver.AuthorizerOK
	}
	return s.count(kind, function)
}

func (s *sealed) count(kind, what string) driver.AuthorizerReturnCode {
	if s.calls[kind]++; s.calls[kind] <= maxCalls[kind] {
		return driver.AuthorizerOK
	}
	s.why = &store.StatementError{
		Msg:  fmt.Sprintf("the statement has %s and its like more than %d times", what, maxCalls[kind]),
		Hint: "ask for less at once, and put the answers together in the program that asks",
	}
	return driver.AuthorizerDeny
}

// onlyReads lets a statement select, call functions and ask for the schema.
func (s *sealed) onlyReads(action driver.AuthorizerActionCode, arg1, arg2, _, _ string) driver.AuthorizerReturnCode {
	arg1, arg2 = strings.ToLower(arg1), strings.ToLower(arg2)
	switch action {
	case lib.SQLITE_SELECT:
		return s.count("select", "select")
	case lib.SQLITE_RECURSIVE:
		return driver.AuthorizerOK
	case lib.SQLITE_READ:
		// Tables of ours hold the fingerprint of the key and lists that are not whole
		// yet; the pages of the file hold all of that.
		if strings.HasPrefix(arg1, "_") || arg1 == "sqlite_dbpage" {
			s.why = &store.StatementError{
				Msg:  fmt.Sprintf("the table %s is not for reading", arg1),
				Hint: "it is the mirror's own; the tables that are for reading: ciomirror schema",
			}
			return driver.AuthorizerDeny
		}
		return driver.AuthorizerOK
	case lib.SQLITE_FUNCTION:
		if slices.Contains(deniedFunctions, arg2) || strings.HasPrefix(arg2, "geopoly") || strings.HasPrefix(arg2, "fts5") {
			return driver.AuthorizerDeny
		}
		return s.counts(arg2)
	case lib.SQLITE_PRAGMA:
		if slices.Contains(readPragmas, arg1) || slices.Contains(settingPragmas, arg1) && arg2 == "" {
			return driver.AuthorizerOK
		}
	}
	return driver.AuthorizerDeny
}

// guarded ends the context when the process has grown by more than maxGrowth. stop
// ends the guarding.
func guarded(ctx context.Context) (_ context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	most := resident() + maxGrowth
	var mu sync.Mutex
	var timer *time.Timer
	look := func() {
		mu.Lock()
		defer mu.Unlock()
		if ctx.Err() != nil {
			return
		}
		if resident() > most {
			cancel(&store.StatementError{
				Msg:  fmt.Sprintf("the statement took more than %d MiB of memory", maxGrowth>>20),
				Hint: "ask for fewer or smaller rows at once",
			})
			return
		}
		timer.Reset(guardEvery)
	}
	mu.Lock()
	defer mu.Unlock()
	timer = time.AfterFunc(guardEvery, look)
	return ctx, func() {
		timer.Stop()
		cancel(context.Canceled)
	}
}

const guardEvery = 10 * time.Millisecond
