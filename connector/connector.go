package connector

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"ciomirror/catalog"
	"ciomirror/query"
)

// Search is the action that is answered from the mirror; SearchAlias is what it was
// called before April 2026.
const (
	Search      = "context_store_search"
	SearchAlias = "search"
)

// Live is the App API. *cio.Client is one.
type Live interface {
	// Do makes one call, repeated only where a second one cannot do harm. Its errors
	// are *cio.Error.
	Do(ctx context.Context, method, path string, query url.Values, body any) (json.RawMessage, error)
}

// Options are what New needs besides its parts. The zero value of what is not marked
// as required is the safe one.
type Options struct {
	// InstanceID names this connector in answers: source_id: and a UUID. Required.
	InstanceID string
	// Now is the clock. Required.
	Now func() time.Time
	// Live is the App API; nil when there is no key.
	Live Live
	// Ledger is where writes are noted and their records kept: the mirror. Without one
	// nothing is written to the API.
	Ledger Ledger
	// Source is where a list or a get comes from when its request does not say:
	// FromAuto (or empty), FromLive or FromMirror.
	Source string
	// AllowWrites allows actions that change the workspace; AllowSends, on top of it,
	// those that reach people.
	AllowWrites, AllowSends bool
	// Face is through what people call: cli, http or mcp. The ledger notes it.
	Face string
}

func (o Options) validate() error {
	var faults []error
	if o.Now == nil {
		faults = append(faults, errors.New("no clock (Now)"))
	}
	if o.InstanceID == "" {
		faults = append(faults, errors.New("no InstanceID"))
	}
	return errors.Join(faults...)
}

// Connector executes requests. It may be used from several goroutines.
type Connector struct {
	cat      *catalog.Catalog
	compiler *query.Compiler
	mirror   query.Source
	o        Options
}

// New returns a connector that answers from the mirror.
func New(cat *catalog.Catalog, c *query.Compiler, mirror query.Source, o Options) (*Connector, error) {
	if err := o.validate(); err != nil {
		return nil, fmt.Errorf("make a connector: %w", err)
	}
	return &Connector{cat: cat, compiler: c, mirror: mirror, o: o}, nil
}

// Execute answers one request. Its errors are *Error, but for the context's own.
func (c *Connector) Execute(ctx context.Context, r Request) (Envelope, error) {
	begun := c.o.Now()
	if err := c.check(r); err != nil {
		return Envelope{}, err
	}
	a, err := c.search(ctx, r)
	if err != nil {
		if ctx.Err() != nil {
			return Envelope{}, fmt.Errorf("%s %s: %w", r.Action, r.Entity, ctx.Err())
		}
		return Envelope{}, wrap(err)
	}
	cut := trim(a.Data, r)
	result, err := json.Marshal(a)
	if err != nil {
		return Envelope{}, wrap(fmt.Errorf("encode the answer to a search in %s: %w", r.Entity, err))
	}
	env := Envelope{
		Status: "success", Result: result,
		ExecutionMetadata: ExecutionMetadata{
			ConnectorInstanceID: c.o.InstanceID,
			ExecutionTimeMS:     max(0, c.o.Now().Sub(begun).Milliseconds()),
		},
	}
	if cut > 0 {
		env.ConnectorMetadata = &Metadata{Truncated: cut}
	}
	return env, nil
}

// check refuses every action but the search.
func (c *Connector) check(r Request) error {
	if r.Action == Search || r.Action == SearchAlias {
		return nil // the search itself says whether it knows the entity
	}
	e, ok := c.cat.Entity(r.Entity)
	if !ok {
		var known []string
		for _, e := range c.cat.Entities() {
			known = append(known, e.Name)
		}
		return suggest(refuse(query.UnknownEntity, "entity", "unknown entity %q", r.Entity), r.Entity, known)
	}
	if a, ok := e.Action(r.Action); ok {
		f := refuse(query.NotSupported, "action", "%s of %s calls the live API, which is not part of this build yet", a.Name, e.Name)
		if e.Mirrored() {
			f.Hint = "search the mirror: action " + Search
		}
		return f
	}
	var known []string
	for _, a := range e.Actions {
		known = append(known, a.Name)
	}
	if _, ok := e.Action(Search); !ok && e.Mirrored() {
		known = append(known, Search)
	}
	return suggest(refuse(UnknownAction, "action", "%s has no action %q", e.Name, r.Action), r.Action, known)
}

func suggest(e *Error, name string, known []string) *Error {
	e.Known, e.Candidates = known, query.Nearest(name, known)
	if len(e.Candidates) > 0 {
		e.Hint = fmt.Sprintf("did you mean %q?", e.Candidates[0])
	} else {
		e.Hint = "there are: " + strings.Join(known, ", ")
	}
	return e
}

func (c *Connector) search(ctx context.Context, r Request) (query.Answer, error) {
	q, err := query.Parse(r.Params)
	if err != nil {
		return query.Answer{}, err
	}
	p, err := c.compiler.Compile(r.Entity, q)
	if err != nil {
		return query.Answer{}, err
	}
	return query.Run(ctx, c.mirror, p, c.o.Now)
}
