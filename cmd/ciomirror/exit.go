package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/spf13/cobra"

	"ciomirror/catalog"
	"ciomirror/cio"
	"ciomirror/connector"
	"ciomirror/query"
	"ciomirror/saved"
	"ciomirror/store"
	syncer "ciomirror/sync"
)

// The exit codes: a contract with scripts.
const (
	exitOK           = 0
	exitGeneral      = 1
	exitUsage        = 2
	exitUnauthorized = 3
	exitForbidden    = 4
	exitUpstream     = 5
	exitNotFound     = 6
	exitPartly       = 7
	exitBusy         = 8
	exitDifferent    = 9
	exitInterrupted  = 130
)

func exitCodesTopic() *cobra.Command {
	return &cobra.Command{
		Use:   "exit-codes",
		Short: "What the exit codes mean",
		Long: `  0    ok
  1    general error, or doctor found something broken
  2    usage, or an invalid query
  3    not authenticated: the key was refused
  4    not authorised: the key may read nothing of what was asked for
  5    error of the Customer.io API
  6    not found: no mirror, a time that it does not remember, no such snapshot
  7    finished partly: some entities failed
  8    busy: another run holds the lock
  9    differences found (diff --exit-code), or stale (status --max-age)
  130  interrupted`,
	}
}

// problem is an error as a person or a script meets it.
type problem struct {
	Type      string         `json:"type"`
	Message   string         `json:"message"`
	Status    int            `json:"status_code"`
	Retryable bool           `json:"retryable"`
	Hint      string         `json:"hint"`
	Detail    *problemDetail `json:"detail,omitempty"`
	exit      int
	silent    bool // an exit code that is an answer, not an error
}

type problemDetail struct {
	Code       string   `json:"code"`
	Path       string   `json:"path"`
	Field      string   `json:"field"` // the path in the manner of the hosted errors
	Candidates []string `json:"candidates"`
}

func (p *problem) Error() string { return p.Message }

func usageError(message, hint string) error {
	return &problem{Type: "validation_error", Message: message, Status: 400, Hint: hint, exit: exitUsage}
}

// answer ends the program with a code that is part of the result.
func answer(code int) error { return &problem{exit: code, silent: true} }

// explain prints an error and returns its exit code.
func (a *app) explain(ctx context.Context, err error) int {
	p := problemOf(ctx, err)
	if p.silent {
		return p.exit
	}
	if a.settings.Output.json() {
		line, marshalErr := json.Marshal(p)
		if marshalErr == nil {
			fmt.Fprintln(a.err, string(line))
			return p.exit
		}
	}
	a.tell(p)
	return p.exit
}

// tell prints a problem for a person.
func (a *app) tell(p *problem) {
	fmt.Fprintln(a.err, "error: "+printable(p.Message+p.place()))
	if p.Hint != "" {
		fmt.Fprintln(a.err, "hint:  "+printable(p.Hint))
	}
}

// place is where in a nested request the problem is. In a flat one the message says it.
func (p *problem) place() string {
	const flat = 3 // as in /filter/eq/name
	if p.Detail == nil || strings.Count(p.Detail.Path, "/") <= flat {
		return ""
	}
	return ", at " + p.Detail.Path
}

