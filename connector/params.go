package connector

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"ciomirror/catalog"
	"ciomirror/internal/canon"
	"ciomirror/query"
	"ciomirror/query/match"
)

// given are the parameters of one call: canonical JSON by the catalog's name. What is
// null or empty, and so not sent, is not there.
type given map[string]string

// text is a string parameter's text, or the JSON of any other.
func (g given) text(name string) string {
	if v := g[name]; strings.HasPrefix(v, `"`) {
		return canon.Text(v)
	}
	return g[name]
}

// params reads and checks what a call was given, all before anything goes out. Errors
// name the parameter and say what would do; warnings are about what is allowed, and
// perhaps not meant.
func (c *Connector) params(t target, raw []byte) (g given, warnings []string, fault *Error) {
	text, fault := objectOf(raw)
	if fault != nil {
		return nil, nil, fault
	}
	a := t.action
	g = given{}
	for quoted, v := range match.Members(text) {
		name := canon.Text(quoted)
		p, ok := paramNamed(a, name)
		switch {
		case !ok && a.Name == "list":
			// The hosted service takes it, and clients try a list with {"limit":1}.
			if name != "limit" {
				warnings = append(warnings, ignored(t, name))
			}
			continue
		case !ok:
			return nil, nil, unknownParam(a, name)
		}
		if _, twice := g[p.Name]; twice {
			return nil, nil, invalid(query.InvalidOperand, p, "", "%s is given twice, under two names", p.Name).allow(a, p)
		}
		if p.Named && slices.Contains([]string{"null", "{}", "[]", `""`}, v) {
			return nil, nil, nobody(a, p)
		}
		if v == "null" && !p.Null {
			continue
		}
		if err := c.checkValue(a, p, v); err != nil {
			return nil, nil, err
		}
		if p.Bounds.MaxDays > 0 && canon.CompareNumbers(v, strconv.FormatInt(c.o.Now().Unix(), 10)) < 0 {
			warnings = append(warnings, p.Name+" lies in the past: it is sent at once")
		}
		if v == `{}` || v == `""` && p.In != catalog.InBody {
			continue // as good as not given
		}
		g[p.Name] = v
	}
	return g, warnings, c.checkTogether(a, g)
}

// ignored says that a list does not know a parameter, and which may have been meant.
func ignored(t target, name string) string {
	says := fmt.Sprintf("%s is not a parameter of %s %s and was ignored", name, t.entity.Name, t.action.Name)
	if near := query.Nearest(name, namesOf(t.action)); len(near) > 0 {
		says += fmt.Sprintf("; did you mean %s?", near[0])
	}
	return says
}

// namesOf are the names of the parameters that stand outside.
func namesOf(a catalog.Action) (names []string) {
	for _, p := range a.Params {
		if !strings.Contains(p.Name, ".") {
			names = append(names, p.Name)
		}
	}
	return names
}

// nobody is the error of an audience that was given and holds nobody.
func nobody(a catalog.Action, p catalog.Param) *Error {
	e := invalid(query.InvalidOperand, p, "", "%s names nobody, and a call without it reaches the whole audience", p.Name)
	e.Hint = "name somebody, or leave it out if everybody is meant; for example " + example(a, p)
	return e
}

