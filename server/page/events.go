package page

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// events sends a live run to the browser as it goes: an event "run" with the part of
// the page that shows it whenever that is another, and "end" when the run is over.
// The stream ends with the run, when the browser goes, or when the server is to
// stop: the browser asks again by itself.
func (p *Page) events(w http.ResponseWriter, r *http.Request) {
	v, err := p.runNamed(r)
	if err != nil {
		f := p.problem(r.Context(), err)
		http.Error(w, f.Message, f.Status)
		return
	}
	out := http.NewResponseController(w)
	_ = out.SetWriteDeadline(time.Time{}) // a server without deadlines has none to lift
	defer p.endWhenDone(out)()
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	if r.Method == http.MethodHead {
		return
	}
	again := time.NewTicker(p.o.Poll)
	defer again.Stop()
	sent := ""
	for {
		var b bytes.Buffer
		if err := p.render(&b, answer{view: "run", data: v, part: true}); err != nil {
			p.o.Log.ErrorContext(r.Context(), "a live run was not shown", "error", err)
			return
		}
		if html := b.String(); html != sent {
			sent = html
			writeEvent(w, "run", html)
		} else {
			fmt.Fprint(w, ":\n\n") // keeps the connection from being taken for dead
		}
		if !v.Live {
			writeEvent(w, "end", "")
		}
		if out.Flush() != nil || !v.Live {
			return
		}
		select {
		case <-r.Context().Done():
			return
		case <-p.o.Done:
			return
		case <-again.C:
		}
		if v, err = p.runNamed(r); err != nil {
			return // the browser asks again by itself
		}
	}
}

// endWhenDone ends a write to a browser that does not read when the server is to stop,
// until the function that it returns is called.
func (p *Page) endWhenDone(out *http.ResponseController) (stop func()) {
	over, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		select {
		case <-p.o.Done:
			_ = out.SetWriteDeadline(time.Unix(1, 0)) // long ago; a server without deadlines waits for the browser
		case <-over:
		}
	}()
	return func() {
		close(over)
		<-ended
	}
}

// writeEvent sends one event; each line of its data has a line of its own.
func writeEvent(w http.ResponseWriter, name, data string) {
	fmt.Fprintf(w, "event: %s\ndata: %s\n\n", name, strings.ReplaceAll(strings.ReplaceAll(data, "\r", ""), "\n", "\ndata: "))
}
