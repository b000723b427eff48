package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"ciomirror/sim"
	"ciomirror/store"
)

// soak, when above zero, runs the tests of crashes and storage faults at full size
// (500 kills and so on), and lets those that have no end go on for so long.
var soak = flag.Duration("soak", 0, "crash and storage tests at full size; the endless ones last so long")

// times is how often a random test does its work: in the usual run, under -short
// and under -soak.
func times(usual, short, full int) int {
	switch {
	case *soak > 0:
		return full
	case testing.Short():
		return short
	}
	return usual
}

// workspace is a simulator behind a socket whose time stands still unless it is
// advanced: two mirrors of it can be compared however long they took.
type workspace struct {
	sim    *sim.Sim
	killer *killer
	server *httptest.Server
	ahead  time.Duration // of the simulator's clock before the real one
}

func newWorkspace(t *testing.T, o sim.Options) *workspace {
	t.Helper()
	began := time.Now()
	o.Key, o.Now = canary, func() time.Time { return began }
	if o.Start.IsZero() {
		o.Start = began
	}
	s, err := sim.New(o)
	if err != nil {
		t.Fatal(err)
	}
	w := &workspace{sim: s, ahead: o.Start.Sub(began), killer: &killer{next: s}}
	w.server = httptest.NewServer(w.killer)
	t.Cleanup(func() {
		w.server.CloseClientConnections()
		w.server.Close()
	})
	return w
}

// advance lets time pass, also for the programs that are started from then on.
func (w *workspace) advance(d time.Duration) {
	w.sim.Advance(d)
	w.ahead += d
}

// requests are the simulator's counts since they were last asked for.
func (w *workspace) requests(since map[string]int) (counts map[string]int) {
	counts = w.sim.Requests()
	for route, n := range since {
		counts[route] -= n
	}
	return counts
}

// mirror is a file that the program fills from a workspace.
type mirror struct {
	*testing.T
	of *workspace
	db string
}

func (w *workspace) mirror(t *testing.T) *mirror {
	return &mirror{T: t, of: w, db: filepath.Join(t.TempDir(), "mirror.db")}
}

// start prepares the program with its clock and its output.
func (m *mirror) start(ctx context.Context, args ...string) (cmd *exec.Cmd, stdout, stderr *bytes.Buffer) {
	m.Helper()
	self, err := os.Executable()
	if err != nil {
		m.Fatal(err)
	}
	cmd = exec.CommandContext(ctx, self, args...)
	cmd.Dir = filepath.Dir(m.db)
	cmd.Env = append(programsOwn(), clockAhead+"="+m.of.ahead.String(), "HOME="+cmd.Dir,
		"CIOMIRROR_DB="+m.db, "CIO_APP_KEY="+canary, "CIOMIRROR_API_URL="+m.of.server.URL)
	stdout, stderr = &bytes.Buffer{}, &bytes.Buffer{}
	cmd.Stdout, cmd.Stderr = stdout, stderr
	return cmd, stdout, stderr
}

// sync runs a sync as fast as it can, which the blow, if any, may kill.
func (m *mirror) sync(b *blow, args ...string) (killed bool) {
	m.Helper()
	ctx, cancel := context.WithTimeout(m.Context(), patience)
	defer cancel()
	cmd, stdout, stderr := m.start(ctx, append([]string{"sync", "--rate", "100000", "-o", "json"}, args...)...)
	ended := make(chan struct{})
	if b != nil {
		b.wal, b.ended = m.db+"-wal", ended
	}
	if err := m.of.killer.start(cmd, b); err != nil {
		m.Fatal(err)
	}
	err := cmd.Wait()
	close(ended)
	m.of.killer.disarm()
	if ctx.Err() != nil {
		m.Fatalf("the sync did not end within %v", patience)
	}
	if b != nil && b.struck && cmd.ProcessState.ExitCode() == -1 {
		return true
	}
	var report store.RunReport
	if err != nil || json.Unmarshal(stdout.Bytes(), &report) != nil || report.Status != store.Complete {
		m.Fatalf("sync: %v\n%s\n%s", err, stdout, stderr)
	}
	return false
}

func (m *mirror) mustSync(args ...string) {
	m.Helper()
	m.sync(nil, args...)
}

// The moments at which a blow falls.
const (
	before  = iota // the request has come, and no answer goes out
	within         // half the answer is out
	after          // the answer is out
	writing        // the answer is out, and the WAL has begun to grow
	moments
)

