package sqlite

import (
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"testing"
	"time"
)

// TestStatementsTakeBoundedMemory runs the bombs in a process of their own and asks
// the system for the most memory that it had.
func TestStatementsTakeBoundedMemory(t *testing.T) {
	const isChild = "CIOMIRROR_TEST_BOMBS"
	if os.Getenv(isChild) == "" {
		child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v", "-test.short="+strconv.FormatBool(testing.Short()))
		child.Env = append(os.Environ(), isChild+"=1")
		out, err := child.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		found := regexp.MustCompile(`peak (\d+) MiB`).FindSubmatch(out)
		if found == nil {
			t.Fatalf("no figure\n%s", out)
		}
		t.Logf("%s", found[0])
		if peak, _ := strconv.Atoi(string(found[1])); peak > slower*1400 {
			t.Errorf("%d MiB at the peak", peak)
		}
		return
	}
	f := newFortress(t)
	each := 150 * time.Millisecond
	if testing.Short() {
		each = 50 * time.Millisecond
	}
	for _, text := range someBombs() {
		_, _, _ = f.ask(t, text, nil, each)
	}
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	kib, _ := strconv.Atoi(string(regexp.MustCompile(`VmHWM:\s+(\d+)`).FindSubmatch(status)[1]))
	t.Logf("peak %d MiB", kib/1024)
}

// TestAStatementThatTakesTooMuchMemoryIsToldSo: what it holds is let go of.
func TestAStatementThatTakesTooMuchMemoryIsToldSo(t *testing.T) {
	f := newFortress(t)
	var held [][]byte
	_, rows, err := f.Statement(t.Context(), "with recursive n(i) as (select 1 union all select i + 1 from n limit 10000000) select i from n", nil)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, err = range rows {
		if n++; err != nil {
			break
		}
		if n%100 == 0 && len(held) < 100 { // someone else's memory counts as well
			b := make([]byte, 16<<20)
			for i := 0; i < len(b); i += 4096 {
				b[i] = 1
			}
			held = append(held, b)
		}
	}
	if err == nil || err.Error() != "the statement took more than 512 MiB of memory" {
		t.Errorf("%d rows, %d MiB held: %v", n, 16*len(held), err)
	}
}
