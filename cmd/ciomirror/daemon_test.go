package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gofrs/flock"
)

// daemonRun is a daemon's process, whose log is read line by line.
type daemonRun struct {
	t     *testing.T
	cmd   *exec.Cmd
	lines chan map[string]any
	seen  []string
	ended chan error
}

// startDaemon starts "schedule run". Its working folder and environment are the
// script's.
func startDaemon(t *testing.T, s *script, args ...string) *daemonRun {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	var stdout bytes.Buffer
	cmd, err := s.start(ctx, append([]string{"schedule", "run"}, args...), &stdout, nil)
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = nil
	pipe, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	d := &daemonRun{t: t, cmd: cmd, lines: make(chan map[string]any, 100), ended: make(chan error, 1)}
	go func() {
		defer close(d.lines)
		for in := bufio.NewScanner(pipe); in.Scan(); {
			line := map[string]any{"raw": in.Text()}
			if err := json.Unmarshal(in.Bytes(), &line); err != nil {
				line["msg"] = "not JSON"
			}
			d.lines <- line
		}
		_, _ = io.Copy(io.Discard, pipe)
		err := cmd.Wait()
		if stdout.Len() > 0 {
			err = errors.Join(err, fmt.Errorf("it printed %q", stdout.String()))
		}
		d.ended <- err
	}()
	return d
}

// wait returns the next line with the message and, for a job, the status.
func (d *daemonRun) wait(msg, status string) map[string]any {
	d.t.Helper()
	for line := range d.lines {
		raw := fmt.Sprint(line["raw"])
		d.seen = append(d.seen, raw)
		if err := clean("stderr", raw); err != nil {
			d.t.Error(err)
		}
		if line["msg"] == msg && (status == "" || line["status"] == status) {
			return line
		}
	}
	d.t.Fatalf("it ended before it said %s %s:\n%s", msg, status, strings.Join(d.seen, "\n"))
	return nil
}

func (d *daemonRun) signal(s syscall.Signal) {
	d.t.Helper()
	if err := d.cmd.Process.Signal(s); err != nil {
		d.t.Fatal(err)
	}
}

// end waits for the end of the process, which must be a good one.
func (d *daemonRun) end() {
	d.t.Helper()
	for line := range d.lines {
		d.seen = append(d.seen, fmt.Sprint(line["raw"]))
	}
	if err := <-d.ended; err != nil {
		d.t.Errorf("it ended with %v:\n%s", err, strings.Join(d.seen, "\n"))
	}
}

// daemonScript is a folder with a config and a simulator. If there are jobs that
// fired last two days ago, it has a mirror that says so.
func daemonScript(t *testing.T, config string, fired ...string) *script {
	t.Helper()
	s := newScript(t, nil)
	s.write("config.yaml", config)
	s.env["CIOMIRROR_CONFIG"] = s.path("config.yaml")
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%v\n%s", err, s.stderr)
		}
	}
	must(s.simStart(false, nil))
	if len(fired) > 0 {
		must(s.expect(exitOK, []string{"sync", "--rate", "10000"}))
	}
	for _, job := range fired {
		at := time.Now().Add(-48 * time.Hour).UnixMilli()
		must(s.alter(false, []string{s.env["CIOMIRROR_DB"], fmt.Sprintf(
			"insert into schedules_log (job, kind, due, started, finished, status) values ('%s', 'sync', %d, %d, %d, 'ok')", job, at, at, at)}))
	}
	return s
}

func (s *script) jobLog(job string) []string {
	s.t.Helper()
	var statuses []string
	if code, err := s.program([]string{"sql", "select status from schedules_log where job = '" + job + "' order by id", "-o", "csv"}); err != nil || code != 0 {
		s.t.Fatalf("read the log: %d %v %s", code, err, s.stderr)
	}
	for line := range strings.Lines(s.stdout) {
		statuses = append(statuses, strings.TrimSpace(line))
	}
	return statuses[1:]
}

// dailyConfig has two jobs of every day, whose hour is far from now: they run when
// they missed one and not by chance.
func dailyConfig() string {
	far := time.Now().UTC().Add(12 * time.Hour).Hour()
	return fmt.Sprintf(`schedules:
  often: {cron: "0 %d * * *", job: sync, entities: [segments]}
  watch: {cron: "0 %d * * *", job: check, max_age: 9999d}
`, far, far)
}

