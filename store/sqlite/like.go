package sqlite

import (
	sqldriver "database/sql/driver"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"

	driver "modernc.org/sqlite"
)

// maxPattern is the longest pattern of LIKE and GLOB, in bytes.
const maxPattern = 1000

// wildcard is a pattern of LIKE or GLOB as an automaton: state i is that the first i
// tokens are matched, and the set of states is one bit each. All states move at
// once, so that a text takes time by its length and by nothing else.
type wildcard struct {
	source string
	tokens []token
	loops  []uint64      // the states before a run of any characters
	fold   bool          // of ASCII letters, as LIKE
	ascii  [128][]uint64 // by character, the tokens that match it
	known  map[rune][]uint64
	other  []uint64 // of a character that no token names
	named  map[rune]bool
	class  bool // some token is a class, so every character is looked at
}

// token matches one character: any, one of its own, or one within ranges.
type token struct {
	any, class, not bool
	r               rune
	ranges          [][2]rune
}

func lower(r rune) rune {
	if 'A' <= r && r <= 'Z' {
		return r + 'a' - 'A'
	}
	return r
}

func (t token) matches(r rune, fold bool) bool {
	switch {
	case t.any:
		return true
	case t.class:
		in := false
		for _, x := range t.ranges {
			in = in || x[0] <= r && r <= x[1]
		}
		return in != t.not
	case fold:
		return lower(t.r) == lower(r)
	}
	return t.r == r
}

// parseLike reads a pattern of LIKE.
func parseLike(s string) *wildcard {
	w := &wildcard{source: s, fold: true}
	var stars []int
	for _, r := range s {
		switch r {
		case '%':
			stars = append(stars, len(w.tokens))
		case '_':
			w.tokens = append(w.tokens, token{any: true})
		default:
			w.tokens = append(w.tokens, token{r: r})
		}
	}
	return w.prepare(stars)
}

// parseGlob reads a pattern of GLOB.
func parseGlob(s string) *wildcard {
	w := &wildcard{source: s}
	var stars []int
	for rs := []rune(s); len(rs) > 0; {
		r := rs[0]
		rs = rs[1:]
		switch r {
		case '*':
			stars = append(stars, len(w.tokens))
		case '?':
			w.tokens = append(w.tokens, token{any: true})
		case '[':
			var t token
			t, rs = parseClass(rs)
			w.tokens = append(w.tokens, t)
		default:
			w.tokens = append(w.tokens, token{r: r})
		}
	}
	return w.prepare(stars)
}

// parseClass reads what follows the bracket. One that is not closed matches nothing.
func parseClass(rs []rune) (t token, rest []rune) {
	t.class = true
	i := 0
	if i < len(rs) && rs[i] == '^' {
		t.not = true
		i++
	}
	for first := true; i < len(rs) && (first || rs[i] != ']'); first = false {
		if !first && rs[i] == '-' && i+1 < len(rs) && rs[i+1] != ']' && len(t.ranges) > 0 {
			t.ranges[len(t.ranges)-1][1] = rs[i+1]
			i += 2
			continue
		}
		t.ranges = append(t.ranges, [2]rune{rs[i], rs[i]})
		i++
	}
	if i == len(rs) {
		return token{class: true}, nil
	}
	return t, rs[i+1:]
}

func (w *wildcard) prepare(stars []int) *wildcard {
	w.loops, w.other = w.set(), w.set()
	for _, i := range stars {
		w.loops[i/64] |= 1 << (i % 64)
	}
	w.known, w.named = map[rune][]uint64{}, map[rune]bool{}
	for i, t := range w.tokens {
		w.class = w.class || t.class
		if t.any {
			w.other[i/64] |= 1 << (i % 64)
		}
		w.named[t.r] = true
		if l := lower(t.r); w.fold && 'a' <= l && l <= 'z' {
			w.named[l], w.named[l-'a'+'A'] = true, true
		}
	}
	for r := range w.ascii {
		w.ascii[r] = w.accepting(rune(r))
	}
	return w
}

func (w *wildcard) set() []uint64 { return make([]uint64, len(w.tokens)/64+1) }

// accepting are the tokens that match r.
func (w *wildcard) accepting(r rune) []uint64 {
	if !w.class && !w.named[r] {
		return w.other
	}
	if m := w.known[r]; m != nil {
		return m
	}
	m := w.set()
	for i, t := range w.tokens {
		if t.matches(r, w.fold) {
			m[i/64] |= 1 << (i % 64)
		}
	}
	w.known[r] = m
	return m
}

func (w *wildcard) match(s string) bool {
	if len(w.loops) == 1 {
		return w.matchShort(s)
	}
	states := w.set()
	states[0] = 1
	for _, r := range s {
		m := w.accepting(r)
		carry, alive := uint64(0), uint64(0)
		for i, d := range states {
			on := d & m[i]
			states[i] = on<<1 | carry | d&w.loops[i]
			carry = on >> 63
			alive |= states[i]
		}
		if alive == 0 {
			return false
		}
	}
	end := len(w.tokens)
	return states[end/64]>>(end%64)&1 == 1
}

// matchShort is match for fewer than 64 tokens.
func (w *wildcard) matchShort(s string) bool {
	d, loops, end := uint64(1), w.loops[0], uint64(1)<<len(w.tokens)
	for _, r := range s {
		m := w.other
		if r < 128 {
			m = w.ascii[r]
		} else if w.class || w.named[r] {
			m = w.accepting(r)
		}
		if d = (d&m[0])<<1 | d&loops; d == 0 {
			return false
		}
		if d&loops&end != 0 {
			return true // whatever follows
		}
	}
	return d&end != 0
}

// registerWildcards replaces LIKE and GLOB, whose own take time by the text's length
// times the pattern's and cannot be interrupted. LIKE with ESCAPE stays SQLite's: it
// is another function, and the driver takes one of a name.
func registerWildcards() error {
	for name, parse := range map[string]func(string) *wildcard{"like": parseLike, "glob": parseGlob} {
		var spare atomic.Pointer[wildcard] // the last pattern; whoever takes it has it alone
		scalar := func(_ *driver.FunctionContext, args []sqldriver.Value) (sqldriver.Value, error) {
			for _, a := range args {
				switch a.(type) {
				case nil:
					return nil, nil
				case []byte:
					return int64(0), nil // a blob is like nothing
				}
			}
			pattern := asText(args[0])
			if len(pattern) > maxPattern {
				return nil, errors.New("LIKE or GLOB pattern too complex")
			}
			w := spare.Swap(nil)
			if w == nil || w.source != pattern {
				w = parse(strings.Clone(pattern)) // it is lent
			}
			matched := w.match(asText(args[1]))
			if len(w.known) < 1000 {
				spare.Store(w)
			}
			if matched {
				return int64(1), nil
			}
			return int64(0), nil
		}
		impl := &driver.FunctionImpl{NArgs: 2, Deterministic: true, VolatileArgs: true, Scalar: scalar}
		if err := driver.RegisterFunction(name, impl); err != nil {
			return fmt.Errorf("register %s: %w", name, err)
		}
	}
	return nil
}
