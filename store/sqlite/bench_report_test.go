package sqlite_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

// report is where figures go for people to read.
var report = flag.String("report", "", "Markdown file that the benchmarks of searches write their figures to")

// publish puts a table under its heading in the report, in place of an earlier one.
func publish(b *testing.B, heading, about string, lines []string) {
	b.Helper()
	if *report == "" || len(lines) < 3 {
		return
	}
	const title = "# Performance\n\nWritten by `make bench`; do not edit. A mirror of 1,000,000 messages unless a heading says otherwise.\n"
	text, err := os.ReadFile(*report)
	if errors.Is(err, fs.ErrNotExist) {
		text, err = []byte(title), nil
	}
	if err != nil {
		b.Fatal(err)
	}
	rows := ""
	if testing.Short() {
		rows = " 100,000 messages."
	}
	section := fmt.Sprintf("\n## %s\n\n%s%s Measured on %s, %d cores%s, %s/%s, %s.\n\n%s\n", heading, about, rows,
		time.Now().UTC().Format("2 January 2006"), runtime.NumCPU(), load(), runtime.GOOS, runtime.GOARCH, runtime.Version(), strings.Join(lines, "\n"))
	if from := bytes.Index(text, []byte("\n## "+heading+"\n")); from >= 0 {
		to := len(text)
		if n := bytes.Index(text[from+1:], []byte("\n## ")); n >= 0 {
			to = from + 1 + n
		}
		text = append(append(text[:from:from], section...), text[to:]...)
	} else {
		text = append(text, section...)
	}
	if err := os.WriteFile(*report, text, 0o644); err != nil {
		b.Fatal(err)
	}
}

// load tells how busy the machine was, where Linux is there to ask: of one that does
// other work the figures say little.
func load() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return ""
	}
	average, _, _ := strings.Cut(string(text), " ")
	return " (load average " + average + ")"
}
