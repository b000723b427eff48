package canon

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestJSONIsCanonical(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{` {"b" : 1 , "a":[ 1.50, -0, 15e-1,1e3 ,true,null ] } `, `{"a":[1.5,0,1.5,1000,true,null],"b":1}`},
		{`{"a":1,"b":2,"a":3}`, `{"a":3,"b":2}`},
		{`{"b":2,"a":{"z":1,"y":{"d":1,"c":2}},"b":{"k":1,"j":2}}`, `{"a":{"y":{"c":2,"d":1},"z":1},"b":{"j":2,"k":1}}`},
		{`"\u0041\u00e9\/\u000a\u001F\u2028\uD83D\uDE00"`, "\"Aé/\\n\\u001f\u2028😀\""},
		{`"\ud83d x \uDE00"`, `"\ud83d x \ude00"`},
		{"\"a\xffb\"", "\"a\uFFFDb\""},
		{`{"\ud801":1,"\ud800":2,"\ud801":3}`, `{"\ud800":2,"\ud801":3}`},
		{`{"a\"":1,"a!":2,"a\\":3,"aZ":4,"a\n":5}`, `{"a\n":5,"a!":2,"a\"":1,"aZ":4,"a\\":3}`},
		{`{"é":1,"z":2,"":3}`, `{"":3,"z":2,"é":1}`},
		{`9007199254740993`, `9007199254740993`},
		{`[]`, `[]`}, {`{}`, `{}`}, {`""`, `""`}, {"\tfalse\n", `false`},
	} {
		got, err := JSON([]byte(c.in))
		if err != nil || string(got) != c.want {
			t.Errorf("JSON(%s) = %s, %v; want %s", c.in, got, err, c.want)
		}
		again, err := JSON(got)
		if err != nil || !bytes.Equal(again, got) {
			t.Errorf("JSON of the canonical %s = %s, %v", got, again, err)
		}
	}
}

func TestJSONRefusesWhatIsNoValue(t *testing.T) {
	for _, in := range []string{
		``, ` `, `{`, `[`, `"`, `"\`, `"\u12`, `"\u12g4"`, `"\x"`, "\"a\nb\"", `tru`, `nul`, `True`, `01`, `-`, `1.`, `.5`, `1e`, `+1`, `1 2`,
		`{"a":1,}`, `[1,]`, `{"a" 1}`, `{a:1}`, `{'a':1}`, `[1 2]`, `{"a":1 "b":2}`, `{}}`, "\x00", `-x`, `0x1`, "\"\xc3",
	} {
		prefix := []byte("kept")
		got, err := AppendJSON(prefix, []byte(in))
		if !errors.Is(err, ErrSyntax) || string(got) != "kept" {
			t.Errorf("AppendJSON(%q) = %q, %v; want the prefix and ErrSyntax", in, got, err)
		}
	}
}

func TestDepthIsBounded(t *testing.T) {
	nested := func(n int) []byte { return []byte(strings.Repeat("[", n) + strings.Repeat("]", n)) }
	if _, err := JSON(nested(MaxDepth)); err != nil {
		t.Error(err)
	}
	if _, err := JSON(nested(MaxDepth + 1)); !errors.Is(err, ErrTooDeep) {
		t.Errorf("got %v, want ErrTooDeep", err)
	}
	if _, err := JSON([]byte(strings.Repeat(`{"a":`, 100_000))); !errors.Is(err, ErrTooDeep) {
		t.Errorf("got %v, want ErrTooDeep", err)
	}
}