// blow is one kill -9 to come: at the so-manieth request, in one of the moments.
type blow struct {
	request, moment int
	wal             string
	ended           <-chan struct{} // closes when the process is gone
	struck          bool
}

func (b *blow) String() string {
	return fmt.Sprintf("%s request %d", [...]string{"before", "within", "after", "writing after"}[b.moment], b.request)
}

// randomBlow falls on one of the first requests, of about as many as most.
func randomBlow(r *rand.Rand, most int) *blow {
	return &blow{request: 1 + r.IntN(1+r.IntN(most)), moment: r.IntN(moments)}
}

// killer hands requests on to the simulator, and kills the process that asks when
// its blow is due.
type killer struct {
	next http.Handler

	mu      sync.Mutex
	victim  *os.Process
	blow    *blow
	seen    int
	started time.Time
	first   time.Duration // from the process's start to its first request
	list    time.Duration // and to the first that it makes with the lease taken
}

// start starts the process and takes aim.
func (k *killer) start(cmd *exec.Cmd, b *blow) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.blow, k.seen, k.first, k.list, k.started = b, 0, 0, 0, time.Now()
	err := cmd.Start()
	k.victim = cmd.Process
	return err
}

func (k *killer) disarm() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.blow = nil
}

// due counts a request and returns the blow that falls on it, and on whom.
func (k *killer) due() (*blow, *os.Process) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.seen++
	switch k.seen {
	case 1: // the probe of the key, before the mirror is opened
		k.first = time.Since(k.started)
	case 2:
		k.list = time.Since(k.started)
	}
	if k.blow == nil || k.blow.request != k.seen {
		return nil, nil
	}
	k.blow.struck = true
	return k.blow, k.victim
}

func (k *killer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b, victim := k.due()
	if b == nil {
		k.next.ServeHTTP(w, r)
		return
	}
	if b.moment == before {
		_ = victim.Kill()
		panic(http.ErrAbortHandler)
	}
	size := sizeOf(b.wal)
	answer := httptest.NewRecorder()
	k.next.ServeHTTP(answer, r)
	maps.Copy(w.Header(), answer.Header())
	w.WriteHeader(answer.Code)
	body := answer.Body.Bytes()
	if b.moment == within {
		w.Write(body[:len(body)/2])
	} else {
		w.Write(body)
	}
	_ = http.NewResponseController(w).Flush()
	switch b.moment {
	case within:
		_ = victim.Kill()
		panic(http.ErrAbortHandler)
	case after:
		_ = victim.Kill()
	case writing:
		go func() {
			for sizeOf(b.wal) == size {
				select {
				case <-b.ended:
					return
				default:
					runtime.Gosched()
				}
			}
			_ = victim.Kill()
		}()
	}
}

// sizeOf is a file's size, -1 when there is none.
func sizeOf(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return -1
	}
	return info.Size()
}

// intact checks what a killed process left, without touching it.
func (m *mirror) intact() (path string) {
	m.Helper()
	path = remains(m.T, m.db)
	if sizeOf(path) <= 0 {
		return ""
	}
	if got := strings.Join(texts(m.T, readOnly(m.T, path), "pragma integrity_check"), "; "); got != "ok" {
		m.Errorf("integrity check: %s", got)
	}
	return path
}

// latencies are how long the starts after a kill took to ask.
type latencies struct {
	mu          sync.Mutex
	first, list []time.Duration
}

// add takes in the last start. A lease that is waited for, or a long recovery,
// shows here.
func (l *latencies) add(k *killer) {
	k.mu.Lock()
	defer k.mu.Unlock()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.first, l.list = append(l.first, k.first), append(l.list, k.list)
}

func (l *latencies) log(t *testing.T) {
	t.Helper()
	if len(l.list) == 0 {
		return
	}
	slices.Sort(l.first)
	slices.Sort(l.list)
	most, half := len(l.list)-1, len(l.list)/2
	t.Logf("after a kill the first request came in %v (median) to %v, the first with the lease in %v to %v",
		l.first[half], l.first[most], l.list[half], l.list[most])
	// Two seconds are the aim; a machine that does much else may need longer.
	if l.list[most] > 10*time.Second {
		t.Errorf("a start after a kill took %v to its first list", l.list[most])
	}
}
