package oracle_test

import (
	"math/big"
	"slices"
	"strings"
	"time"

	"ciomirror/catalog"
	"ciomirror/internal/oracle"
)

var operators = []string{"eq", "neq", "gt", "gte", "lt", "lte", "in", "like", "startswith", "endswith", "contains", "array_contains", "fuzzy", "keyword", "any"}

// columns of the contract's matrix; below stands for paths into what is not declared.
var columns = []string{"string", "integer", "number", "boolean", "array", "object", "time", "below"}

// cell is one operator on one type.
type cell struct{ op, column string }

// refused reports whether the matrix has nothing but 400 in the cell.
func (x cell) refused() bool {
	switch x.column {
	case "boolean":
		return slices.Index(operators, x.op) >= slices.Index(operators, "like")
	case "array":
		return strings.Contains(" gt gte lt lte like startswith endswith fuzzy keyword ", " "+x.op+" ")
	case "object":
		return !strings.Contains(" eq neq in ", " "+x.op+" ")
	case "below":
		return false
	}
	return x.op == "array_contains" || x.op == "any"
}

func columnOf(f oracle.Field) string {
	if f.Time {
		return "time"
	}
	return string(f.Type)
}

// fieldsOf are the entity's fields of a column of the matrix; those that have
// something below for the last.
func fieldsOf(e *oracle.Entity, column string) []oracle.Field {
	var list []oracle.Field
	for _, f := range e.Fields {
		if column == columnOf(f) || column == "below" && (f.Type == oracle.Array || f.Type == oracle.Obj) {
			list = append(list, f)
		}
	}
	return list
}

// asker makes searches of one entity.
type asker struct {
	chance
	e       *oracle.Entity
	records []record
}

// stored is a value that some record has there.
func (a asker) stored(f oracle.Field) any {
	for range 4 {
		if v := one(a.chance, a.records...).seen.Get(f.Name); v != nil {
			return v
		}
	}
	return nil
}

// leaf is one operator on one field, as {"op":{"path":operand}} without the outer
// braces. wild lets the operand be of any type.
func (a asker) leaf(x cell, wild bool) string {
	fields := fieldsOf(a.e, x.column)
	f := one(a.chance, fields...)
	path, v := f.Name, a.stored(f)
	if f.Type == oracle.Array && a.in(20) {
		path += "[]"
	}
	if (path == "type" || path == "from") && a.in(30) {
		path += "_"
	}
	if x.column == "below" {
		below, found := a.descend(v)
		path += "." + below
		v, f = found, oracle.Field{Type: oracle.Any}
	}
	if wild && a.in(30) {
		path = one(a.chance, `"; drop table things; --`, path+"' or 1=1 --", path+`"`, path+"\x00", path+")", "_hash", "_run", "extra", "rowid", "*", "things."+path, "?1", path+" desc")
	}
	return quote(x.op) + ":{" + quote(path) + ":" + a.operand(x.op, f, v, wild) + "}"
}

// descend goes into a value and says by which path.
func (a asker) descend(v any) (path string, found any) {
	if list, ok := v.([]any); ok && len(list) > 0 {
		v = one(a.chance, list...)
	}
	name := one(a.chance, keys...)
	object, ok := v.(oracle.Object)
	if ok && len(object) > 0 && !a.in(20) {
		name = one(a.chance, object...).Name
	}
	if a.in(15) {
		name += "[]"
	}
	found = object.Get(strings.TrimSuffix(name, "[]"))
	if _, scalar := textOf(found); !scalar && a.in(60) {
		below, inner := a.descend(found)
		return name + "." + below, inner
	}
	return name, found
}

