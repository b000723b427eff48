//go:build unix

package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"ciomirror/sim"
)

// TestSearchInAFolderThatCannotBeWritten: a mirror on a read-only share can be
// asked, and a sync into it says what is wrong. Root may write everywhere, so root
// runs the program as somebody else.
func TestSearchInAFolderThatCannotBeWritten(t *testing.T) {
	// t.TempDir is its owner's alone; this one is for all.
	dir, err := os.MkdirTemp("", "ciomirror-readonly")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = os.Chmod(dir, 0o700)
		_ = os.RemoveAll(dir)
	})
	_, _, server, err := serveSim(t, sim.Options{Key: canary})
	if err != nil {
		t.Fatal(err)
	}
	program, db := filepath.Join(dir, "ciomirror"), filepath.Join(dir, "mirror.db")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Link(self, program); err != nil {
		if err := copyFile(self, program); err != nil { // another file system
			t.Fatal(err)
		}
	}
	run := func(attr *syscall.SysProcAttr, args ...string) (string, string, int) {
		cmd := exec.CommandContext(t.Context(), program, args...)
		cmd.Dir, cmd.SysProcAttr = dir, attr
		cmd.Env = append(programsOwn(), "HOME=/nonexistent", "CIOMIRROR_DB="+db, "CIO_APP_KEY="+canary, "CIOMIRROR_API_URL="+server.URL)
		var stdout, stderr bytes.Buffer
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
			t.Fatal(err)
		}
		return stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()
	}
	if err := os.Chmod(program, 0o755); err != nil {
		t.Fatal(err)
	}
	if _, stderr, code := run(nil, "sync", "segments", "--rate", "10000"); code != exitOK {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	for path, mode := range map[string]os.FileMode{db: 0o444, dir: 0o555} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Remove(db + ".lock"); os.Getuid() == 0 && err != nil {
		t.Fatal(err)
	}
	var reader *syscall.SysProcAttr
	if os.Getuid() == 0 {
		reader = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	}
	for _, args := range [][]string{
		{"search", "segments", "--limit", "1", "-o", "json"},
		{"sql", "select count(*) as n from segments"},
		{"status"},
		{"search", "segments", "--as-of", "now"},
		{"doctor", "--offline"},
	} {
		stdout, stderr, code := run(reader, args...)
		if code != exitOK || stdout == "" || stderr != "" {
			t.Errorf("%q: exit code %d, stdout %q, stderr %q", args, code, stdout, stderr)
		}
	}
	for _, args := range [][]string{{"sync", "segments"}, {"doctor", "--offline", "--repair"}, {"prune"}, {"snapshot", "create", "a"}} {
		_, stderr, code := run(reader, args...)
		if code != exitGeneral || !strings.Contains(stderr, "permission denied") || !strings.Contains(stderr, "as the owner of the file") {
			t.Errorf("%q: exit code %d, stderr %q", args, code, stderr)
		}
	}
	left, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range left {
		if n := f.Name(); n != "ciomirror" && n != "mirror.db" && n != "mirror.db.lock" {
			t.Errorf("%s was left behind", n)
		}
	}
}
