package match

import (
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Fold returns s in the form in which texts are equal but for case: NFC and full
// case folding, so that "Straße" and "STRASSE" fold alike and accents matter.
func Fold(s string) string { return string(appendFold(nil, s)) }

// appendFold appends the folded s. Most text is ASCII, which needs no tables.
func appendFold(dst []byte, s string) []byte {
	start := len(dst)
	for i := range len(s) {
		c := s[i]
		if c >= utf8.RuneSelf {
			return append(dst[:start], foldUnicode(s)...)
		}
		if c-'A' < 26 {
			c += 'a' - 'A'
		}
		dst = append(dst, c)
	}
	return dst
}

func foldUnicode(s string) string {
	return norm.NFC.String(cases.Fold().String(norm.NFC.String(s))) // folding can take NFC apart again
}
