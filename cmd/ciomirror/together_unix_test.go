//go:build unix

package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"
	"time"

	"ciomirror/sim"
)

// TestALimitOnTheSizeOfFilesIsExplained runs syncs that may not make a file above
// a random size, as a full disk or a quota would have it: they fail, say why and
// what to do, and the next one without the limit ends like any other.
func TestALimitOnTheSizeOfFilesIsExplained(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	t.Logf("start value %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	w := newWorkspace(t, sim.Options{Seed: 2})
	clean := w.mirror(t)
	clean.mustSync("activities", "campaign_actions")
	want := dumpOf(t, clean.db)
	for range times(4, 1, 50) {
		m := w.mirror(t)
		cmd, stdout, stderr := m.start(t.Context(), "sync", "activities", "campaign_actions", "--rate", "100000", "-o", "json")
		blocks := 16 + r.IntN(2000) // of 512 bytes: 1 MB at most, half of the mirror
		cmd.Args = append([]string{"sh", "-c", fmt.Sprintf(`ulimit -f %d && exec "$0" "$@"`, blocks), cmd.Path}, cmd.Args[1:]...)
		var err error
		if cmd.Path, err = exec.LookPath("sh"); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		_ = cmd.Run()
		var told problem
		if code := cmd.ProcessState.ExitCode(); code != exitGeneral || json.Unmarshal(stderr.Bytes(), &told) != nil || told.Hint == "" ||
			!strings.Contains(told.Message, "the disk did not take it") {
			t.Fatalf("%d blocks: exit code %d after %v\n%s\n%s", blocks, code, time.Since(began), stdout, stderr)
		}
		m.intact()
		m.mustSync("activities", "campaign_actions")
		wantSame(t, want, dumpOf(t, m.db))
	}
}

// TestOfTwoProgramsThatStartTogetherOneRuns: the API answers nothing until one of
// the two has ended, which must be because the mirror is busy; then the other, and
// only it, reads the workspace.
func TestOfTwoProgramsThatStartTogetherOneRuns(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, sim.Options{Seed: 2})
	m := w.mirror(t)
	m.mustSync("segments")
	counted := w.sim.Requests()
	m.mustSync("segments")
	again := w.requests(counted)["total"]
	for i := range times(3, 2, 50) {
		counted = w.sim.Requests()
		gate := make(chan struct{})
		w.server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			<-gate
			w.sim.ServeHTTP(rw, r)
		}))
		t.Cleanup(w.server.Close)
		codes := make(chan int, 2)
		for range 2 {
			cmd, _, _ := m.start(t.Context(), "sync", "segments", "--rate", "100000")
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			go func() {
				_ = cmd.Wait()
				codes <- cmd.ProcessState.ExitCode()
			}()
		}
		first := <-codes
		close(gate)
		if second := <-codes; first != exitBusy || second != exitOK {
			t.Fatalf("start %d: exit codes %d and %d", i, first, second)
		}
		if n := w.requests(counted)["total"]; n != again {
			t.Errorf("start %d: %d requests, want those of one run: %d", i, n, again)
		}
	}
}
