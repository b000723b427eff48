package match

import (
	"iter"
	"strings"
)

// The functions below read compact JSON, as package canon writes it, without
// decoding it. Text that is no such JSON ends them early; it never breaks them.

// end is where the value that starts at s[i] ends.
func end(s string, i int) int {
	if i >= len(s) {
		return len(s)
	}
	switch s[i] {
	case '"':
		return endString(s, i)
	case '{', '[':
		for depth := 0; i < len(s); {
			switch s[i] {
			case '"':
				i = endString(s, i)
				continue
			case '{', '[':
				depth++
			case '}', ']':
				if depth--; depth == 0 {
					return i + 1
				}
			}
			i++
		}
		return len(s)
	}
	for i < len(s) && s[i] != ',' && s[i] != ']' && s[i] != '}' {
		i++
	}
	return i
}

// endString is where the string that starts at s[i] ends.
func endString(s string, i int) int {
	for i++; i < len(s); i++ {
		j := strings.IndexByte(s[i:], '"')
		if j < 0 {
			return len(s)
		}
		if k := strings.IndexByte(s[i:i+j], '\\'); k >= 0 {
			i += k + 1 // the loop steps over what is escaped
			continue
		}
		return i + j + 1
	}
	return len(s)
}

// Elements are the elements of the compact JSON array v, as text. Of any other
// value there are none.
func Elements(v string) iter.Seq[string] {
	return func(yield func(string) bool) {
		if v == "" || v[0] != '[' {
			return
		}
		for i := 1; i < len(v) && v[i] != ']'; {
			to := end(v, i)
			if to == i || !yield(v[i:to]) {
				return
			}
			if i = to; i < len(v) && v[i] == ',' {
				i++
			}
		}
	}
}

// Members are the members of the compact JSON object v: the quoted name and the
// value, as text. Of any other value there are none.
func Members(v string) iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		if v == "" || v[0] != '{' {
			return
		}
		for i := 1; i < len(v) && v[i] == '"'; {
			to := endString(v, i)
			name := v[i:to]
			if to >= len(v) || v[to] != ':' {
				return
			}
			i = to + 1
			to = end(v, i)
			if to == i || !yield(name, v[i:to]) {
				return
			}
			if i = to; i < len(v) && v[i] == ',' {
				i++
			}
		}
	}
}

// Member finds the value of a member by its quoted, canonical name.
func Member(v, quoted string) (value string, ok bool) {
	for name, value := range Members(v) {
		if name == quoted {
			return value, true
		}
	}
	return "", false
}
