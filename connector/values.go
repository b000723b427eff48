package connector

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"ciomirror/catalog"
	"ciomirror/internal/canon"
	"ciomirror/query"
	"ciomirror/query/match"
)

// checkValue looks at one value by itself.
func (c *Connector) checkValue(a catalog.Action, p catalog.Param, v string) *Error {
	kind := catalog.KindOf(v)
	if kind == 0 && p.Null {
		return nil
	}
	if !slices.Contains(p.Types, kind) {
		return invalid(query.TypeMismatch, p, "", "%s is %s, not %s", p.Name, article(kind), article(p.Types[0])).allow(a, p)
	}
	if v == `""` && p.Required {
		return invalid(query.InvalidOperand, p, "", "%s is empty", p.Name).allow(a, p)
	}
	if len(p.Enum) > 0 && !slices.Contains(p.Enum, canon.Text(v)) {
		e := invalid(query.InvalidOperand, p, "", "%s is none of its values", p.Name).allow(a, p)
		e.Known, e.Candidates = p.Enum, query.Nearest(canon.Text(v), p.Enum)
		if len(e.Candidates) > 0 {
			e.Hint = fmt.Sprintf("did you mean %q? %s", e.Candidates[0], e.Hint)
		}
		return e
	}
	checks := []func(catalog.Action, catalog.Param, string) *Error{c.checkNumber, checkText, checkItems, checkChildren, checkForm}
	for _, check := range checks {
		if err := check(a, p, v); err != nil {
			return err
		}
	}
	return nil
}

func (c *Connector) checkNumber(a catalog.Action, p catalog.Param, v string) *Error {
	if catalog.KindOf(v) != catalog.Integer {
		return nil
	}
	b := p.Bounds
	beyond := func(limit int64, sign int) bool {
		return limit != 0 && canon.CompareNumbers(v, strconv.FormatInt(limit, 10)) == sign
	}
	switch {
	case beyond(b.Min, -1):
		return invalid(query.InvalidOperand, p, "", "%s is %s; the least is %d", p.Name, v, b.Min).allow(a, p)
	case beyond(b.Max, 1):
		return invalid(query.TooLarge, p, "", "%s is %s; the most is %d", p.Name, v, b.Max).allow(a, p)
	case b.MaxDays > 0 && beyond(c.o.Now().Unix()+b.MaxDays*86400, 1):
		return invalid(query.TooLarge, p, "", "%s is more than %d days ahead; it counts seconds since 1970", p.Name, b.MaxDays).allow(a, p)
	}
	return nil
}

func checkText(a catalog.Action, p catalog.Param, v string) *Error {
	if catalog.KindOf(v) != catalog.String {
		return nil
	}
	text := canon.Text(v)
	if p.Required && strings.TrimSpace(text) == "" {
		return invalid(query.InvalidOperand, p, "", "%s is blank", p.Name).allow(a, p)
	}
	if n := utf8.RuneCountInString(strings.TrimSpace(text)); p.Bounds.MaxChars > 0 && n > p.Bounds.MaxChars {
		return invalid(query.TooLarge, p, "", "%s has %d characters; the most is %d", p.Name, n, p.Bounds.MaxChars).allow(a, p)
	}
	return nil
}

func checkItems(a catalog.Action, p catalog.Param, v string) *Error {
	b := p.Bounds
	if b.MaxBytes > 0 && len(v) > b.MaxBytes {
		return invalid(query.TooLarge, p, "", "%s has %d bytes; the most is %d", p.Name, len(v), b.MaxBytes).allow(a, p)
	}
	if catalog.KindOf(v) != catalog.Array {
		return nil
	}
	n := 0
	for item := range match.Elements(v) {
		at := fmt.Sprintf("/%d", n)
		if n++; p.Items != 0 && catalog.KindOf(item) != p.Items {
			return invalid(query.TypeMismatch, p, at, "%s holds %s, not only %ss", p.Name, article(catalog.KindOf(item)), p.Items).allow(a, p)
		}
		if b.MaxItem > 0 && len(item) > b.MaxItem {
			return invalid(query.TooLarge, p, at, "an item of %s has %d bytes; the most is %d", p.Name, len(item), b.MaxItem).allow(a, p)
		}
		if item == `""` {
			return invalid(query.InvalidOperand, p, at, "%s holds an empty text", p.Name).allow(a, p)
		}
	}
	switch {
	case n < b.MinItems:
		return invalid(query.InvalidOperand, p, "", "%s is empty; leave it out, or give at least %d", p.Name, b.MinItems).allow(a, p)
	case b.MaxItems > 0 && n > b.MaxItems:
		return invalid(query.TooLarge, p, "", "%s has %d items; the most is %d", p.Name, n, b.MaxItems).allow(a, p)
	}
	return nil
}

// checkChildren looks at the parameters that are declared inside p: those of an
// object, or of every object of an array.
func checkChildren(a catalog.Action, p catalog.Param, v string) *Error {
	children := map[string]catalog.Param{}
	var known []string
	for _, q := range a.Params {
		if outer, inner, ok := strings.Cut(q.Name, "."); ok && outer == p.Name {
			children[inner] = q
			known = append(known, inner)
		}
	}
	if len(children) == 0 {
		return nil
	}
	check := func(object, at string) *Error {
		found := map[string]bool{}
		for quoted, value := range match.Members(object) {
			name := canon.Text(quoted)
			q, ok := children[name]
			at := at + pointer(name)
			switch {
			case !ok:
				e := suggest(invalid(UnknownParameter, p, at, "%s has no %q", p.Name, name), name, known)
				e.Hint += "; for example " + example(a, p)
				return e
			case value == "null":
				continue
			case !slices.Contains(q.Types, catalog.KindOf(value)):
				return invalid(query.TypeMismatch, p, at, "%s is %s, not %s", q.Name, article(catalog.KindOf(value)), article(q.Types[0])).allow(a, q)
			}
			if err := checkText(a, q, value); err != nil {
				err.At, err.Field = pointer(p.Name)+at, dotted(pointer(p.Name)+at)
				return err
			}
			found[name] = true
		}
		for _, name := range known {
			if q := children[name]; q.Required && !found[name] {
				return invalid(MissingParameter, p, at+pointer(name), "%s is missing", q.Name).allow(a, q)
			}
		}
		return nil
	}
	if catalog.KindOf(v) == catalog.Object {
		return check(v, "")
	}
	i := 0
	for item := range match.Elements(v) {
		if err := check(item, fmt.Sprintf("/%d", i)); err != nil {
			return err
		}
		i++
	}
	return nil
}

func checkForm(a catalog.Action, p catalog.Param, v string) *Error {
	if p.Form == 0 || v == "{}" && !p.Required {
		return nil
	}
	if _, f := forms[p.Form](v); f != nil {
		return invalid(query.InvalidOperand, p, f.at, "%s: %s", p.Name, f.says).allow(a, p)
	}
	return nil
}
