package canon

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"
)

// MaxDepth is how deep arrays and objects may nest. Deeper text is refused with
// ErrTooDeep before it can exhaust the stack of whoever walks the value.
const MaxDepth = 1000

// The errors of JSON and AppendJSON, to be asked for with errors.Is.
var (
	ErrSyntax  = errors.New("invalid JSON")
	ErrTooDeep = fmt.Errorf("JSON nested more than %d deep", MaxDepth)
)

// JSON returns the canonical text of the one JSON value in raw. Text that is no
// JSON value, or has anything but white space after it, is an error.
func JSON(raw []byte) ([]byte, error) {
	return AppendJSON(make([]byte, 0, len(raw)), raw)
}

// AppendJSON appends the canonical text of the one JSON value in raw to dst and
// returns the longer slice; after an error, dst as it was. The two must not
// overlap.
func AppendJSON(dst, raw []byte) ([]byte, error) {
	w := writer{src: raw, dst: dst}
	w.space()
	if err := w.value(0); err != nil {
		return dst, err
	}
	if w.space(); w.pos < len(raw) {
		return dst, w.wrong("a value is followed by")
	}
	return w.dst, nil
}

// writer copies one value from src to dst in canonical form, in one pass.
type writer struct {
	src []byte
	pos int
	dst []byte
}

// member is where one member of an object stands in dst: its quoted name is
// [start:name] and its value ends at end.
type member struct{ start, name, end int }

func (w *writer) wrong(what string) error {
	if w.pos >= len(w.src) {
		return fmt.Errorf("%w: it ends at byte %d, in the middle of a value", ErrSyntax, len(w.src))
	}
	return fmt.Errorf("%w: %s %q at byte %d", ErrSyntax, what, w.src[w.pos], w.pos)
}

func (w *writer) space() {
	for w.pos < len(w.src) {
		switch w.src[w.pos] {
		case ' ', '\n', '\t', '\r':
			w.pos++
		default:
			return
		}
	}
}

// peek is the next byte, 0 at the end: no valid text has a 0 outside its strings.
func (w *writer) peek() byte {
	if w.pos < len(w.src) {
		return w.src[w.pos]
	}
	return 0
}

func (w *writer) value(depth int) error {
	switch c := w.peek(); {
	case c == '"':
		return w.text()
	case c == '{':
		return w.object(depth + 1)
	case c == '[':
		return w.array(depth + 1)
	case c == '-' || c >= '0' && c <= '9':
		return w.number()
	case c == 't':
		return w.literal("true")
	case c == 'f':
		return w.literal("false")
	case c == 'n':
		return w.literal("null")
	}
	return w.wrong("a value cannot start with")
}

func (w *writer) literal(s string) error {
	if !bytes.HasPrefix(w.src[w.pos:], []byte(s)) {
		return w.wrong("a value cannot start with")
	}
	w.pos += len(s)
	w.dst = append(w.dst, s...)
	return nil
}

func (w *writer) array(depth int) error {
	if depth > MaxDepth {
		return ErrTooDeep
	}
	w.dst = append(w.dst, '[')
	w.pos++
	if w.space(); w.peek() == ']' {
		w.pos++
		w.dst = append(w.dst, ']')
		return nil
	}
	for {
		w.space()
		if err := w.value(depth); err != nil {
			return err
		}
		w.space()
		c := w.peek()
		if c != ',' && c != ']' {
			return w.wrong("an element is followed by")
		}
		w.dst = append(w.dst, c)
		w.pos++
		if c == ']' {
			return nil
		}
	}
}

func (w *writer) object(depth int) error {
	if depth > MaxDepth {
		return ErrTooDeep
	}
	// On the stack: a record of usual size costs no allocation.
	var room [24]member
	members := room[:0]
	sorted := true
	w.dst = append(w.dst, '{')
	w.pos++
	if w.space(); w.peek() == '}' {
		w.pos++
		w.dst = append(w.dst, '}')
		return nil
	}
	for {
		w.space()
		if w.peek() != '"' {
			return w.wrong("a name cannot start with")
		}
		m := member{start: len(w.dst)}
		if err := w.text(); err != nil {
			return err
		}
		m.name = len(w.dst)
		w.space()
		if w.peek() != ':' {
			return w.wrong("a name is followed by")
		}
		w.pos++
		w.dst = append(w.dst, ':')
		w.space()
		if err := w.value(depth); err != nil {
			return err
		}
		m.end = len(w.dst)
		if n := len(members); sorted && n > 0 {
			sorted = w.compare(members[n-1], m) < 0
		}
		members = append(members, m)
		w.space()
		switch w.peek() {
		case ',':
			w.dst = append(w.dst, ',')
			w.pos++
		case '}':
			w.pos++
			w.dst = append(w.dst, '}')
			if !sorted {
				w.sort(members)
			}
			return nil
		default:
			return w.wrong("a member is followed by")
		}
	}
}

