package main

import (
	"path/filepath"
	"testing"

	sq "github.com/Masterminds/squirrel"

	"ciomirror/store/sqlite"
)

// A mirror whose place another file has taken answers the calls under way, and is
// closed with the last of them.
func TestAReplacedMirrorIsClosedWithItsLastCall(t *testing.T) {
	folder := t.TempDir()
	clock := newHistory(t, 1).sim.Now
	for _, name := range []string{"before.db", "after.db"} {
		m, err := sqlite.Open(t.Context(), filepath.Join(folder, name), sqlite.Options{Create: true, Now: clock})
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Close(); err != nil {
			t.Fatal(err)
		}
	}
	a := &app{now: clock}
	a.settings.DB = filepath.Join(folder, "before.db")
	served := &servedMirror{a: a}
	t.Cleanup(served.close)
	lent := func() (*sqlite.Store, func()) {
		t.Helper()
		s, done, err := served.current(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return s, done
	}
	answers := func(s *sqlite.Store) bool {
		_, err := oneOf(s.Rows(t.Context(), sq.Expr("select 1")))
		return err == nil
	}
	first, firstDone := lent()
	second, secondDone := lent()
	if first != second {
		t.Fatal("one file was opened twice")
	}
	a.settings.DB = filepath.Join(folder, "after.db")
	third, thirdDone := lent()
	defer thirdDone()
	if third == first {
		t.Fatal("the file of before is still served")
	}
	firstDone()
	firstDone() // counts once
	if !answers(second) {
		t.Error("the mirror was closed under a call")
	}
	secondDone()
	if answers(second) || !answers(third) {
		t.Error("the mirror of before is open, or that of now closed, after its last call")
	}
}
