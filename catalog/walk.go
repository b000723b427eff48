package catalog

import (
	"encoding/json"
	"errors"
	"net/url"
	"sync/atomic"
	"time"
)

// Walk names one listing, to be paged through from its first page to its last.
// A page token is a position in a list that moves, so a walk is never resumed in
// the middle: it is walked again.
type Walk struct {
	Entity *Entity
	// Parent is the parent's id where the list has one.
	Parent string
	// Attributing walks the entity's Attribution, whose list Parent names, instead of
	// its own list.
	Attributing bool
	// Query are parameters besides paging: a view, a window.
	Query url.Values
	// Meter counts what the walk costs; nil is allowed.
	Meter *Meter
}

// Page is one page of a walk: the records as the API sent them, byte for byte.
type Page struct {
	Items []json.RawMessage
	// Last: the list names no further page.
	Last bool
}

// Meter counts the cost of walks. Its methods may be called from several
// goroutines.
type Meter struct {
	requests, waited atomic.Int64
	retries          atomic.Int64
}

// Request notes an HTTP request sent; again says that it repeats one.
func (m *Meter) Request(again bool) {
	if m == nil {
		return
	}
	m.requests.Add(1)
	if again {
		m.retries.Add(1)
	}
}

// Wait notes time spent waiting for the rate limit or before a retry.
func (m *Meter) Wait(d time.Duration) {
	if m != nil {
		m.waited.Add(int64(d))
	}
}

// Requests is the number of HTTP requests sent, retries included.
func (m *Meter) Requests() int64 { return m.requests.Load() }

// Retries is the number of requests that repeated an earlier one.
func (m *Meter) Retries() int64 { return m.retries.Load() }

// Waited is the time spent waiting for the rate limit and before retries.
func (m *Meter) Waited() time.Duration { return time.Duration(m.waited.Load()) }

// The classes of API failure that the sync and the commands act on. An error of
// the client matches at most one of them with errors.Is.
var (
	// ErrUnauthorized: 401. The key is wrong, or belongs to the other region.
	ErrUnauthorized = errors.New("not authenticated")
	// ErrForbidden: 403. The key lacks a scope, or the workspace a feature.
	ErrForbidden = errors.New("not authorised")
	// ErrNotFound: 404 with a JSON body. The object does not exist (any more).
	ErrNotFound = errors.New("not found")
	// ErrContract: the answer breaks the API's contract: no JSON, no envelope
	// key, a page token that leads back. Nothing of such a page may be stored.
	ErrContract = errors.New("the answer breaks the API's contract")
)
