package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"ciomirror/sim"
)

// simStart starts a simulator on a port of its own and points the environment at
// it. Its time is a day behind, so that sim-advance 24h ends at the present.
func (s *script) simStart(_ bool, args []string) error {
	f := flag.NewFlagSet("sim-start", flag.ContinueOnError)
	seed := f.Uint64("seed", 1, "")
	faults := f.String("faults", "", "")
	forbidden := f.String("forbidden", "", "entities, comma-separated")
	null := f.Bool("null-lists", false, "")
	key := f.String("key", canary, "")
	if err := f.Parse(args); err != nil {
		return err
	}
	strikes, err := sim.ParseFaults(*faults)
	if err != nil {
		return err
	}
	o := sim.Options{Seed: *seed, Key: *key, Faults: strikes, NullLists: *null}
	if *forbidden != "" {
		o.Forbidden = strings.Split(*forbidden, ",")
	}
	if s.sim, s.watch, s.server, err = serveSim(s.t, o); err != nil {
		return err
	}
	s.env["CIOMIRROR_API_URL"], s.env["CIO_APP_KEY"] = s.server.URL, canary
	return nil
}

// serveSim serves a simulator of the present less a day until the test ends.
func serveSim(t *testing.T, o sim.Options) (*sim.Sim, *watcher, *httptest.Server, error) {
	o.Now, o.Start = time.Now, time.Now().Add(-24*time.Hour)
	pretend, err := sim.New(o)
	if err != nil {
		return nil, nil, nil, err
	}
	w := &watcher{next: pretend}
	server := httptest.NewServer(w)
	t.Cleanup(func() {
		server.CloseClientConnections() // an answer may hang on purpose
		server.Close()
	})
	return pretend, w, server, nil
}

func (s *script) simAdvance(_ bool, args []string) error {
	d, err := time.ParseDuration(args[0])
	if err == nil {
		s.sim.Advance(d)
	}
	return err
}

// simAsked checks how many requests the simulator got in all.
func (s *script) simAsked(_ bool, args []string) error {
	if got := fmt.Sprint(s.sim.Requests()["total"]); got != args[0] {
		return fmt.Errorf("%s requests", got)
	}
	return nil
}

// simDelete deletes all records of an entity.
func (s *script) simDelete(_ bool, args []string) error {
	var ids []string
	for raw := range s.sim.Records(args[0]) {
		var record struct {
			ID json.RawMessage `json:"id"`
		}
		if err := json.Unmarshal(raw, &record); err != nil {
			return err
		}
		ids = append(ids, strings.Trim(string(record.ID), `"`))
	}
	for _, id := range ids {
		if err := s.sim.Delete(args[0], "", id); err != nil {
			return err
		}
	}
	return nil
}

// running is a program that serves until it is interrupted.
type running struct {
	cmd    *exec.Cmd
	output *bufio.Reader
	errors bytes.Buffer
}

// simRun starts "ciomirror sim" and waits for the line that says where it listens.
func (s *script) simRun(_ bool, args []string) error {
	address, _, err := s.runUntilListening(append([]string{"sim"}, args...))
	if err != nil {
		return err
	}
	s.env["CIOMIRROR_API_URL"], s.env["CIO_APP_KEY"] = address, "sim-key"
	return nil
}

// runUntilListening starts a program that serves, and returns its address with the
// lines that it printed before it said so.
func (s *script) runUntilListening(args []string) (address string, before []string, err error) {
	r := &running{}
	if r.cmd, err = s.start(s.t.Context(), args, nil, &r.errors); err != nil {
		return "", nil, err
	}
	r.cmd.Stdout = nil
	pipe, err := r.cmd.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := r.cmd.Start(); err != nil {
		return "", nil, err
	}
	s.running, r.output = r, bufio.NewReader(pipe)
	for {
		line, err := r.output.ReadString('\n')
		if err != nil {
			return "", before, fmt.Errorf("it never listens: %w: %s", err, r.errors.String())
		}
		address, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "listening on ")
		if !ok {
			before = append(before, line)
			continue
		}
		if !strings.HasPrefix(address, "http://127.0.0.1:") || strings.HasSuffix(address, ":0") {
			return "", before, fmt.Errorf("it listens on %q", address)
		}
		return address, before, nil
	}
}

// simStop interrupts it: it must end with 0 and have said nothing more.
func (s *script) simStop(bool, []string) error {
	if err := s.running.cmd.Process.Signal(os.Interrupt); err != nil {
		return err
	}
	rest, err := io.ReadAll(s.running.output)
	if err := errors.Join(err, s.running.cmd.Wait()); err != nil {
		return err
	}
	if said := string(rest) + s.running.errors.String(); said != "" {
		return fmt.Errorf("it said more: %q", said)
	}
	return nil
}

// watcher tells when a path is asked for.
type watcher struct {
	next http.Handler

	mu     sync.Mutex
	prefix string
	asked  chan struct{}
}

// first returns a channel that closes at the next request for a path that begins
// with prefix.
func (w *watcher) first(prefix string) <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.prefix, w.asked = prefix, make(chan struct{})
	return w.asked
}

func (w *watcher) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	if w.asked != nil && strings.HasPrefix(r.URL.Path, w.prefix) {
		close(w.asked)
		w.asked = nil
	}
	w.mu.Unlock()
	w.next.ServeHTTP(rw, r)
}

// fixture is a mirror that the program made once for all scripts: base.db after a
// first sync, day.db after a second one a simulated day later.
type fixture struct {
	dir             string
	before, between string // RFC 3339
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{dir: t.TempDir()}
	s := newScript(t, f)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("make the shared mirror: %v\n%s%s", err, s.stdout, s.stderr)
		}
	}
	must(s.simStart(false, nil))
	f.before = time.Now().Add(-time.Hour).UTC().Format(time.RFC3339)
	must(s.expect(0, []string{"sync", "--rate", "10000"}))
	must(copyFile(s.env["CIOMIRROR_DB"], filepath.Join(f.dir, "base.db")))
	f.between = time.Now().UTC().Format(time.RFC3339Nano)
	must(s.simAdvance(false, []string{"24h"}))
	must(s.expect(0, []string{"sync", "--rate", "10000"}))
	must(copyFile(s.env["CIOMIRROR_DB"], filepath.Join(f.dir, "day.db")))
	if _, err := os.Stat(s.env["CIOMIRROR_DB"] + "-wal"); err == nil {
		t.Fatal("the program left a WAL behind: the copies are not whole")
	}
	return f
}
