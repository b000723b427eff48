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

// A question is kept by the command that the page gives, and asked again by its name,
// with the values of before or with others.
func TestAKeptQuestionAsksTheSame(t *testing.T) {
	v := newVisitor(t, "campaigns")
	for name, q := range map[string]url.Values{
		"statement": {"sql": {"-- by state\nselect id from campaigns where state = :state and id > :least order by id"}, "p.state": {"running"}, "p.least": {"2"}},
		"filter":    {"entity": {"campaigns"}, "filter": {`{"filter":{"and":[{"eq":{"state":":state"}},{"gt":{"id":":least"}}]},"sort":[{"id":"asc"}]}`}, "p.state": {"running"}, "p.least": {"2"}},
		"bare":      {"entity": {"campaigns"}},
	} {
		root := v.see("/sql?" + q.Encode())
		v.printed(v.words(strings.Replace(commandIn(root, "Keep it as a saved query"), " NAME ", " "+name+" ", 1))[1:]...)
		if got, want := rowsOn(v.see("/sql?saved="+name), 0), rowsOn(root, 0); !slices.Equal(got, want) || len(want) == 0 {
			t.Errorf("%s finds %v, the page showed %v", name, got, want)
		}
		if !q.Has("p.state") {
			continue
		}
		q.Set("p.state", "draft")
		other := v.see("/sql?" + q.Encode())
		if got, want := rowsOn(v.see("/sql?p.state=draft&saved="+name), 0), rowsOn(other, 0); !slices.Equal(got, want) || len(want) == 0 {
			t.Errorf("%s of drafts finds %v, the page showed %v", name, got, want)
		}
	}
}

// commandOn is the command of the query view.
func commandOn(root *html.Node) string { return commandIn(root, "On the command line") }

// commandIn is the command below such words.
func commandIn(root *html.Node, words string) string {
	for n := range root.Descendants() {
		if n.Data == "details" && strings.HasPrefix(textOf(n), words+" ") {
			for code := range n.Descendants() {
				if code.Data == "code" {
					return code.FirstChild.Data
				}
			}
		}
	}
	return ""
}
