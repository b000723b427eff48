package server

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"
)

// Status is what the mirror holds.
type Status struct {
	Bytes    int64
	Entities []EntityStatus
}

// EntityStatus is one entity of the mirror, and what all runs together did to it.
type EntityStatus struct {
	Entity string
	Rows   int64
	Synced *time.Time // when it was last read completely; nil for never
	// Runs counts runs by how they ended, Changes rows by what became of them: new,
	// changed, same, gone.
	Runs, Changes map[string]int64
	Requests      int64
	Seconds       float64       // that the runs took for it
	Waited        time.Duration // of these, for the rate limit and before retries
}

// searchable reports whether there is anything to find.
func (e EntityStatus) searchable() bool { return e.Synced != nil || e.Rows > 0 }

func (e EntityStatus) word() string {
	switch {
	case e.Synced != nil:
		return statusReady
	case e.Rows > 0:
		return statusPreview
	}
	return statusInitial
}

// ready reports whether a search can be answered at all.
func (s Status) ready() bool {
	for _, e := range s.Entities {
		if e.Synced != nil {
			return true
		}
	}
	return false
}

// word is the state of the whole store.
func (s Status) word() string {
	if s.ready() {
		return statusReady
	}
	for _, e := range s.Entities {
		if e.Rows > 0 {
			return statusPreview
		}
	}
	return statusLoading
}

// memory keeps the last status for a moment: counting the rows of a large mirror takes
// a while, and the probes that ask for it are open to everybody. A failure is not kept:
// it costs little, and is to end when its cause does.
type memory struct {
	mu     sync.Mutex
	status *Status
	read   time.Time
}

// statusLife is how old a status may be.
const statusLife = time.Second

// statusTime bounds the reading of it.
const statusTime = 10 * time.Second

func (s *Server) statusNow(ctx context.Context) (Status, error) {
	m := &s.status
	m.mu.Lock()
	defer m.mu.Unlock()
	now := s.o.Now()
	if age := now.Sub(m.read); m.status != nil && age >= 0 && age < statusLife {
		return *m.status, nil
	}
	// Others wait for this answer: it does not end with whoever asked first.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), statusTime)
	defer cancel()
	st, err := s.o.Mirror.Status(ctx)
	if err != nil {
		m.status = nil
		return Status{}, err
	}
	m.status, m.read = &st, now
	return st, nil
}

// readStatus is the status for an answer. An empty mirror has an empty one.
func (s *Server) readStatus(w http.ResponseWriter, r *http.Request) (Status, *failure) {
	st, err := s.statusNow(r.Context())
	if err == nil || errors.Is(err, ErrNotSynced) {
		return st, nil
	}
	return st, s.failed(w, "read the status", err)
}

type health struct {
	Status string `json:"status"`
	Reason string `json:"reason,omitempty"`
	Hint   string `json:"hint,omitempty"`
}

// healthz says that the process answers, and nothing of the mirror.
func (s *Server) healthz(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, health{Status: "ok"})
}

// readyz says whether a search would find anything. It is open to everybody, so it
// tells nothing that a stranger must not know.
func (s *Server) readyz(w http.ResponseWriter, r *http.Request) {
	st, err := s.statusNow(r.Context())
	switch {
	case err == nil && st.ready():
		writeJSON(w, http.StatusOK, health{Status: "ready"})
	case err == nil || errors.Is(err, ErrNotSynced):
		writeJSON(w, http.StatusServiceUnavailable, health{"not ready", "nothing was copied completely yet", "ciomirror auth login, then: ciomirror sync"})
	default:
		s.failed(w, "read the status", err)
		writeJSON(w, http.StatusServiceUnavailable, health{"not ready", "the mirror cannot be read", "ciomirror status"})
	}
}
