package connector

import (
	"context"
	"strings"

	"ciomirror/query"
)

// Preview is the request that Execute would send, checked as Execute checks it. It
// needs no key and no permission, and sends nothing. A search sends nothing either,
// and so has no preview.
func (c *Connector) Preview(_ context.Context, r Request) (Call, error) {
	t, err := c.resolve(r)
	if err != nil {
		return Call{}, err
	}
	if err := c.checkSource(r, t); err != nil {
		return Call{}, err
	}
	if t.searches || r.Source == FromMirror {
		e := refuse(query.NotSupported, "action", "%s of %s is answered from the mirror: no request goes out", r.Action, r.Entity)
		e.Hint = "how the mirror answers a search: ciomirror search " + r.Entity + " --explain"
		return Call{}, e
	}
	g, warnings, err := c.params(t, r.Params)
	if err != nil {
		return Call{}, err
	}
	w, err := wireOf(t.action, g)
	if err != nil {
		return Call{}, err
	}
	call := Call{Method: w.method, Path: w.path, Headers: map[string]string{
		"Accept": "application/json", "Authorization": "Bearer [key]",
	}, Body: w.body, Warning: strings.Join(warnings, "; ")}
	if len(w.query) > 0 {
		call.Path += "?" + w.query.Encode()
	}
	if w.body != nil {
		call.Headers["Content-Type"] = "application/json"
	}
	return call, nil
}