// objectOf is the canonical text of params that are one JSON object, or nothing. A
// name given twice is refused: one of the two would be lost in silence.
func objectOf(raw []byte) (string, *Error) {
	if len(raw) == 0 || string(bytes.TrimSpace(raw)) == "null" {
		return "{}", nil
	}
	dec := jsontext.NewDecoder(bytes.NewBuffer(raw)) // which it reads where they are
	v, err := dec.ReadValue()
	var text []byte
	if err == nil {
		text, err = canon.JSON(v) // v is good until the decoder goes on
	}
	if err == nil {
		if _, more := dec.ReadToken(); !errors.Is(more, io.EOF) {
			err = errors.New("there is something after the JSON value")
		}
	}
	if err != nil {
		s, syntactic := errors.AsType[*jsontext.SyntacticError](err)
		if syntactic && s.Err != nil {
			err = fmt.Errorf("%w (after %d bytes)", s.Err, s.ByteOffset) // without the library's name
		}
		e := refuse(query.InvalidOperand, "params", "the params are no JSON: %v", err)
		if syntactic && s.JSONPointer != "" {
			e.At = string(s.JSONPointer)
			e.Field = dotted(e.At)
		}
		if errors.Is(err, jsontext.ErrDuplicateName) {
			e.Msg = fmt.Sprintf("the name %q is given twice in one object", s.JSONPointer.LastToken())
			e.Hint = `leave one of them out; for example {"limit":10}`
			return "", e
		}
		e.Hint = `check quotes, commas and braces; for example {"limit":10}`
		if query.LooksLikePython(raw) {
			e.Hint = `this looks like Python: JSON writes true, false, null and "double quotes"; for example {"limit":10}`
		}
		return "", e
	}
	if text[0] != '{' {
		e := refuse(query.InvalidOperand, "params", "the params are %s, not an object", article(catalog.KindOf(string(text))))
		e.Hint = `for example {"limit":10}`
		return "", e
	}
	return string(text), nil
}

// paramNamed finds a parameter. Python spells the names that it reserves with an
// underscore after them, and clients for many connectors call the page token cursor.
func paramNamed(a catalog.Action, name string) (catalog.Param, bool) {
	for _, p := range a.Params {
		if strings.Contains(p.Name, ".") {
			continue
		}
		if p.Name == name || p.Name+"_" == name || p.Act == catalog.Starts && name == "cursor" {
			return p, true
		}
	}
	return catalog.Param{}, false
}

func unknownParam(a catalog.Action, name string) *Error {
	e := refuse(UnknownParameter, dotted(pointer(name)), "unknown parameter %q", name)
	e.At = pointer(name)
	e = suggest(e, name, namesOf(a))
	for _, p := range a.Params {
		if p.Required {
			e.Hint += "; for example " + example(a, p)
			return e
		}
	}
	if len(a.Params) > 0 {
		e.Hint += "; for example " + example(a, a.Params[0])
	} else {
		e.Hint = "it takes none"
	}
	return e
}

// checkTogether looks at what depends on several parameters.
func (c *Connector) checkTogether(a catalog.Action, g given) *Error {
	for _, p := range a.Params {
		if _, ok := g[p.Name]; ok || strings.Contains(p.Name, ".") {
			continue
		}
		missing := p.Required || p.Unless != nil && !g.all(p.Unless)
		if !missing {
			continue
		}
		e := invalid(MissingParameter, p, "", "%s is missing", p.Name)
		if p.Unless != nil {
			e.Msg = fmt.Sprintf("%s is missing; without it %s are all needed", p.Name, strings.Join(p.Unless, ", "))
		}
		return e.allow(a, p)
	}
	if err := checkSpan(a, g); err != nil {
		return err
	}
	for _, group := range a.Groups {
		if err := checkGroup(a, group, g); err != nil {
			return err
		}
	}
	for _, total := range a.Totals {
		if err := checkTotal(a, total, g); err != nil {
			return err
		}
	}
	for _, p := range a.Params {
		if p.With != nil && !g.any(p.With) {
			delete(g, p.Name)
		}
	}
	return nil
}

// checkSpan refuses a span of time that ends before it begins: nothing is in it, and
// nobody means that.
func checkSpan(a catalog.Action, g given) *Error {
	from, okFrom := acting(a, catalog.AtLeast)
	to, okTo := acting(a, catalog.AtMost)
	if !okFrom || !okTo || g[from.Name] == "" || g[to.Name] == "" || canon.CompareNumbers(g[from.Name], g[to.Name]) <= 0 {
		return nil
	}
	e := invalid(query.InvalidOperand, to, "", "%s is %s, before %s, which is %s", to.Name, g[to.Name], from.Name, g[from.Name])
	e.Hint = fmt.Sprintf(`swap them; for example {"%s":%s,"%s":%s}`, from.Name, g[to.Name], to.Name, g[from.Name])
	return e
}

