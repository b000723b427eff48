package match

import (
	"bytes"
	"strings"
)

// Text is a literal that texts are searched for without regard to case. It is
// folded once and used for many texts.
type Text struct{ folded []byte }

// NewText folds the literal.
func NewText(literal string) Text { return Text{appendFold(nil, literal)} }

// In reports whether the literal occurs in s.
func (t Text) In(s string) bool {
	var room [256]byte
	return bytes.Contains(appendFold(room[:0], s), t.folded)
}

// Starts reports whether s starts with the literal.
func (t Text) Starts(s string) bool {
	var room [256]byte
	return bytes.HasPrefix(appendFold(room[:0], s), t.folded)
}

// Ends reports whether s ends with the literal.
func (t Text) Ends(s string) bool {
	var room [256]byte
	return bytes.HasSuffix(appendFold(room[:0], s), t.folded)
}

// Pattern is the operand of like: % stands for any run of characters, the empty
// one too; \% and \\ are the characters themselves, and a backslash before any
// other character stands for that character. Case matters, and _ is only itself.
type Pattern struct {
	// parts are the literals between the wildcards. A pattern without a wildcard
	// has one part and is looked for anywhere.
	parts []string
}

// NewPattern reads a pattern. Every text is one.
func NewPattern(s string) Pattern {
	if strings.IndexByte(s, '\\') < 0 {
		return Pattern{strings.Split(s, "%")}
	}
	var p Pattern
	var part []byte
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '%':
			p.parts = append(p.parts, string(part))
			part = part[:0]
		case c == '\\' && i+1 < len(s):
			i++
			part = append(part, s[i])
		default:
			part = append(part, c)
		}
	}
	p.parts = append(p.parts, string(part))
	return p
}

// Match reports whether the pattern fits s.
func (p Pattern) Match(s string) bool {
	first, last := p.parts[0], p.parts[len(p.parts)-1]
	if len(p.parts) == 1 {
		return strings.Contains(s, first)
	}
	if len(s) < len(first)+len(last) || !strings.HasPrefix(s, first) || !strings.HasSuffix(s, last) {
		return false
	}
	s = s[len(first) : len(s)-len(last)]
	// The leftmost place of each part leaves the most room for the next.
	for _, part := range p.parts[1 : len(p.parts)-1] {
		i := strings.Index(s, part)
		if i < 0 {
			return false
		}
		s = s[i+len(part):]
	}
	return true
}
