package match_test

import (
	"fmt"
	"strings"
	"testing"

	"ciomirror/query/match"
)

// numbered is so many words that are all different, from the one of number from on.
func numbered(from, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "w%dx ", from+i)
	}
	return b.String()
}

// TestManyWordsAreFoundAsFewAre: beyond some number they are looked for in another way.
func TestManyWordsAreFoundAsFewAre(t *testing.T) {
	for _, n := range []int{1, 30, 199, 200, 201, 5000} {
		text := numbered(0, n)
		for _, c := range []struct {
			operand        string
			fuzzy, keyword bool
		}{
			{text, true, true},
			{strings.ReplaceAll(text, "x", ""), true, false},
			{text + "v", false, true},
			{numbered(n, n), false, false},
			{numbered(n, n) + "w0x", false, true},
			{numbered(n, 3) + "w0x", false, true},
			{text + text, true, true},
		} {
			w := match.NewWords(c.operand)
			if got := w.Fuzzy(text); got != c.fuzzy {
				t.Errorf("fuzzy: %.20q… in %d words: %v", c.operand, n, got)
			}
			if got := w.Keyword(text); got != c.keyword {
				t.Errorf("keyword: %.20q… in %d words: %v", c.operand, n, got)
			}
		}
	}
}

func BenchmarkManyWords(b *testing.B) {
	text := numbered(0, 1<<20/8)
	fuzzy, keyword := match.NewWords(text), match.NewWords(numbered(1<<20, 1<<20/9))
	b.Run("fuzzy", func(b *testing.B) {
		for b.Loop() {
			fuzzy.Fuzzy(text)
		}
	})
	b.Run("keyword", func(b *testing.B) {
		for b.Loop() {
			keyword.Keyword(text)
		}
	})
}
