package newfile_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"ciomirror/internal/newfile"
)

func holds(text string) func(string) error {
	return func(part string) error { return os.WriteFile(part, []byte(text), 0o600) }
}

func entries(t *testing.T, dir string) int {
	t.Helper()
	all, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	return len(all)
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestAFileAppearsWholeAndForItsOwner(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "new")
	n, err := newfile.Write(path, newfile.Options{}, func(part string) error {
		if _, err := os.Stat(path); err == nil {
			t.Error("it is there before it is full")
		}
		return holds("four")(part)
	})
	if err != nil || n != 4 || read(t, path) != "four" || entries(t, dir) != 1 {
		t.Errorf("%d bytes, %v: %q, %d files", n, err, read(t, path), entries(t, dir))
	}
	if info, _ := os.Stat(path); runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("its mode is %v", info.Mode())
	}
}

func TestNothingIsLeftOfAFailure(t *testing.T) {
	dir := t.TempDir()
	stop := errors.New("stop")
	_, err := newfile.Write(filepath.Join(dir, "new"), newfile.Options{}, func(part string) error {
		for _, beside := range []string{"", "-wal", "-shm", "-journal"} {
			if err := holds("half")(part + beside); err != nil {
				t.Fatal(err)
			}
		}
		return stop
	})
	if !errors.Is(err, stop) || entries(t, dir) != 0 {
		t.Errorf("%v, %d files are left", err, entries(t, dir))
	}
}

func TestNothingIsReplacedUnasked(t *testing.T) {
	dir := t.TempDir()
	path, spared := filepath.Join(dir, "there"), filepath.Join(dir, "spared")
	for _, p := range []string{path, spared} {
		if err := holds("mine")(p); err != nil {
			t.Fatal(err)
		}
	}
	link := filepath.Join(dir, "link")
	if err := os.Link(spared, link); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		path string
		o    newfile.Options
		want error
	}{
		"a file": {path, newfile.Options{}, newfile.ErrExists}, "the spared one": {spared, newfile.Options{Replace: true, Spare: spared}, newfile.ErrSpared},
		"its other name": {link, newfile.Options{Replace: true, Spare: spared}, newfile.ErrSpared}, "a folder": {dir, newfile.Options{Replace: true}, newfile.ErrExists},
	} {
		if _, err := newfile.Write(c.path, c.o, holds("other")); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// One that appears while the new one is filled.
	late := filepath.Join(dir, "late")
	if _, err := newfile.Write(late, newfile.Options{}, func(part string) error {
		return errors.Join(holds("mine")(late), holds("other")(part))
	}); !errors.Is(err, newfile.ErrExists) || read(t, late) != "mine" {
		t.Errorf("a late one: %v, %q", err, read(t, late))
	}
	if read(t, path) != "mine" || read(t, spared) != "mine" {
		t.Error("a file was replaced")
	}
	if _, err := newfile.Write(path, newfile.Options{Replace: true, Spare: filepath.Join(dir, "gone")}, holds("other")); err != nil || read(t, path) != "other" {
		t.Errorf("asked to replace it: %v, %q", err, read(t, path))
	}
	// A database that somebody has open.
	if err := holds("log")(path + "-wal"); err != nil {
		t.Fatal(err)
	}
	if _, err := newfile.Write(path, newfile.Options{Replace: true}, holds("third")); !errors.Is(err, newfile.ErrExists) {
		t.Errorf("an open database: %v", err)
	}
}
