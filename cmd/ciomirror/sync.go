package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"ciomirror/catalog"
	"ciomirror/store"
	syncer "ciomirror/sync"
)

// documentedRate is the API's limit in requests a second.
const documentedRate = 10

// mostRate is more than any simulator on this machine answers.
const mostRate = 1_000_000

type syncOptions struct {
	since           string
	rate            float64
	dryRun          bool
	acceptDeletions []string
	rebind          bool
	full            bool
	budget          string
}

func (a *app) syncCommand() *cobra.Command {
	var o syncOptions
	cmd := &cobra.Command{
		Use:   "sync [ENTITY…]",
		Short: "Copy the workspace into the mirror",
		Long: `sync reads what is new in the workspace, or in the entities named, and stores it. It
finds the region by itself and keeps to 10 requests a second. Nothing is written to
Customer.io. The key is the one that auth login saved, or that CIO_APP_KEY_FILE or
CIO_APP_KEY gives.

The first sync reads everything, the newest first. Later ones read the small lists
whole, the nested lists of what changed (all of them once a day), the deliveries made
since, and older deliveries again when they are 1 hour, 1 day, 7 and 30 days old, since
their metrics grow for weeks. A sync that was cut short goes on where it stopped.`,
		Example: `  ciomirror sync
  ciomirror sync campaigns campaign_actions
  ciomirror sync --since 30d
  ciomirror sync --budget 500requests
  ciomirror sync --dry-run`,
		RunE: func(cmd *cobra.Command, args []string) error { return a.runSync(cmd.Context(), args, o) },
	}
	f := cmd.Flags()
	f.BoolVar(&o.full, "full", false, "read every list from its start, whatever is known of it")
	f.StringVar(&o.budget, "budget", "", "stop cleanly after so much, 500requests or 10m (a page that is tried again may exceed it); the next sync goes on")
	f.StringVar(&o.since, "since", "", "how far back messages are read (default as before, 180d on a first sync)")
	f.Float64Var(&o.rate, "rate", 0, "requests a second (default 10, the API's limit)")
	f.BoolVar(&o.dryRun, "dry-run", false, "say what would be asked, and ask nothing")
	f.BoolVar(&o.rebind, "rebind", false, "this is a new key of the same workspace")
	f.StringSliceVar(&o.acceptDeletions, "accept-deletions", nil, "let a large loss of rows of these entities through")
	return cmd
}

func (a *app) runSync(ctx context.Context, entities []string, o syncOptions) error {
	if !(o.rate >= 0 && o.rate <= mostRate) {
		return usageError(fmt.Sprintf("--rate is %g", o.rate), fmt.Sprintf("it is requests a second, for example --rate 5, and at most %d", mostRate))
	}
	opts, err := a.syncerOptions(o)
	if err != nil {
		return err
	}
	if err := checkEntities(append(append([]string{}, entities...), o.acceptDeletions...)); err != nil {
		return err
	}
	if o.dryRun {
		return a.dryRun(ctx, entities, o, opts)
	}
	report, err := a.syncOnce(ctx, entities, o, opts)
	return a.concludeSync(report, err)
}

// syncOnce runs one sync of the live workspace, alone on the mirror.
func (a *app) syncOnce(ctx context.Context, entities []string, o syncOptions, opts syncer.Options) (store.RunReport, error) {
	var none store.RunReport
	api, err := a.openAPI(a.rate(o.rate))
	if err != nil {
		return none, err
	}
	defer api.CloseIdleConnections()
	unlock, err := a.lockMirror()
	if err != nil {
		return none, err
	}
	defer unlock()
	// The key is tried before the file is made: a wrong key leaves no mirror behind.
	region, err := api.Discover(ctx)
	if err != nil {
		return none, err
	}
	opts.Spent = 1
	m, err := a.openMirror(ctx, true)
	if err != nil {
		return none, err
	}
	defer m.Close()
	key, err := a.settings.appKey()
	if err != nil {
		return none, err
	}
	if err := m.Bind(ctx, key, o.rebind); err != nil {
		return none, err
	}
	if region != "" {
		a.say("workspace found in region %s; copying into %s", region, a.settings.DB)
	}
	return a.syncInto(ctx, api, m, opts, entities)
}