func TestNumber(t *testing.T) {
	zeros := strings.Repeat("0", 399)
	for _, c := range []struct{ in, want string }{
		{"0", "0"}, {"-0", "0"}, {"-0.000e9", "0"}, {"0e99999999999999999999", "0"},
		{"7", "7"}, {"-12", "-12"}, {"1.50", "1.5"}, {"15e-1", "1.5"}, {"1e3", "1000"}, {"1E+3", "1000"}, {"1000.0", "1000"},
		{"0.1", "0.1"}, {"0.0010", "0.001"}, {"-1.5e-3", "-0.0015"}, {"12.5e1", "125"},
		{"9007199254740993.0", "9007199254740993"}, {"123456789012345678901234567890", "123456789012345678901234567890"},
		{"1" + zeros, "1" + zeros}, {"-1" + zeros, "-1" + zeros}, {"1e399", "1" + zeros}, {"1e400", "1e400"}, {"1" + zeros + "0", "1e400"},
		{"1e-400", "0." + zeros + "1"}, {"1e-401", "1e-401"}, {"15e999999999", "1.5e1000000000"},
		{"-0.15e-999999999999999999999", "-1.5e-1000000000000000000000"},
	} {
		if got, err := Number(c.in); err != nil || got != c.want {
			t.Errorf("Number(%.40s) = %.40s, %v; want %.40s", c.in, got, err, c.want)
		}
	}
	for _, in := range []string{"", "-", "+1", "01", "1.", ".1", "1e", "0x1", " 1", "1 ", "NaN", "Infinity", "--1", "१"} {
		if got, err := Number(in); !errors.Is(err, ErrSyntax) {
			t.Errorf("Number(%q) = %q, %v; want ErrSyntax", in, got, err)
		}
	}
}

// randomNumber is a literal and its exact value.
func randomNumber(r *rand.Rand) (string, *big.Rat) {
	s := fmt.Sprint(r.IntN(2000) - 1000)
	switch r.IntN(4) {
	case 0:
		s = fmt.Sprint(r.Int64() - r.Int64())
	case 1:
		s += fmt.Sprintf(".%0*d", 1+r.IntN(4), r.IntN(20))
	}
	if r.IntN(3) == 0 {
		s += fmt.Sprintf("e%d", r.IntN(60)-30)
	}
	if r.IntN(40) == 0 {
		s += strings.Repeat("0", 10)
	}
	v, ok := new(big.Rat).SetString(s)
	if !ok || !valid(s) {
		return randomNumber(r)
	}
	return s, v
}

