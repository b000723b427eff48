package match_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"ciomirror/query/match"
)

// pieces are what folding, composing and taking words apart can go wrong with.
var pieces = []string{
	"a", "b", "A", "B", "e", "E", "s", "S", "i", "I", "1", " ", "-", "_", "%", "\\", "'", "’", "\n", "\x00", "\x01",
	"é", "É", "e\u0301", "\u0301", "\u0327", "\u0323", "ß", "ẞ", "ss", "İ", "ı", "i\u0307", "σ", "ς", "Σ", "ﬁ", "K", "Å", "Å",
	"한", "\u1112\u1161\u11ab", "🎉", "👩‍👧", "日本", "\uFFFD", "\uFFFF", "\uFFFE", "ŉ", "ǰ", "ΐ", "\u0345", "ᾳ", "ﬀ",
}

// candidate is what an index of terms answers: all, or one, of the runs have the
// terms of all their grams among the text's.
func candidate(text, op, operand string, typos int) bool {
	runs, either := match.Runs(op, operand, typos)
	has := map[string]bool{}
	for _, term := range words(match.Terms(1, text)) {
		has[term] = true
	}
	some := false
	for _, run := range runs {
		one := slices.ContainsFunc(run, func(piece string) bool {
			return !slices.ContainsFunc(match.Grams(piece), func(g string) bool { return !has[match.Term(1, g)] })
		})
		if !one && !either {
			return false
		}
		some = some || one
	}
	return !either || some || len(runs) == 0
}

// words takes a text apart as the tokenizer of SQLite does that is called ascii.
func words(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool {
		return r < utf8.RuneSelf && !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
}

func TestATermIsAWordWithTheLetterOfItsField(t *testing.T) {
	for text, want := range map[string]string{
		"":              "",
		"ab":            "",
		"abc":           "cabc",
		"ABCab":         "cabc|cbca|ccab",
		"a, \"":         "ca¬\u00a0|c¬\u00a0¢",
		"日本é🎉":          "c日本é|c本é🎉",
		"\u00a0a\u00a0": "c\u00a0a\u00a0",
	} {
		if got := strings.Join(words(match.Terms(2, text)), "|"); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestWhatAnOperatorFindsIsAmongTheCandidates(t *testing.T) {
	holds := map[string]func(operand, text string) bool{
		"like":       func(o, s string) bool { return match.NewPattern(o).Match(s) },
		"contains":   func(o, s string) bool { return match.NewText(o).In(s) },
		"startswith": func(o, s string) bool { return match.NewText(o).Starts(s) },
		"endswith":   func(o, s string) bool { return match.NewText(o).Ends(s) },
		"fuzzy":      func(o, s string) bool { return match.NewWords(o).Fuzzy(s) },
		"keyword":    func(o, s string) bool { return match.NewWords(o).Keyword(s) },
	}
	n := 300_000
	if testing.Short() {
		n = 30_000
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("start value %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	random := func(n int) string {
		var b strings.Builder
		for range r.IntN(n) {
			b.WriteString(pieces[r.IntN(len(pieces))])
		}
		return b.String()
	}
	found, refused := map[string]int{}, map[string]int{}
	for range n {
		text := random(12)
		operand := random(5)
		if r.IntN(2) == 0 { // a piece of the text, perhaps in another case
			runes := []rune(text)
			from := r.IntN(len(runes) + 1)
			operand = string(runes[from : from+r.IntN(len(runes)-from+1)])
			switch r.IntN(3) {
			case 0:
				operand = strings.ToUpper(operand)
			case 1:
				operand = strings.ToLower(operand)
			}
		}
		for op, is := range holds {
			o := operand
			if op == "like" && r.IntN(2) == 0 {
				o = "%" + strings.ReplaceAll(o, " ", "%") + "%"
			}
			yes, proposed := is(o, text), candidate(text, op, o, 0)
			switch {
			case yes && !proposed:
				t.Fatalf("%s %q is true of %q, which is no candidate: the index has %q", op, o, text, match.IndexText(text))
			case yes:
				found[op]++
			case !proposed:
				refused[op]++
			}
		}
	}
	for op := range holds {
		if found[op] < n/100 || refused[op] < n/100 {
			t.Errorf("%s: %d of %d were true and %d no candidates: too few to prove anything", op, found[op], n, refused[op])
		}
	}
}

func TestShortWordsProposeNothing(t *testing.T) {
	for _, c := range []struct {
		op, operand string
		want        []string // the pieces of a run with a slash between
	}{
		{"contains", "ab", nil},
		{"contains", "ABC", []string{"abc"}},
		{"contains", "ßa", []string{"ssa"}},
		{"contains", "a\x00b", []string{"a\x01b"}},
		{"like", "%in\\_app%x%", []string{"in_app"}},
		{"like", "ab%cd", nil},
		{"fuzzy", "to welcome", []string{"welcome"}},
		{"fuzzy", "don't", []string{"dont"}},
		{"keyword", "welcome trial", []string{"welcome", "trial"}},
		{"keyword", "to welcome", nil},
		{"eq", "welcome", nil},
		// With typing errors: those of two errors are cut in three, and short ones not looked up.
		{"fuzzy~", "to trial welcome", nil},
		{"fuzzy~", "automations welcome", []string{"aut/mat/ons"}},
		{"keyword~", "congratulations notifications", []string{"cong/atul/tions", "not/fic/tions"}},
		{"keyword~", "congratulations trial", nil},
		{"contains~", "trial", []string{"trial"}},
	} {
		typos := 0
		op, found := strings.CutSuffix(c.op, "~")
		if found {
			typos = 2
		}
		runs, any := match.Runs(op, c.operand, typos)
		var got []string
		for _, run := range runs {
			got = append(got, strings.Join(run, "/"))
		}
		if strings.Join(got, "|") != strings.Join(c.want, "|") || any != (op == "keyword") {
			t.Errorf("%s %q: runs %q, any %v; want %q", c.op, c.operand, runs, any, c.want)
		}
	}
}

func TestGramsAreDistinct(t *testing.T) {
	for text, want := range map[string]string{"": "", "ab": "", "abc": "abc", "aaaaa": "aaa", "abcabc": "abc|bca|cab", "日本é🎉": "日本é|本é🎉"} {
		if got := strings.Join(match.Grams(text), "|"); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}
