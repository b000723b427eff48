package sqlite

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// TestOurFunctionsAnswerAsSQLitesOwn compares what replaces functions of SQLite with
// what GLOB, LIKE and the others are documented to be: naive Go, a step a character.
func TestOurFunctionsAnswerAsSQLitesOwn(t *testing.T) {
	if err := registerFunctions(); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", "file::memory:")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for question, want := range map[string]string{
		"'abc' like 'A%'": "1", "'abc' like 'a_c'": "1", "'abc' like 'a_'": "0", "'' like '%'": "1", "'' like ''": "1", "'a' like ''": "0", "'É' like 'é'": "0",
		"'50%' like '50\\%' escape '\\'": "1", "'50x' like '50\\%' escape '\\'": "0", "'a_c' like 'a\\_c' escape '\\'": "1", "null like 'a'": "<nil>", "'a' like null": "<nil>",
		"12 like '1%'": "1", "x'61' like 'a'": "0", "'a\nb' like 'a%b'": "1", "'ab' not like 'ab'": "0", "'[' like '['": "1",
		"'abc' glob 'a*'": "1", "'abc' glob 'A*'": "0", "'abc' glob '?b?'": "1", "'a-c' glob 'a[-x]c'": "1", "'abc' glob 'a[a-c]c'": "1", "'abc' glob 'a[^a-c]c'": "0",
		"'a]c' glob 'a[]]c'": "1", "'adc' glob 'a[^]]c'": "1", "'abc' glob 'a[b'": "0", "'*' glob '[*]'": "1", "'日本' glob '?本'": "1", "'a' glob '[]'": "0",
		"instr('héllo', 'l')": "3", "instr(x'c3a96c', x'6c')": "3", "instr('a', '')": "1", "instr('', 'a')": "0", "instr(null, 'a')": "<nil>", "instr(123, 2)": "2", "instr('a', 'ab')": "0",
		"replace('aXbX', 'X', 'yy')": "ayybyy", "replace('a', '', 'b')": "a", "replace('a', 'a', null)": "<nil>", "replace(121, 1, 3)": "323", "replace('aaa', 'aa', 'b')": "ba",
		"trim('xxaxx', 'x')": "a", "ltrim('xyaxy', 'yx')": "axy", "rtrim('aéé', 'é')": "a", "trim('a', '')": "a", "trim('aa', 'a')": "", "trim(null, 'a')": "<nil>", "trim('  a ')": "a",
	} {
		var got any
		if err := db.QueryRow("select " + question).Scan(&got); err != nil || fmt.Sprint(got) != want {
			t.Errorf("%s is %v (%v), want %s", question, got, err, want)
		}
	}
	for _, q := range []string{"'a' like 'b' escape 'xy'", "'a' like '" + strings.Repeat("a", maxPattern+1) + "'"} {
		if err := db.QueryRow("select " + q).Scan(new(any)); err == nil {
			t.Errorf("%.100s is no error", q)
		}
	}

	seed := uint64(time.Now().UnixNano())
	t.Logf("start value %d", seed)
	r := rand.New(rand.NewPCG(seed, 6))
	word := func(alphabet string, n int) string {
		rs := []rune(alphabet)
		var b strings.Builder
		for range r.IntN(n) {
			b.WriteRune(rs[r.IntN(len(rs))])
		}
		return b.String()
	}
	for range 2000 {
		text, pattern := word("aAbB[é", 90), word("aAb%%_[é", 80)
		if r.IntN(2) == 0 {
			pattern = strings.Map(func(c rune) rune {
				if r.IntN(6) == 0 {
					return '_'
				}
				return c
			}, text)
		}
		if got, want := parseLike(pattern).match(text), naive([]rune(strings.ToLower(pattern)), []rune(strings.ToLower(text))); got != want {
			t.Errorf("%q like %q is %v", text, pattern, got)
		}
		if got, want := parseGlob(strings.NewReplacer("%", "*", "_", "?", "[", "x").Replace(pattern)).match(strings.ReplaceAll(text, "[", "x")), naive([]rune(pattern), []rune(text)); got != want {
			t.Errorf("%q glob %q is %v", text, pattern, got)
		}
	}
}

// naive matches % and _ one character after the other.
func naive(pattern, text []rune) bool {
	row := make([]bool, len(text)+1)
	row[0] = true
	for _, p := range pattern {
		next := make([]bool, len(text)+1)
		for i := range next {
			switch {
			case p == '%':
				next[i] = row[i] || i > 0 && next[i-1]
			case i > 0:
				next[i] = row[i-1] && (p == '_' || p == text[i-1])
			}
		}
		row = next
	}
	return row[len(text)]
}
