// Package sqltext reads the words of SQL as SQLite does, without knowing what they
// mean: where a statement ends, whether it says anything, which parameters it has.
package sqltext

import (
	"slices"
	"strings"
)

// End is the index of the first semicolon that ends a statement, or the length of the
// text.
func End(text string) int {
	for i := 0; i < len(text); {
		if text[i] == ';' {
			return i
		}
		i += length(text[i:])
	}
	return len(text)
}

// Blank reports whether the text has nothing but space, comments and semicolons.
func Blank(text string) bool {
	for i := 0; i < len(text); {
		n := length(text[i:])
		comment := n > 1 && (text[i] == '-' || text[i] == '/')
		if !comment && !strings.ContainsRune(" \t\r\n\f;", rune(text[i])) {
			return false
		}
		i += n
	}
	return true
}

// Parameters are the names of a statement's parameters, :name, @name and $name, each
// once and in the order of the text.
func Parameters(statement string) []string {
	var names []string
	for i := 0; i < len(statement); {
		n := length(statement[i:])
		if name := statement[i+1 : i+n]; isSign(statement[i]) && name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
		i += n
	}
	return names
}

// length is the length of the text, quoted name, comment, word or parameter that s
// starts with, or 1. What is not closed runs to the end.
func length(s string) int {
	closed := func(from int, end string) int {
		if n := strings.Index(s[from:], end); n >= 0 {
			return from + n + len(end)
		}
		return len(s)
	}
	switch {
	case s[0] == '\'', s[0] == '"', s[0] == '`':
		return closed(1, s[:1]) // a doubled quote starts the next text at once
	case s[0] == '[':
		return closed(1, "]")
	case strings.HasPrefix(s, "--"):
		return closed(2, "\n")
	case strings.HasPrefix(s, "/*"):
		return closed(2, "*/")
	case isSign(s[0]):
		n := 1 + wordEnd(s[1:])
		for n > 1 && strings.HasPrefix(s[n:], "::") { // part of the name
			n += 2 + wordEnd(s[n+2:])
		}
		return n
	case inWord(s[0]):
		return 1 + wordEnd(s[1:]) // a $ within a word, as in a$b, begins no parameter
	}
	return 1
}

func wordEnd(s string) int {
	for i := range len(s) {
		if !inWord(s[i]) {
			return i
		}
	}
	return len(s)
}

// isSign reports whether a parameter begins with b.
func isSign(b byte) bool { return b == ':' || b == '@' || b == '$' }

// inWord reports whether b may stand in a name: SQLite takes every character beyond
// ASCII for a letter.
func inWord(b byte) bool {
	return b == '_' || b == '$' || b >= '0' && b <= '9' || b|0x20 >= 'a' && b|0x20 <= 'z' || b >= 0x80
}