// operand is an operand for a field that has the value v somewhere.
func (a asker) operand(op string, f oracle.Field, v any, wild bool) string {
	if wild {
		return a.wild(op)
	}
	switch op {
	case "eq", "neq":
		if a.in(7) {
			return "null"
		}
		return a.item(f, v)
	case "gt", "gte", "lt", "lte":
		if s := a.item(f, v); s[0] != '[' && s[0] != '{' && s != "null" {
			return s
		}
		return one(a.chance, "7", `"a"`, "1700000000")
	case "in":
		parts := make([]string, one(a.chance, 0, 1, 2, 3, 3, 60))
		for i := range parts {
			if parts[i] = a.item(f, v); a.in(5) {
				parts[i] = "null"
			}
		}
		return "[" + strings.Join(parts, ",") + "]"
	case "array_contains", "contains":
		if list, ok := v.([]any); ok && len(list) > 0 && a.in(70) {
			if e := one(a.chance, list...); e != nil {
				return show(e)
			}
		}
		if op == "array_contains" || f.Type == oracle.Array {
			return one(a.chance, "7", `"vip"`, `"7"`, "[]", "{}", "true")
		}
	case "any":
		list, _ := v.([]any)
		return a.element(list, 2)
	case "like":
		return a.pattern(v)
	}
	s, ok := textOf(v)
	switch {
	case !ok || a.in(15):
		s = a.text()
	default:
		if n, ok := v.(*big.Rat); ok && a.in(30) {
			return oracle.Number(n)
		}
		s = a.near(s)
	}
	if op == "fuzzy" || op == "keyword" {
		if a.in(30) {
			s += " " + one(a.chance, pieces...)
		}
		if words := strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == '-' || r == ',' }); len(words) > 0 && a.in(50) {
			s = a.mistyped(one(a.chance, words...))
		}
	}
	return quote(s)
}

// mistyped is a text after a few typing errors.
func (a asker) mistyped(s string) string {
	runes := []rune(s)
	for range 1 + a.IntN(3) {
		at := a.IntN(len(runes) + 1)
		switch other := one(a.chance, 'a', 'e', 's', 'é', '7', ' '); {
		case at == len(runes) || a.in(25):
			runes = slices.Insert(runes, at, other)
		case a.in(33):
			runes = slices.Delete(runes, at, at+1)
		case a.in(50) && at > 0:
			runes[at-1], runes[at] = runes[at], runes[at-1]
		default:
			runes[at] = other
		}
	}
	return string(runes)
}

// typos is that parameter, mostly where the filter has words and then mostly right.
func (a asker) typos(filter string) string {
	words := strings.Contains(filter, `"fuzzy":`) || strings.Contains(filter, `"keyword":`)
	switch {
	case a.in(3):
		return `,"typos":` + one(a.chance, "0", "3", "null", `"1"`, "1.5", "1", "true")
	case words && a.in(60):
		return `,"typos":` + one(a.chance, "1", "1", "2", "2.0")
	}
	return ""
}

// item is a value to compare with, of the field's type.
func (a asker) item(f oracle.Field, v any) string {
	if v != nil && a.in(60) && (f.Type == oracle.Any || fits(f, v)) {
		switch {
		case f.Type == oracle.String && a.in(20):
			return quote(a.near(v.(string)))
		case f.Time && a.in(30):
			if n := v.(*big.Rat); n.Num().IsInt64() && n.Num().Int64() >= 0 && n.Num().Int64() < 4e9 {
				at := time.Unix(n.Num().Int64(), 0).In(time.FixedZone("", a.IntN(3)*3600-3600))
				return quote(at.Format(one(a.chance, time.RFC3339, time.DateOnly, "2006-01-02T15:04:05.5Z07:00")))
			}
		case (f.Type == oracle.Integer || f.Type == oracle.Numeric) && a.in(25):
			if s := oracle.Number(v.(*big.Rat)); s[0] != '-' {
				return quote(one(a.chance, "", "00") + s)
			}
		case f.Type == oracle.Array && a.in(20):
			return show(append(slices.Clone(v.([]any)), nil))
		case f.Type == oracle.Obj && a.in(20):
			return show(append(slices.Clone(v.(oracle.Object)), oracle.Member{Name: "more", Value: nil}))
		}
		return show(v)
	}
	switch f.Type {
	case oracle.String:
		return one(a.chance, quote(a.text()), a.number())
	case oracle.Integer:
		return one(a.chance, a.integer(), a.integer(), a.number())
	case oracle.Numeric:
		return a.number()
	case oracle.Boolean:
		return one(a.chance, "true", "false", `"true"`, `"false"`)
	case oracle.Array:
		return a.array(2)
	case oracle.Obj:
		return a.object(2)
	}
	return a.value(2)
}

// fits reports whether the value is of the declared type.
func fits(f oracle.Field, v any) bool {
	switch v.(type) {
	case string:
		return f.Type == oracle.String
	case *big.Rat:
		return f.Type == oracle.Integer || f.Type == oracle.Numeric
	case bool:
		return f.Type == oracle.Boolean
	case []any:
		return f.Type == oracle.Array
	case oracle.Object:
		return f.Type == oracle.Obj
	}
	return false
}

