package main

import (
	"fmt"
	"sync"
	"time"

	"github.com/jedib0t/go-pretty/v6/progress"

	syncer "ciomirror/sync"
)

// progressView shows a sync to a person. Away from a terminal it is silent: the
// bars write control codes.
type progressView struct {
	mu      sync.Mutex
	bars    progress.Writer
	byName  map[string]*progress.Tracker
	stopped chan struct{}
}

func (a *app) newProgress() *progressView {
	v := &progressView{byName: map[string]*progress.Tracker{}}
	if !a.terminal.err || a.settings.quiet || envValue(a.env, "TERM") == "dumb" {
		return v
	}
	w := progress.NewWriter()
	w.SetOutputWriter(a.err)
	w.SetUpdateFrequency(100 * time.Millisecond)
	w.SetTrackerLength(10)
	w.SetMessageLength(max(16, min(40, a.terminal.width-48)))
	w.SetTerminalWidth(a.terminal.width) // a longer line would wrap and stay on the screen
	w.SetStyle(progress.StyleBlocks)
	if envValue(a.env, "NO_COLOR") == "" {
		w.Style().Colors = progress.StyleColorsExample
	}
	w.Style().Visibility.Percentage = false
	w.Style().Visibility.ETA = false
	w.Style().Visibility.Speed = true
	v.bars, v.stopped = w, make(chan struct{})
	go func() {
		defer close(v.stopped)
		w.Render()
	}()
	return v
}

// update shows how far an entity is. It is called from several goroutines.
func (v *progressView) update(p syncer.Progress) {
	if v.bars == nil {
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	t := v.byName[p.Entity]
	if t == nil {
		t = &progress.Tracker{Message: p.Entity, Units: progress.UnitsDefault}
		v.byName[p.Entity] = t
		v.bars.AppendTracker(t)
	}
	t.SetValue(p.Rows)
	if p.Status != "" {
		t.UpdateMessage(fmt.Sprintf("%s %s", p.Entity, p.Status))
		t.UpdateTotal(max(p.Rows, 1))
		t.MarkAsDone()
	}
}

// done waits until the last state is on the screen.
func (v *progressView) done() {
	if v.bars == nil {
		return
	}
	v.bars.Stop()
	<-v.stopped
}
