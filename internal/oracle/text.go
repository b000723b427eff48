package oracle

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// fold makes texts equal that differ in case or in the composition of letters.
// Folding takes some letters apart (ΐ has no upper case of its own), so the result
// is composed again.
func fold(s string) string { return norm.NFC.String(cases.Fold().String(norm.NFC.String(s))) }

// words are the words of a text, folded. An apostrophe joins, all other
// punctuation separates.
func words(s string) []string {
	var b strings.Builder
	for _, r := range fold(s) {
		switch {
		case r == '\'' || r == '’':
		case unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r):
			b.WriteRune(r)
		default:
			b.WriteByte(' ')
		}
	}
	return strings.Fields(b.String())
}

// hasWord reports whether there is anything to search for.
func hasWord(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) })
}

// fuzzy: every word of the query somewhere in the text, also inside a word.
func fuzzy(text, query string) bool {
	in := strings.Join(words(text), " ")
	for _, w := range words(query) {
		if !strings.Contains(in, w) {
			return false
		}
	}
	return true
}

// keyword: a word of the query is a word of the text.
func keyword(text, query string) bool {
	have := words(text)
	return slices.ContainsFunc(words(query), func(w string) bool { return slices.Contains(have, w) })
}

func contains(text, part string) bool   { return strings.Contains(fold(text), fold(part)) }
func startsWith(text, part string) bool { return strings.HasPrefix(fold(text), fold(part)) }
func endsWith(text, part string) bool   { return strings.HasSuffix(fold(text), fold(part)) }

// like: without a wildcard a substring, with one the whole text. Letters count as
// they are, and an underscore is one.
func like(text, pattern string) bool {
	pieces := []string{""}
	literal := false
	for _, r := range pattern {
		last := len(pieces) - 1
		switch {
		case literal:
			pieces[last] += string(r)
			literal = false
		case r == '\\':
			literal = true
		case r == '%':
			pieces = append(pieces, "")
		default:
			pieces[last] += string(r)
		}
	}
	if literal {
		pieces[len(pieces)-1] += `\`
	}
	if len(pieces) == 1 {
		return strings.Contains(text, pieces[0])
	}
	rest, ok := strings.CutPrefix(text, pieces[0])
	if !ok {
		return false
	}
	for _, p := range pieces[1 : len(pieces)-1] {
		_, after, ok := strings.Cut(rest, p)
		if !ok {
			return false
		}
		rest = after
	}
	return strings.HasSuffix(rest, pieces[len(pieces)-1])
}
