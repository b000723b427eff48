package server

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"ciomirror/catalog"
	"ciomirror/connector"
)

// executeTime bounds the work for one request, less than the connection's own bound so
// that there is time to say so.
const executeTime = 2 * time.Minute

// The headers that say where a result came from and, in a request, where it shall.
const (
	sourceHeader = "X-Ciomirror-Source"
	ageHeader    = "X-Ciomirror-Age" // seconds since the entity was last read completely
)

// describeAction is answered here: it asks for what the others take.
const describeAction = "describe"

// execute is the hosted service's one call for everything.
func (s *Server) execute(w http.ResponseWriter, r *http.Request) {
	f := s.known("id", r.PathValue("id"))
	var call connector.Request
	if f == nil {
		f = readJSON(r, &call, executeExample)
	}
	if f == nil {
		f = s.complete(&call, r.Header.Get(sourceHeader))
	}
	if f != nil {
		writeFailure(w, f)
		return
	}
	begun := s.o.Now()
	if call.Action == describeAction {
		if f := s.describeCall(w, call.Entity, begun); f != nil {
			writeFailure(w, f)
		}
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), executeTime)
	defer cancel()
	env, err := s.inTurn(ctx, call)
	if err != nil {
		if f := s.failureOf(w, r, err); f != nil {
			writeFailure(w, f)
		}
		return
	}
	s.tellOrigin(w, env.Origin)
	full := envelope{Envelope: env}
	if env.Warning != "" {
		full.Warning = &warning{env.Warning}
	}
	writeJSON(w, http.StatusOK, full)
}

// inTurn executes a call. Searches are work for the processors alone, so no more of them
// are under way than there are processors: more would not be done sooner, and would
// keep a sync beside them from its turn. What asks the API waits for others most of the
// time, and needs no turn.
func (s *Server) inTurn(ctx context.Context, call connector.Request) (connector.Envelope, error) {
	if call.Action != connector.Search && call.Action != connector.SearchAlias {
		return s.o.Connector.Execute(ctx, call)
	}
	select {
	case s.turns <- struct{}{}:
	case <-ctx.Done():
		return connector.Envelope{}, fmt.Errorf("wait for a turn to search %s: %w", call.Entity, ctx.Err())
	}
	defer func() { <-s.turns }()
	return s.o.Connector.Execute(ctx, call)
}

// envelope is the answer with its warning, which is left out when there is none:
// clients do not agree on what an empty one looks like.
type envelope struct {
	connector.Envelope
	Warning *warning `json:"warning,omitempty"`
}

type warning struct {
	Message string `json:"message"`
}

// tellOrigin says in headers what the hosted body has no place for.
func (s *Server) tellOrigin(w http.ResponseWriter, o connector.Origin) {
	if o.Source != "" {
		w.Header().Set(sourceHeader, o.Source)
	}
	if !o.Synced.IsZero() {
		w.Header().Set(ageHeader, strconv.FormatInt(int64(max(0, s.o.Now().Sub(o.Synced))/time.Second), 10))
	}
}

// complete checks what the connector would have no name for.
func (s *Server) complete(call *connector.Request, source string) *failure {
	names := catalog.Names(s.o.Catalog.Entities())
	switch {
	case call.Action == "":
		return fail(http.StatusBadRequest, "missing", "action", `action is missing; say what to do, for example "context_store_search"`).
			with("allowed", []string{"list", "get", "create", "update", connector.Search, describeAction}).with("example", json.RawMessage(executeExample))
	case call.Entity == "" && call.Action != describeAction:
		return fail(http.StatusBadRequest, "missing", "entity", "entity is missing; one of: "+strings.Join(names, ", ")).
			with("allowed", names).with("example", json.RawMessage(executeExample))
	case source != "" && !slices.Contains([]string{connector.FromAuto, connector.FromLive, connector.FromMirror}, source):
		return fail(http.StatusBadRequest, "invalid_source", sourceHeader, fmt.Sprintf("%s is %q; it is auto, live or mirror, or left out", sourceHeader, source)).
			with("allowed", []string{connector.FromAuto, connector.FromLive, connector.FromMirror}).with("example", sourceHeader+": mirror")
	}
	call.Source = source
	return nil
}

