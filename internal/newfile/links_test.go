package newfile

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// noLinks is what a file system without links answers.
func noLinks(old, name string) error {
	return &os.LinkError{Op: "link", Old: old, New: name, Err: syscall.EOPNOTSUPP}
}

func fill(text string) func(string) error {
	return func(part string) error { return os.WriteFile(part, []byte(text), 0o600) }
}

func TestWithoutLinksAFileGetsItsNameAllTheSame(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "new")
	if n, err := Write(path, Options{link: noLinks}, fill("four")); n != 4 || err != nil {
		t.Fatalf("%d bytes, %v", n, err)
	}
	if b, err := os.ReadFile(path); string(b) != "four" || err != nil {
		t.Errorf("%q, %v", b, err)
	}
	if all, _ := os.ReadDir(dir); len(all) != 1 {
		t.Errorf("%v", all)
	}
}

func TestWithoutLinksNothingIsReplacedEither(t *testing.T) {
	path := filepath.Join(t.TempDir(), "late")
	for name, link := range map[string]func(string, string) error{
		"none": func(part, path string) error { return errors.Join(fill("mine")(path), noLinks(part, path)) },
		"some": func(part, path string) error { return errors.Join(fill("mine")(path), os.Link(part, path)) },
	} {
		if _, err := Write(path, Options{link: link}, fill("other")); !errors.Is(err, ErrExists) {
			t.Errorf("%s: %v", name, err)
		}
		if b, _ := os.ReadFile(path); string(b) != "mine" {
			t.Errorf("%s: %q", name, b)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAClaimThatComesToNothingIsTakenBack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new")
	gone := func(part, path string) error { return errors.Join(os.Remove(part), noLinks(part, path)) }
	if _, err := Write(path, Options{link: gone}, fill("four")); err == nil || errors.Is(err, ErrExists) {
		t.Errorf("%v", err)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the empty file is left: %v", err)
	}
}
