package query

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"ciomirror/query/match"
)

// The codes of Error.
const (
	UnknownEntity        = "unknown_entity"
	UnknownField         = "unknown_field"
	UnknownOperator      = "unknown_operator"
	InvalidFilter        = "invalid_filter" // the wrong shape, of sort and fields too
	TypeMismatch         = "type_mismatch"
	OperatorNotSupported = "operator_not_supported"
	InvalidOperand       = "invalid_operand"
	InvalidLimit         = "invalid_limit"
	InvalidCursor        = "invalid_cursor"
	NotSupported         = "not_supported"
	TooLarge             = "too_large" // one of the bounds in limits.go
)

// Error is a fault in a request: something that whoever wrote it can mend. Every
// error of Parse and Compile is one.
type Error struct {
	Code string
	// At is an RFC 6901 JSON Pointer to the place: /filter/eq/stat, /sort/0, /limit.
	At string
	// Msg says what is wrong, Hint what to do about it.
	Msg, Hint string
	// Candidates are the nearest known names, best first.
	Candidates []string
	// Known are all names that would do, where a name was unknown.
	Known []string

	// The hint, where it ends in an example: its words, and what makes the example.
	words   string
	example example
	shown   string // as it stands in the hint
}

// Error returns the message and the hint.
func (e *Error) Error() string {
	if e.Hint == "" {
		return e.Msg
	}
	return e.Msg + "; " + e.Hint
}

// Dotted is the place as a dotted path from the params of the request, in the
// manner of the hosted errors: query.filter.eq.stat.
func (e *Error) Dotted() string {
	path := strings.TrimPrefix(e.At, "/")
	if path == "" {
		return "params"
	}
	segments := strings.Split(path, "/")
	for i, s := range segments {
		segments[i] = strings.NewReplacer("~1", "/", "~0", "~").Replace(s)
	}
	if segments[0] == "filter" || segments[0] == "sort" {
		segments = append([]string{"query"}, segments...)
	}
	return strings.Join(segments, ".")
}

func fault(code, at, format string, args ...any) *Error {
	return &Error{Code: code, At: at, Msg: fmt.Sprintf(format, args...)}
}

func (e *Error) hint(format string, args ...any) *Error {
	e.Hint = fmt.Sprintf(format, args...)
	return e
}

// suggest names the known names that are nearest to the one given.
func (e *Error) suggest(name string, known []string) *Error {
	e.Known = known
	e.Candidates = Nearest(name, known)
	if len(e.Candidates) > 0 && e.Hint == "" {
		e.Hint = fmt.Sprintf("did you mean %q?", e.Candidates[0])
	}
	return e
}

// Nearest are the known names that could be meant by name, at most three, best
// first. Two letters in the wrong order are one mistake.
func Nearest(name string, known []string) []string {
	const most = 3
	type near struct {
		name     string
		distance int
	}
	var found []near
	lower := strings.ToLower(name)
	for _, k := range known {
		d, ok := match.Edits(lower, strings.ToLower(k), max(1, len(name)/3))
		switch {
		case ok:
		case len(lower) >= 3 && (strings.HasPrefix(k, lower) || strings.HasSuffix(k, "_"+lower)):
			d = len(k) - len(lower)
		case len(k) >= 3 && strings.HasPrefix(lower, k):
			d = len(lower) - len(k)
		default:
			continue
		}
		found = append(found, near{k, d})
	}
	slices.SortStableFunc(found, func(a, b near) int { return cmp.Compare(a.distance, b.distance) })
	var names []string
	for _, f := range found[:min(len(found), most)] {
		names = append(names, f.name)
	}
	return names
}

// pointer extends a JSON Pointer by one segment.
func pointer(at, segment string) string {
	if strings.ContainsAny(segment, "~/") {
		segment = strings.NewReplacer("~", "~0", "/", "~1").Replace(segment)
	}
	return at + "/" + segment
}
