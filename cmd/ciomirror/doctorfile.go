package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"strings"
	"time"

	"ciomirror/catalog"
	"ciomirror/store"
)

// syncAnew is the way out of a damaged file. A sync into it would not mend it: what has
// the hash that it had is not written again.
func (p *patient) syncAnew() string {
	return fmt.Sprintf("the file is damaged: move %[1]s away, with %[1]s-wal and %[1]s-shm, and sync anew: ciomirror sync", p.settings.DB)
}

// failed is a check that could not be made. What says nothing better is damage.
func (p *patient) failed(ctx context.Context, err error) finding {
	if hint := problemOf(ctx, err).Hint; hint != "" && !errors.Is(err, store.ErrDamaged) {
		return bad(hint, "%v", err)
	}
	return bad(p.syncAnew(), "%v", err)
}

// checkFile opens the mirror.
func checkFile(ctx context.Context, p *patient) finding {
	info, err := os.Stat(p.settings.DB)
	if err == nil && info.Size() == 0 {
		err = store.ErrNoMirror
	}
	if err == nil {
		p.mirror, err = p.openMirror(ctx, false)
	}
	switch {
	case err == nil:
		return good("%s, %s", p.settings.DB, megabytes(info.Size()))
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, store.ErrNoMirror):
		return bad(p.settings.howToFill(), "there is no mirror at %s", p.settings.DB)
	case errors.Is(err, store.ErrNewer):
		return bad(problemOf(ctx, err).Hint, "%v", err)
	case errors.Is(err, store.ErrDamaged):
		return bad("restore the last backup, or "+p.syncAnew(), "%v", err)
	case errors.Is(err, store.ErrForeign):
		return bad("name a mirror: --db FILE; if this was one, "+p.syncAnew(), "%v", err)
	}
	return bad("it must be a file that you may read; another one: --db FILE", "%v", err)
}

// checkMode looks whether others may read people's data.
func checkMode(_ context.Context, p *patient) finding {
	if runtime.GOOS == "windows" {
		return good("this system has no modes")
	}
	var open []string
	for _, suffix := range []string{"", "-wal", "-shm"} {
		path := p.settings.DB + suffix
		info, err := os.Stat(path)
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			open = append(open, path)
		}
	}
	if open != nil {
		return suspect("chmod 600 "+strings.Join(open, " "), "others on this machine can get at people's data: %s", strings.Join(open, ", "))
	}
	return good("0600, for its owner alone")
}

func checkSchema(ctx context.Context, p *patient) finding {
	version, err := p.mirror.Schema(ctx)
	if err != nil {
		return p.failed(ctx, err)
	}
	return good("version %d, that of this program", version)
}

// checkText looks at the text indexes, and makes those that are wrong anew if that is
// wanted.
func checkText(ctx context.Context, p *patient) finding {
	wrong, err := p.mirror.CheckText(ctx)
	switch {
	case err != nil:
		return p.failed(ctx, err)
	case wrong == nil:
		return good("has what the rows have")
	case !p.o.repair:
		p.texts = true
		return bad("make it anew: ciomirror doctor --repair", "not what the rows call for, so that searches for words miss rows: %s", strings.Join(wrong, ", "))
	}
	for _, entity := range wrong {
		if err := p.mirror.RepairText(ctx, entity); err != nil {
			return p.failed(ctx, err)
		}
	}
	if still, err := p.mirror.CheckText(ctx); err != nil || still != nil {
		return bad(p.syncAnew(), "made anew, and still wrong: %s %v", strings.Join(still, ", "), err)
	}
	return good("made anew: %s", strings.Join(wrong, ", "))
}

// checkIntegrity comes after the text indexes: making them anew can mend what it
// would find.
func checkIntegrity(ctx context.Context, p *patient) finding {
	faults, err := p.mirror.CheckFile(ctx)
	switch {
	case err != nil:
		return p.failed(ctx, err)
	case faults == nil:
		return good("every page and index is in order")
	}
	hint := p.syncAnew()
	if p.texts {
		hint = "make the text index anew: ciomirror doctor --repair; if this stays, " + hint
	}
	first := strings.TrimPrefix(strings.ReplaceAll(faults[0], "\n", "; "), "*** in database main ***; ")
	if len(faults) > 1 {
		return bad(hint, "%s; and %d more", first, len(faults)-1)
	}
	return bad(hint, "%s", first)
}

// checkRows holds every row against its hash.
func checkRows(ctx context.Context, p *patient) finding {
	var wrong []string
	for _, e := range catalog.Default().Mirrored() {
		n, err := p.mirror.CheckRows(ctx, store.NewTable(e))
		if err != nil {
			return p.failed(ctx, err)
		}
		if n > 0 {
			wrong = append(wrong, fmt.Sprintf("%s (%d)", e.Name, n))
		}
	}
	if wrong != nil {
		return bad(p.syncAnew(), "rows are not what was stored: %s", strings.Join(wrong, ", "))
	}
	return good("every row and version is what was stored")
}

// checkFreshness names what was not read completely for long, and why.
func checkFreshness(ctx context.Context, p *patient) finding {
	s, err := p.mirror.Status(ctx)
	if err != nil {
		return p.failed(ctx, err)
	}
	var old, denied []string
	oldest := time.Duration(0)
	for _, e := range s.Entities {
		switch {
		case e.Last == store.Skipped:
			denied = append(denied, e.Entity)
		case e.Synced == nil:
			old = append(old, e.Entity+" (never)")
		default:
			if age := time.Duration(*e.AgeSeconds) * time.Second; age > p.age {
				old = append(old, e.Entity+" ("+ago(age)+")")
			} else {
				oldest = max(oldest, age)
			}
		}
	}
	switch {
	case old != nil:
		return suspect("ciomirror sync; how the last runs went: ciomirror status", "not read completely within %s: %s", p.o.maxAge, strings.Join(old, ", "))
	case denied != nil:
		return suspect("give the key the scopes, or leave it so", "the key may not read: %s", strings.Join(denied, ", "))
	}
	return good("all was read, the oldest %s", ago(oldest))
}

// checkLastRun names what the last run did not read to its end, however fresh the rest is.
func checkLastRun(ctx context.Context, p *patient) finding {
	s, err := p.mirror.Status(ctx)
	if err != nil {
		return p.failed(ctx, err)
	}
	var held, short []string
	for _, e := range s.Entities {
		switch e.Last {
		case store.Held:
			held = append(held, e.Entity)
		case store.Partial, store.Failed:
			short = append(short, e.Entity+" ("+e.Last+")")
		}
	}
	var found, next []string
	if held != nil {
		found = append(found, "too many rows would have vanished at once, and wait for your word: "+strings.Join(held, ", "))
		next = append(next, "if they were deleted in Customer.io: "+acceptDeletions(held))
	}
	if short != nil {
		found = append(found, "not read to the end: "+strings.Join(short, ", "))
		next = append(next, "ciomirror sync; why: ciomirror status")
	}
	if found != nil {
		return suspect(strings.Join(next, "; for the rest: "), "%s", strings.Join(found, "; "))
	}
	return good("nothing was held back or cut short")
}

func checkDrift(ctx context.Context, p *patient) finding {
	s, err := p.mirror.Status(ctx)
	if err != nil {
		return p.failed(ctx, err)
	}
	if n := len(s.Drift); n > 0 {
		return suspect(`nothing is lost, see the column extra: ciomirror sql "select * from drift"`, "the API sends %d things that the catalog does not say", n)
	}
	return good("the API sends what the catalog says")
}
