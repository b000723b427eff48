package connector

import (
	"net/url"
	"strings"

	"ciomirror/catalog"
	"ciomirror/cio"
	"ciomirror/internal/canon"
	"ciomirror/query"
)

// wire is a call as it goes out.
type wire struct {
	method, path string
	query        url.Values
	body         []byte // nil for none
}

// wireOf maps parameters to the request: each to its place and under its name there.
func wireOf(a catalog.Action, g given) (wire, *Error) {
	w := wire{method: a.Method, path: a.Path, query: url.Values{}}
	hasBody := a.Effect != catalog.Reads
	body := []byte{'{'}
	for _, p := range a.Params {
		v, ok := g[p.Name]
		if !ok {
			continue
		}
		switch p.In {
		case catalog.InPath:
			segment, err := cio.EscapeID(g.text(p.Name))
			if err != nil {
				return wire{}, invalid(query.InvalidOperand, p, "", "%s cannot stand in a path", p.Name).allow(a, p)
			}
			w.path = strings.Replace(w.path, "{"+p.Name+"}", segment, 1)
		case catalog.InQuery:
			w.query.Set(p.WireName(), g.text(p.Name))
		case catalog.InBody:
			if len(body) > 1 {
				body = append(body, ',')
			}
			body = append(append(canon.AppendString(body, p.WireName()), ':'), v...)
		}
	}
	if !hasBody {
		return w, nil
	}
	w.body = append(body, '}')
	if a.MaxBytes > 0 && len(w.body) > a.MaxBytes {
		e := refuse(query.TooLarge, largest(a, g), "the request has %d bytes; the most is %d", len(w.body), a.MaxBytes)
		e.At = pointer(e.Field)
		e.Hint = e.Field + " has most of them: send less of it"
		if p, ok := paramNamed(a, e.Field); ok {
			e.Hint += "; for example " + example(a, p)
		}
		return wire{}, e
	}
	return w, nil
}

// largest is the parameter with the most bytes.
func largest(a catalog.Action, g given) (name string) {
	for _, p := range a.Params {
		if name == "" || len(g[p.Name]) > len(g[name]) {
			name = p.Name
		}
	}
	return name
}