// syncerOptions joins what the flags say with what the config file says.
func (a *app) syncerOptions(o syncOptions) (syncer.Options, error) {
	c := a.settings.Sync
	opts := syncer.Options{
		Catalog: catalog.Default(), Now: a.now, Since: c.Since.Duration, Everything: c.Everything.Duration, Guard: c.Hold,
		Full: o.full, AcceptDeletions: o.acceptDeletions, Holder: holder(), Ended: endedHere, Log: a.logger(),
	}
	for _, age := range c.Reread {
		opts.Reread = append(opts.Reread, age.Duration)
	}
	if o.budget != "" {
		b, err := parseBudget(o.budget)
		if err != nil {
			return opts, err
		}
		opts.Budget = syncer.Budget(b)
	}
	if o.since == "" {
		return opts, nil
	}
	from, err := when(o.since, a.now())
	if err != nil {
		return opts, err
	}
	switch opts.Since = a.now().Sub(from); {
	case opts.Since < time.Minute:
		return opts, usageError("--since is not in the past", "for example: --since 30d")
	case from.Before(firstDelivery):
		return opts, usageError(fmt.Sprintf("--since %s is %s, and Customer.io has nothing from before %d", o.since, from.UTC().Format(time.RFC3339), firstDelivery.Year()),
			"for example: --since 400d, --since 2025-01-01")
	}
	return opts, nil
}

// firstDelivery is before anything that Customer.io sent. What is read is read in
// windows, so that a slip of the pen would cost a request for each of them.
var firstDelivery = time.Date(2012, 1, 1, 0, 0, 0, 0, time.UTC)

// rate is requests a second: what a flag says, or the config file, or the API's
// limit.
func (a *app) rate(flag float64) float64 {
	for _, rate := range []float64{flag, a.settings.Sync.Rate} {
		if rate > 0 {
			return rate
		}
	}
	return documentedRate
}

func checkEntities(names []string) error {
	for _, n := range names {
		if _, err := mirrored(catalog.Default(), n); err != nil {
			return err
		}
	}
	return nil
}

// syncInto runs one sync with progress for people.
func (a *app) syncInto(ctx context.Context, src syncer.Source, m store.Store, o syncer.Options, entities []string) (store.RunReport, error) {
	p := a.newProgress()
	o.Progress = p.update
	s, err := syncer.New(src, m, o)
	if err != nil {
		return store.RunReport{}, err
	}
	report, err := s.Run(ctx, entities...)
	p.done()
	return report, err
}

// concludeSync prints a run's report and chooses the exit code.
func (a *app) concludeSync(report store.RunReport, failure error) error {
	if report.Run != 0 {
		if a.readable() {
			a.printReport(report)
		} else if err := a.printJSON(report); err != nil {
			return err
		}
	}
	if errors.Is(failure, context.Canceled) && report.Run != 0 {
		return &problem{Type: "interrupted", Status: 499, exit: exitInterrupted,
			Message: "interrupted", Hint: "what was read is saved; run the same command again to go on"}
	}
	return verdict(report, failure)
}

