package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/adrg/xdg"
	"github.com/peterh/liner"
)

// historyFile is where the lines of all sessions are kept.
func historyFile() string { return filepath.Join(xdg.StateHome, "ciomirror", "history") }

// lineEditor edits lines on the program's terminal, or only reads them where the
// terminal is a dumb one.
type lineEditor struct {
	state   *liner.State
	history *os.File
	last    string // what was remembered
}

// newLineEditor takes the terminal. Nobody but the owner reads the history: what
// people look for is in it.
func newLineEditor(history string, complete liner.WordCompleter) (*lineEditor, error) {
	entries, err := readHistory(history)
	if err != nil {
		return nil, fmt.Errorf("read the history: %w", err)
	}
	f, err := os.OpenFile(history, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("keep the history: %w", err)
	}
	e := &lineEditor{state: liner.NewLiner(), history: f}
	e.state.SetCtrlCAborts(true)
	e.state.SetBeep(false)
	e.state.SetTabCompletionStyle(liner.TabPrints)
	e.state.SetWordCompleter(complete)
	for _, entry := range entries {
		e.state.AppendHistory(entry)
	}
	return e, nil
}

// readHistory reads the last entries, and cuts a file that grew long.
func readHistory(path string) ([]string, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	entries := strings.FieldsFunc(string(text), func(r rune) bool { return r == '\n' })
	if n := len(entries) - liner.HistoryLimit; n > 0 {
		entries = entries[n:]
		if n > liner.HistoryLimit {
			err = os.WriteFile(path, []byte(strings.Join(entries, "\n")+"\n"), 0o600)
		}
	}
	return entries, err
}

func (e *lineEditor) line(prompt string) (string, error) {
	line, err := e.state.Prompt(prompt)
	if errors.Is(err, liner.ErrPromptAborted) {
		return "", errCleared
	}
	if errors.Is(err, io.EOF) {
		fmt.Fprintln(os.Stdout)
	}
	return line, err
}

// remember joins an entry's lines, except where a comment would swallow the next.
func (e *lineEditor) remember(entry string) error {
	entry = strings.TrimSpace(entry)
	if !strings.Contains(entry, "--") {
		entry = strings.ReplaceAll(entry, "\n", " ")
	}
	for line := range strings.SplitSeq(entry, "\n") {
		if line = strings.TrimSpace(line); line == "" || line == e.last {
			continue
		}
		e.last = line
		e.state.AppendHistory(line)
		if _, err := fmt.Fprintln(e.history, line); err != nil {
			return fmt.Errorf("keep the history: %w", err)
		}
	}
	return nil
}

// close gives the terminal back as it was.
func (e *lineEditor) close() error { return errors.Join(e.state.Close(), e.history.Close()) }