// readJSON reads a body that must be a JSON object like the example. Keys that v does
// not have are ignored, as the hosted service does.
func readJSON(r *http.Request, v any, example string) *failure {
	bad := func(field, text string) *failure {
		return fail(http.StatusBadRequest, "invalid_body", field, text+"; for example: "+example).
			with("allowed", "a JSON object").with("example", json.RawMessage(example))
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		// A form of another site can send any other type without asking first.
		refuseBody(r)
		return fail(http.StatusUnsupportedMediaType, "unsupported_media_type", "Content-Type",
			"the body is JSON; say so: Content-Type: application/json").
			with("allowed", []string{"application/json"}).with("example", "Content-Type: application/json")
	}
	if packed := r.Header.Get("Content-Encoding"); packed != "" && !strings.EqualFold(packed, "identity") {
		refuseBody(r)
		return fail(http.StatusUnsupportedMediaType, "unsupported_media_type", "Content-Encoding",
			"the body is compressed; send it as it is, without Content-Encoding").
			with("allowed", []string{"identity"}).with("example", "Content-Type: application/json")
	}
	body, f := readBody(r, example)
	if f != nil {
		return f
	}
	if !bytes.HasPrefix(bytes.TrimSpace(body), []byte("{")) {
		return bad("body", "the body is no JSON object")
	}
	err := json.Unmarshal(body, v)
	kind, isKind := errors.AsType[*json.UnmarshalTypeError](err)
	syntax, isSyntax := errors.AsType[*json.SyntaxError](err)
	switch {
	case err == nil:
		if name := twice(body); name != "" {
			return bad(name, fmt.Sprintf("%q is given twice; leave one of them out", name))
		}
		return nil
	case isKind:
		return bad(kind.Field, fmt.Sprintf("%s is a JSON %s; %s", kind.Field, kind.Value, wanted(kind)))
	case isSyntax:
		return bad("body", fmt.Sprintf("the body is no JSON: %v at byte %d%s", syntax, syntax.Offset, python(body, syntax.Offset)))
	default:
		return bad("body", "the body is no JSON")
	}
}

// readBody reads a body, or says why it cannot be had.
func readBody(r *http.Request, example string) ([]byte, *failure) {
	body, err := io.ReadAll(r.Body)
	long, isLong := errors.AsType[*http.MaxBytesError](err)
	switch {
	case err == nil:
		return body, nil
	case isLong:
		return nil, tooLarge(long.Limit)
	case errors.Is(err, errCrowded):
		return nil, crowded()
	}
	return nil, fail(http.StatusRequestTimeout, "body_not_read", "body", "the body did not arrive whole in time; send it again").
		with("allowed", readTime.String()).with("example", json.RawMessage(example))
}

// twice is a name that an object has more than once, in whatever case: one of the values
// would be lost in silence. It is "" for none. What stands inside is for others to check.
func twice(object []byte) string {
	d := jsontext.NewDecoder(bytes.NewBuffer(object), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	seen := map[string]bool{}
	_, err := d.ReadToken()
	for err == nil && d.PeekKind() == '"' {
		token, _ := d.ReadToken() // a name, as was seen
		name := token.String()
		folded := strings.ToUpper(strings.ToLower(name)) // as the decoder folds: ſ is an s
		if seen[folded] {
			return name
		}
		seen[folded] = true
		err = d.SkipValue()
	}
	return ""
}

// wanted says which JSON a key takes.
func wanted(err *json.UnmarshalTypeError) string {
	switch err.Type.Kind().String() {
	case "string":
		return "it takes a text"
	case "bool":
		return "it takes true or false"
	default:
		return "it takes a list of texts"
	}
}

// python recognises what was pasted from Python, which the hosted docs show.
func python(body []byte, offset int64) string {
	if offset < 1 || offset > int64(len(body)) {
		return ""
	}
	if rest := body[offset-1:]; bytes.HasPrefix(rest, []byte("NaN")) || bytes.HasPrefix(rest, []byte("Infinity")) {
		return " (JSON has no NaN and no Infinity; null is no value)"
	}
	switch body[offset-1] {
	case 'T', 'F', 'N':
		return " (JSON writes true, false and null, not True, False and None)"
	case '\'':
		return ` (JSON has double quotes: "…")`
	}
	return ""
}
