package cio

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net/http"
	"net/url"
	"strings"
	"time"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"ciomirror/catalog"
)

// call is one thing to ask for, however many attempts it takes.
type call struct {
	op     string
	method string
	class  class
	path   string // escaped, from /v1 on
	query  url.Values
	body   []byte
	base   string // empty: the client's
	meter  *catalog.Meter
	log    []any // attributes of the log lines, beside what the loop knows
	// accept reads the body of a success. An error of it fails the attempt; there
	// may be another one, and accept then starts anew.
	accept func(body *source) error
}

// Do makes one call: path is escaped and begins with /v1/, query holds what comes
// after it, and body is sent as JSON unless it is nil (json.RawMessage and []byte go
// as they are). It returns the answer as it came, or nil when a write was answered
// with nothing.
//
// Reads, and updates by PUT, are tried again when that can help. Every other call is
// tried again only if it surely did not arrive: when nobody could be dialled, or at
// a 429. If it may have arrived and no clear answer came, the Error says Unknown.
func (c *Client) Do(ctx context.Context, method, path string, query url.Values, body any) (json.RawMessage, error) {
	r := &call{method: method, class: classOf(method, path), path: path, query: query}
	r.op = classOps[r.class]
	err := checkPath(path)
	if err == nil {
		r.body, err = encode(body)
	}
	if err != nil {
		return nil, &Error{Op: r.op, Method: method, Path: shown(path), Err: err, kind: kindRefused}
	}
	var answer []byte
	r.accept = func(src *source) (err error) {
		if answer, err = io.ReadAll(src); err != nil {
			return err
		}
		if len(bytes.TrimSpace(answer)) == 0 && r.class != reads {
			return nil
		}
		// A list of errors is what was asked for at …/triggers/{id}/errors.
		return checkObject(answer, strings.HasSuffix(path, "/errors"))
	}
	if err := c.run(ctx, r); err != nil {
		return nil, err
	}
	if answer = bytes.TrimSpace(answer); len(answer) == 0 {
		return nil, nil
	}
	return answer, nil
}

// encode makes the JSON of a request.
func encode(body any) ([]byte, error) {
	var raw []byte
	switch b := body.(type) {
	case nil:
		return nil, nil
	case json.RawMessage:
		raw = b
	case jsontext.Value:
		raw = b
	case []byte:
		raw = b
	default:
		raw, err := jsonv2.Marshal(b, jsonv2.Deterministic(true))
		if err != nil {
			return nil, fmt.Errorf("encode the request: %w", err)
		}
		return raw, nil
	}
	if len(raw) == 0 {
		return nil, nil
	}
	if !jsontext.Value(raw).IsValid() {
		return nil, errors.New("encode the request: the body is no JSON")
	}
	return raw, nil
}

// run makes attempts until one succeeds or no further one may help.
func (c *Client) run(ctx context.Context, r *call) error {
	if r.base == "" {
		base, err := c.base(ctx, r.meter)
		if err != nil {
			return err
		}
		r.base = base
	}
	var spent budget
	unknown := false
	for n := 1; ; n++ {
		a := &attempt{client: c, call: r, again: n > 1}
		e := a.make(ctx)
		if e == nil {
			return nil
		}
		e.Attempts = n
		if e.kind == kindCancelled && e.unsent {
			e.Attempts = n - 1
		}
		// What an earlier attempt may have done is not undone by a later answer.
		unknown = unknown || e.Unknown
		e.Unknown = unknown
		wait, again := spent.next(e, r.class, c.opts.MaxWait, c.jitter())
		limited := e.Status == http.StatusTooManyRequests && !e.daily
		if limited {
			// The limit is the key's, not this call's: everybody waits, also when
			// this call gives up. The wait itself is the limiter's.
			if !again {
				wait = max(minLimitedWait, e.RetryAfter)
			}
			perSecond, _ := statedLimit(e.Detail)
			c.pacerOf(r).limited(a.ticket, wait, perSecond)
			if r.class == triggers {
				spent.waited += max(0, c.limiter.triggers.gap()-wait)
			}
		}
		c.warn(ctx, r, e, wait, again, limited)
		if !again {
			return e
		}
		if limited {
			continue
		}
		start := c.now()
		err := sleep(ctx, wait)
		r.meter.Wait(c.now().Sub(start))
		if err != nil {
			e.Err, e.kind = err, kindCancelled
			return e
		}
	}
}

// longWait is a wait that a reader of the log would wonder about.
const longWait = 5 * time.Second

// warn says what we wait for: before every repetition, and when a call gives up
// whose 429 holds back all others for long. A daemon that asks nothing for minutes
// must not be silent about it.
func (c *Client) warn(ctx context.Context, r *call, e *Error, wait time.Duration, again, limited bool) {
	msg := "trying again"
	p := c.pacerOf(r)
	if limited {
		wait = max(wait, p.gap()) // at a low rate the turn takes longer than the pause
	}
	if again && c.opts.Waiting != nil {
		c.opts.Waiting(wait, e)
	}
	switch {
	case again:
	case limited && wait >= longWait:
		msg = "no call leaves before the API's limit allows it"
	default:
		return
	}
	says := append([]any{slog.String("op", r.op), slog.Int("attempt", e.Attempts), slog.Int("status", e.Status),
		slog.Duration("wait", wait), slog.String("path", shown(r.path))}, r.log...)
	if limited {
		says = append(says, slog.Float64("rate", math.Round(1000*p.rate())/1000))
	}
	c.opts.Log.WarnContext(ctx, msg, says...)
}

// pacerOf is the pacer that a 429 of the call speaks of.
func (c *Client) pacerOf(r *call) *pacer {
	if r.class == triggers {
		return c.limiter.triggers
	}
	return c.limiter.general
}
