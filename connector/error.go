package connector

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"ciomirror/query"
)

// The types of Error, as the hosted command line names them.
const (
	// ValidationError: the request is wrong, and sending it again will not help.
	ValidationError = "validation_error"
	// Unauthorized: the API does not take the key, or there is none.
	Unauthorized = "unauthorized"
	// Forbidden: the key, or this program's settings, do not allow the action.
	Forbidden = "forbidden"
	// NotFound: no such record.
	NotFound = "not_found"
	// RateLimited: the same request may be sent again after RetryAfter.
	RateLimited = "rate_limited"
	// UpstreamError: the Customer.io API failed, or refused what passed our checks.
	UpstreamError = "upstream_error"
	// OutcomeUnknown: a write may or may not have happened. It must not be repeated
	// before somebody looked.
	OutcomeUnknown = "outcome_unknown"
	// ServerError: something failed here.
	ServerError = "server_error"
)

// The codes of errors that package query does not have.
const (
	UnknownAction    = "unknown_action"
	UnknownParameter = "unknown_parameter"
	MissingParameter = "missing_parameter"
	Conflict         = "conflicting_parameters"
	NotSynced        = "not_synced"  // the mirror has nothing of the entity yet
	NoRecord         = "no_record"   // there is no such record
	NoKey            = "no_key"      // there is no App API key
	NotAllowed       = "not_allowed" // writes or sends are off
	TooSoon          = "too_soon"    // another request of its kind was just sent
	Refused          = "refused"     // the API answered, and did nothing
	Unavailable      = "unavailable" // the API could not be asked, or failed
	Outcome          = "outcome_unknown"
	Internal         = "internal"
)

// ErrUnsent is in the error of a write whose caller went away before it left.
var ErrUnsent = errors.New("nothing was sent")

// ErrUnnoted is in the error of a write whose outcome is known here and could not be
// noted, beside what the error is about.
var ErrUnnoted = errors.New("how it ended could not be noted, so the table actions calls it unknown (ciomirror doctor)")

// Error is why a request has no result: the one shape from which exit codes, HTTP
// answers and tool errors are made.
type Error struct {
	Type string
	// Code is one of this package's or of package query's.
	Code string
	// At is an RFC 6901 JSON Pointer to the place in the params; empty when the whole
	// request is meant. Field is the same in the dotted manner of the hosted errors.
	At, Field  string
	Msg, Hint  string
	Candidates []string // nearest known names, best first
	Known      []string // all names that would do
	// Example are params that would be taken, where the error knows some.
	Example json.RawMessage
	// RetryAfter is how long to wait before the same request may be sent again; zero
	// when nothing is known.
	RetryAfter time.Duration
	// Err is what lies beneath.
	Err error
}

// Error returns the message and the hint.
func (e *Error) Error() string {
	if e.Hint == "" {
		return e.Msg
	}
	return e.Msg + "; " + e.Hint
}

// Unwrap returns what lies beneath.
func (e *Error) Unwrap() error { return e.Err }

// wrap makes an Error of whatever went wrong.
func wrap(err error) *Error {
	if f, ok := errors.AsType[*query.Error](err); ok {
		e := &Error{
			Type: ValidationError, Code: f.Code, At: f.At, Field: f.Dotted(), Msg: f.Msg, Hint: f.Hint,
			Candidates: f.Candidates, Known: f.Known, Example: f.Params(), Err: err,
		}
		if f.Code == query.UnknownEntity {
			e.Field = "entity"
		}
		return e
	}
	return &Error{Type: ServerError, Code: Internal, Msg: err.Error(), Err: err}
}

// refuse is an error about the name in a key of the request.
func refuse(code, field, format string, args ...any) *Error {
	return &Error{Type: ValidationError, Code: code, Field: field, Msg: fmt.Sprintf(format, args...)}
}
