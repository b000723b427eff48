package connector

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"ciomirror/catalog"
	"ciomirror/cio"
	"ciomirror/internal/canon"
	"ciomirror/query/match"
	"ciomirror/store"
)

// write sends what changes the workspace or reaches people. It is noted before it
// leaves and after it ended, and sent once: whether a second request may follow the
// first is for cio to say, which knows whether the first one left.
func (c *Connector) write(ctx context.Context, t target, g given) (answer, error) {
	w, fault := wireOf(t.action, g)
	if fault != nil {
		return answer{}, fault
	}
	id, err := c.o.Ledger.StartAction(ctx, store.Action{
		At: c.o.Now(), Face: c.o.Face, Entity: t.entity.Name, Action: t.action.Name,
		Method: w.method, Path: w.path, Body: redact(t.action, g), Every: time.Duration(t.action.Every) * time.Second,
	})
	if soon, ok := errors.AsType[*store.TooSoonError](err); ok {
		return answer{}, tooSoon(t, soon)
	}
	if err != nil {
		return answer{}, err
	}
	caller := ctx
	body, err := c.o.Live.Do(ctx, w.method, w.path, w.query, json.RawMessage(w.body))
	// What has happened is noted also when nobody waits for the answer any more.
	ctx = context.WithoutCancel(ctx)
	a := answer{}
	if err == nil {
		a = taken(t, g, body)
	}
	o := outcomeOf(t, a, err)
	o.At = c.o.Now()
	noted := c.o.Ledger.EndAction(ctx, id, o)
	if noted != nil {
		noted = fmt.Errorf("%w: %w", ErrUnnoted, noted)
	}
	switch {
	case o.Outcome == store.Unknown:
		return answer{}, beside(unknown(t, g, id, err), noted)
	case o.Outcome == store.Unsent && caller.Err() != nil:
		return answer{}, beside(fmt.Errorf("%w: %w", ErrUnsent, err), noted)
	case err != nil:
		return answer{}, beside(upstream(t, err), noted)
	}
	c.keep(ctx, t, g, &a)
	if noted != nil {
		a.warn("it took effect, but " + noted.Error())
	}
	a.origin = Origin{Source: FromLive}
	return a, nil
}

// beside adds to the error of a write that it could not be noted, if it could not.
// What happened to the write stays what the error is about.
func beside(err, noted error) error {
	if noted == nil {
		return err
	}
	if e, ok := errors.AsType[*Error](err); ok {
		e.Err = errors.Join(e.Err, noted)
		e.Hint = strings.TrimPrefix(e.Hint+"; besides, "+noted.Error(), "; ")
		return e
	}
	return errors.Join(err, noted)
}

func (a *answer) warn(text string) {
	a.warning = strings.TrimPrefix(a.warning+"; "+text, "; ")
}

// taken is the answer to a write that took effect. Whatever it looks like, it is no
// failure any more.
func taken(t target, g given, body json.RawMessage) answer {
	if len(body) == 0 {
		return answer{one: true}
	}
	a, err := answerOf(t, body)
	if err == nil && t.action.Chosen != "" {
		a.records, err = chosen(t, g, a.records)
	}
	if err != nil {
		a = answer{one: true, records: []json.RawMessage{body}}
		a.warn("it took effect, but the answer is not the one expected, and the mirror does not have it yet: ciomirror sync " + t.entity.Name)
	}
	return a
}

// chosen is the record that the path means, out of several.
func chosen(t target, g given, records []json.RawMessage) ([]json.RawMessage, error) {
	key := t.entity.Key[len(t.entity.Key)-1]
	for _, r := range records {
		if memberText(r, key) == g.text(t.action.Chosen) {
			return []json.RawMessage{r}, nil
		}
	}
	return nil, errors.New("the record is not in the answer")
}

// memberText is a member of a record as text, "" for none.
func memberText(record json.RawMessage, name string) string {
	text, err := canon.JSON(record)
	if err != nil {
		return ""
	}
	v, ok := match.Member(string(text), string(canon.AppendString(nil, name)))
	if !ok || v == "null" {
		return ""
	}
	return given{name: v}.text(name)
}

// outcomeOf says what is known of a write. Of what is not known to have failed nobody
// may think that it did.
func outcomeOf(t target, a answer, err error) store.Outcome {
	if err == nil {
		o := store.Outcome{Outcome: store.Done, Status: http.StatusOK}
		if len(a.records) > 0 {
			o.AnswerID = memberText(a.records[0], idField(t.entity))
		}
		return o
	}
	call, ok := errors.AsType[*cio.Error](err)
	if !ok {
		return store.Outcome{Outcome: store.Unknown, Message: "no answer"}
	}
	// The API's own words may quote an address: they are for the caller alone.
	o := store.Outcome{Outcome: store.Refused, Status: call.Status, Message: strings.TrimSpace(fmt.Sprintf("%d %s", call.Status, http.StatusText(call.Status)))}
	switch {
	case call.Unknown:
		o.Outcome = store.Unknown
	case call.Status == 0:
		o.Outcome, o.Message = store.Unsent, "the request did not leave"
	}
	if call.Status == 0 && call.Unknown {
		o.Message = "no answer"
	}
	return o
}

// idField is the field of an answer that says what was made.
func idField(e *catalog.Entity) string {
	if len(e.Result) > 0 {
		return e.Result[0].Name
	}
	return e.Key[len(e.Key)-1]
}

// keep makes the record of the answer live in the mirror, so that who reads it next
// finds it there.
func (c *Connector) keep(ctx context.Context, t target, g given, a *answer) {
	if !t.entity.Mirrored() || len(a.records) == 0 || a.warning != "" {
		return
	}
	table := store.NewTable(t.entity)
	parent := ""
	if p := t.entity.Parent; p != nil {
		parent = g.text(p.Param)
	}
	row, err := store.NewDecoder(table).Decode(a.records[0], parent)
	if err == nil {
		_, err = c.o.Ledger.Put(ctx, table, row)
	}
	if err != nil {
		a.warn(fmt.Sprintf("it took effect, but the mirror does not have it yet (%v): ciomirror sync %s", err, t.entity.Name))
	}
}

func tooSoon(t target, soon *store.TooSoonError) *Error {
	wait := soon.Wait.Round(100 * time.Millisecond)
	return &Error{Type: RateLimited, Code: TooSoon, RetryAfter: soon.Wait, Err: soon,
		Msg:  fmt.Sprintf("the last %s of this path was less than %d s ago, and the API takes one in so long: nothing was sent", t.action.Name, t.action.Every),
		Hint: fmt.Sprintf("try again in %s", max(wait, 100*time.Millisecond))}
}

// unknown is the error of a write of which nobody knows whether it took effect.
func unknown(t target, g given, id int64, err error) *Error {
	shown := t.action.Shown
	for _, p := range t.action.Params {
		if p.In == catalog.InPath {
			shown = strings.ReplaceAll(shown, "{"+p.Name+"}", g.text(p.Name))
		}
	}
	return &Error{Type: OutcomeUnknown, Code: Outcome, Err: err,
		Msg: fmt.Sprintf("whether %s of %s took effect is not known: %v", t.action.Name, t.entity.Name, err),
		Hint: fmt.Sprintf("do not repeat it unseen; if it did, it shows %s. It is noted: ciomirror sql %q",
			shown, fmt.Sprintf("select * from actions where id = %d", id))}
}
