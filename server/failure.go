package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"ciomirror/connector"
)

// failure is an answer that is no success.
type failure struct {
	status     int
	code       string
	field      string // the dotted path of what is wrong: a key of the body, a parameter, a header
	message    string // all of it: clients show nothing else
	details    map[string]any
	retryAfter time.Duration
	allow      []string // the methods that a 405 would have taken
}

func fail(status int, code, field, message string) *failure {
	return &failure{status: status, code: code, field: field, message: message, details: map[string]any{}}
}

// with adds a detail.
func (f *failure) with(name string, value any) *failure {
	f.details[name] = value
	return f
}

// The hosted service's shape of errors.
type (
	failureBody struct {
		Message string        `json:"message"`
		Errors  []failureItem `json:"errors"`
	}
	failureItem struct {
		Field   *string        `json:"field"`
		Message string         `json:"message"`
		Code    string         `json:"error_code"`
		Details map[string]any `json:"details"`
	}
)

func writeFailure(w http.ResponseWriter, f *failure) {
	if f.retryAfter > 0 {
		w.Header().Set("Retry-After", strconv.FormatInt(int64((f.retryAfter+time.Second-1)/time.Second), 10))
	}
	if len(f.allow) > 0 {
		w.Header().Set("Allow", strings.Join(f.allow, ", "))
	}
	if f.status == http.StatusUnauthorized {
		w.Header().Add("WWW-Authenticate", `Bearer realm="ciomirror"`)
		w.Header().Add("WWW-Authenticate", `Basic realm="ciomirror", charset="UTF-8"`)
	}
	item := failureItem{Message: f.message, Code: f.code, Details: f.details}
	if f.field != "" {
		item.Field = &f.field
	}
	writeJSON(w, f.status, failureBody{Message: f.message, Errors: []failureItem{item}})
}

// writeJSON answers with a value. Nobody is left to tell when that fails.
func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	_ = e.Encode(v)
}

func tooLarge(most int64) *failure {
	return fail(http.StatusRequestEntityTooLarge, "too_large", "body",
		fmt.Sprintf("the body has more than %d bytes; send less at once", most)).
		with("allowed", fmt.Sprintf("at most %d bytes", most)).with("example", executeExample)
}

// crowded is answered with the status that clients repeat: nothing was begun, and in a
// moment there is room.
func crowded() *failure {
	f := fail(http.StatusServiceUnavailable, "busy", "body", fmt.Sprintf("other large requests fill the server's memory for them, and nothing was done; send it again in %.0f s", crowdedWait.Seconds())).
		with("allowed", fmt.Sprintf("%d bytes of requests at once, and %d of each besides", MaxBodies, SmallBody)).with("example", executeExample)
	f.retryAfter = crowdedWait
	return f
}

const crowdedWait = 3 * time.Second

// internal is all that a caller learns of a fault of ours; the log has the rest under
// the same id.
func internal(id string) *failure {
	return fail(http.StatusInternalServerError, connector.Internal, "",
		fmt.Sprintf("the server failed; what it printed to stderr tells why: look for request %s", id)).with("request", id)
}

// statuses are the HTTP statuses of the connector's kinds of failure. Clients send a
// request that got 502, 503 or 504 again by themselves, which must not happen to one
// whose effect is unknown, and is of no use for the others. A 401 would make them look
// for a fault in their token, when it is our key that the API does not take.
var statuses = map[string]int{
	connector.ValidationError: http.StatusBadRequest,
	connector.Unauthorized:    http.StatusForbidden,
	connector.Forbidden:       http.StatusForbidden,
	connector.NotFound:        http.StatusNotFound,
	connector.RateLimited:     http.StatusTooManyRequests,
	connector.UpstreamError:   http.StatusInternalServerError,
	connector.OutcomeUnknown:  http.StatusInternalServerError,
}

// failureOf makes an answer of what the connector returned, nil when nobody waits for
// one any more.
func (s *Server) failureOf(w http.ResponseWriter, r *http.Request, err error) *failure {
	e, known := errors.AsType[*connector.Error](err)
	status := 0
	if known {
		status = statuses[e.Type]
	}
	switch {
	case errors.Is(err, ErrNotSynced):
		return notSynced()
	case known && e.Code == connector.TooSoon:
		// The trigger just before may have been this client's own, whose answer was lost:
		// with 429 it would wait and trigger once more by itself.
		f := explained(http.StatusBadRequest, e)
		f.retryAfter = 0
		return f
	case known && e.Type == connector.UpstreamError && e.Code == connector.Refused:
		// The API did nothing and said what is wrong with the request: the caller mends it.
		return explained(http.StatusBadRequest, e)
	case status != 0:
		return explained(status, e)
	case r.Context().Err() != nil:
		return nil
	case errors.Is(err, context.DeadlineExceeded):
		return fail(http.StatusBadRequest, "timeout", "params",
			fmt.Sprintf("this took longer than %v; ask for less: narrow query.filter, lower limit, leave out count and facets", executeTime)).
			with("allowed", executeTime.String()).with("example", json.RawMessage(`{"query":{"filter":{"eq":{"id":1}}},"limit":100}`))
	}
	return s.failed(w, "execute", err)
}

// failed logs a fault of ours and makes the answer that does not tell it.
func (s *Server) failed(w http.ResponseWriter, doing string, err error) *failure {
	id := w.Header().Get("X-Request-Id")
	s.o.Log.Error("a request failed", "request", id, "doing", doing, "error", err.Error())
	return internal(id)
}