func (g given) all(names []string) bool {
	return !slices.ContainsFunc(names, func(name string) bool { _, ok := g[name]; return !ok })
}

func (g given) any(names []string) bool {
	return slices.ContainsFunc(names, func(name string) bool { _, ok := g[name]; return ok })
}

func checkGroup(a catalog.Action, group catalog.Group, g given) *Error {
	var have []string
	for _, name := range group.Of {
		if _, ok := g[name]; ok {
			have = append(have, name)
		}
	}
	list := strings.Join(group.Of, ", ")
	switch {
	case len(have) < group.Min:
		p, _ := paramNamed(a, group.Of[0])
		e := invalid(MissingParameter, p, "", "one of %s is needed", list)
		e.Hint = "for example " + example(a, p)
		return e
	case group.Max > 0 && len(have) > group.Max:
		p, _ := paramNamed(a, have[group.Max])
		e := invalid(Conflict, p, "", "%s cannot be given together with %s", p.Name, strings.Join(have[:group.Max], ", "))
		e.Hint = fmt.Sprintf("give at most %d of %s; for example %s", group.Max, list, example(a, p))
		return e
	}
	return nil
}

func checkTotal(a catalog.Action, total catalog.Total, g given) *Error {
	sum := 0
	for _, name := range total.Of {
		p, _ := paramNamed(a, name)
		v, ok := g[name]
		if !ok {
			continue
		}
		n, _ := forms[p.Form](v) // its faults were found before
		if sum += n; sum > total.Max {
			e := invalid(query.TooLarge, p, "", "%s: %d %s are too many", strings.Join(total.Of, ", "), sum, total.Unit)
			e.Hint = fmt.Sprintf("at most %d %s are allowed in %s; for example %s", total.Max, total.Unit, strings.Join(total.Of, ", "), example(a, p))
			return e
		}
	}
	return nil
}

// example is the params with the parameter as it may look, inside those around it.
func example(a catalog.Action, p catalog.Param) string {
	name, sample := p.Name, p.Sample()
	if outer, _, ok := strings.Cut(name, "."); ok {
		name = outer
		o, _ := paramNamed(a, outer)
		sample = o.Sample()
	}
	return `{"` + name + `":` + sample + `}`
}

// invalid is an error about a parameter, or about what the pointer inside leads to.
func invalid(code string, p catalog.Param, inside, format string, args ...any) *Error {
	e := refuse(code, "", format, args...)
	e.At = pointer(strings.Split(p.Name, ".")...) + inside
	e.Field = dotted(e.At)
	return e
}

// allow adds to an error what the parameter may be, with an example.
func (e *Error) allow(a catalog.Action, p catalog.Param) *Error {
	var kinds []string
	for _, k := range p.Types {
		kinds = append(kinds, article(k))
	}
	says := p.Name + " is " + strings.Join(kinds, " or ")
	if len(p.Enum) > 0 {
		says = p.Name + " is one of " + strings.Join(p.Enum, ", ")
	}
	if p.Limits != "" {
		says += " (" + p.Limits + ")"
	}
	e.Hint = says + "; for example " + example(a, p)
	return e
}

// pointer is an RFC 6901 JSON Pointer.
func pointer(names ...string) string {
	var b strings.Builder
	for _, name := range names {
		b.WriteString("/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(name))
	}
	return b.String()
}

// dotted is a pointer in the manner of the hosted errors, which have a name for the
// whole as well.
func dotted(at string) string {
	if strings.Trim(at, "/") == "" {
		return "params"
	}
	names := strings.Split(strings.TrimPrefix(at, "/"), "/")
	for i, name := range names {
		names[i] = strings.NewReplacer("~1", "/", "~0", "~").Replace(name)
	}
	return strings.Join(names, ".")
}

func article(k catalog.Kind) string {
	switch k {
	case 0:
		return "null"
	case catalog.Integer, catalog.Array, catalog.Object:
		return "an " + k.String()
	}
	return "a " + k.String()
}
