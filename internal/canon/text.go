package canon

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

const hex = "0123456789abcdef"

// letters are the control characters that have an escape of one letter.
var letters = [' ']byte{'\b': 'b', '\t': 't', '\n': 'n', '\f': 'f', '\r': 'r'}

func appendEscaped(dst []byte, c byte) []byte {
	switch {
	case c == '"' || c == '\\':
		return append(dst, '\\', c)
	case letters[c] != 0:
		return append(dst, '\\', letters[c])
	}
	return append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
}

// text copies the string at pos.
func (w *writer) text() error {
	s := w.src
	start := w.pos
	i := start + 1
	for i < len(s) && s[i] != '"' && s[i] != '\\' && s[i] >= ' ' && s[i] < utf8.RuneSelf {
		i++
	}
	if i < len(s) && s[i] == '"' {
		w.pos = i + 1
		w.dst = append(w.dst, s[start:i+1]...)
		return nil
	}
	w.dst = append(w.dst, s[start:i]...)
	for {
		w.pos = i
		if i >= len(s) || s[i] < ' ' {
			return w.wrong("a string holds the control character")
		}
		switch c := s[i]; {
		case c == '"':
			w.pos++
			w.dst = append(w.dst, '"')
			return nil
		case c == '\\':
			n, err := w.escape()
			if err != nil {
				return err
			}
			i += n
		case c < utf8.RuneSelf:
			w.dst = append(w.dst, c)
			i++
		default:
			r, n := utf8.DecodeRune(s[i:])
			w.dst = utf8.AppendRune(w.dst, r)
			i += n
		}
	}
}

// escape writes what the escape at pos stands for and returns its length.
func (w *writer) escape() (int, error) {
	s := w.src[w.pos:]
	if len(s) < 2 {
		w.pos = len(w.src)
		return 0, w.wrong("")
	}
	switch s[1] {
	case '"', '\\':
		w.dst = append(w.dst, '\\', s[1])
	case '/':
		w.dst = append(w.dst, '/')
	case 'b', 'f', 'n', 'r', 't':
		w.dst = append(w.dst, '\\', s[1])
	case 'u':
		r, ok := hex4(s[2:])
		if !ok {
			return 0, fmt.Errorf("%w: \\u without four hexadecimal digits at byte %d", ErrSyntax, w.pos)
		}
		if !utf16.IsSurrogate(r) {
			if r < ' ' || r == '"' || r == '\\' {
				w.dst = appendEscaped(w.dst, byte(r))
			} else {
				w.dst = utf8.AppendRune(w.dst, r)
			}
			return 6, nil
		}
		if len(s) >= 12 && s[6] == '\\' && s[7] == 'u' {
			if low, ok := hex4(s[8:]); ok {
				if full := utf16.DecodeRune(r, low); full != utf8.RuneError {
					w.dst = utf8.AppendRune(w.dst, full)
					return 12, nil
				}
			}
		}
		w.dst = append(w.dst, '\\', 'u', hex[r>>12], hex[r>>8&15], hex[r>>4&15], hex[r&15])
		return 6, nil
	default:
		return 0, fmt.Errorf("%w: unknown escape \\%c at byte %d", ErrSyntax, s[1], w.pos)
	}
	return 2, nil
}

// hex4 reads four hexadecimal digits.
func hex4(s []byte) (r rune, ok bool) {
	if len(s) < 4 {
		return 0, false
	}
	for _, c := range s[:4] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// Text returns what a canonical JSON string stands for. Half of a surrogate pair
// becomes U+FFFD.
func Text(quoted string) string {
	if len(quoted) < 2 {
		return ""
	}
	inner := quoted[1 : len(quoted)-1]
	if strings.IndexByte(inner, '\\') < 0 {
		return inner
	}
	return string(unescape(nil, []byte(inner)))
}

// unescape appends what the inside of a canonical string stands for. It is made
// for text that this package wrote and takes a stray escape as it stands.
func unescape(dst, s []byte) []byte {
	for len(s) > 0 {
		i := bytes.IndexByte(s, '\\')
		if i < 0 || i+1 == len(s) {
			return append(dst, s...)
		}
		dst = append(dst, s[:i]...)
		c := s[i+1]
		s = s[i+2:]
		switch c {
		case 'b':
			dst = append(dst, '\b')
		case 'f':
			dst = append(dst, '\f')
		case 'n':
			dst = append(dst, '\n')
		case 'r':
			dst = append(dst, '\r')
		case 't':
			dst = append(dst, '\t')
		case 'u':
			if r, ok := hex4(s); ok {
				dst = utf8.AppendRune(dst, r)
				s = s[4:]
			}
		default:
			dst = append(dst, c)
		}
	}
	return dst
}
