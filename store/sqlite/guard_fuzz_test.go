package sqlite

import (
	"errors"
	"strings"
	"testing"
	"time"

	"ciomirror/store"
)

// FuzzStatement: whatever people write, nothing on the disk changes, no secret comes
// out, and behind a statement that is good there is no second one.
func FuzzStatement(f *testing.F) {
	castle := newFortress(f)
	for _, g := range hostile(castle) {
		for _, text := range g.statements {
			if len(text) < 2000 {
				f.Add(text)
			}
		}
	}
	before := castle.state(f)
	f.Fuzz(func(t *testing.T, text string) {
		ask := func(text string) error {
			_, _, err := castle.ask(t, text, nil, 50*time.Millisecond)
			return err
		}
		_ = oneStatement(text)
		if err := ask(text); err == nil && !strings.Contains(text, "/*") {
			err := ask(text + "\n;select 'second'")
			if _, refused := errors.AsType[*store.StatementError](err); !refused {
				t.Errorf("%q is followed by a second statement: %v", text, err)
			}
		}
		if after := castle.state(t); after != before {
			t.Errorf("%q changed the disk\nbefore\n%s\nafter\n%s", text, before, after)
		}
	})
}
