package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"ciomirror/cio"
	"ciomirror/store/sqlite"
)

type doctorOptions struct {
	repair, offline bool
	maxAge          string
}

func (a *app) doctorCommand() *cobra.Command {
	var o doctorOptions
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Look whether the mirror, the key and the API are well",
		Long: `doctor looks at the mirror's file (mode, schema, damage, text index, freshness, last run,
drift) and, when there is a key, at the API (region, clock, what the key may read). It exits
with 1 when something fails. It changes nothing, unless --repair has it make broken
text indexes anew. A damaged file cannot be repaired: sync anew.`,
		Example: `  ciomirror doctor
  ciomirror doctor --offline -o json
  ciomirror doctor --repair`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.runDoctor(cmd.Context(), o) },
	}
	cmd.Flags().BoolVar(&o.repair, "repair", false, "make text indexes that are wrong anew, from the rows")
	cmd.Flags().BoolVar(&o.offline, "offline", false, "ask nothing of the network")
	cmd.Flags().StringVar(&o.maxAge, "max-age", "48h", "warn of entities that were last read longer ago than this")
	return cmd
}

// The states of a finding.
const (
	well    = "ok"
	warning = "warn"
	failure = "fail"
)

// finding is what one check found.
type finding struct {
	Name    string `json:"name"`
	Status  string `json:"status"`
	Message string `json:"message"`
	Hint    string `json:"hint"`
}

// diagnosis is what doctor prints as JSON.
type diagnosis struct {
	Status string    `json:"status"` // the worst of the checks
	File   string    `json:"file"`
	Checks []finding `json:"checks"`
}

// patient is what the checks look at. One that finds the way to more notes it here:
// what stays nil is not there to be looked at.
type patient struct {
	*app
	o      doctorOptions
	age    time.Duration // of --max-age
	mirror *sqlite.Store // once the file could be opened
	texts  bool          // text indexes are wrong, and were not made anew
	key    string        // once one was found
	api    *cio.Client   // once the key was accepted
	answer *lastAnswer   // of the API
}

// check looks at one thing. Another one is a function and a line in checks.
type check struct {
	name string
	// needs tells whether there is what it looks at; nil for always.
	needs func(p *patient) bool
	look  func(ctx context.Context, p *patient) finding
}

var (
	fileThere = func(p *patient) bool {
		_, err := os.Stat(p.settings.DB)
		return !errors.Is(err, fs.ErrNotExist)
	}
	mirrorThere = func(p *patient) bool { return p.mirror != nil }
	keyThere    = func(p *patient) bool { return p.key != "" }
	apiThere    = func(p *patient) bool { return p.api != nil }
	wantsAPI    = func(p *patient) bool { return !p.o.offline }
)

// checks are all checks, in their order.
func checks() []check {
	return []check{
		{"file", nil, checkFile},
		{"mode", fileThere, checkMode},
		{"schema", mirrorThere, checkSchema},
		{"text index", mirrorThere, checkText},
		{"integrity", mirrorThere, checkIntegrity},
		{"rows", mirrorThere, checkRows},
		{"freshness", mirrorThere, checkFreshness},
		{"last run", mirrorThere, checkLastRun},
		{"drift", mirrorThere, checkDrift},
		{"key", wantsAPI, checkKey},
		{"api", keyThere, checkAPI},
		{"clock", apiThere, checkClock},
		{"scopes", apiThere, checkScopes},
	}
}

func (a *app) runDoctor(ctx context.Context, o doctorOptions) error {
	p := &patient{app: a, o: o}
	var err error
	if p.age, err = age(o.maxAge); err != nil {
		return err
	}
	if o.repair {
		unlock, err := a.lockMirror()
		if err != nil {
			return err
		}
		defer unlock()
	}
	defer func() {
		if p.mirror != nil {
			p.mirror.Close()
		}
	}()
	d := diagnosis{Status: well, File: a.settings.DB, Checks: []finding{}}
	for _, c := range checks() {
		if c.needs != nil && !c.needs(p) {
			continue
		}
		f := c.look(ctx, p)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		f.Name = c.name
		d.Checks = append(d.Checks, f)
		a.printFinding(f)
	}
	order := []string{well, warning, failure}
	worst := slices.MaxFunc(d.Checks, func(a, b finding) int {
		return cmp.Compare(slices.Index(order, a.Status), slices.Index(order, b.Status))
	})
	d.Status = worst.Status
	if !a.readable() {
		if err := a.printJSON(d); err != nil {
			return err
		}
	}
	if d.Status == failure {
		return answer(exitGeneral)
	}
	return nil
}

// printFinding prints a finding for a person as soon as it is there: some checks take
// their time.
func (a *app) printFinding(f finding) {
	if !a.readable() {
		return
	}
	sign := map[string]string{well: "ok", warning: "!", failure: "fail"}[f.Status]
	fmt.Fprintf(a.out, "%-4s  %-10s  %s\n", sign, f.Name, printable(f.Message))
	if f.Hint != "" {
		fmt.Fprintf(a.out, "      %-10s  → %s\n", "", printable(f.Hint))
	}
}

func good(format string, args ...any) finding {
	return finding{Status: well, Message: fmt.Sprintf(format, args...)}
}

func suspect(hint, format string, args ...any) finding {
	return finding{Status: warning, Message: fmt.Sprintf(format, args...), Hint: hint}
}

func bad(hint, format string, args ...any) finding {
	return finding{Status: failure, Message: fmt.Sprintf(format, args...), Hint: hint}
}
