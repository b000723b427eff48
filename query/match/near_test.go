package match_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"ciomirror/query/match"
)

func near(t testing.TB, words string, typos int) match.NearWords {
	t.Helper()
	w, err := match.NewNearWords(words, typos)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func TestWordsWithTypingErrors(t *testing.T) {
	for _, c := range []struct {
		words, text string
		typos       int
		keyword     bool
		fuzzy       bool
	}{
		{"welcom bakc", "Welcome back", 1, true, true},
		{"welcom bakc", "Welcome", 1, true, false},
		{"wlecome", "welcome", 1, true, true},   // neighbours changed places
		{"welcomee", "welcome", 1, true, true},  // one too many
		{"welcome", "wellcome", 1, true, true},  // one too few
		{"welxome", "WELCOME!", 1, true, true},  // another one
		{"wlecom", "welcome", 1, false, false},  // two errors
		{"wlecom", "welcome", 2, true, true},    //
		{"xelcomx", "welcome", 2, true, true},   //
		{"wlxcome", "welcome", 1, false, false}, // no character is changed twice
		{"ewl", "wel", 1, true, true},
		{"bakc", "back", 2, true, true},
		{"bkca", "back", 2, false, false}, // four characters take one error only
		{"bkcaa", "backa", 2, false, false},
		{"bkcaup", "backup", 2, true, true}, // six take two
		{"in", "an", 2, false, false},       // two take none
		{"in", "begin", 2, false, true},     // but occur as ever
		{"in", "in", 2, true, true},
		{"elcom", "welcome", 1, false, true}, // inside a longer word as it is, and no nearer
		{"elxom", "welcome", 1, false, false},
		{"strase", "Straße", 1, true, true}, // folded to strasse
		{"cafe", "café", 1, true, true},
		{"obrein", "O'Brien", 1, true, true},
		{"名前入力", "名前入方", 1, true, true},
		{"名前入力", "名入前方", 1, false, false},
		{"welcome", "", 2, false, false},
		{"1700000000", "1700000001", 1, true, true},
		{"🎉welcme🎉", "welcome", 1, true, true},
	} {
		w := near(t, c.words, c.typos)
		if got := w.Keyword(c.text); got != c.keyword {
			t.Errorf("keyword %q with %d on %q is %v", c.words, c.typos, c.text, got)
		}
		if got := w.Fuzzy(c.text); got != c.fuzzy {
			t.Errorf("fuzzy %q with %d on %q is %v", c.words, c.typos, c.text, got)
		}
	}
}

// distance is that of optimal string alignment, from the textbook's table.
func distance(s, t string) int {
	a, b := []rune(s), []rune(t)
	d := make([][]int, len(a)+1)
	for i := range d {
		d[i] = make([]int, len(b)+1)
		for j := range d[i] {
			switch {
			case i == 0 || j == 0:
				d[i][j] = i + j
				continue
			case a[i-1] == b[j-1]:
				d[i][j] = d[i-1][j-1]
			default:
				d[i][j] = 1 + min(d[i-1][j-1], d[i-1][j], d[i][j-1])
			}
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d[i][j] = min(d[i][j], d[i-2][j-2]+1)
			}
		}
	}
	return d[len(a)][len(b)]
}

// mistyped is the word after some errors, at most as many as are asked for.
func mistyped(r *rand.Rand, word string, errors int) string {
	letters := []rune("abcdé日")
	runes := []rune(word)
	for range errors {
		at := r.IntN(len(runes) + 1)
		switch letter := letters[r.IntN(len(letters))]; {
		case r.IntN(4) == 0 || at == len(runes):
			runes = append(runes[:at:at], append([]rune{letter}, runes[at:]...)...)
		case r.IntN(3) == 0:
			runes = append(runes[:at:at], runes[at+1:]...)
		case r.IntN(2) == 0 && at > 0:
			runes[at-1], runes[at] = runes[at], runes[at-1]
		default:
			runes[at] = letter
		}
	}
	return string(runes)
}