func TestNumbersAgreeWithRationals(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("start value %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	n := 200_000
	if testing.Short() {
		n = 10_000
	}
	for range n {
		a, x := randomNumber(r)
		b, y := randomNumber(r)
		if r.IntN(4) == 0 { // the same number, spelled differently
			b, y = a+"e0", x
			if strings.Contains(a, "e") {
				b = strings.Replace(a, "e", "00E", 1)
				if !strings.Contains(a, ".") {
					b = strings.Replace(a, "e", ".00E", 1)
				}
			}
		}
		want := x.Cmp(y)
		ca, _ := Number(a)
		cb, _ := Number(b)
		if back, _ := new(big.Rat).SetString(ca); back.Cmp(x) != 0 {
			t.Fatalf("Number(%s) = %s, another number", a, ca)
		}
		if (ca == cb) != (want == 0) {
			t.Fatalf("Number(%s) = %s, Number(%s) = %s, compared %d", a, ca, b, cb, want)
		}
		if got := CompareNumbers(a, b); got != want {
			t.Fatalf("CompareNumbers(%s, %s) = %d, want %d", a, b, got, want)
		}
		if got := strings.Compare(OrderKey(a), OrderKey(b)); got != want {
			t.Fatalf("OrderKey(%s) and OrderKey(%s) compare %d, want %d", a, b, got, want)
		}
	}
}

func TestAbsurdExponentsStayInOrder(t *testing.T) {
	order := []string{
		"-1e1000000000000000000000", "-2e999", "-1e999", "-1", "-1e-999", "-1e-99999999999999999999999", "0",
		"1e-99999999999999999999999", "1e-1000", "1e-999", "0.5", "1", "1e999", "1.5e999", "1e1000", "1e1000000000000000000000",
	}
	for i, a := range order {
		for j, b := range order {
			if got := CompareNumbers(a, b); got != cmpInt(i, j) {
				t.Errorf("CompareNumbers(%s, %s) = %d", a, b, got)
			}
			if got := strings.Compare(OrderKey(a), OrderKey(b)); got != cmpInt(i, j) {
				t.Errorf("OrderKey(%s) and OrderKey(%s) compare %d", a, b, got)
			}
		}
	}
}

func TestStringsComeBack(t *testing.T) {
	for _, s := range []string{"", "a", `"\`, "\x00\x1f\b\t\n\f\r\x7f", "é ß 😀", "</script>", "\u2028"} {
		q := AppendString(nil, s)
		c, err := JSON(q)
		if err != nil || !bytes.Equal(c, q) {
			t.Errorf("AppendString(%q) = %s is not canonical: %s, %v", s, q, c, err)
		}
		if got := Text(string(q)); got != s {
			t.Errorf("Text(%s) = %q, want %q", q, got, s)
		}
	}
	if got := string(AppendString(nil, "a\xffb\xc3")); got != "\"a\uFFFDb\uFFFD\"" {
		t.Errorf("bytes that are not UTF-8: %q", got)
	}
}

// FuzzJSON holds JSON against encoding/json, and canonical text against itself.
func FuzzJSON(f *testing.F) {
	for _, s := range []string{`{"b":[1,2.50],"a":{"x":"\u00e9","x":null}}`, `"\ud800"`, `-0.0e10`, `[[]]`, `{"":""}`, "\"\xff\""} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		got, err := JSON(raw)
		if (err == nil) != json.Valid(raw) {
			t.Fatalf("JSON(%q): %v; encoding/json says valid = %v", raw, err, json.Valid(raw))
		}
		if err != nil {
			return
		}
		again, err := JSON(got)
		if err != nil || !bytes.Equal(again, got) {
			t.Fatalf("JSON(%q) = %q, and of that %q, %v", raw, got, again, err)
		}
		if absurd.Match(raw) {
			return // big.Rat would take all day
		}
		decode := func(b []byte) (v any) {
			d := json.NewDecoder(bytes.NewReader(b))
			d.UseNumber()
			if err := d.Decode(&v); err != nil {
				t.Fatal(err)
			}
			return sameNumbers(v)
		}
		if a, b := fmt.Sprint(decode(raw)), fmt.Sprint(decode(got)); a != b {
			t.Fatalf("JSON(%q) = %q means another value", raw, got)
		}
	})
}

// absurd exponents have four digits and more.
var absurd = regexp.MustCompile(`[eE][+-]?[0-9]{4}`)

// sameNumbers makes numbers comparable without trusting Number: as rationals.
func sameNumbers(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k := range v {
			v[k] = sameNumbers(v[k])
		}
	case []any:
		for i := range v {
			v[i] = sameNumbers(v[i])
		}
	case json.Number:
		if r, ok := new(big.Rat).SetString(string(v)); ok {
			return r.RatString()
		}
	}
	return v
}

// record is a flat object as the API sends it: not sorted, about 200 bytes.
const record = `{"id":259,"name":"Welcome series","state":"running","active":true,"created":1700000000,"updated":1700086400,"first_started":1700000100,"created_by":"ann@north.test","tags":["onboarding","vip"],"score":1.5}`

func TestUsualRecordsNeedNoAllocation(t *testing.T) {
	dst := make([]byte, 0, 1024)
	raw := []byte(record)
	if n := testing.AllocsPerRun(100, func() { _, _ = AppendJSON(dst, raw) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkAppendJSON(b *testing.B) {
	sorted, err := JSON([]byte(record))
	if err != nil {
		b.Fatal(err)
	}
	for name, raw := range map[string][]byte{"unsorted": []byte(record), "canonical": sorted, "spaced": []byte(strings.NewReplacer(`,"`, `, "`, `":`, `": `).Replace(record))} {
		b.Run(name, func(b *testing.B) {
			dst := make([]byte, 0, 1024)
			b.SetBytes(int64(len(raw)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := AppendJSON(dst, raw); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkCompareNumbers(b *testing.B) {
	for b.Loop() {
		CompareNumbers("1700000000", "1700000001")
	}
}

func TestManyMembersAreSortedToo(t *testing.T) {
	var names []string
	for i := range 100 {
		names = append(names, fmt.Sprintf("k%d", (i*37)%100))
	}
	in := `{"` + strings.Join(names, `":1,"`) + `":1}`
	slices.Sort(names)
	want := `{"` + strings.Join(names, `":1,"`) + `":1}`
	if got, err := JSON([]byte(in)); err != nil || string(got) != want {
		t.Errorf("%s, %v", got, err)
	}
}
