//go:build unix

package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
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
	seed := uint64(time.Now().UnixNano())
	t.Logf("start value %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	w := newWorkspace(t, sim.Options{Seed: 2})
	want := runClean(t, w).content
	for range times(4, 2, 50) {
		m := w.mirror(t)
		cmd, stdout, stderr := m.start(t.Context(), "sync", "--rate", "100000", "-o", "json")
		blocks := 16 + r.IntN(4000) // of 512 bytes: 2 MB at most, half of the mirror
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
		m.mustSync()
		wantSame(t, want, dumpOf(t, m.db))
	}
}

// TestOfTwoProgramsThatStartTogetherOneRuns: the other ends with the code for busy,
// having asked nothing.
func TestOfTwoProgramsThatStartTogetherOneRuns(t *testing.T) {
	w := newWorkspace(t, sim.Options{Seed: 2})
	m := w.mirror(t)
	m.mustSync()
	counted := w.requests(nil)
	m.mustSync()
	again := w.requests(counted)["total"]
	for i := range times(3, 2, 50) {
		counted = w.requests(nil)
		var both [2]*exec.Cmd
		for n := range both {
			both[n], _, _ = m.start(t.Context(), "sync", "--rate", "100000")
			if err := both[n].Start(); err != nil {
				t.Fatal(err)
			}
		}
		codes := map[int]int{}
		for _, cmd := range both {
			_ = cmd.Wait()
			codes[cmd.ProcessState.ExitCode()]++
		}
		// The second may also have come when the first had ended.
		runs := codes[exitOK]
		if runs == 0 || runs+codes[exitBusy] != 2 {
			t.Fatalf("start %d: exit codes %v", i, codes)
		}
		if n := w.requests(counted)["total"]; n != runs*again {
			t.Errorf("start %d: exit codes %v and %d requests, want %d a run", i, codes, n, again)
		}
	}
}