// verdict is the error that stands for a run that is not complete, with its exit
// code; nil for one that is.
func verdict(report store.RunReport, failure error) error {
	var skipped int
	for _, e := range report.Entities {
		if e.Status == store.Skipped {
			skipped++
		}
	}
	switch {
	case failure != nil:
		return failure
	case skipped > 0 && skipped == len(report.Entities):
		return &problem{Type: "forbidden", Status: 403, exit: exitForbidden,
			Message: "the key may read none of these entities", Hint: "give the App API key the scopes to read them"}
	case report.Status == store.Complete:
		return nil
	case report.Status == store.Failed:
		return &problem{Type: "upstream_error", Status: 502, Retryable: true, exit: exitUpstream,
			Message: "nothing could be read: " + firstError(report), Hint: "run it again; ciomirror status says more"}
	}
	if held := heldEntities(report); len(held) > 0 {
		return &problem{Type: "partial", Status: 207, exit: exitPartly,
			Message: "the run finished partly: " + firstError(report),
			Hint:    "if that many were deleted in Customer.io: " + acceptDeletions(held) + "; if not, the API left them out, and the next sync will tell"}
	}
	if report.Paused {
		return &problem{Type: "partial", Status: 207, Retryable: true, exit: exitPartly,
			Message: "the run stopped before its end: " + firstError(report), Hint: "what was read is saved; run it again to go on"}
	}
	return &problem{Type: "partial", Status: 207, Retryable: true, exit: exitPartly,
		Message: "the run finished partly: " + firstError(report), Hint: "the other entities are up to date; run it again for the rest"}
}

// acceptDeletions is the command that lets held deletions through.
func acceptDeletions(held []string) string {
	return "ciomirror sync --accept-deletions " + strings.Join(held, ",")
}

// heldEntities are those of which too many rows would have vanished at once.
func heldEntities(r store.RunReport) (names []string) {
	for _, e := range r.Entities {
		if e.Status == store.Held {
			names = append(names, e.Entity)
		}
	}
	return names
}

func firstError(r store.RunReport) string {
	for _, e := range r.Entities {
		if e.Error != nil && e.Status != store.Skipped {
			return fmt.Sprintf("%s is %s: %s", e.Entity, e.Status, *e.Error)
		}
	}
	return r.Status
}

func (a *app) printReport(r store.RunReport) {
	t := a.newSheet("entity", "status", "rows", "new", "changed", "gone", "requests")
	for _, e := range r.Entities {
		t.add(e.Entity, e.Status, e.Rows, e.New, e.Changed, e.Gone, e.Requests)
	}
	fmt.Fprintln(a.out, t)
	fmt.Fprintf(a.out, "run %d %s: %s in %.1f s\n", r.Run, r.Status, requests(r.Requests), r.Seconds)
	for _, e := range r.Entities {
		if e.Error != nil {
			a.say("%s %s: %s", e.Entity, e.Status, *e.Error)
		}
		if e.Warning != nil {
			a.say("%s: %s", e.Entity, *e.Warning)
		}
	}
}

// dryRun says what a sync would ask. What is known of the workspace comes from
// the mirror; without one only the least is known.
func (a *app) dryRun(ctx context.Context, entities []string, o syncOptions, opts syncer.Options) error {
	var dst store.Store // nil when there is no mirror yet
	m, err := a.openMirror(ctx, false)
	switch {
	case err == nil:
		defer m.Close()
		dst = m
		if has, err := a.settings.hasKey(); err != nil || has && !o.rebind {
			key, err := a.settings.appKey()
			if err == nil {
				err = m.BoundTo(ctx, key)
			}
			if err != nil {
				return err
			}
		}
	case !errors.Is(err, store.ErrNoMirror):
		return err
	}
	s, err := syncer.New(nil, dst, opts)
	if err != nil {
		return err
	}
	plan, err := s.Plan(ctx, entities...)
	if err != nil {
		return err
	}
	var total int64
	for _, p := range plan {
		total += p.Requests
	}
	rate := a.rate(o.rate)
	seconds := float64(total) / rate
	if !a.readable() {
		return a.printJSON(map[string]any{"entities": plan, "requests": total, "seconds": seconds})
	}
	t := a.newSheet("entity", "requests", "what")
	for _, p := range plan {
		t.add(p.Entity, p.Requests, p.Why)
	}
	fmt.Fprintln(a.out, t)
	fmt.Fprintf(a.out, "about %d requests, %s at %g a second, and more of what was never read. Nothing was asked.\n", total, time.Duration(seconds*float64(time.Second)).Round(time.Second), rate)
	return nil
}
