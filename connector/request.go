package connector

import (
	"encoding/json"
	"time"
)

// Request is one call, in the shape of the hosted interface. Keys that it does not
// have are ignored there, and so they are here.
type Request struct {
	Entity string `json:"entity"`
	// Action is list, get, create, update or context_store_search; search is the
	// older name of the last.
	Action string          `json:"action"`
	Params json.RawMessage `json:"params,omitempty"`
	// SelectFields and ExcludeFields are dotted paths that the rows of a result shall
	// have, or shall not have. Where both are given, SelectFields counts.
	SelectFields  []string `json:"select_fields,omitempty"`
	ExcludeFields []string `json:"exclude_fields,omitempty"`
	// SkipTruncation is true unless it is given as false, which cuts long texts.
	SkipTruncation *bool `json:"skip_truncation,omitempty"`
	// Intent is why the caller asks. It changes nothing.
	Intent string `json:"intent,omitempty"`
	// Source is where a list or a get shall come from: FromAuto (or empty), FromLive
	// or FromMirror. The hosted interface has no such key.
	Source string `json:"-"`
}

// The sources of a result.
const (
	FromAuto   = "auto" // live when there is a key, otherwise the mirror
	FromLive   = "live"
	FromMirror = "mirror"
)

// Origin says where a result came from.
type Origin struct {
	Source string // FromLive or FromMirror
	// Synced is when the mirror last read the entity completely; zero for never, and
	// for what came live.
	Synced time.Time
}

// Envelope is the answer to a Request.
type Envelope struct {
	Status string          `json:"status"` // success
	Result json.RawMessage `json:"result"`
	// ConnectorMetadata is nil when there is nothing to say about the result.
	ConnectorMetadata *Metadata         `json:"connector_metadata"`
	ExecutionMetadata ExecutionMetadata `json:"execution_metadata"`
	// Origin is no part of the hosted body: the command line prints it to stderr,
	// the server sends it in headers.
	Origin Origin `json:"-"`
	// Warning is what a person should know of a call that went well: that a parameter
	// was ignored, or that the mirror could not be brought up to date with a write.
	Warning string `json:"-"`
}

// Metadata is about the result.
type Metadata struct {
	// Paging is nil unless the list comes in pages.
	*Paging
	// Truncated is the number of texts that were cut.
	Truncated int `json:"truncated,omitempty"`
}

// Paging leads to the next page of a list. All three say the same: next is the API's
// own word, the others are what clients for many connectors look for.
type Paging struct {
	// Next is sent back as the parameter start, or cursor; nil on the last page.
	Next        *string `json:"next"`
	HasNextPage bool    `json:"has_next_page"`
	EndCursor   *string `json:"end_cursor"`
}

// ExecutionMetadata is about the call.
type ExecutionMetadata struct {
	ConnectorInstanceID string `json:"connector_instance_id"`
	ExecutionTimeMS     int64  `json:"execution_time_ms"`
}

// Call is the request that an action sends to the App API.
type Call struct {
	Method string `json:"method"`
	// Path is escaped, from /v1 on, with the query.
	Path string `json:"path"`
	// Headers are those that matter. The key is not in them.
	Headers map[string]string `json:"headers"`
	Body    json.RawMessage   `json:"body,omitempty"`
	// Warning is what a person should know before it goes out. It is no part of it.
	Warning string `json:"-"`
}

// HostedCall is a Request as the hosted service takes it over HTTP, but for the
// token that goes with it.
type HostedCall struct {
	Method string  `json:"method"`
	Path   string  `json:"path"`
	Body   Request `json:"body"`
}

// Hosted asks the hosted service for what a search with these params asks the mirror.
func Hosted(entity string, params json.RawMessage) HostedCall {
	return HostedCall{
		Method: "POST", Path: "/api/v1/integrations/connectors/{connector_id}/execute",
		Body: Request{Entity: entity, Action: Search, Params: params},
	}
}
