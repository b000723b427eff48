package main

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"ciomirror/store"
)

// timeForms are how an instant is written: with its zone, or as tables show it, in UTC.
var timeForms = []string{time.RFC3339, time.DateOnly, shownTime, time.DateTime, "2006-01-02T15:04", "2006-01-02T15:04:05"}

// shownTime is how people are shown Unix seconds.
const shownTime = "2006-01-02 15:04"

const timesAre = "times are 2026-11-20, '2026-11-20 09:00' (UTC), 2026-11-20T09:00:00+01:00, Unix seconds, or an age: 7d, 12h"

// instantOf reads what is written in one of the timeForms.
func instantOf(text string) (time.Time, bool) {
	if len(text) < len(time.DateOnly) || text[0] < '0' || text[0] > '9' {
		return time.Time{}, false
	}
	for _, form := range timeForms {
		if t, err := time.Parse(form, text); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// when reads a time as people write it: one of the timeForms, Unix seconds, an age such
// as 7d or 12h (-7d too), or now.
func when(text string, now time.Time) (time.Time, error) {
	if text == "now" {
		return now, nil
	}
	if t, ok := instantOf(text); ok {
		return t, nil
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil && n >= 0 {
		return time.Unix(n, 0), nil
	}
	if d, err := age(strings.TrimPrefix(text, "-")); err == nil {
		return now.Add(-d), nil
	}
	return time.Time{}, usageError(fmt.Sprintf("%q is no time", text),
		timesAre)
}

// instant reads a time, or the name of a snapshot, which stands for the time that
// it shows. No name can be read as a time, so the order does not matter.
func (a *app) instant(ctx context.Context, m store.Store, text string) (time.Time, error) {
	snapshots, err := m.Snapshots(ctx)
	if err != nil {
		return time.Time{}, err
	}
	for _, s := range snapshots {
		if s.Name == text {
			return s.At, nil
		}
	}
	if t, err := when(text, a.now()); err == nil {
		return t, nil
	}
	p := noSnapshot(fmt.Sprintf("%q is neither a time nor a snapshot", text), text, snapshots)
	p.Hint += "; " + timesAre
	return time.Time{}, p
}

// withoutDashes takes the dash from arguments that are ages, so that -7d is one
// and no flags; nothing else begins with a dash and a digit and reads as an age.
// The value of a flag is that flag's own affair.
func withoutDashes(root *cobra.Command, args []string) []string {
	args = slices.Clone(args)
	cmd, _, err := root.Find(args)
	if err != nil {
		return args
	}
	for i, arg := range args {
		text, dashed := strings.CutPrefix(arg, "-")
		if !dashed || text == "" || text[0] < '0' || text[0] > '9' || i > 0 && takesValue(cmd, args[i-1]) {
			continue
		}
		if _, err := age(text); err == nil {
			args[i] = text
		}
	}
	return args
}

// takesValue reports whether an argument is a flag whose value is the next one.
func takesValue(cmd *cobra.Command, arg string) bool {
	name, long := strings.CutPrefix(arg, "--")
	if !long {
		return false
	}
	f := cmd.Flag(name)
	return f != nil && f.NoOptDefVal == ""
}

// clock shows Unix seconds as a time in UTC; other text as it is.
func clock(seconds string) string {
	n, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil {
		return seconds
	}
	return time.Unix(n, 0).UTC().Format(shownTime)
}

// exactly is an instant of the mirror as it is typed: no second is rounded away, since
// the mirror may know nothing of the part before.
func exactly(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.999Z07:00") }

// age reads a length of time: 90s, 30m, 12h, 7d, 2w.
func age(text string) (time.Duration, error) {
	for suffix, unit := range map[string]time.Duration{"d": 24 * time.Hour, "w": 7 * 24 * time.Hour} {
		if number, ok := strings.CutSuffix(text, suffix); ok {
			if n, err := strconv.ParseUint(number, 10, 16); err == nil && n <= uint64(math.MaxInt64/unit) {
				return time.Duration(n) * unit, nil
			}
		}
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		return 0, usageError(fmt.Sprintf("%q is no length of time", text), "for example: 90s, 30m, 12h, 7d, 2w")
	}
	return d, nil
}
