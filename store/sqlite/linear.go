package sqlite

import (
	sqldriver "database/sql/driver"
	"fmt"
	"strings"
	"unicode/utf8"

	driver "modernc.org/sqlite"

	"ciomirror/query/match"
)

// registerLinear replaces functions of SQLite whose time grows with the product of
// two arguments' lengths. One call can take hours so, and nothing interrupts a call.
// Results are the same.
func registerLinear() error {
	for _, f := range []struct {
		name string
		args int32
		fn   func(args []sqldriver.Value) (sqldriver.Value, error)
	}{
		{"instr", 2, instr},
		{"replace", 3, replace},
		{"trim", 2, trimmer(true, true)},
		{"ltrim", 2, trimmer(true, false)},
		{"rtrim", 2, trimmer(false, true)},
	} {
		impl := &driver.FunctionImpl{
			NArgs: f.args, Deterministic: true, VolatileArgs: true,
			Scalar: func(_ *driver.FunctionContext, args []sqldriver.Value) (sqldriver.Value, error) {
				for _, a := range args {
					if a == nil {
						return nil, nil
					}
				}
				return f.fn(args)
			},
		}
		if err := driver.RegisterFunction(f.name, impl); err != nil {
			return fmt.Errorf("register %s: %w", f.name, err)
		}
	}
	return registerWildcards()
}

func asText(v sqldriver.Value) string {
	s, _ := match.CellText(v)
	return s
}

// instr counts characters, and bytes where both are blobs.
func instr(args []sqldriver.Value) (sqldriver.Value, error) {
	s, part := asText(args[0]), asText(args[1])
	at := strings.Index(s, part)
	_, b1 := args[0].([]byte)
	_, b2 := args[1].([]byte)
	if at < 0 || b1 && b2 {
		return int64(at + 1), nil
	}
	return int64(utf8.RuneCountInString(s[:at]) + 1), nil
}

func replace(args []sqldriver.Value) (sqldriver.Value, error) {
	s, old, now := asText(args[0]), asText(args[1]), asText(args[2])
	if old == "" {
		return strings.Clone(s), nil
	}
	if n := len(s) + strings.Count(s, old)*(len(now)-len(old)); n > maxValue {
		return nil, fmt.Errorf("replace: string or blob too big: %d bytes", n)
	}
	return strings.ReplaceAll(s, old, now), nil
}

func trimmer(left, right bool) func(args []sqldriver.Value) (sqldriver.Value, error) {
	return func(args []sqldriver.Value) (sqldriver.Value, error) {
		s := asText(args[0])
		set := map[rune]bool{}
		for _, r := range asText(args[1]) {
			set[r] = true
		}
		in := func(r rune) bool { return set[r] }
		if left {
			s = strings.TrimLeftFunc(s, in)
		}
		if right {
			s = strings.TrimRightFunc(s, in)
		}
		return strings.Clone(s), nil
	}
}
