package main

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ciomirror/schedules"
)

// backupApp is an app with a mirror at path.
func backupApp(t *testing.T, path string) *app {
	t.Helper()
	a := &app{out: io.Discard, err: io.Discard, now: time.Now, env: func(string) (string, bool) { return "", false }}
	a.settings.DB = path
	m, err := a.openMirror(t.Context(), true)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	return a
}

func nightly(t *testing.T, to string, keep int) jobConfig {
	t.Helper()
	when, err := schedules.Parse("CRON_TZ=Asia/Tokyo 0 2 * * *")
	if err != nil {
		t.Fatal(err)
	}
	return jobConfig{Name: "nightly", Kind: "backup", When: when, To: to, Keep: keep}
}

// filesIn are the names in a folder, without those of a database's log.
func filesIn(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), "-wal") && !strings.HasSuffix(e.Name(), "-shm") {
			names = append(names, e.Name())
		}
	}
	return names
}

// TestABackupJobKeepsTheNewestDays, and what is not its own.
func TestABackupJobKeepsTheNewestDays(t *testing.T) {
	dir := t.TempDir()
	// The mirror itself has the name of an old backup.
	a := backupApp(t, filepath.Join(dir, "nightly-2020-01-01.db"))
	stay := []string{"nightly-2026-11-20.db", "nightly-2026-11-20.db.old", "nightly-2026-13-01.db", "nightly-last.db", "other-2020-01-01.db", "weekly-nightly-2020-01-01.db"}
	for _, name := range append([]string{"nightly-2026-11-18.db", "nightly-2026-11-19.db", "nightly-2026-11-23.db"}, stay...) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "nightly-2019-01-01.db"), 0o700); err != nil {
		t.Fatal(err)
	}
	// 02:00 in Tokyo is the day before in UTC.
	due := time.Date(2026, 11, 22, 17, 0, 0, 0, time.UTC)
	message, err := a.backupJob(t.Context(), nil, nightly(t, filepath.Join(dir, "{name}-{date}.db"), 2), due)
	if err != nil || !strings.Contains(message, "nightly-2026-11-23.db") || !strings.HasSuffix(message, "; removed 2 of older days") {
		t.Errorf("%q, %v", message, err)
	}
	want := append([]string{"nightly-2019-01-01.db", "nightly-2020-01-01.db", "nightly-2026-11-23.db"}, stay...)
	slices.Sort(want)
	if got := filesIn(t, dir); !slices.Equal(got, want) {
		t.Errorf("there are\n%q, want\n%q", got, want)
	}
	// What was written is a mirror.
	a.settings.DB = filepath.Join(dir, "nightly-2026-11-23.db")
	m, err := a.openMirror(t.Context(), false)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Close(); err != nil {
		t.Error(err)
	}
}

// TestABackupJobKeepsTheOneItWrote though the clock was once ahead of itself.
func TestABackupJobKeepsTheOneItWrote(t *testing.T) {
	dir := t.TempDir()
	a := backupApp(t, filepath.Join(t.TempDir(), "mirror.db"))
	ahead := filepath.Join(dir, "nightly-2099-01-01.db")
	if err := os.WriteFile(ahead, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := a.backupJob(t.Context(), nil, nightly(t, filepath.Join(dir, "{name}-{date}.db"), 1), time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)); err != nil {
		t.Fatal(err)
	}
	if got := filesIn(t, dir); !slices.Equal(got, []string{"nightly-2026-11-22.db", "nightly-2099-01-01.db"}) {
		t.Errorf("there are %q", got)
	}
	// Without a number all stay.
	if _, err := a.backupJob(t.Context(), nil, nightly(t, filepath.Join(dir, "{name}-{date}.db"), 0), time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)); err != nil || len(filesIn(t, dir)) != 3 {
		t.Errorf("%q, %v", filesIn(t, dir), err)
	}
}

// TestABackupJobCountsFilesWithoutAnEnding, also where to ends in a slash.
func TestABackupJobCountsFilesWithoutAnEnding(t *testing.T) {
	dir := t.TempDir()
	a := backupApp(t, filepath.Join(t.TempDir(), "mirror.db"))
	if err := os.WriteFile(filepath.Join(dir, "2026-11-01"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := a.backupJob(t.Context(), nil, nightly(t, dir+"//{date}/", 1), time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)); err != nil {
		t.Fatal(err)
	}
	if got := filesIn(t, dir); !slices.Equal(got, []string{"2026-11-22"}) {
		t.Errorf("there are %q", got)
	}
}

func TestABackupJobSaysWhichFolderIsMissing(t *testing.T) {
	a := backupApp(t, filepath.Join(t.TempDir(), "mirror.db"))
	gone := filepath.Join(t.TempDir(), "gone")
	_, err := a.backupJob(t.Context(), nil, nightly(t, filepath.Join(gone, "x.db"), 0), time.Now())
	if err == nil || !strings.Contains(err.Error(), "mkdir -p "+gone) {
		t.Errorf("%v", err)
	}
}
