package store

import (
	"context"
	"fmt"
	"time"
)

// ActionLog remembers every write that was sent to the live API. Nothing in it is
// ever changed or deleted: an action is noted before its request leaves, and its
// outcome is added once.
type ActionLog interface {
	// StartAction notes an action and returns its number. When it returns, a power cut
	// does not lose the note. Until EndAction the outcome reads as unknown, and stays
	// so if the process ends in between.
	//
	// With Every set it fails with a *TooSoonError, and notes nothing, while an earlier
	// request of the same method and path that may have arrived is younger than that.
	StartAction(ctx context.Context, a Action) (id int64, err error)
	// EndAction notes the outcome of an action that has none.
	EndAction(ctx context.Context, id int64, o Outcome) error
}

// Action is a write that is about to be sent.
type Action struct {
	At             time.Time
	Face           string // through what it was asked for: cli, http, mcp
	Entity, Action string
	Method, Path   string
	// Body is the request's JSON without what could be personal or secret; nil for
	// none.
	Body []byte
	// Every is the least time between two such requests; 0 for none.
	Every time.Duration
}

// The outcomes of an action.
const (
	Unknown = "unknown" // nobody knows whether it took effect
	Done    = "done"
	Refused = "refused" // the API answered, and did nothing
	Unsent  = "unsent"  // the request did not leave
)

// Outcome is how an action ended.
type Outcome struct {
	At      time.Time
	Outcome string
	Status  int // HTTP status, 0 for no answer
	// AnswerID is the id that the answer gave: of the delivery, the trigger or the
	// record. Empty for none.
	AnswerID string
	// Message says what went wrong, in words without personal data; empty for nothing.
	Message string
}

// TooSoonError says that a request would follow another too closely.
type TooSoonError struct{ Wait time.Duration }

func (e *TooSoonError) Error() string {
	return fmt.Sprintf("too soon after the last one: wait %s", e.Wait.Round(time.Millisecond))
}