func notSynced() *failure {
	return fail(http.StatusBadRequest, "not_synced", "entity",
		"the mirror is empty; fill it with: ciomirror auth login, then: ciomirror sync").
		with("allowed", []string{}).with("example", "ciomirror sync")
}

// explained is a connector's error with all that helps to mend the request.
func explained(status int, e *connector.Error) *failure {
	f := fail(status, e.Code, e.Field, inHTTP(e.Error()))
	f.retryAfter = e.RetryAfter
	if e.At != "" {
		f.with("path", e.At)
	}
	if len(e.Candidates) > 0 {
		f.with("candidates", e.Candidates)
	}
	if len(e.Known) > 0 {
		f.with("allowed", e.Known)
		if e.Code == "unknown_field" {
			f.with("searchable", e.Known) // as the hosted service calls them
		}
	}
	if status >= http.StatusInternalServerError {
		return f
	}
	if f.field == "" {
		f.field = "params"
	}
	if len(e.Known) == 0 {
		f.with("allowed", allowed(e))
	}
	if shown := example(e); shown != nil {
		f.with("example", shown)
	}
	return f
}

// inHTTP says an error in words of calls: what a person types at the terminal is a
// header or another action here. What the mirror's owner has to do is left as it is.
func inHTTP(text string) string {
	return strings.NewReplacer(
		"--source ", "the header "+sourceHeader+": ",
		"ciomirror execute ", "execute ",
		"ciomirror schema ", "the action "+describeAction+" of ",
	).Replace(text)
}

// allowed says in words what would do, where there is no list of names.
func allowed(e *connector.Error) string {
	if e.Hint != "" {
		return inHTTP(e.Hint)
	}
	if text, ok := lessons[e.Code]; ok {
		return text.allowed
	}
	return "see GET " + documentPath
}

// lesson is what would have been right.
type lesson struct {
	allowed string
	example string // JSON: the params, or the whole body where it says so
}

const executeExample = `{"entity":"campaigns","action":"context_store_search","params":{"query":{"filter":{"eq":{"state":"running"}}},"limit":10}}`

// lessons are by error code.
var lessons = map[string]lesson{
	"unknown_entity":         {"an entity that describe lists", executeExample},
	"unknown_action":         {"an action that the entity has", executeExample},
	"unknown_field":          {"a field that describe lists", `{"query":{"filter":{"eq":{"state":"running"}}}}`},
	"unknown_operator":       {"an operator that describe lists", `{"query":{"filter":{"eq":{"state":"running"}}}}`},
	"invalid_filter":         {"an object of operators, each with an object of fields", `{"query":{"filter":{"and":[{"eq":{"state":"running"}},{"gt":{"updated":"2026-01-31"}}]},"sort":[{"updated":"desc"}]},"fields":["id","name"]}`},
	"type_mismatch":          {"a value of the field's type", `{"query":{"filter":{"eq":{"active":true}}}}`},
	"operator_not_supported": {"an operator for the field's type", `{"query":{"filter":{"contains":{"tags":"vip"}},"sort":[{"updated":"desc"}]}}`},
	"invalid_operand":        {"a value of the operator's kind", `{"query":{"filter":{"in":{"type":["email","push"]}}}}`},
	"invalid_limit":          {"a whole number from 1 to 10000", `{"query":{},"limit":100}`},
	"invalid_cursor":         {"meta.cursor of the page before, with the same query; leave it out for the first page", `{"query":{"sort":[{"updated":"desc"}]},"limit":100}`},
	"not_supported":          {"a search by query, not by semantic", `{"query":{"filter":{"fuzzy":{"name":"welcome email"}}}}`},
	"too_large":              {"a smaller query", `{"query":{"filter":{"eq":{"state":"running"}}},"limit":100}`},
}

// example is a request that would have been right: the error's own, where it has one,
// or one for the kind of fault. It is nil where no other request would do better.
func example(e *connector.Error) any {
	if e.Example != nil {
		return e.Example
	}
	if _, shown, ok := strings.Cut(e.Hint, "for example "); ok && json.Valid([]byte(shown)) {
		return json.RawMessage(inParams(e.At, shown))
	}
	// The lessons are of searches, but for those about the call as a whole.
	search := e.Err != nil || e.Code == "unknown_entity" || e.Code == "unknown_action"
	if l, ok := lessons[e.Code]; ok && search {
		return json.RawMessage(l.example)
	}
	return nil
}

// inParams is params with what a hint shows: of a filter, a sort or the fields it shows
// that alone.
func inParams(at, shown string) string {
	switch part, _, _ := strings.Cut(strings.TrimPrefix(at, "/"), "/"); {
	case part == "filter" && !strings.HasPrefix(shown, `{"query":`):
		return `{"query":{"filter":` + shown + `}}`
	case part == "sort" && strings.HasPrefix(shown, "["):
		return `{"query":{"sort":` + shown + `}}`
	case part == "fields" && strings.HasPrefix(shown, "["):
		return `{"fields":` + shown + `}`
	}
	return shown
}

// missing is a 404 or 405 of the routes themselves.
func missing(kind, value, text string, known []string) *failure {
	slices.Sort(known)
	return fail(http.StatusNotFound, "not_found", kind, fmt.Sprintf("%s: %q", text, value)).
		with("allowed", known).with("example", first(known))
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