// TestNearWordsAreThoseOfTheTextbook compares with a table, and looks whether what is
// near is among the candidates of an index.
func TestNearWordsAreThoseOfTheTextbook(t *testing.T) {
	n := 200_000
	if testing.Short() {
		n = 20_000
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("start value %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	found, looked, refused := 0, 0, 0
	for range n {
		var b strings.Builder
		alphabet := []rune("abcdé日")[:2+r.IntN(5)]
		for range 1 + r.IntN(14) {
			b.WriteRune(alphabet[r.IntN(len(alphabet))])
		}
		word, typos := b.String(), 1+r.IntN(2)
		text := mistyped(r, word, r.IntN(4))
		size, allowed := utf8.RuneCountInString(word), typos
		if size < 6 {
			allowed = 1
		}
		if size < 3 {
			allowed = 0
		}
		w := near(t, word, typos)
		is := distance(word, text) <= allowed
		if got := w.Keyword("other " + text); got != is {
			t.Fatalf("%q is near to %q with %d: %v, the distance is %d", word, text, typos, got, distance(word, text))
		}
		if got, want := w.Fuzzy("other "+text), is || strings.Contains(text, word) || strings.Contains("other", word); got != want {
			t.Fatalf("fuzzy %q with %d on %q: %v, want %v", word, typos, text, got, want)
		}
		if runs, _ := match.Runs("keyword", word, typos); len(runs) > 0 {
			looked++
		}
		for _, op := range []string{"keyword", "fuzzy"} {
			switch proposed := candidate(text, op, word, typos); {
			case is && !proposed:
				t.Fatalf("%s %q with %d finds %q, which is no candidate", op, word, typos, text)
			case !proposed:
				refused++
			}
		}
		if is {
			found++
		}
	}
	if found < n/10 || looked < n/10 || refused < n/100 {
		t.Errorf("of %d words %d were near, %d were looked up and %d no candidates: too few to prove anything", n, found, looked, refused)
	}
}

func TestNearWordsHaveBounds(t *testing.T) {
	for _, typos := range []int{-1, 0, 3} {
		if _, err := match.NewNearWords("welcome", typos); err == nil {
			t.Errorf("%d typing errors are taken", typos)
		}
	}
	many := strings.Repeat("w ", match.MaxNearWords)
	near(t, many, 1)
	if _, err := match.NewNearWords(many+"w", 1); err == nil {
		t.Error("one word too many is taken")
	}
	for _, condition := range []string{
		`{"op":"fuzzy","value":"welcome","typos":3}`, `{"op":"keyword","value":"welcome","typos":-1}`,
	} {
		if _, err := match.NewMatcher(condition); err == nil {
			t.Errorf("%s is taken", condition)
		}
	}
}

func TestTypingErrorsInsideJSON(t *testing.T) {
	for value, want := range map[string]match.Truth{
		`[{"t":"Welcome back"}]`: match.True, `[{"t":"Goodbye"}]`: match.False, `[{"t":7}]`: match.False, `[{}]`: match.Unknown,
	} {
		for op, words := range map[string]string{"fuzzy": "wlecome", "keyword": "none bakc"} {
			c := match.Condition{Op: op, Path: []string{"t"}, Operand: fmt.Appendf(nil, "%q", words), Typos: 1}
			m, err := match.NewMatcher(match.Condition{Op: "any", Of: []match.Condition{c}}.String())
			if err != nil {
				t.Fatal(err)
			}
			if got := m.Match(value); got != want {
				t.Errorf("%s of %s is %v, want %v", c, value, got, want)
			}
		}
	}
}

func TestFunctionsOfNearWords(t *testing.T) {
	for _, f := range match.Functions() {
		if !strings.HasSuffix(f.Name, "_near") {
			continue
		}
		for _, c := range []struct{ args, want []any }{
			{[]any{"Welcome back", "bakc", int64(1)}, []any{int64(1)}},
			{[]any{"Welcome back", "wlecom", int64(1)}, []any{int64(0)}},
			{[]any{"Welcome back", "wlecom", int64(2)}, []any{int64(1)}},
			{[]any{nil, "bakc", int64(1)}, []any{nil}},
			{[]any{"back", nil, int64(1)}, []any{nil}},
			{[]any{int64(17_000), "16000", int64(1)}, []any{int64(1)}},
			{[]any{"back", "bakc", int64(0)}, nil},
			{[]any{"back", "bakc", int64(3)}, nil},
			{[]any{"back", "bakc", "1"}, nil},
			{[]any{"back", strings.Repeat("w ", match.MaxNearWords+1), int64(1)}, nil},
		} {
			got, err := f.Fn(c.args)
			if (err == nil) != (c.want != nil) || err == nil && got != c.want[0] {
				t.Errorf("%s%v = %v, %v; want %v", f.Name, c.args, got, err, c.want)
			}
		}
	}
}