// problemOf sorts an error into its class. It is the one place where exit codes
// are chosen.
func problemOf(ctx context.Context, err error) *problem {
	var (
		own       *problem
		refused   *connector.Error
		invalid   *query.Error
		statement *store.StatementError
		param     *saved.ParamError
		file      *saved.Fault
		entity    *syncer.UnknownEntityError
		upstream  *cio.Error
		busy      *store.BusyError
		early     *store.BeforeFirstError
	)
	p := &problem{Type: "error", Message: err.Error(), Status: 500, exit: exitGeneral}
	switch {
	case errors.As(err, &own):
		return own
	case errors.As(err, &refused):
		return problemOfCall(ctx, refused)
	case errors.As(err, &invalid):
		p.set("validation_error", 400, exitUsage, invalid.Hint)
		p.Message = invalid.Msg
		p.detail(invalid.Code, invalid.At, invalid.Dotted(), invalid.Candidates)
	case errors.As(err, &statement):
		p.set("validation_error", 400, exitUsage, statement.Hint)
	case errors.As(err, &param):
		p.set("validation_error", 400, exitUsage, param.Hint)
	case errors.As(err, &file):
		p.set("validation_error", 400, exitUsage, "mend the file; the others work: ciomirror query list")
	case errors.As(err, &busy):
		p.set("busy", 409, exitBusy, "wait for it, or read meanwhile: search, sql and diff work during a sync")
		p.Retryable = true
	case errors.As(err, &entity):
		p.set("validation_error", 400, exitUsage, nearestEntity(entity.Name))
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		p.set("interrupted", 499, exitInterrupted, "")
		p.Message = "interrupted"
		if errors.Is(err, connector.ErrUnsent) {
			p.Message += ": nothing was sent"
		}
		if errors.Is(err, connector.ErrUnnoted) {
			p.Hint = connector.ErrUnnoted.Error()
		}
	case errors.Is(err, context.DeadlineExceeded):
		p.set("timeout", 504, exitGeneral, "raise --timeout, or ask for less")
	case errors.Is(err, catalog.ErrUnauthorized):
		p.set("unauthorized", 401, exitUnauthorized, hintOf(err))
	case errors.Is(err, catalog.ErrForbidden):
		p.set("forbidden", 403, exitForbidden, hintOf(err))
	case errors.Is(err, catalog.ErrNotFound):
		p.set("not_found", 404, exitNotFound, hintOf(err))
	case errors.As(err, &upstream):
		p.set("upstream_error", upstream.Status, exitUpstream, hintOf(err))
		p.Retryable = upstream.Temporary()
	case errors.Is(err, catalog.ErrContract):
		p.set("upstream_error", 502, exitUpstream, "nothing of that answer was stored; run the same command again, and report it if it stays")
	case errors.Is(err, store.ErrDisk):
		p.set("error", 507, exitGeneral, "make room, or lift the limit on the size of files; what was stored before is whole, and the next sync goes on from it")
	case errors.Is(err, store.ErrFileGone):
		p.set("error", 500, exitGeneral, "put the file back if it was moved, then run it again; leave a mirror alone while a sync runs")
	case errors.Is(err, store.ErrNoMirror):
		p.set("not_synced", 404, exitNotFound, first(hintOf(err), fillWithoutKey))
	case errors.As(err, &early):
		p.set("not_found", 404, exitNotFound, "the mirror remembers from its first sync on; the first time that it shows whole: "+exactly(early.Whole))
	case errors.Is(err, store.ErrPruned):
		p.set("not_found", 404, exitNotFound, "before that, only the snapshots are remembered: ciomirror snapshot list")
	case errors.Is(err, store.ErrNoCompleteRun):
		p.set("not_found", 404, exitNotFound, "sync everything, without naming entities: ciomirror sync; how the last runs went: ciomirror status")
	case errors.Is(err, store.ErrNoSnapshot):
		p.set("not_found", 404, exitNotFound, "all snapshots: ciomirror snapshot list")
	case errors.Is(err, store.ErrSnapshotExists):
		p.set("validation_error", 409, exitUsage, "choose another name, or forget that one: ciomirror snapshot rm NAME")
	case errors.Is(err, store.ErrKeepNothing):
		p.set("validation_error", 400, exitUsage, "for example: --keep-last 1")
	case errors.Is(err, store.ErrDamaged):
		p.set("error", 500, exitGeneral, "look how far it goes: ciomirror doctor; then restore the last backup, or fill a new file: ciomirror sync --db FILE")
	case errors.Is(err, store.ErrFileExists):
		p.set("validation_error", 409, exitUsage, "name another file, or replace a file of yours: --force")
	case errors.Is(err, store.ErrItself):
		p.set("validation_error", 409, exitUsage, "name another file")
	case errors.Is(err, store.ErrOtherKey):
		p.set("validation_error", 409, exitUsage, "another workspace needs a file of its own: --profile NAME or --db FILE; for a new key of the same workspace: ciomirror sync --rebind")
	case errors.Is(err, store.ErrForeign):
		p.set("validation_error", 400, exitGeneral, "name a mirror, or a file that does not exist yet: --db FILE")
	case errors.Is(err, store.ErrNewer):
		p.set("error", 400, exitGeneral, "update ciomirror, or name another file: --db FILE")
	case errors.Is(err, fs.ErrPermission):
		p.set("error", 500, exitGeneral, first(hintOf(err), "run this as the owner of the file and its folder, who may write there, or name another file (a mirror: --db FILE)"))
	}
	return p
}

// problemOfCall is problemOf for what the connector refused, or was refused.
func problemOfCall(ctx context.Context, e *connector.Error) *problem {
	p := &problem{Message: e.Msg}
	p.set(e.Type, 400, exitUsage, e.Hint)
	switch e.Type {
	case connector.ServerError:
		return problemOf(ctx, e.Err)
	case connector.Unauthorized:
		p.Status, p.exit = 401, exitUnauthorized
	case connector.Forbidden:
		p.Status, p.exit = 403, exitForbidden
	case connector.NotFound:
		p.Status, p.exit = 404, exitNotFound
	case connector.RateLimited:
		p.Status, p.exit, p.Retryable = 429, exitUpstream, true
	case connector.UpstreamError, connector.OutcomeUnknown:
		p.Status, p.exit = 502, exitUpstream
		if upstream, ok := errors.AsType[*cio.Error](e.Err); ok && upstream.Status >= 400 {
			p.Status = upstream.Status
			p.Retryable = e.Type == connector.UpstreamError && upstream.Temporary()
		}
	}
	if e.Code == connector.NotSynced {
		p.Type, p.Status, p.exit = connector.NotSynced, 404, exitNotFound
	}
	if e.Type == connector.ValidationError || e.At != "" {
		p.detail(e.Code, e.At, e.Field, e.Candidates)
	}
	return p
}

func (p *problem) detail(code, path, field string, candidates []string) {
	if candidates == nil {
		candidates = []string{} // a list in JSON in any case
	}
	p.Detail = &problemDetail{Code: code, Path: path, Field: field, Candidates: candidates}
}

func (p *problem) set(kind string, status, exit int, hint string) {
	p.Type, p.Status, p.exit, p.Hint = kind, status, exit, hint
}

// hintOf is the advice that an error of the client carries.
func hintOf(err error) string {
	var h interface{ Hint() string }
	if errors.As(err, &h) {
		return h.Hint()
	}
	return ""
}

// printable keeps text from the workspace or the network from steering the
// terminal, and from turning the direction in which it is read.
func printable(s string) string { return strings.Map(printableRune, s) }

func printableRune(r rune) rune {
	switch {
	case r == '\n' || r == '\t':
		return r
	case r < ' ' || r >= 0x7f && r < 0xa0, r >= '\u202a' && r <= '\u202e', r >= '\u2066' && r <= '\u2069':
		return '\uFFFD'
	}
	return r
}
