package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestTabProposesNames of everything that has one, for the mirror and the config that
// the line itself names.
func TestTabProposesNames(t *testing.T) {
	db, dir := filepath.Join(newFixture(t).dir, "day.db"), t.TempDir()
	config := filepath.Join(dir, "config.yaml")
	if err := os.WriteFile(config, []byte("queries: mine\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"snapshot", "create", "before-launch"},
		{"query", "save", "by-state", "--sql", "select 1", "--config", config},
	} {
		if code, _, stderr := inProcess(t, db, args...); code != exitOK {
			t.Fatal(stderr)
		}
	}
	for _, c := range []struct {
		line string // the last word is the one that Tab stands at
		want string // some of the words, in order; "!x" for one that is not there
	}{
		{"se", "search !sync !segments"},
		{"search ", "campaigns segments messages"},
		{"search camp", "campaigns campaign_actions !segments"},
		{"search campaigns ", "!segments"},
		{"sync campaigns ", "segments !campaigns"},
		{"schema snip", "snippets"},
		{"export seg", "segments"},
		{"search campaigns --fields na", "name !id"},
		{"search campaigns --fields id,na", "id,name"},
		{"search campaigns --sort=-up", "-updated"},
		{"search messages --sort=-created,metric_op", "!id"},
		{"search messages --fields metric_op", "metric_opened"},
		{"search messages --facet ty", "type"},
		{"search campaigns --where sta", "state="},
		{"export campaigns --fields sta", "state start_hour"},
		{"search --fields na", "!name"},
		{"search nothing --fields na", "!name"},
		{"search campaigns --as-of be", "before-launch"},
		{"sql --as-of ", "before-launch"},
		{"snapshot rm ", "before-launch"},
		{"snapshot export ", "before-launch"},
		{"snapshot export before-launch ", "!before-launch"},
		{"snapshot create be", "!before-launch"},
		{"diff ", "before-launch !campaigns"},
		{"diff before-launch ", "before-launch campaigns"},
		{"query run stale", "stale-campaigns"},
		{"query run by", "!by-state"},
		{"query run by --config " + config, ""},
		{"--config " + config + " query run by", "by-state"},
		{"--config " + config + " query show ", "by-state weekly-report"},
		{"export --query new", "newest-campaigns"},
		{"export campaigns --format p", "parquet !csv"},
		{"execute transactional_em", "transactional_email"},
		{"execute campaigns ", "list get !campaigns"},
		{"execute campaigns list ", "!get"},
		{"status -o j", "json jsonl !table"},
		// What is wrong with the mirror or the config takes nothing else away.
		{"--db none.db snapshot rm ", "!before-launch"},
		{"--config none.yaml search camp", "campaigns"},
	} {
		words := append([]string{"__complete"}, strings.Split(c.line, " ")...)
		code, stdout, stderr := inProcess(t, db, words...)
		if code != exitOK {
			t.Errorf("%q: exit code %d, %s", c.line, code, stderr)
		}
		var got []string
		for line := range strings.Lines(stdout) {
			word, _, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
			got = append(got, word)
		}
		for _, w := range strings.Fields(c.want) {
			if name, not := strings.CutPrefix(w, "!"); slices.Contains(got, name) == not {
				t.Errorf("%q proposes %q, want %s", c.line, got, c.want)
			}
		}
	}
}
