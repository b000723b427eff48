package oracle_test

import (
	"encoding/json"
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"ciomirror/catalog"
	"ciomirror/internal/oracle"
)

// chance makes random records and searches.
type chance struct{ *rand.Rand }

func one[T any](c chance, from ...T) T { return from[c.IntN(len(from))] }

// in is true in n of a hundred cases.
func (c chance) in(n int) bool { return c.IntN(100) < n }

func quote(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}

// pieces of texts: what case, composition, punctuation and number treat specially.
var pieces = []string{
	"Welcome", "welcome", "WELCOME", "back", "Summer", "Congratulations", "notifications", "Email", "big", "Straße", "STRASSE", "strasse", "İstanbul", "istanbul", "ISTANBUL", "ısı",
	"ΣΑΣ", "σας", "σασ", "O'Brien", "o’brien", "obrien", "100%", "off_sale", "in_app", "%", "_", "é", "e\u0301", "É", "E\u0301", "ê\u0323",
	"ǰ", "J\u030c", "ﬁne", "FINE", "ΐ", "Ϊ\u0301", "ŉ", "😀", "👩‍👩‍👧", "a\\b", "\\", "\u0000", "\n", "007", "7", "42", "0042", "1.5", "K", "k", "½", "²",
	"x\u0327", "\u0301", "日本", "ᾳ", "ΑΙ", "ẞ", "ǅ", "ǆ", "true", "null", "nil", "'", "\"", "--", ";", "ann@north.test", "KX-001", "kx-", "A", "a", "Ж", "ж", "\u2028", "\uffff", "\U0010ffff",
}

func (c chance) text() string {
	var b strings.Builder
	for n := one(c, 0, 1, 1, 1, 2, 2, 3); n > 0; n-- {
		b.WriteString(one(c, pieces...))
		if n > 1 {
			b.WriteString(one(c, "", " ", " ", "-", ", ", ": ", "'"))
		}
	}
	return b.String()
}

func (c chance) integer() string {
	switch c.IntN(10) {
	case 0:
		return one(c, "9007199254740992", "9007199254740993", "-9007199254740993", "9223372036854775807", "9223372036854775808",
			"-9223372036854775808", "-9223372036854775809", "18446744073709551616", "100000000000000000000000000000000000001", "-100000000000000000000000000000000000002")
	case 1:
		return one(c, "1e3", "5.0", "10e-1", "-0", "1E+2", "12345678901234567890123e2")
	case 2, 3:
		return strconv.Itoa(1_700_000_000 + c.IntN(5)*86_400)
	case 4:
		return strconv.Itoa(-c.IntN(5))
	}
	return strconv.Itoa(c.IntN(12))
}

func (c chance) number() string {
	if c.in(40) {
		return c.integer()
	}
	return one(c, "1.5", "1.50", "15e-1", "0.1", "0.1000000000000000055", "-1.5", "2.0", "9007199254740993.5", "0.30000000000000004", "1e-7", "1e-30", "-2.25e2",
		"123456789.123456789012345678", "123456789.12345678", "1e21", "1e22", "1e100", "1.7976931348623157e308", "5e-324", "3.14", "41.5", "-0.0")
}

// value is any JSON value, at most so deep.
func (c chance) value(deep int) string {
	n := 8
	if deep <= 0 {
		n = 6
	}
	switch c.IntN(n) {
	case 0:
		return "null"
	case 1:
		return one(c, "true", "false")
	case 2:
		return c.number()
	case 3, 4:
		return quote(c.text())
	case 5:
		return one(c, `"email"`, `"push"`, "7", "3", "3.0", `"7"`, `""`)
	case 6:
		return c.array(deep - 1)
	}
	return c.object(deep - 1)
}

func (c chance) array(deep int) string {
	element := func() string { return c.value(deep) }
	switch c.IntN(5) {
	case 0:
		element = func() string { return quote(one(c, "vip", "VIP", "été", "onboarding", "a%b", "")) }
	case 1:
		element = func() string { return one(c, "7", "12", "120", "0", "7.0", `"7"`) }
	case 2, 3:
		element = func() string { return c.object(deep - 1) }
	}
	parts := make([]string, one(c, 0, 1, 1, 2, 3))
	for i := range parts {
		parts[i] = element()
	}
	return "[" + strings.Join(parts, ",") + "]"
}

// keys that objects have, so that paths lead somewhere.
var keys = []string{"type", "id", "owner", "email", "rev", "list", "sent", "opened", "clicked", "ключ", "it's", `q"t`}

func (c chance) object(deep int) string {
	order := c.Perm(len(keys))[:one(c, 0, 1, 2, 2, 3, 5)]
	parts := make([]string, len(order))
	for i, k := range order {
		parts[i] = quote(keys[k]) + ":" + c.value(deep)
	}
	return "{" + strings.Join(parts, ",") + "}"
}

