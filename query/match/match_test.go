package match

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"ciomirror/internal/canon"
)

func TestPatterns(t *testing.T) {
	for _, c := range []struct {
		pattern, text string
		want          bool
	}{
		{"KX-", "ZKX-003", true}, {"KX-", "kx-", false}, {"KX-%", "ZKX-", false}, {"KX-%", "KX-", true}, {"%KX", "aKX", true}, {"%KX", "KXa", false},
		{"a%b", "ab", true}, {"a%b", "a\nb", true}, {"a%b", "acbc", false}, {"%a%b%", "xxaxxbxx", true}, {"%a%b%", "ba", false}, {"a%a", "a", false}, {"aa%aa", "aaa", false},
		{"_", "x", false}, {"_", "a_b", true}, {"", "anything", true}, {"%", "", true}, {"%%", "x", true}, {`\%`, "100%", true}, {`\%`, "100", false}, {`a\%%`, "a%b", true},
		{`a\%%`, "ab", false}, {`\\%`, `\x`, true}, {`\\%`, `x\`, false}, {`\a\b`, "xaby", true}, {`a\`, `a\`, true}, {"%É", "é É", true}, {"%ab%abc", "ababc", true}, {"%ab%b%abc", "ababc", false},
	} {
		if got := NewPattern(c.pattern).Match(c.text); got != c.want {
			t.Errorf("like %q on %q is %v", c.pattern, c.text, got)
		}
	}
}

// slowLike is the definition of like, letter by letter.
func slowLike(pattern, text string) bool {
	type part struct {
		any bool
		c   byte
	}
	var parts []part
	wild := false
	for i := 0; i < len(pattern); i++ {
		switch {
		case pattern[i] == '%':
			parts, wild = append(parts, part{any: true}), true
		case pattern[i] == '\\' && i+1 < len(pattern):
			i++
			fallthrough
		default:
			parts = append(parts, part{c: pattern[i]})
		}
	}
	if !wild {
		parts = append(append([]part{{any: true}}, parts...), part{any: true})
	}
	var fits func(p []part, s string) bool
	fits = func(p []part, s string) bool {
		switch {
		case len(p) == 0:
			return s == ""
		case p[0].any:
			return fits(p[1:], s) || s != "" && fits(p, s[1:])
		}
		return s != "" && s[0] == p[0].c && fits(p[1:], s[1:])
	}
	return fits(parts, text)
}

func TestPatternsAgreeWithTheirDefinition(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("start value %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	n := 100_000
	if testing.Short() {
		n = 5_000
	}
	random := func(alphabet string, most int) string {
		b := make([]byte, r.IntN(most))
		for i := range b {
			b[i] = alphabet[r.IntN(len(alphabet))]
		}
		return string(b)
	}
	for range n {
		pattern, text := random(`ab%%\`, 8), random(`aab%\`, 12)
		if got, want := NewPattern(pattern).Match(text), slowLike(pattern, text); got != want {
			t.Fatalf("like %q on %q is %v, want %v", pattern, text, got, want)
		}
	}
}

func TestFolding(t *testing.T) {
	for a, b := range map[string]string{
		"Straße": "STRASSE", "É": "e\u0301", "Σίσυφος": "ΣΊΣΥΦΟΣ", "ﬀ": "FF", "İ": "i̇", "\u212a": "k", "ABC xyz 0@[`{": "abc XYZ 0@[`{",
	} {
		if Fold(a) != Fold(b) {
			t.Errorf("Fold(%q) = %q, Fold(%q) = %q", a, Fold(a), b, Fold(b))
		}
	}
	if Fold("e") == Fold("é") {
		t.Error("accents do not matter")
	}
	long := strings.Repeat("Ab", 500) + "É"
	if !NewText("bÉ").In(long) || !NewText("ABAB").Starts(long) || !NewText("abÉ").Ends(long) || NewText("x").In(long) {
		t.Error("long text is folded in another way")
	}
}

func TestWords(t *testing.T) {
	for _, c := range []struct {
		words, text    string
		fuzzy, keyword bool
	}{
		{"email welcome", "Welcome Email", true, true}, {"engage laps", "Re-engagement: lapsed users", true, false}, {"welcom bakc", "welcome back", false, false},
		{"O’Brien", "o'brien@north.test", true, true}, {"back series", "welcome back", false, true}, {"été", "un ÉTÉ", true, true}, {"ete", "été", false, false},
		{"x", "", false, false}, {"a  b", "b...a", true, true}, {"in_app", "in-app", true, true}, {"२", "२", true, true}, {"名前", "名前 です", true, true},
	} {
		w := NewWords(c.words)
		if got := w.Fuzzy(c.text); got != c.fuzzy {
			t.Errorf("fuzzy %q on %q is %v", c.words, c.text, got)
		}
		if got := w.Keyword(c.text); got != c.keyword {
			t.Errorf("keyword %q on %q is %v", c.words, c.text, got)
		}
	}
	for s, empty := range map[string]bool{"": true, "!!! - '": true, "\u0301": true, "a": false, "7": false, "é!": false} {
		if got := NewWords(s).Empty(); got != empty {
			t.Errorf("%q has no words: %v", s, got)
		}
	}
}

func function(t testing.TB, name string) func(args ...any) any {
	t.Helper()
	for _, f := range Functions() {
		if f.Name == name {
			return func(args ...any) any {
				got, err := f.Fn(args)
				if err != nil {
					t.Fatalf("%s%v: %v", name, args, err)
				}
				return got
			}
		}
	}
	t.Fatalf("no function %s", name)
	return nil
}

func TestFunctionsTakeEveryCell(t *testing.T) {
	for _, c := range []struct {
		name string
		args []any
		want any
	}{
		{"text_like", []any{nil, "x"}, nil}, {"text_like", []any{"abc", "b"}, int64(1)}, {"text_like", []any{[]byte("abc"), "x"}, int64(0)}, {"text_like", []any{int64(1700), "17%"}, int64(1)},
		{"text_like", []any{1.5, "1.5"}, int64(1)}, {"text_like", []any{1e21, "1000000000000000000000"}, int64(1)}, {"text_like", []any{"a", nil}, nil},
		{"text_contains", []any{"xABCx", "abc"}, int64(1)}, {"text_starts", []any{"Ünder", "ü"}, int64(1)}, {"text_ends", []any{"x%", "%"}, int64(1)},
		{"text_fuzzy", []any{"b a", "A b"}, int64(1)}, {"text_keyword", []any{"ab", "a"}, int64(0)},
		{"number_compare", []any{int64(2), "10"}, int64(-1)}, {"number_compare", []any{"99999999999999999999", "1e20"}, int64(-1)}, {"number_compare", []any{0.1, "0.1"}, int64(0)},
		{"number_compare", []any{"half", "1"}, nil}, {"number_compare", []any{nil, "1"}, nil}, {"number_compare", []any{math.Inf(1), "1"}, nil},
		{"number_key", []any{nil}, nil}, {"number_key", []any{"x"}, "3x"},
		{"json_cell", []any{nil}, nil}, {"json_cell", []any{`[1, 2.0]`}, `[1,2]`}, {"json_cell", []any{`[1`}, `"[1"`}, {"json_cell", []any{"x"}, `"x"`}, {"json_cell", []any{int64(5)}, "5"},
		{"json_meets", []any{nil, `{"op":"eq","path":["a"],"value":null}`}, int64(1)}, {"json_meets", []any{nil, `{"op":"eq","value":1}`}, nil},
		{"json_meets", []any{`{"a":1}`, `{"op":"eq","path":["a"],"value":1.0}`}, int64(1)},
	} {
		if got := function(t, c.name)(c.args...); got != c.want {
			t.Errorf("%s%v = %v, want %v", c.name, c.args, got, c.want)
		}
	}
	for _, f := range Functions() {
		if f.Name == "json_meets" {
			for _, bad := range []any{nil, "", "{", `{"op":"nope","value":1}`, `{"op":"not"}`, `{"op":"eq"}`} {
				if got, err := f.Fn([]any{"{}", bad}); err == nil {
					t.Errorf("the condition %v gives %v, not an error", bad, got)
				}
			}
		}
	}
}

func TestConditionsKeepThreeValuedLogic(t *testing.T) {
	leaf := func(op, value string, path ...string) Condition {
		return Condition{Op: op, Path: path, Operand: []byte(value)}
	}
	any := func(of Condition, path ...string) Condition {
		return Condition{Op: "any", Path: path, Of: []Condition{of}}
	}
	not := func(of Condition) Condition { return Condition{Op: "not", Of: []Condition{of}} }
	for _, c := range []struct {
		value string
		cond  Condition
		want  Truth
	}{
		{`{"a":{"b":3}}`, leaf("eq", "3", "a", "b"), True}, {`{"a.b":4,"a":{"b":3}}`, leaf("eq", "4", "a", "b"), True}, {`{"a.b":null,"a":{"b":3}}`, leaf("eq", "3", "a", "b"), Unknown},
		{`{"a":{"b.c":1}}`, leaf("eq", "1", "a", "b", "c"), True}, {`{"a":1}`, leaf("eq", "1", "a", "b"), Unknown}, {`{"a":1}`, leaf("eq", "null", "a", "b"), True},
		{`{"a":"3"}`, leaf("eq", "3", "a"), False}, {`{"a":"3"}`, leaf("neq", "3", "a"), True}, {`{"a":"3"}`, leaf("gt", "1", "a"), Unknown}, {`{"a":"b"}`, leaf("gt", `"a"`, "a"), True},
		{`{"a":false}`, leaf("lt", "true", "a"), True}, {`{"a":true}`, leaf("like", `"t%"`, "a"), False}, {`{"a":[1]}`, leaf("like", `"1"`, "a"), False}, {`{"a":17}`, leaf("like", `"1%"`, "a"), True},
		{`{"a":["x"]}`, leaf("contains", `"x"`, "a"), True}, {`{"a":["X"]}`, leaf("contains", `"x"`, "a"), False}, {`{"a":"aXb"}`, leaf("contains", `"x"`, "a"), True}, {`{"a":{}}`, leaf("contains", `"x"`, "a"), False},
		{`{"a":"x"}`, leaf("array_contains", `"x"`, "a"), False}, {`{}`, leaf("array_contains", `"x"`, "a"), Unknown}, {`{"a":["x,]\"",7]}`, leaf("array_contains", `7`, "a"), True},
		{`{"a":2}`, leaf("in", "[1,2]", "a"), True}, {`{}`, leaf("in", "[1,null]", "a"), True}, {`{}`, leaf("in", "[1]", "a"), Unknown}, {`{}`, leaf("in", "[]", "a"), False}, {`{"a":1}`, leaf("in", "[]", "a"), False},
		{`[{"t":"e"},{"t":"p"}]`, leaf("eq", `"p"`, "t"), True}, {`[{"t":"e"},{}]`, leaf("eq", `"p"`, "t"), Unknown}, {`[]`, leaf("eq", `"p"`, "t"), False}, {`[[{"t":"p"}]]`, leaf("eq", `"p"`, "t"), True},
		{`[1,null]`, any(leaf("eq", "2")), Unknown}, {`[1,null]`, any(leaf("eq", "null")), True}, {`[]`, any(leaf("eq", "1")), False}, {``, any(leaf("eq", "null")), Unknown}, {`"x"`, any(leaf("eq", `"x"`)), False},
		{`[1,5]`, any(Condition{Op: "and", Of: []Condition{leaf("gt", "2"), leaf("lt", "4")}}), False}, {`[1,5,3]`, any(Condition{Op: "and", Of: []Condition{leaf("gt", "2"), leaf("lt", "4")}}), True},
		{`[null]`, not(any(leaf("eq", "2"))), Unknown}, {`[null]`, Condition{Op: "or", Of: []Condition{leaf("eq", "1", "x"), not(leaf("eq", "1", "x"))}}, Unknown},
		{`null`, Condition{Op: "and"}, True}, {`null`, Condition{Op: "or"}, False}, {`{"l":[1]}`, any(leaf("eq", "1"), "l"), True}, {`{"l":1}`, any(leaf("eq", "1"), "l"), False}, {`{}`, any(leaf("eq", "1"), "l"), Unknown},
		{`{"a":9007199254740993}`, leaf("gt", "9007199254740992", "a"), True}, {`{"n":"a\"b"}`, leaf("startswith", `"A\""`, "n"), True}, {`{"a\"":1}`, leaf("eq", "1", `a"`), True},
	} {
		text := c.cond.String()
		if again, err := canon.JSON([]byte(text)); err != nil || len(again) != len(text) {
			t.Fatalf("%s is no compact JSON: %v", text, err)
		}
		m, err := NewMatcher(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := m.Match(c.value); got != c.want {
			t.Errorf("%s on %s is %v, want %v", text, c.value, got, c.want)
		}
	}
}

func TestNumberKeySortsAsNumbersDo(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("start value %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	cell := func() (any, *big.Rat) {
		switch r.IntN(3) {
		case 0:
			n := r.Int64() >> r.IntN(64)
			if r.IntN(2) == 0 {
				n = -n
			}
			return n, new(big.Rat).SetInt64(n)
		case 1:
			f := (r.Float64() - 0.5) * math.Pow(10, float64(r.IntN(40)-20))
			v, _ := new(big.Rat).SetString(FloatText(f))
			return f, v
		}
		s := fmt.Sprintf("%s%d%d.%d", []string{"", "-"}[r.IntN(2)], 1+r.IntN(100), r.Int64(), 1+r.IntN(9))
		v, _ := new(big.Rat).SetString(s)
		return s, v
	}
	for range 20_000 {
		a, x := cell()
		b, y := cell()
		if got, want := strings.Compare(NumberKey(a).(string), NumberKey(b).(string)), x.Cmp(y); got != want {
			t.Fatalf("the keys of %v and %v compare %d, want %d", a, b, got, want)
		}
	}
}

func TestCacheIsSafeForManyGoroutines(t *testing.T) {
	like := function(t, "text_like")
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for i := range 3 * remembered {
				if got := like(fmt.Sprint("x", i, "y"), fmt.Sprint("%", i, "y")); got != int64(1) {
					t.Errorf("goroutine %d: %d gives %v", g, i, got)
				}
			}
		})
	}
	wg.Wait()
}

// FuzzJSON: no text breaks the reading of JSON, and of canonical JSON all is read.
func FuzzJSON(f *testing.F) {
	for _, s := range []string{`{"a":[1,{"b":"x\\\"y"}],"c":null}`, `[[],{},"",0]`, `[,]`, `{"a"`, `{"a":}`, `["`, `{"a":1,,}`, `[1]]`, `"\`} {
		f.Add(s)
	}
	m, err := NewMatcher(`{"op":"any","path":["a"],"of":[{"op":"eq","path":["b"],"value":1}]}`)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, s string) {
		m.Match(s)
		c, err := canon.JSON([]byte(s))
		if err != nil {
			for range Elements(s) {
			}
			for range Members(s) {
			}
			return
		}
		if got := rebuild(string(c)); got != string(c) {
			t.Fatalf("%s reads as %s", c, got)
		}
	})
}

func rebuild(v string) string {
	var parts []string
	switch v[0] {
	case '[':
		for e := range Elements(v) {
			parts = append(parts, rebuild(e))
		}
		return "[" + strings.Join(parts, ",") + "]"
	case '{':
		for name, x := range Members(v) {
			parts = append(parts, name+":"+rebuild(x))
		}
		return "{" + strings.Join(parts, ",") + "}"
	}
	return v
}

func BenchmarkFunctions(b *testing.B) {
	const subject = "Your weekly digest: 40 bytes of a Subjec"
	const steps = `[{"id":11,"type":"email"},{"id":12,"type":"delay"},{"id":13,"type":"push"}]`
	for _, c := range []struct {
		label, name string
		args        []any
	}{
		{"like", "text_like", []any{subject, "%digest%bytes%x%"}},
		{"contains", "text_contains", []any{subject, "Nowhere"}},
		{"startswith", "text_starts", []any{subject, "your weekly"}},
		{"fuzzy", "text_fuzzy", []any{subject, "digest weekly"}},
		{"keyword", "text_keyword", []any{subject, "nothing else"}},
		{"fuzzy with typos", "text_fuzzy_near", []any{subject, "digset wekly", int64(2)}},
		{"keyword with typos", "text_keyword_near", []any{subject, "nothing else", int64(2)}},
		{"keyword with typos, not ASCII", "text_keyword_near", []any{"Votre résumé de la semaine: 40 bytes É", "réusmé", int64(1)}},
		{"contains, not ASCII", "text_contains", []any{"Votre résumé de la semaine: 40 bytes É", "nulle part"}},
		{"compare", "number_compare", []any{int64(1700000000), "1700000001"}},
		{"number key", "number_key", []any{int64(1700000000)}},
		{"any", "json_meets", []any{steps, `{"op":"any","of":[{"op":"eq","path":["type"],"value":"sms"}]}`}},
		{"element", "json_meets", []any{`["onboarding","vip","trial"]`, `{"op":"array_contains","value":"vip"}`}},
		{"path", "json_meets", []any{`{"owner":{"email":"ann@north.test"},"rev":3}`, `{"op":"eq","path":["owner","email"],"value":"x"}`}},
	} {
		b.Run(c.label, func(b *testing.B) {
			for _, f := range Functions() {
				if f.Name != c.name {
					continue
				}
				b.ReportAllocs()
				for b.Loop() {
					if _, err := f.Fn(c.args); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}
