package sim

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"
)

// start is the virtual beginning of every test: a Saturday, in the morning.
var start = time.Date(2026, 11, 21, 7, 30, 0, 0, time.UTC)

// world is a simulator with a clock that stands still, and a client for it.
type world struct {
	t testing.TB
	*Sim
	http *http.Client
}

func newWorld(t testing.TB, change ...func(*Options)) *world {
	t.Helper()
	o := Options{Seed: 7, Start: start, Now: func() time.Time { return start }}
	for _, f := range change {
		f(&o)
	}
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return &world{t: t, Sim: s, http: &http.Client{Transport: s.Transport()}}
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	raw    string
}

func (w *world) do(method, path, body string) answer {
	w.t.Helper()
	r, err := http.NewRequest(method, "http://sim.test"+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer sim-key")
	return w.send(r)
}

func (w *world) send(r *http.Request) answer {
	w.t.Helper()
	res, err := w.http.Do(r)
	if err != nil {
		w.t.Fatalf("%s %s: %v", r.Method, r.URL, err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		w.t.Fatalf("%s %s: read the body: %v", r.Method, r.URL, err)
	}
	return answer{res.StatusCode, res.Header, string(b)}
}

func (w *world) get(path string) answer {
	w.t.Helper()
	return w.do("GET", path, "")
}

// object decodes a 200.
func (w *world) object(path string) map[string]any {
	w.t.Helper()
	a := w.get(path)
	if a.status != 200 {
		w.t.Fatalf("GET %s: status %d: %s", path, a.status, a.raw)
	}
	return a.decode(w.t)
}

func (a answer) decode(t testing.TB) map[string]any {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(a.raw))
	d.UseNumber()
	var m map[string]any
	if err := d.Decode(&m); err != nil {
		t.Fatalf("decode %.200q: %v", a.raw, err)
	}
	return m
}

func (a answer) want(t testing.TB, status int, contains ...string) {
	t.Helper()
	if a.status != status {
		t.Fatalf("status %d, want %d: %.300s", a.status, status, a.raw)
	}
	for _, c := range contains {
		if !strings.Contains(a.raw, c) {
			t.Fatalf("%.500s\ndoes not contain %s", a.raw, c)
		}
	}
}

func items(t testing.TB, m map[string]any, key string) []map[string]any {
	t.Helper()
	raw, there := m[key]
	if !there {
		t.Fatalf("no key %q in %v", key, m)
	}
	var out []map[string]any
	list, _ := raw.([]any)
	for _, x := range list {
		out = append(out, x.(map[string]any))
	}
	return out
}

// walk follows next to the end of a list.
func (w *world) walk(path, key string) []map[string]any {
	w.t.Helper()
	var all []map[string]any
	start := ""
	for range 100_000 {
		u := path
		if start != "" {
			u += map[bool]string{true: "&", false: "?"}[strings.Contains(path, "?")] + "start=" + url.QueryEscape(start)
		}
		m := w.object(u)
		all = append(all, items(w.t, m, key)...)
		switch next := m["next"].(type) {
		case string:
			start = next
		case json.Number:
			start = next.String()
		default:
			start = ""
		}
		if start == "" {
			return all
		}
	}
	w.t.Fatalf("GET %s does not end", path)
	return nil
}

// dump is everything that a mirror would read.
func (w *world) dump() string {
	var b strings.Builder
	for _, e := range mirrored {
		for r := range w.Records(e) {
			b.WriteString(e)
			b.Write(r)
			b.WriteByte('\n')
		}
	}
	return b.String()
}

var mirrored = []string{"campaigns", "campaign_actions", "newsletters", "newsletter_contents", "segments", "messages", "activities",
	"sender_identities", "snippets", "collections", "reporting_webhooks", "exports", "transactional_messages",
	"transactional_message_contents", "broadcasts", "broadcast_actions", "workspaces", "subscription_topics"}

func id(n int64) string { return strconv.FormatInt(n, 10) }

func copyAll(b *strings.Builder, res *http.Response) (int64, error) { return io.Copy(b, res.Body) }
