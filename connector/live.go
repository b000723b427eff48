package connector

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"ciomirror/catalog"
	"ciomirror/cio"
	"ciomirror/query"
)

// read asks the API for a list or a record.
func (c *Connector) read(ctx context.Context, t target, g given) (answer, error) {
	if p, ok := acting(t.action, catalog.Starts); ok && strings.HasPrefix(g.text(p.Name), tokenPrefix) {
		e := invalid(query.InvalidCursor, p, "", "the page token is of the mirror, and the API does not know it")
		e.Hint = "go on from the mirror (--source mirror), or begin anew without it"
		return answer{}, e.without(p, g)
	}
	w, fault := wireOf(t.action, g)
	if fault != nil {
		return answer{}, fault
	}
	body, err := c.o.Live.Do(ctx, w.method, w.path, w.query, nil)
	if err != nil {
		return answer{}, upstream(t, err)
	}
	a, err := answerOf(t, body)
	if err != nil {
		return answer{}, upstream(t, err)
	}
	a.origin = Origin{Source: FromLive}
	return a, nil
}

// answerOf takes the records out of an answer of the API, as they were sent.
func answerOf(t target, body json.RawMessage) (answer, error) {
	broken := func(what string) error {
		return fmt.Errorf("%w: the answer to %s of %s %s", catalog.ErrContract, t.action.Name, t.entity.Name, what)
	}
	records, rest := body, map[string]json.RawMessage{}
	if t.action.Envelope != "" {
		if err := json.Unmarshal(body, &rest); err != nil {
			return answer{}, broken("is no object")
		}
		var ok bool
		if records, ok = rest[t.action.Envelope]; !ok {
			return answer{}, broken("has no " + t.action.Envelope)
		}
	}
	a := answer{one: t.action.Name != "list"}
	if a.one && t.action.Chosen == "" {
		if jsontext.Value(records).Kind() != '{' {
			return answer{}, broken("is no record")
		}
		a.records = []json.RawMessage{bytes.TrimSpace(records)}
		return a, nil
	}
	if err := json.Unmarshal(records, &a.records); err != nil {
		return answer{}, broken("is no list of records")
	}
	if t.action.Page > 0 {
		next, err := nextOf(rest["next"])
		if err != nil {
			return answer{}, broken("has a next that is no token")
		}
		a.paging = pagingOf(next)
	}
	return a, nil
}

// nextOf reads a page token, which may be absent, null, empty, a text or a number.
func nextOf(raw json.RawMessage) (string, error) {
	if len(raw) == 0 || raw[0] != '"' {
		text := string(raw)
		if text == "null" {
			text = ""
		}
		if strings.Trim(text, "0123456789") != "" {
			return "", errors.New("no token")
		}
		return text, nil
	}
	var text string
	err := json.Unmarshal(raw, &text)
	return text, err
}

func pagingOf(next string) *Paging {
	if next == "" {
		return &Paging{}
	}
	return &Paging{Next: &next, HasNextPage: true, EndCursor: &next}
}

// acting is the parameter that does something to a list.
func acting(a catalog.Action, act catalog.Act) (catalog.Param, bool) {
	for _, p := range a.Params {
		if p.Act == act {
			return p, true
		}
	}
	return catalog.Param{}, false
}

// upstream makes an Error of what the API said, or of its silence.
func upstream(t target, err error) error {
	e := &Error{Type: UpstreamError, Code: Unavailable, Msg: err.Error(), Err: err}
	call, ok := errors.AsType[*cio.Error](err)
	if ok {
		e.Hint, e.RetryAfter = call.Hint(), call.RetryAfter
	}
	refused := ok && call.Status >= 400 && call.Status < 500
	switch {
	case !ok && !errors.Is(err, catalog.ErrContract):
		return err
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.Is(err, catalog.ErrUnauthorized):
		e.Type, e.Code = Unauthorized, Refused
	case errors.Is(err, catalog.ErrForbidden):
		e.Type, e.Code = Forbidden, Refused
	case errors.Is(err, catalog.ErrNotFound):
		e.Type, e.Code = NotFound, NoRecord
		e.Hint = "look at the ids of the request" + listed(t)
	case ok && call.Status == http.StatusTooManyRequests:
		e.Type, e.Code = RateLimited, Refused
	case refused && !errors.Is(err, catalog.ErrContract):
		e.Code = Refused
		if e.At = strings.TrimPrefix(call.Pointer, "/data/attributes"); e.At != "" {
			e.Field = dotted(e.At)
		}
		if e.Hint == "" {
			e.Hint = "the parameters are: ciomirror schema " + t.entity.Name
		}
	}
	return e
}

// listed says where the ids of a path stand, as the end of a hint.
func listed(t target) string {
	name := t.entity.Name
	if t.entity.Parent != nil {
		name = t.entity.Parent.Entity
	} else if !t.entity.Mirrored() {
		return ""
	}
	return "; what there is: ciomirror execute " + name + " list"
}