// compare orders two members by their names.
func (w *writer) compare(a, b member) int {
	return compareNames(w.dst[a.start+1:a.name-1], w.dst[b.start+1:b.name-1])
}

// compareNames orders two canonical names, without their quotes, by the bytes of
// what they stand for. An escape is written with a backslash, which sorts
// elsewhere than what it stands for.
func compareNames(x, y []byte) int {
	if bytes.IndexByte(x, '\\') < 0 && bytes.IndexByte(y, '\\') < 0 {
		return bytes.Compare(x, y)
	}
	if c := bytes.Compare(unescape(nil, x), unescape(nil, y)); c != 0 {
		return c
	}
	return bytes.Compare(x, y) // two halves of surrogate pairs read alike
}

// sort puts the last members of dst in order.
func (w *writer) sort(members []member) {
	start, end := members[0].start, members[len(members)-1].end
	var room [1024]byte
	text := append(room[:0], w.dst[start:end]...)
	if len(members) <= 24 {
		for i := 1; i < len(members); i++ {
			m := members[i]
			j := i
			for ; j > 0 && w.compare(members[j-1], m) > 0; j-- {
				members[j] = members[j-1]
			}
			members[j] = m
		}
	} else {
		sortMany(members, text, start)
	}
	w.dst = w.dst[:start]
	for i, m := range members {
		if i+1 < len(members) && sameName(text, start, m, members[i+1]) {
			continue // the name again: the later one counts
		}
		if len(w.dst) > start {
			w.dst = append(w.dst, ',')
		}
		w.dst = append(w.dst, text[m.start-start:m.end-start]...)
	}
	w.dst = append(w.dst, '}')
}

// sortMany sorts the members of a large object, whose text from start on is given.
// It stands apart because a closure over the writer would move it to the heap.
func sortMany(members []member, text []byte, start int) {
	slices.SortStableFunc(members, func(a, b member) int {
		return compareNames(text[a.start+1-start:a.name-1-start], text[b.start+1-start:b.name-1-start])
	})
}

// sameName reports whether two members have one name, given the copy of dst from
// start on. Canonical names are equal exactly when their texts are.
func sameName(text []byte, start int, a, b member) bool {
	return bytes.Equal(text[a.start-start:a.name-start], text[b.start-start:b.name-start])
}

func (w *writer) number() error {
	start := w.pos
	fraction, exponent := false, false
	s := w.src
	i := w.pos
	if s[i] == '-' {
		i++
	}
	digits := func() bool {
		from := i
		for i < len(s) && s[i]-'0' <= 9 {
			i++
		}
		return i > from
	}
	first := i
	ok := digits()
	if ok && s[first] == '0' && i > first+1 {
		i, ok = first+1, false
	}
	if ok && i < len(s) && s[i] == '.' {
		fraction = true
		i++
		ok = digits()
	}
	if ok && i < len(s) && s[i]|0x20 == 'e' {
		exponent = true
		i++
		if i < len(s) && (s[i] == '+' || s[i] == '-') {
			i++
		}
		ok = digits()
	}
	w.pos = i
	if !ok {
		return w.wrong("a number cannot go on with")
	}
	lit := s[start:i]
	canonical := !exponent && len(lit) <= maxPlain
	if fraction {
		canonical = canonical && lit[len(lit)-1] != '0'
	} else {
		canonical = canonical && string(lit) != "-0"
	}
	if canonical {
		w.dst = append(w.dst, lit...)
	} else {
		w.dst = parse(string(lit)).append(w.dst)
	}
	return nil
}

// AppendString appends s as a canonical JSON string.
func AppendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			if r, n := utf8.DecodeRuneInString(s[i:]); r != utf8.RuneError || n > 1 {
				i += n
				continue
			}
			dst = append(append(dst, s[from:i]...), "\uFFFD"...)
			i++
			from = i
			continue
		}
		if c >= ' ' && c != '"' && c != '\\' {
			i++
			continue
		}
		dst = appendEscaped(append(dst, s[from:i]...), c)
		i++
		from = i
	}
	return append(append(dst, s[from:]...), '"')
}
