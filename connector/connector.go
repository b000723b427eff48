package connector

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
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
	// those that reach people, and alone it allows nothing.
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
	if o.AllowWrites && (o.Ledger == nil || o.Face == "") {
		faults = append(faults, errors.New("writes need a Ledger and a Face to be noted under"))
	}
	if !isSource(o.Source) {
		faults = append(faults, fmt.Errorf("unknown Source %q", o.Source))
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

// New returns a connector. mirror is where searches, and lists and gets without a key,
// find their rows; nil when there is none.
func New(cat *catalog.Catalog, c *query.Compiler, mirror query.Source, o Options) (*Connector, error) {
	if err := o.validate(); err != nil {
		return nil, fmt.Errorf("make a connector: %w", err)
	}
	return &Connector{cat: cat, compiler: c, mirror: mirror, o: o}, nil
}

// answer is a result on its way to an Envelope.
type answer struct {
	records []json.RawMessage
	// meta is a search's own; one is set where the result is a single record.
	meta    *query.Meta
	one     bool
	paging  *Paging
	origin  Origin
	warning string
}

// Execute answers one request. Its errors are *Error, but for the context's own. A
// write whose outcome is not known is an *Error in any case.
func (c *Connector) Execute(ctx context.Context, r Request) (Envelope, error) {
	begun := c.o.Now()
	a, err := c.dispatch(ctx, r)
	if err != nil {
		if e, ok := errors.AsType[*Error](err); ok {
			return Envelope{}, e
		}
		if ctx.Err() != nil {
			return Envelope{}, gaveUp(ctx, r, err)
		}
		return Envelope{}, wrap(err)
	}
	cut, err := trim(a.records, r)
	if err != nil {
		return Envelope{}, wrap(fmt.Errorf("trim the records of %s: %w", r.Entity, err))
	}
	result, err := a.result()
	if err != nil {
		return Envelope{}, wrap(fmt.Errorf("encode the answer to %s of %s: %w", r.Action, r.Entity, err))
	}
	env := Envelope{
		Status: "success", Result: result, Origin: a.origin, Warning: a.warning,
		ExecutionMetadata: ExecutionMetadata{
			ConnectorInstanceID: c.o.InstanceID,
			ExecutionTimeMS:     max(0, c.o.Now().Sub(begun).Milliseconds()),
		},
	}
	if cut > 0 || a.paging != nil {
		env.ConnectorMetadata = &Metadata{Paging: a.paging, Truncated: cut}
	}
	return env, nil
}

// gaveUp is the error of a call that its caller did not wait for.
func gaveUp(ctx context.Context, r Request, err error) error {
	if errors.Is(err, ErrUnsent) {
		return fmt.Errorf("%s %s: %w", r.Action, r.Entity, err)
	}
	return fmt.Errorf("%s %s: %w", r.Action, r.Entity, ctx.Err())
}

func (a answer) result() (json.RawMessage, error) {
	switch {
	case a.meta != nil:
		return json.Marshal(query.Answer{Data: a.records, Meta: *a.meta})
	case a.one && len(a.records) == 0:
		return json.RawMessage("null"), nil
	case a.one:
		return a.records[0], nil
	case a.records == nil:
		return json.RawMessage("[]"), nil
	}
	return json.Marshal(a.records)
}

// target is what a request is about. A search need not stand in the catalog: every
// mirrored entity has one.
type target struct {
	entity   *catalog.Entity
	action   catalog.Action
	searches bool
}

// resolve finds what a request is about.
func (c *Connector) resolve(r Request) (target, *Error) {
	if r.Action == Search || r.Action == SearchAlias {
		return target{searches: true}, nil // the search itself says whether it knows the entity
	}
	e, ok := c.cat.Entity(r.Entity)
	if !ok {
		return target{}, suggest(refuse(query.UnknownEntity, "entity", "unknown entity %q", r.Entity), r.Entity, catalog.Names(c.cat.Entities()))
	}
	if a, ok := e.Action(r.Action); ok {
		return target{entity: e, action: c.ahead(a)}, nil
	}
	var known []string
	for _, a := range e.Actions {
		known = append(known, a.Name)
	}
	if _, ok := e.Action(Search); !ok && e.Mirrored() {
		known = append(known, Search)
	}
	return target{}, suggest(refuse(UnknownAction, "action", "%s has no action %q", e.Name, r.Action), r.Action, known)
}

// ahead is an action whose examples of times to come lie ahead of now: those of the
// catalog are of the day it was written.
func (c *Connector) ahead(a catalog.Action) catalog.Action {
	a.Params = slices.Clone(a.Params)
	for i, p := range a.Params {
		if p.Bounds.MaxDays > 0 {
			a.Params[i].Example = strconv.FormatInt(c.o.Now().Unix()+86400, 10)
		}
	}
	return a
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

// dispatch answers a request where it is to be answered.
func (c *Connector) dispatch(ctx context.Context, r Request) (answer, error) {
	t, fault := c.resolve(r)
	if fault != nil {
		return answer{}, fault
	}
	source, fault := c.source(r, t)
	if fault != nil {
		return answer{}, fault
	}
	if t.searches {
		return c.search(ctx, r)
	}
	g, warnings, fault := c.params(t, r.Params)
	if fault != nil {
		return answer{}, fault
	}
	if fault := c.allowed(t.action); fault != nil {
		return answer{}, fault
	}
	a, err := c.answer(ctx, t, g, source)
	for _, w := range warnings {
		a.warn(w)
	}
	return a, err
}

func (c *Connector) answer(ctx context.Context, t target, g given, source string) (answer, error) {
	switch {
	case t.action.Effect != catalog.Reads:
		return c.write(ctx, t, g)
	case source == FromLive:
		return c.read(ctx, t, g)
	}
	return c.recall(ctx, t, g)
}

func isSource(s string) bool {
	return s == "" || s == FromAuto || s == FromLive || s == FromMirror
}

// source says where a request is answered.
func (c *Connector) source(r Request, t target) (string, *Error) {
	if fault := c.checkSource(r, t); fault != nil {
		return "", fault
	}
	if t.searches {
		return FromMirror, nil
	}
	source := r.Source
	if source == "" || source == FromAuto {
		source = c.o.Source
	}
	if t.action.Effect == catalog.Reads && (source == FromMirror || source != FromLive && c.o.Live == nil) {
		return FromMirror, nil
	}
	if c.o.Live == nil {
		return "", &Error{Type: Unauthorized, Code: NoKey, Msg: fmt.Sprintf("%s of %s needs the live API, and there is no App API key", r.Action, r.Entity),
			Hint: "set CIO_APP_KEY_FILE or CIO_APP_KEY; lists and gets are answered without one from the mirror"}
	}
	return FromLive, nil
}

// checkSource refuses a source that a request cannot be answered from.
func (c *Connector) checkSource(r Request, t target) *Error {
	switch {
	case !isSource(r.Source):
		e := refuse(query.InvalidOperand, "source", "there is no source %q", r.Source)
		e.Hint = "it is one of auto, live, mirror; for example mirror"
		return e
	case t.searches && r.Source == FromLive:
		e := refuse(query.NotSupported, "source", "a search is answered from the mirror only")
		e.Hint = "leave the source out; for example mirror"
		return e
	case !t.searches && t.action.Effect != catalog.Reads && r.Source == FromMirror:
		e := refuse(query.NotSupported, "source", "%s of %s goes to the API, not to the mirror", r.Action, r.Entity)
		e.Hint = "leave the source out; for example live"
		return e
	}
	return nil
}

// allowed refuses what this connector was not opened for.
func (c *Connector) allowed(a catalog.Action) *Error {
	switch {
	case a.Effect != catalog.Reads && !c.o.AllowWrites:
		return &Error{Type: Forbidden, Code: NotAllowed, Msg: a.Name + " changes the workspace, and writes are off here",
			Hint: "whoever runs ciomirror turns them on with --allow-writes"}
	case a.Effect == catalog.Reaches && !c.o.AllowSends:
		return &Error{Type: Forbidden, Code: NotAllowed, Msg: a.Name + " reaches people, and sends are off here",
			Hint: "whoever runs ciomirror turns them on with --allow-writes --allow-sends"}
	}
	return nil
}

func (c *Connector) search(ctx context.Context, r Request) (answer, error) {
	q, err := query.Parse(r.Params)
	if err != nil {
		return answer{}, c.compiler.Illustrate(r.Entity, err)
	}
	p, err := c.compiler.Compile(r.Entity, q)
	if err != nil {
		return answer{}, err
	}
	if c.mirror == nil {
		return answer{}, notSynced(r.Entity)
	}
	origin, err := c.mirrored(ctx, r.Entity) // before the rows: they are at least as new
	if err != nil {
		return answer{}, err
	}
	a, err := query.Run(ctx, c.mirror, p, c.o.Now)
	return answer{records: a.Data, meta: &a.Meta, origin: origin}, err
}
