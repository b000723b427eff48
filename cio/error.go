package cio

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"ciomirror/catalog"
)

// Error is a call of the API that gave nothing. It matches at most one of
// catalog.ErrUnauthorized, ErrForbidden, ErrNotFound and ErrContract with
// errors.Is, or context.Canceled and context.DeadlineExceeded when the caller gave
// up.
type Error struct {
	// Op is what we were doing: "list messages".
	Op     string
	Method string
	// Path is the path asked for, without query; what identifies a person is
	// replaced in it.
	Path string
	// Status is the HTTP status, or 0 when there was no answer.
	Status int
	// Code is the API's own code for the failure, where it gives one.
	Code string
	// Detail is what the API says, or the beginning of what came instead.
	Detail string
	// Pointer is the place in the request that the API objects to, as an RFC 6901
	// pointer, where it gives one.
	Pointer string
	// RetryAfter is how long the API asked us to wait, at most two minutes; 0 when
	// it did not say, or said nothing sensible.
	RetryAfter time.Duration
	// Attempts is the number of times we asked; 0 when we did not get that far.
	Attempts int
	// Unknown: the call changes something, and whether it did is not known. It must
	// not be repeated unseen.
	Unknown bool
	// Err is the cause, where it is not just the status.
	Err error

	kind kind
	host string // who was asked
	gone bool   // a 404 of the router, not of the object
	// daily: the quota of a day is used up, which no wait of ours outlasts.
	daily  bool
	unsent bool // the request surely did not leave
}

// kind is what went wrong, as far as it decides about trying again.
type kind uint8

const (
	kindStatus    kind = iota // the API answered with a status that says so
	kindNetwork               // no answer, or half of one
	kindBroken                // an answer that is not JSON
	kindContract              // JSON, but not what was agreed
	kindRefused               // we would not go on: a redirect, a size, a certificate
	kindCancelled             // the caller gave up
)

// Error says what we were doing, whom we asked and what came back.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Op)
	if e.Path != "" {
		if e.Op != "" {
			b.WriteString(": ")
		}
		b.WriteString(e.Method + " " + e.Path)
	}
	if e.host != "" {
		b.WriteString(" on " + e.host)
	}
	if e.Status != 0 && (e.kind == kindStatus || e.Status >= 300) {
		fmt.Fprintf(&b, ": %d", e.Status)
		if text := http.StatusText(e.Status); text != "" {
			b.WriteString(" " + text)
		}
	}
	if e.gone {
		b.WriteString(": the endpoint does not exist")
	}
	if e.Detail != "" {
		b.WriteString(": " + e.Detail)
	}
	if e.Pointer != "" {
		b.WriteString(" (at " + e.Pointer + ")")
	}
	if e.Err != nil {
		b.WriteString(": " + e.Err.Error())
	}
	if e.Unknown {
		b.WriteString("; whether it took effect is unknown")
	}
	if e.Attempts > 1 {
		fmt.Fprintf(&b, " (asked %d times)", e.Attempts)
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Is matches the classes of the catalog.
func (e *Error) Is(target error) bool {
	switch target {
	case catalog.ErrUnauthorized:
		return e.Status == http.StatusUnauthorized
	case catalog.ErrForbidden:
		return e.Status == http.StatusForbidden
	case catalog.ErrNotFound:
		return e.Status == http.StatusNotFound && !e.gone
	case catalog.ErrContract:
		return e.kind == kindBroken || e.kind == kindContract || e.gone
	}
	return false
}

// Temporary reports whether asking again can help. It is the one place that
// decides so; whether asking again is allowed depends on the call (see class).
func (e *Error) Temporary() bool {
	switch e.kind {
	case kindNetwork, kindBroken:
		return true
	case kindStatus:
	default:
		return false
	}
	switch e.Status {
	case http.StatusTooManyRequests:
		return !e.daily
	case http.StatusRequestTimeout,
		http.StatusInternalServerError, http.StatusNotImplemented, http.StatusBadGateway,
		http.StatusServiceUnavailable, http.StatusGatewayTimeout, 522, 524:
		return true
	}
	return false
}

// Hint says what a person can do about it; empty when there is nothing to say.
func (e *Error) Hint() string {
	switch {
	case e.Unknown:
		return "look in Customer.io whether it took effect before you do it again"
	case e.Status == http.StatusUnauthorized:
		return "either the key is wrong (a Track API key, a deleted key, a key of the other region: set CIO_REGION to us or eu), " +
			"or it is limited to IP addresses and this machine's is not among them; an App API key is needed"
	case e.Status == http.StatusForbidden:
		return "the key lacks the scope, or the workspace the feature: edit the key in Customer.io under Account Settings, API Credentials"
	case e.daily:
		return "the quota of the day is used up: try again tomorrow"
	case e.Status == http.StatusTooManyRequests:
		return "something else uses the same key: stop it, or ask more slowly with: ciomirror sync --rate 5"
	case e.gone:
		return "check the address (CIOMIRROR_API_URL, without /v1); if it is right, the API has changed and ciomirror must be updated"
	case e.kind == kindBroken:
		return "something between here and Customer.io may have answered (a proxy, a login page)"
	case e.kind == kindContract:
		return "nothing of the answer was kept; if it stays so, the API has changed and ciomirror must be updated"
	case e.Temporary(), e.Status >= 500:
		return "the API could not be reached or is in trouble: try again later"
	}
	return ""
}

// cancelled is the reason why a context ended, or nil. It matches ctx.Err() also
// when the caller gave a cause of its own.
func cancelled(ctx context.Context) error {
	err := ctx.Err()
	if err == nil {
		return nil
	}
	if cause := context.Cause(ctx); !errors.Is(cause, err) {
		return fmt.Errorf("%w: %w", err, cause)
	}
	return err
}
