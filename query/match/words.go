package match

import (
	"bytes"
	"index/suffixarray"
	"unicode"
	"unicode/utf8"
)

// Words is a text brought down to its words: folded, without apostrophes, and with
// a space for everything that is no letter, digit or mark.
type Words string

// NewWords returns the words of s.
func NewWords(s string) Words { return Words(appendWords(nil, s)) }

// Empty reports whether there is no letter and no digit in the text.
func (w Words) Empty() bool {
	for _, r := range w {
		if r != ' ' && !unicode.IsMark(r) {
			return false
		}
	}
	return true
}

// appendWords appends the words of s. It works in place: the words are never
// longer than the folded text.
func appendWords(dst []byte, s string) []byte {
	start := len(dst)
	dst = appendFold(dst, s)
	folded := dst[start:]
	out := folded[:0]
	for i := 0; i < len(folded); {
		c := folded[i]
		if c < utf8.RuneSelf {
			switch {
			case c-'a' < 26, c-'0' < 10:
				out = append(out, c)
			case c != '\'':
				out = append(out, ' ')
			}
			i++
			continue
		}
		r, n := utf8.DecodeRune(folded[i:])
		switch {
		case unicode.IsLetter(r), unicode.IsDigit(r), unicode.IsMark(r):
			out = append(out, folded[i:i+n]...)
		case r != '’':
			out = append(out, ' ')
		}
		i += n
	}
	return dst[:start+len(out)]
}

// next cuts the first word off s; word is empty when there is none.
func next[T ~string | ~[]byte](s T) (word, rest T) {
	from := 0
	for from < len(s) && s[from] == ' ' {
		from++
	}
	to := from
	for to < len(s) && s[to] != ' ' {
		to++
	}
	return s[from:to], s[to:]
}

// plainly is how many words are looked for by reading the text through for each. For
// more, an index of the text is worth its making: the time for words without end would
// grow with the product of their number and the text's length.
const plainly = 200

// Fuzzy reports whether every one of the words occurs in the text, in any order,
// inside a longer word too. There is no tolerance for typing errors.
func (w Words) Fuzzy(text string) bool {
	var room [256]byte
	words := appendWords(room[:0], text)
	n := 0
	for word, rest := next(w); word != ""; word, rest = next(rest) {
		if n++; n > plainly {
			return (word + rest).indexed(words)
		}
		if !bytes.Contains(words, []byte(word)) {
			return false
		}
	}
	return true
}

// indexed is Fuzzy for many words.
func (w Words) indexed(words []byte) bool {
	index := suffixarray.New(words)
	for word := range w.set() {
		if index.Lookup([]byte(word), 1) == nil {
			return false
		}
	}
	return true
}

// set is each of the words once.
func (w Words) set() map[Words]bool {
	set := map[Words]bool{}
	for word, rest := next(w); word != ""; word, rest = next(rest) {
		set[word] = true
	}
	return set
}

// few is how many comparisons of a word with a word are made before a set of them is
// worth its making.
const few = 1000

// Keyword reports whether one of the words is a whole word of the text.
func (w Words) Keyword(text string) bool {
	var room [256]byte
	words := appendWords(room[:0], text)
	compared := 0
	for word, rest := next(words); len(word) > 0; word, rest = next(rest) {
		for wanted, more := next(w); wanted != ""; wanted, more = next(more) {
			if string(word) == string(wanted) {
				return true
			}
			if compared++; compared > few {
				return w.meets(Words(words))
			}
		}
	}
	return false
}

// meets is whether both have a word. Of the shorter one it makes the set.
func (w Words) meets(other Words) bool {
	if len(other) < len(w) {
		w, other = other, w
	}
	set := w.set()
	for word, rest := next(other); word != ""; word, rest = next(rest) {
		if set[word] {
			return true
		}
	}
	return false
}
