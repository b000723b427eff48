package oracle

import (
	"strings"
	"unicode"
	"unicode/utf8"

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

// fuzzy: every word of the query somewhere in the text, also inside a word, or
// mistyped as a word.
func fuzzy(text, query string, typos int) bool {
	in := strings.Join(words(text), " ")
	for _, w := range words(query) {
		if !strings.Contains(in, w) && !keyword(text, w, typos) {
			return false
		}
	}
	return true
}

// keyword: a word of the query is a word of the text, or is one but for so many
// typing errors.
func keyword(text, query string, typos int) bool {
	for _, w := range words(query) {
		for _, have := range words(text) {
			if distance([]rune(w), []rune(have)) <= forgiven(w, typos) {
				return true
			}
		}
	}
	return false
}

// forgiven is how many of the typing errors a word of the query may have.
func forgiven(w string, typos int) int {
	switch n := utf8.RuneCountInString(w); {
	case n < 3:
		return 0
	case n < 6 && typos > 1:
		return 1
	}
	return typos
}

// distance is the least number of edits that make b of a: to insert, delete or
// replace a character, or to swap two neighbours that are not edited otherwise. It is
// the table of the optimal string alignment, a row for each character of a.
func distance(a, b []rune) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range b {
		rows[0][j+1] = j + 1
	}
	for i, x := range a {
		for j, y := range b {
			replaced := rows[i][j]
			if x != y {
				replaced++
			}
			rows[i+1][j+1] = min(replaced, rows[i][j+1]+1, rows[i+1][j]+1)
			if i > 0 && j > 0 && x == b[j-1] && y == a[i-1] {
				rows[i+1][j+1] = min(rows[i+1][j+1], rows[i-1][j-1]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
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