func TestTheDaemonCatchesUpReloadsAndStops(t *testing.T) {
	s := daemonScript(t, dailyConfig(), "often", "watch")
	notices := serviceManager(t, s)
	d := startDaemon(t, s)
	d.wait("started", "")
	for _, job := range []string{"often", "watch"} {
		line := d.wait("job", "ok")
		if line["job"] != job || line["level"] != "INFO" || line["due"] == nil || line["seconds"] == nil {
			t.Errorf("the line of a run is %v", line["raw"])
		}
	}

	// A second daemon is refused; a sync by hand is not.
	if err := s.expect(exitBusy, []string{"schedule", "run"}); err != nil || !strings.Contains(s.stderr, "another daemon") {
		t.Errorf("a second daemon: %v %s", err, s.stderr)
	}
	if err := s.expect(exitOK, []string{"sync", "segments", "--rate", "10000"}); err != nil {
		t.Errorf("a sync beside a resting daemon: %v %s", err, s.stderr)
	}
	if err := errors.Join(s.expect(exitOK, []string{"status"}), s.json(false, []string{"/schedules/running", "true"})); err != nil {
		t.Error(err)
	}

	s.write("config.yaml", "schedules: {often: {cron: nonsense, job: sync}}\n")
	d.signal(syscall.SIGHUP)
	if line := d.wait("config not reloaded: the old one stays", ""); !strings.Contains(fmt.Sprint(line["error"]), "config.yaml:1: schedules.often.cron") {
		t.Errorf("a broken config is told as %v", line["raw"])
	}
	s.write("config.yaml", "schedules: {rarely: {cron: \"@yearly\", job: sync}}\n")
	d.signal(syscall.SIGHUP)
	if line := d.wait("config reloaded", ""); line["jobs"] != float64(1) {
		t.Errorf("after the reload: %v", line["raw"])
	}
	d.signal(syscall.SIGTERM)
	d.end()

	for job, want := range map[string][]string{"often": {"ok", "ok"}, "watch": {"ok", "ok"}} {
		if got := s.jobLog(job); !slices.Equal(got, want) {
			t.Errorf("the log of %s is %v, want %v", job, got, want)
		}
	}
	if got := notices(); !slices.Equal(got, []string{"READY=1", "RELOADING=1", "READY=1", "RELOADING=1", "READY=1", "STOPPING=1"}) {
		t.Errorf("the service manager was told %v", got)
	}
	s.searchForKey()
}

func TestABusyMirrorIsRecordedAndAJobCutShortRunsAgain(t *testing.T) {
	s := daemonScript(t, dailyConfig(), "often")
	lock := flock.New(s.env["CIOMIRROR_DB"] + ".lock")
	if ok, err := lock.TryLock(); err != nil || !ok {
		t.Fatalf("lock the mirror: %v %v", ok, err)
	}
	d := startDaemon(t, s)
	if line := d.wait("job", "busy"); !strings.Contains(fmt.Sprint(line["message"]), "another sync is running") {
		t.Errorf("a busy mirror is told as %v", line["raw"])
	}
	d.signal(syscall.SIGTERM)
	d.end()
	if got := s.jobLog("often"); !slices.Equal(got, []string{"ok", "busy"}) {
		t.Errorf("the log is %v", got)
	}
	if err := lock.Unlock(); err != nil {
		t.Fatal(err)
	}

	// The simulator hangs at the next sync, until the daemon is told to stop.
	if err := s.simStart(false, []string{"--faults", "hang=1@/v1/segments#1"}); err != nil {
		t.Fatal(err)
	}
	asked := s.watch.first("/v1/segments")
	d = startDaemon(t, s)
	d.wait("started", "")
	<-asked
	if err := s.expect(exitBusy, []string{"sync", "segments"}); err != nil {
		t.Errorf("a sync beside the daemon's: %v", err)
	}
	// The first signal waits for the page, which does not come; the second does not.
	d.signal(syscall.SIGTERM)
	d.wait("stopping", "")
	d.signal(syscall.SIGTERM)
	d.wait("job", "interrupted")
	d.end()

	d = startDaemon(t, s)
	d.wait("job", "ok")
	d.signal(syscall.SIGINT)
	d.end()
	// The three tries of one firing are one line.
	if got := s.jobLog("often"); !slices.Equal(got, []string{"ok", "ok"}) {
		t.Errorf("the log is %v", got)
	}
}

func TestADaemonWithoutAMirrorWaitsAndMakesNone(t *testing.T) {
	s := daemonScript(t, dailyConfig())
	d := startDaemon(t, s)
	d.wait("started", "")
	d.signal(syscall.SIGTERM)
	d.end()
	if _, err := os.Stat(s.env["CIOMIRROR_DB"]); err == nil {
		t.Error("a daemon that did nothing made a mirror")
	}
}

// serviceManager listens as systemd does. The function it returns gives what was
// said, without the times and the status lines.
func serviceManager(t *testing.T, s *script) func() []string {
	t.Helper()
	dir, err := os.MkdirTemp("", "notify") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	path := filepath.Join(dir, "socket")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	s.env["NOTIFY_SOCKET"] = path
	said := make(chan []string, 1)
	go func() {
		var all []string
		b := make([]byte, 4096)
		for {
			n, err := conn.Read(b)
			if err != nil {
				said <- all
				return
			}
			first, _, _ := strings.Cut(string(b[:n]), "\n")
			if !strings.HasPrefix(first, "STATUS=") && first != "WATCHDOG=1" {
				all = append(all, first)
			}
			if first == "STOPPING=1" {
				said <- all
				return
			}
		}
	}()
	return func() []string {
		all := <-said
		conn.Close()
		return all
	}
}
