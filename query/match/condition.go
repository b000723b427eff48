package match

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"ciomirror/internal/canon"
)

// Condition is a question about what is inside a JSON value. It travels to the
// database as text and back, see String and NewMatcher.
type Condition struct {
	// Op is an operator of the search: and, or, not and any, whose parts are Of, or
	// one that compares what is found at Path with Operand.
	Op string `json:"op"`
	// Path leads to what is compared; empty means the value itself. Where it comes
	// to an array, one element that meets the condition is enough.
	Path []string `json:"path,omitempty"`
	// Operand is canonical JSON. The operand of in is an array.
	Operand json.RawMessage `json:"value,omitempty"`
	// Typos is how many typing errors fuzzy and keyword allow a word.
	Typos int `json:"typos,omitempty"`
	// Of are the parts of and and or, and the one part of not and any. That of any
	// is asked of each element of the array at Path.
	Of []Condition `json:"of,omitempty"`
}

// String returns the condition as JSON: equal conditions have equal text.
func (c Condition) String() string { return string(c.append(nil)) }

func (c Condition) append(b []byte) []byte {
	b = append(b, `{"op":`...)
	b = canon.AppendString(b, c.Op)
	if len(c.Path) > 0 {
		b = append(b, `,"path":`...)
		for i, key := range c.Path {
			b = append(b, "[,"[min(i, 1)])
			b = canon.AppendString(b, key)
		}
		b = append(b, ']')
	}
	if c.Operand != nil {
		b = append(append(b, `,"value":`...), c.Operand...)
	}
	if c.Typos != 0 {
		b = strconv.AppendInt(append(b, `,"typos":`...), int64(c.Typos), 10)
	}
	if c.Of != nil {
		b = append(b, `,"of":[`...)
		for i, part := range c.Of {
			if i > 0 {
				b = append(b, ',')
			}
			b = part.append(b)
		}
		b = append(b, ']')
	}
	return append(b, '}')
}

// Matcher is a condition made ready to be asked of many values.
type Matcher struct {
	op   string
	keys [][]string // keys[i][n-1]: path segments i to i+n joined by dots, quoted
	of   []*Matcher

	operand string // canonical JSON
	text    string // the operand as text, when it is a string or a number
	isText  bool
	items   map[string]bool // of in
	null    bool            // the operand, or an item of in, is null
	pattern Pattern
	folded  Text
	words   wordSearch
}

// wordSearch is Words or NearWords.
type wordSearch interface {
	Fuzzy(text string) bool
	Keyword(text string) bool
}

// NewMatcher reads a condition's text.
func NewMatcher(condition string) (*Matcher, error) {
	var c Condition
	if err := json.Unmarshal([]byte(condition), &c); err != nil {
		return nil, fmt.Errorf("read a condition: %w", err)
	}
	return c.matcher()
}

func (c Condition) matcher() (*Matcher, error) {
	m := &Matcher{op: c.Op}
	for i := range c.Path {
		var joined []string
		for n := i + 1; n <= len(c.Path); n++ {
			joined = append(joined, string(canon.AppendString(nil, strings.Join(c.Path[i:n], "."))))
		}
		m.keys = append(m.keys, joined)
	}
	for _, part := range c.Of {
		p, err := part.matcher()
		if err != nil {
			return nil, err
		}
		m.of = append(m.of, p)
	}
	switch c.Op {
	case "and", "or":
		return m, nil
	case "not", "any":
		if len(m.of) != 1 {
			return nil, fmt.Errorf("read a condition: %s has %d parts, not one", c.Op, len(m.of))
		}
		return m, nil
	}
	operand, err := canon.JSON(c.Operand)
	if err != nil {
		return nil, fmt.Errorf("read the operand of %s: %w", c.Op, err)
	}
	return m, m.prepare(string(operand), c.Typos)
}

func (m *Matcher) prepare(operand string, typos int) (err error) {
	m.operand = operand
	m.null = operand == "null"
	m.text, m.isText = textOf(operand)
	switch m.op {
	case "eq", "neq", "gt", "gte", "lt", "lte", "array_contains":
	case "in":
		m.items = map[string]bool{}
		for item := range Elements(operand) {
			m.items[item] = true
		}
		m.null = m.items["null"]
	case "like":
		m.pattern = NewPattern(m.text)
	case "contains", "startswith", "endswith":
		m.folded = NewText(m.text)
	case "fuzzy", "keyword":
		if m.words = NewWords(m.text); typos != 0 {
			if m.words, err = NewNearWords(m.text, typos); err != nil {
				return fmt.Errorf("read a condition: %w", err)
			}
		}
	default:
		return fmt.Errorf("read a condition: unknown operator %q", m.op)
	}
	return nil
}

