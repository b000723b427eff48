package main

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/jedib0t/go-pretty/v6/progress"

	syncer "ciomirror/sync"
)

// progressView shows a sync to a person: a live line for each entity on a terminal,
// and elsewhere, where control codes would be noise, a line once an entity is done.
// A program that asked for JSON finds the same in the report.
type progressView struct {
	app     *app
	mu      sync.Mutex
	bars    progress.Writer // nil away from a terminal
	lines   map[string]*progress.Tracker
	stopped chan struct{}
}

func (a *app) newProgress() *progressView {
	v := &progressView{app: a, lines: map[string]*progress.Tracker{}}
	if !a.terminal.err || a.settings.quiet || envValue(a.env, "TERM") == "dumb" {
		return v
	}
	w := progress.NewWriter()
	w.SetOutputWriter(cleanLine{a.err})
	w.SetUpdateFrequency(100 * time.Millisecond)
	w.SetTrackerLength(10)
	width := a.terminal.width
	if width == 0 {
		width = 80
	}
	w.SetMessageLength(max(16, min(64, width-34)))
	w.SetTerminalWidth(width) // a longer line would wrap and stay on the screen
	w.SetStyle(progress.StyleBlocks)
	if envValue(a.env, "NO_COLOR") == "" {
		w.Style().Colors = progress.StyleColorsExample
	}
	w.Style().Visibility.Percentage = false
	w.Style().Visibility.Value = false
	w.Style().Visibility.ETA = true
	w.Style().Options.TimeInProgressPrecision = time.Second
	w.Style().Options.TimeDonePrecision = 100 * time.Millisecond
	w.Style().Visibility.Time = true
	v.bars, v.stopped = w, make(chan struct{})
	go func() {
		defer close(v.stopped)
		w.Render()
	}()
	return v
}

// update shows how far an entity is. It is called from several goroutines.
func (v *progressView) update(p syncer.Progress) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.bars == nil {
		if p.Status != "" && !v.app.settings.Output.json() {
			v.app.say("%s", summary(p))
		}
		return
	}
	t := v.lines[p.Entity]
	if t == nil {
		// What is left is an estimate: only its status says that an entity is done.
		t = &progress.Tracker{Message: p.Entity, Units: progress.UnitsDefault, AutoStopDisabled: true}
		v.lines[p.Entity] = t
		v.bars.AppendTracker(t)
	}
	t.UpdateMessage(rates(p))
	// The bar and the time that is left go by requests, which are what takes time.
	if p.Left >= 0 {
		t.UpdateTotal(max(1, p.Requests+p.Left))
	}
	t.SetValue(p.Requests)
	if p.Status != "" {
		t.UpdateTotal(max(1, p.Requests))
		t.MarkAsDone()
	}
}

// rates is an entity's live line. What matters most stands first: a narrow terminal
// cuts the end off.
func rates(p syncer.Progress) string {
	parts := []string{fmt.Sprintf("%s %d", p.Entity, p.Rows)}
	if p.Status != "" {
		parts[0] = fmt.Sprintf("%s %s %d", p.Entity, p.Status, p.Rows)
	}
	if s := p.Took.Seconds(); s >= 1 {
		parts = append(parts, fmt.Sprintf("%.0f rows/s", float64(p.Rows)/s), fmt.Sprintf("%.1f req/s", float64(p.Requests)/s))
	}
	if waited := waited(p); waited >= time.Second {
		parts = append(parts, fmt.Sprintf("waited %.0f s", waited.Seconds()))
	}
	return strings.Join(parts, " · ")
}

// summary is the line of an entity that is done.
func summary(p syncer.Progress) string {
	line := fmt.Sprintf("%s %s: %d rows, %s, %.1f s", p.Entity, p.Status, p.Rows, requests(p.Requests), p.Took.Seconds())
	if waited := waited(p); waited >= time.Second {
		line += fmt.Sprintf(", waited %.0f s for the rate limit", waited.Seconds())
	}
	return line
}

// waited is how long an entity waited by the clock on the wall. Its lists are walked
// side by side, and what each of them waited is more together.
func waited(p syncer.Progress) time.Duration { return min(p.Waited, p.Took) }

// done waits until the last state is on the screen.
func (v *progressView) done() {
	if v.bars == nil {
		return
	}
	for {
		v.bars.Stop() // it is not heard before the drawing began
		select {
		case <-v.stopped:
			fmt.Fprint(v.app.err, wipe)
			return
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// wipe takes the line away in which the cursor is, and puts the cursor at its beginning.
const wipe = "\r\x1b[K"

// cleanLine begins each drawing in a line of its own. Where somebody types, the terminal
// shows it: a ^C at the cursor would move what is drawn over the bars, and leave their
// ends.
type cleanLine struct{ w io.Writer }

func (c cleanLine) Write(drawing []byte) (int, error) {
	if _, err := c.w.Write(append([]byte(wipe), drawing...)); err != nil {
		return 0, err
	}
	return len(drawing), nil
}
