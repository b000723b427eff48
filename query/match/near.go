package match

import (
	"bytes"
	"fmt"
	"slices"
	"unicode/utf8"
)

const (
	// MaxTypos is how many typing errors a word can be allowed.
	MaxTypos = 2
	// MaxNearWords is how many words may be looked for with typing errors: each is
	// held against each word of a text.
	MaxNearWords = 100
)

// NearWords are words that texts are searched for in spite of typing errors: a
// character too many, too few or another, or two neighbours in the wrong order, at
// most so many in a word. No character is changed twice (the distance is that of
// optimal string alignment).
type NearWords struct{ words []nearWord }

type nearWord struct {
	text  []byte
	runes []rune // the text
	typos int
}

// NewNearWords returns the words of s, each with the typing errors that it is
// allowed: typos, but a short word fewer, see typosOf.
func NewNearWords(s string, typos int) (NearWords, error) {
	var w NearWords
	if typos < 1 || typos > MaxTypos {
		return w, fmt.Errorf("%d typing errors: from 1 to %d are possible", typos, MaxTypos)
	}
	for word, rest := next(NewWords(s)); word != ""; word, rest = next(rest) {
		if len(w.words) == MaxNearWords {
			return w, fmt.Errorf("more than %d words to look for with typing errors", MaxNearWords)
		}
		w.words = append(w.words, newNearWord(string(word), typos))
	}
	return w, nil
}

func newNearWord(word string, typos int) nearWord {
	runes := []rune(word)
	return nearWord{text: []byte(word), runes: runes, typos: typosOf(len(runes), typos)}
}

// typosOf is how many typing errors a word of so many characters may have. One of
// one or two characters may have none and one of up to five only one: it would be
// another word, and be near to hundreds.
func typosOf(size, typos int) int {
	switch {
	case size <= 2:
		return 0
	case size <= 5:
		return min(typos, 1)
	}
	return typos
}

// Fuzzy reports whether every one of the words occurs in the text, as of
// Words.Fuzzy, or is near to a whole word of it.
func (w NearWords) Fuzzy(text string) bool {
	var room [256]byte
	words := appendWords(room[:0], text)
	for i := range w.words {
		if !bytes.Contains(words, w.words[i].text) && !w.words[i].in(words) {
			return false
		}
	}
	return true
}

// Keyword reports whether one of the words is near to a whole word of the text.
func (w NearWords) Keyword(text string) bool {
	var room [256]byte
	words := appendWords(room[:0], text)
	for i := range w.words {
		if w.words[i].in(words) {
			return true
		}
	}
	return false
}

// in reports whether the word is near to one of the words.
func (w *nearWord) in(words []byte) bool {
	for word, rest := next(words); len(word) > 0; word, rest = next(rest) {
		if w.near(word) {
			return true
		}
	}
	return false
}

func (w *nearWord) near(word []byte) bool { return w.within(word, w.typos) }

// mostEdits is as many edits as Edits looks for: each multiplies what it has to try.
const mostEdits = 4

// Edits is how many typing errors make b of a, by the distance of NearWords. ok is
// false when there are more than most, or more than four.
func Edits(a, b string, most int) (edits int, ok bool) {
	x, y := []rune(a), []rune(b)
	for edits = range min(most, mostEdits) + 1 {
		if within(x, y, edits) {
			return edits, true
		}
	}
	return 0, false
}

// distance is how many edits away from the word another is, if no more than it may
// have.
func (w *nearWord) distance(word []byte) (edits int, ok bool) {
	if !w.near(word) {
		return 0, false
	}
	for edits < w.typos && !w.within(word, edits) {
		edits++
	}
	return edits, true
}

func (w *nearWord) within(word []byte, edits int) bool {
	if len(w.text) == len(w.runes) && isASCII(word) {
		return within(w.text, word, edits)
	}
	// The word can be any text: only what may be near is taken apart.
	if n := utf8.RuneCount(word); n > len(w.runes)+edits || n < len(w.runes)-edits {
		return false
	}
	return within(w.runes, []rune(string(word)), edits)
}

func isASCII(s []byte) bool {
	return !slices.ContainsFunc(s, func(c byte) bool { return c >= utf8.RuneSelf })
}

// within reports whether a becomes b by at most so many edits. What the two begin
// with alike needs none, so that only the places of edits are tried: the time is
// that of reading the words through.
func within[T byte | rune](a, b []T, edits int) bool {
	if d := len(a) - len(b); d > edits || -d > edits {
		return false
	}
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	switch {
	case len(a) == 0 || len(b) == 0:
		return true // the lengths differ by no more than what is allowed
	case edits == 0:
		return false
	}
	return within(a[1:], b[1:], edits-1) || within(a[1:], b, edits-1) || within(a, b[1:], edits-1) ||
		len(a) > 1 && len(b) > 1 && a[0] == b[1] && a[1] == b[0] && within(a[2:], b[2:], edits-1)
}
