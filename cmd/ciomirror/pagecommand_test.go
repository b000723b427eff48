package main

import (
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"
)

// The command of a question on the query view finds what the view shows, at the same
// time and with the same values.
func TestTheCommandOfAQuestionAsksTheSame(t *testing.T) {
	v := newVisitor(t, "campaigns")
	then := v.sim.Now().Add(time.Minute).Format(time.RFC3339)
	v.sim.Advance(time.Hour)
	v.write("campaigns", `{"id":90,"name":"Written later","state":"running"}`)
	if err := os.MkdirAll(v.queries, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(v.queries, "of-a-state.sql"), []byte("-- param state text = \"draft\"\nselect id, name from campaigns where state = :state order by id\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, q := range []url.Values{
		{"sql": {"select id, name from campaigns where state = :state order by id"}, "p.state": {"running"}},
		{"sql": {"-- the running ones\nselect id, name from campaigns where state = 'running' order by id"}},
		{"entity": {"campaigns"}, "filter": {`{"filter":{"eq":{"state":":state"}},"sort":[{"id":"asc"}]}`}, "p.state": {"running"}},
		{"saved": {"of-a-state"}, "p.state": {"running"}},
	} {
		for _, at := range []string{"", then} {
			q.Set("as_of", at)
			root := v.see("/sql?" + q.Encode())
			command, want := commandOn(root), rowsOn(root, 0)
			if got := v.runCommand(command); !slices.Equal(got, want) || slices.Contains(got, "90") != (at == "") {
				t.Errorf("%s finds %v, the page shows %v", command, got, want)
			}
		}
	}
}

// commandOn is the command of the query view.
func commandOn(root *html.Node) string {
	for n := range root.Descendants() {
		if n.Data == "details" && strings.HasPrefix(textOf(n), "On the command line ") {
			for code := range n.Descendants() {
				if code.Data == "code" {
					return code.FirstChild.Data
				}
			}
		}
	}
	return ""
}