// textOf is the text of a JSON string or number.
func textOf(v string) (text string, ok bool) {
	switch kind(v) {
	case '"':
		return canon.Text(v), true
	case '0':
		return v, true
	}
	return "", false
}

// kind is '"', '0' for a number, 't' for a boolean, '[', '{', or 'n' for null and
// for no value at all.
func kind(v string) byte {
	if v == "" {
		return 'n'
	}
	switch c := v[0]; c {
	case '"', '[', '{', 'n', 't':
		return c
	case 'f':
		return 't'
	}
	return '0'
}

// Match asks the condition of a value, given as canonical JSON. The empty text and
// null are the absent value.
func (m *Matcher) Match(value string) Truth {
	switch m.op {
	case "and":
		all := True
		for _, part := range m.of {
			all = min(all, part.Match(value))
		}
		return all
	case "or":
		some := False
		for _, part := range m.of {
			some = max(some, part.Match(value))
		}
		return some
	case "not":
		return m.of[0].Match(value).Not()
	}
	return m.walk(value, 0)
}

// walk goes on along the path from the i-th segment.
func (m *Matcher) walk(v string, i int) Truth {
	if i == len(m.keys) {
		return m.test(v)
	}
	switch kind(v) {
	case '[':
		some := False
		for element := range Elements(v) {
			if some = max(some, m.walk(element, i)); some == True {
				break
			}
		}
		return some
	case '{':
		// A key may have dots in it: the longest one that is there wins.
		for n := len(m.keys[i]); n > 0; n-- {
			if inner, ok := Member(v, m.keys[i][n-1]); ok {
				return m.walk(inner, i+n)
			}
		}
	}
	return m.test("")
}

// test compares what the path led to.
func (m *Matcher) test(v string) Truth {
	k := kind(v)
	if k == 'n' {
		return m.testAbsent()
	}
	switch m.op {
	case "eq":
		return truth(v == m.operand)
	case "neq":
		return truth(v != m.operand)
	case "in":
		return truth(m.items[v])
	case "gt", "gte", "lt", "lte":
		return m.testOrder(k, v)
	case "array_contains":
		return truth(k == '[' && m.isElement(v))
	case "any":
		some := False
		for element := range Elements(v) {
			if some = max(some, m.of[0].Match(element)); some == True {
				break
			}
		}
		return some
	case "contains":
		if k == '[' {
			return truth(m.isElement(v))
		}
	}
	text, ok := textOf(v)
	if !ok || !m.isText {
		return False
	}
	switch m.op {
	case "like":
		return truth(m.pattern.Match(text))
	case "contains":
		return truth(m.folded.In(text))
	case "startswith":
		return truth(m.folded.Starts(text))
	case "endswith":
		return truth(m.folded.Ends(text))
	case "fuzzy":
		return truth(m.words.Fuzzy(text))
	default:
		return truth(m.words.Keyword(text))
	}
}

// testAbsent is for what is null or not there.
func (m *Matcher) testAbsent() Truth {
	switch {
	case m.op == "eq" && m.null:
		return True
	case m.op == "neq" && m.null:
		return False
	case m.op == "in" && m.null:
		return True
	case m.op == "in" && len(m.items) == 0:
		return False
	}
	return Unknown
}

// testOrder compares two numbers, two texts or two booleans. Values of different
// types have no order.
func (m *Matcher) testOrder(k byte, v string) Truth {
	if k != kind(m.operand) {
		return Unknown
	}
	var c int
	switch k {
	case '0':
		c = canon.CompareNumbers(v, m.operand)
	case '"':
		c = strings.Compare(canon.Text(v), m.text)
	case 't':
		c = strings.Compare(v, m.operand) // false before true, by luck of the alphabet
	default:
		return Unknown
	}
	return truth(Holds(m.op, c))
}

func (m *Matcher) isElement(array string) bool {
	for element := range Elements(array) {
		if element == m.operand {
			return true
		}
	}
	return false
}

// Holds reports whether gt, gte, lt or lte is true of two values that compare as c.
func Holds(op string, c int) bool {
	switch op {
	case "gt":
		return c > 0
	case "gte":
		return c >= 0
	case "lt":
		return c < 0
	default:
		return c <= 0
	}
}