func (a asker) pattern(v any) string {
	s, ok := textOf(v)
	if !ok || a.in(15) {
		s = a.text()
	}
	if a.in(50) {
		s = a.near(s)
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case (r == '%' || r == '\\') && a.in(80), a.in(5):
			b.WriteRune('\\')
			b.WriteRune(r)
		case r == '\\':
		case a.in(15):
			b.WriteByte('%')
		default:
			b.WriteRune(r)
		}
	}
	return quote(one(a.chance, "", "", "%") + b.String() + one(a.chance, "", "", "%"))
}

// wild is an operand that may be of a type that the operator does not take.
func (a asker) wild(op string) string {
	v := a.value(1)
	switch {
	case op == "in" && a.in(60):
		return "[" + v + "]"
	case op == "any":
		return one(a.chance, v, `{"eq":{}}`, `{"nope":1}`, `{"not":{}}`, `{"gt":null}`, `{"like":true}`)
	}
	return v
}

// element is a condition on the elements of an array.
func (a asker) element(list []any, deep int) string {
	var parts []string
	seen := map[string]bool{}
	for range one(a.chance, 1, 1, 2) {
		var e any
		if len(list) > 0 {
			e = one(a.chance, list...)
		}
		op := one(a.chance, operators...)
		if seen[op] || op == "any" && deep == 0 {
			continue
		}
		seen[op] = true
		path := ""
		if _, ok := e.(oracle.Object); ok || a.in(20) {
			path, e = a.descend(e)
		}
		var operand string
		if op == "any" {
			inner, _ := e.([]any)
			operand = a.element(inner, deep-1)
			if path == "" {
				path = one(a.chance, keys...)
			}
		} else {
			operand = a.operand(op, oracle.Field{Type: oracle.Any}, e, false)
		}
		switch {
		case path != "":
			operand = "{" + quote(path) + ":" + operand + "}"
		case operand[0] == '{':
			continue // would be read as paths
		}
		parts = append(parts, quote(op)+":"+operand)
	}
	if len(parts) == 0 {
		return `{"eq":7}`
	}
	c := "{" + strings.Join(parts, ",") + "}"
	if a.in(15) {
		c = `{"not":` + c + `}`
	}
	if a.in(10) && deep > 0 {
		c = `{"or":[` + c + `,` + a.element(list, deep-1) + `]}`
	}
	return c
}

// tree joins leaves to one condition.
func (a asker) tree(leaves []string) string {
	c := "{" + leaves[0] + "}"
	if len(leaves) > 1 {
		n := 1 + a.IntN(len(leaves)-1)
		c = `{` + quote(one(a.chance, "and", "or")) + `:[` + a.tree(leaves[:n]) + `,` + a.tree(leaves[n:]) + `]}`
	}
	switch {
	case a.in(20):
		return `{"not":` + c + `}`
	case a.in(5):
		return one(a.chance, `{"and":[`+c+`]}`, `{"or":[`+c+`,{"or":[]}]}`, `{"and":[{"and":[]},`+c+`]}`)
	case a.in(10) && len(c) > 20:
		return `{"and":[` + c + `],"not":{"or":[]}}`
	}
	return c
}

// sort is a random order, "" for none.
func (a asker) sort() string {
	var parts []string
	order := a.Perm(len(a.e.Fields))
	for _, i := range order[:min(len(order), one(a.chance, 0, 1, 1, 2, 3))] {
		f := a.e.Fields[i]
		if f.Type == oracle.Array || f.Type == oracle.Obj || f.Type == oracle.Any || len(f.Also) > 0 {
			continue
		}
		name, direction := quote(f.Name), quote(one(a.chance, "asc", "desc", "ASC", "Desc"))
		parts = append(parts, one(a.chance, `{`+name+`:`+direction+`}`, `{`+name+`:`+direction+`}`, `{"field":`+name+`,"order":`+direction+`}`))
	}
	if len(parts) == 0 {
		return ""
	}
	return `"sort":[` + strings.Join(parts, ",") + `]`
}

// names are some of the entity's fields, the key among them.
func (a asker) names(e *catalog.Entity) []string {
	names := slices.Clone(e.Key)
	for _, f := range a.e.Fields {
		if a.in(20) && !slices.Contains(names, f.Name) {
			names = append(names, f.Name)
		}
	}
	return names
}
