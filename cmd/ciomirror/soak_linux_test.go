package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"ciomirror/sim"
)

// TestAProcessThatLivesLongStaysAsItIs lets one process sync and answer again and
// again, while time passes in the workspace and, every half a minute (in every
// third round without -soak), another process that syncs the same mirror is killed.
// Memory and open files must not grow, and in the end the mirror holds what a new
// one does.
func TestAProcessThatLivesLongStaysAsItIs(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	t.Logf("start value %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	w := newWorkspace(t, sim.Options{Seed: 4, Start: time.Now().Add(-20 * 24 * time.Hour)})
	m := w.mirror(t)
	s := m.servant()
	s.must("sync", "--rate", "100000")
	first := clockAt(w.ahead)().Format(time.RFC3339Nano)
	began := time.Now()
	lastKill := began
	var held []usage // after each round
	kills, rounds := 0, 0
	for rounds = 0; rounds < times(9, 4, 0) || time.Since(began) < *soak; rounds++ {
		w.advance(time.Minute)
		s.must("sync", "--rate", "100000")
		s.must("search", "messages", "--where", "type=email", "--limit", "50")
		s.must("sql", "select type, count(*) from messages group by 1")
		s.must("diff", first, "campaigns")
		s.must("status")
		if due := time.Since(lastKill) > 30*time.Second; due || *soak == 0 && rounds%3 == 2 {
			if m.sync(randomBlow(r, 40)) {
				kills++
			}
			m.intact()
			lastKill = time.Now()
		}
		held = append(held, s.usage())
		if t.Failed() {
			t.FailNow()
		}
	}
	s.must("sync", "--full", "--rate", "100000")
	s.stop()
	// A quarter of the time is for warming up.
	quarter := (len(held) + 3) / 4
	warm, end := typical(held[quarter:2*quarter]), typical(held[len(held)-quarter:])
	t.Logf("%d rounds, %d kills: first %v, then %v, in the end %v", rounds, kills, typical(held[:quarter]), warm, end)
	if end.files > warm.files {
		t.Errorf("open files grew from %d to %d", warm.files, end.files)
	}
	most := warm.kib * 3 / 2 // few rounds: the collector has not settled yet
	if *soak > 0 {
		most = warm.kib * 105 / 100
	}
	if end.kib > most {
		t.Errorf("memory grew from %d to %d KiB", warm.kib, end.kib)
	}
	fresh := w.mirror(t)
	fresh.mustSync()
	for _, d := range dumpOf(t, fresh.db).differences(dumpOf(t, m.db)) {
		// The old mirror has a history, and what the API shows no more of the lists
		// that only grow.
		old := strings.Contains(d, "_history: ") || strings.HasPrefix(d, "messages: ") || strings.HasPrefix(d, "activities: ")
		if !old || !strings.HasSuffix(d, "too many") {
			t.Error(d)
		}
	}
}

// servant is a program that runs one command after the other.
type servant struct {
	*mirror
	pid     int
	in      io.WriteCloser
	answers *bufio.Scanner
	errors  *bytes.Buffer
	wait    func() error
}

func (m *mirror) servant() *servant {
	m.Helper()
	cmd, _, stderr := m.start(m.Context())
	cmd.Env = append(cmd.Env, asServant+"=1")
	cmd.Stdout = nil
	out, err := cmd.StdoutPipe()
	if err != nil {
		m.Fatal(err)
	}
	in, err := cmd.StdinPipe()
	if err != nil {
		m.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		m.Fatal(err)
	}
	return &servant{mirror: m, pid: cmd.Process.Pid, in: in, answers: bufio.NewScanner(out), errors: stderr, wait: cmd.Wait}
}

func (s *servant) must(args ...string) {
	s.Helper()
	line, err := json.Marshal(order{s.of.ahead, args})
	if err != nil {
		s.Fatal(err)
	}
	if _, err := s.in.Write(append(line, '\n')); err != nil {
		s.Fatal(err)
	}
	if !s.answers.Scan() || s.answers.Text() != "0" {
		s.in.Close()
		_ = s.wait()
		s.Fatalf("%q: exit code %q\n%s", args, s.answers.Text(), s.errors)
	}
}

func (s *servant) stop() {
	s.Helper()
	s.in.Close()
	if err := s.wait(); err != nil {
		s.Fatalf("%v\n%s", err, s.errors)
	}
}

// usage is what a process holds.
type usage struct {
	kib   int64 // resident
	files int
}

// typical is the median of each figure.
func typical(of []usage) usage {
	var kib []int64
	var files []int
	for _, u := range of {
		kib, files = append(kib, u.kib), append(files, u.files)
	}
	slices.Sort(kib)
	slices.Sort(files)
	return usage{kib[len(kib)/2], files[len(files)/2]}
}

func (u usage) String() string { return fmt.Sprintf("%d KiB and %d open files", u.kib, u.files) }

func (s *servant) usage() (u usage) {
	s.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.pid))
	if err != nil {
		s.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if text, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			u.kib, err = strconv.ParseInt(strings.Fields(text)[0], 10, 64)
		}
	}
	open, listed := os.ReadDir(fmt.Sprintf("/proc/%d/fd", s.pid))
	if err != nil || listed != nil || u.kib == 0 {
		s.Fatalf("usage of process %d: %v, %v", s.pid, err, listed)
	}
	u.files = len(open)
	return u
}
