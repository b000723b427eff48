package connector

import (
	"fmt"
	"slices"
	"strings"

	"ciomirror/catalog"
	"ciomirror/internal/canon"
	"ciomirror/query/match"
)

// redact is the body of a write for the log of actions: flags, numbers and what the
// catalog calls plain stay, of everything else the type and the size.
func redact(a catalog.Action, g given) []byte {
	b := []byte{'{'}
	for _, p := range a.Params {
		v, ok := g[p.Name]
		if !ok || p.In != catalog.InBody {
			continue
		}
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = append(canon.AppendString(b, p.WireName()), ':')
		b = append(b, redactValue(a, p, v)...)
	}
	return append(b, '}')
}

func redactValue(a catalog.Action, p catalog.Param, v string) string {
	kind := catalog.KindOf(v)
	inside := slices.ContainsFunc(a.Params, func(q catalog.Param) bool { return strings.HasPrefix(q.Name, p.Name+".") })
	switch {
	case p.Plain || len(p.Enum) > 0 || kind == 0 || kind == catalog.Boolean || kind == catalog.Integer:
		return v
	case inside && kind == catalog.Object:
		return redactObject(a, p, v)
	}
	n, unit := len(v), "bytes"
	switch kind {
	case catalog.Array:
		n, unit = 0, "items"
		for range match.Elements(v) {
			n++
		}
	case catalog.Object:
		n, unit = 0, "keys"
		for range match.Members(v) {
			n++
		}
	}
	return string(canon.AppendString(nil, fmt.Sprintf("[%s, %d %s]", kind, n, unit)))
}

func redactObject(a catalog.Action, p catalog.Param, v string) string {
	b := []byte{'{'}
	for quoted, value := range match.Members(v) {
		name := p.Name + "." + canon.Text(quoted)
		i := slices.IndexFunc(a.Params, func(q catalog.Param) bool { return q.Name == name })
		if i < 0 {
			continue
		}
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = append(append(append(b, quoted...), ':'), redactValue(a, a.Params[i], value)...)
	}
	return string(append(b, '}'))
}
