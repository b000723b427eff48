package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// examples runs the commands that the last run printed, indented. Each must print
// something: rows, a report.
func (s *script) examples(bool, []string) error {
	n := 0
	for line := range strings.Lines(s.stdout) {
		call, ok := strings.CutPrefix(line, "    ciomirror ")
		if !ok {
			continue
		}
		n++
		if err := s.expect(0, shellWords(strings.TrimSpace(call))); err != nil {
			return fmt.Errorf("%s: %w", call, err)
		}
		if out := strings.TrimSpace(s.stdout); out == "" || out == "[]" || strings.Contains(out, `"data":[]`) {
			return fmt.Errorf("%s: prints %q, which shows nothing", call, out)
		}
	}
	if n < 3 {
		return fmt.Errorf("only %d commands", n)
	}
	return nil
}

var sqlBlock = regexp.MustCompile("(?s)```sql\n(.*?)```")

// statements runs what a page of the docs shows as SQL.
func (s *script) statements(_ bool, args []string) error {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", args[0]))
	if err != nil {
		return err
	}
	blocks := sqlBlock.FindAllStringSubmatch(string(text), -1)
	if len(blocks) == 0 {
		return fmt.Errorf("%s has no statement", args[0])
	}
	for _, b := range blocks {
		if err := s.expect(0, []string{"sql", b[1], "-o", "csv"}); err != nil {
			return fmt.Errorf("%s: %w", b[1], err)
		}
		if strings.TrimSpace(s.stdout) == "" {
			return fmt.Errorf("%s: no columns", b[1])
		}
	}
	return nil
}