// scalar is JSON for a field's type; fitting it, mostly.
func (c chance) scalar(f catalog.Field) string {
	if len(f.Types) > 1 && c.in(25) && !f.Is(catalog.NameValueList) {
		other := one(c, f.Types[1:]...)
		if f.Kind() == catalog.Integer && other == catalog.String {
			return quote(one(c, words...))
		}
		f.Types = []catalog.Kind{other}
	}
	if c.in(4) && f.Kind() != catalog.Any {
		stray := one(c, catalog.String, catalog.Integer, catalog.Number, catalog.Boolean)
		if stray == catalog.String && slices.Contains(f.Types, catalog.Integer) {
			return quote(one(c, words...))
		}
		f.Types = []catalog.Kind{stray}
		if f.Is(catalog.NameValueList) {
			f.Types = []catalog.Kind{catalog.Integer}
		}
	}
	switch f.Kind() {
	case catalog.String:
		return quote(c.text())
	case catalog.Integer:
		if c.in(5) {
			return quote(strconv.Itoa(c.IntN(100)))
		}
		return c.integer()
	case catalog.Number:
		return c.number()
	case catalog.Boolean:
		return one(c, "true", "false")
	case catalog.Array:
		return c.array(2)
	case catalog.Object:
		return c.object(2)
	}
	// Of a field without a type the mirror keeps numbers and plain texts only: what
	// else comes, it keeps as text.
	return one(c, "7", "-1", "0", "1.5", "1700000000", "9007199254740993", quote(one(c, "soon", "Never", "")))
}

// words stand where ids are numbers, mostly. A text that reads as a number is left
// out: the mirror cannot tell it from one.
var words = []string{"a", "ab", "B", "x1", "-", "", "Straße", "e\u0301"}

// records are n records of an entity with different keys.
func (c chance) records(e *catalog.Entity, n int) []record {
	have := map[string]bool{}
	var list []record
	for len(list) < n {
		parent := ""
		var parts []string
		for _, f := range e.Fields {
			isParent := e.Parent != nil && e.Parent.Field == f.Name
			switch {
			case isParent:
				parent = strconv.Itoa(1 + c.IntN(3))
				if !f.Is(catalog.FromParent) && c.in(50) {
					parts = append(parts, quote(f.Name)+":"+parent)
				}
			case slices.Contains(e.Key, f.Name):
				parts = append(parts, quote(f.Name)+":"+c.key(f))
			case f.Is(catalog.FromMirror), f.Is(catalog.FromParent), c.in(15):
			case c.in(10):
				parts = append(parts, quote(f.Name)+":null")
			default:
				parts = append(parts, quote(f.Name)+":"+c.scalar(f))
			}
		}
		c.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
		r := newRecord(e, "{"+strings.Join(parts, ",")+"}", parent)
		id := ""
		for _, k := range e.Key {
			id += show(r.seen.Get(k)) + "\n"
		}
		if !have[id] {
			have[id] = true
			list = append(list, r)
		}
	}
	return list
}

func newRecord(e *catalog.Entity, sent, parent string) record {
	v, err := oracle.Decode([]byte(sent))
	if err != nil {
		panic(fmt.Sprintf("%s: %v", sent, err))
	}
	return record{sent, parent, seen(e, v.(oracle.Object), parent)}
}

// key is a value for a field of the key.
func (c chance) key(f catalog.Field) string {
	if f.Kind() == catalog.String {
		return quote(c.text() + strconv.Itoa(c.IntN(30)))
	}
	if slices.Contains(f.Types, catalog.String) && c.in(10) {
		return quote(one(c, words...))
	}
	if c.in(10) {
		return one(c, "9007199254740992", "9007199254740993", "9223372036854775807")
	}
	return strconv.Itoa(1 + c.IntN(500))
}

// again changes some of the records and takes some away.
func (c chance) again(e *catalog.Entity, old []record) []record {
	var list []record
	for _, r := range old {
		switch {
		case c.in(10) && e.List.Complete:
			continue
		case c.in(40):
			o, _ := oracle.Decode([]byte(r.sent))
			for i, m := range o.(oracle.Object) {
				if f, ok := e.Field(m.Name); ok && !slices.Contains(e.Key, m.Name) && c.in(30) {
					v, _ := oracle.Decode([]byte(c.scalar(f)))
					o.(oracle.Object)[i].Value = v
				}
			}
			r = newRecord(e, show(o), r.parent)
		}
		list = append(list, r)
	}
	return list
}

// like s, but not quite: the other case, a part, more than it.
func (c chance) near(s string) string {
	runes := []rune(s)
	switch c.IntN(8) {
	case 0:
		return strings.ToUpper(s)
	case 1:
		return strings.ToLower(s)
	case 2, 3:
		if len(runes) > 0 {
			from := c.IntN(len(runes))
			return string(runes[from : from+1+c.IntN(len(runes)-from)])
		}
	case 4:
		words := strings.Fields(s)
		c.Shuffle(len(words), func(i, j int) { words[i], words[j] = words[j], words[i] })
		return strings.Join(words, " ")
	case 5:
		return s + c.text()
	}
	return s
}

// textOf is the text of a value, for an operand that finds it.
func textOf(v any) (string, bool) {
	switch x := v.(type) {
	case string:
		return x, true
	case *big.Rat:
		return oracle.Number(x), true
	}
	return "", false
}
