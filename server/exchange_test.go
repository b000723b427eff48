package server_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"ciomirror/server"
)

// TestClientsGetWhatTheyAskFor plays testdata/exchanges/*.txt: the requests that real
// clients make, in their order, with the answers that they need, written from the
// tables of their calls.
//
// A line "> METHOD PATH" begins a request; headers and, after an empty line, a body
// follow. A line "< STATUS" begins what must be answered: headers, and a JSON body in
// which "<int>", "<text>", "<uuid>", "<time>", "<bool>" and "<any>" stand for a value of the
// kind, "<null>" with one of them after it for null too, "<save NAME>" keeps a text for
// ${NAME} further down, {"<each>": P} for a list with at least one value, of which each
// is P, and a key "<more>" for further keys.
func TestClientsGetWhatTheyAskFor(t *testing.T) {
	files, err := filepath.Glob("testdata/exchanges/*.txt")
	if err != nil || len(files) < 4 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			h := serve(t, func(o *server.Options) { o.Token = secret })
			x := exchange{h: h, vars: map[string]string{
				"secret": secret, "connector": connectorID, "workspace": workspaceID, "organization": organizationID, "definition": server.Definition,
			}}
			for _, s := range readSteps(t, file) {
				x.play(t, s)
			}
		})
	}
}

type step struct {
	line          int
	method, path  string
	heads         []string
	body          string
	status        int
	wantHeads     []string
	want          string
	inWant, inEnd bool
}

func readSteps(t *testing.T, file string) []*step {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var steps []*step
	n := 0
	for lines := bufio.NewScanner(f); lines.Scan(); {
		n++
		line := lines.Text()
		last := len(steps) - 1
		switch {
		case strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "> "):
			method, path, _ := strings.Cut(line[2:], " ")
			steps = append(steps, &step{line: n, method: method, path: path})
		case last < 0:
			t.Fatalf("%s:%d: no request yet", file, n)
		case strings.HasPrefix(line, "< "):
			if steps[last].status, err = strconv.Atoi(line[2:]); err != nil {
				t.Fatalf("%s:%d: %v", file, n, err)
			}
			steps[last].inWant, steps[last].inEnd = true, false
		case line == "":
			steps[last].inEnd = true
		case steps[last].inWant && steps[last].inEnd:
			steps[last].want += line
		case steps[last].inWant:
			steps[last].wantHeads = append(steps[last].wantHeads, line)
		case steps[last].inEnd:
			steps[last].body += line
		default:
			steps[last].heads = append(steps[last].heads, line)
		}
	}
	return steps
}

// exchange is a conversation under way.
type exchange struct {
	h    *hosted
	vars map[string]string
}

var variable = regexp.MustCompile(`\$\{(\w+)\}`)

func (x *exchange) expand(s string) string {
	return variable.ReplaceAllStringFunc(s, func(v string) string { return x.vars[v[2:len(v)-1]] })
}

func (x *exchange) play(t *testing.T, s *step) {
	t.Helper()
	r := request(t, s.method, x.expand(s.path), x.expand(s.body))
	for _, head := range s.heads {
		name, value, _ := strings.Cut(x.expand(head), ": ")
		r.Header.Set(name, value)
	}
	w := x.h.do(r)
	if w.Code != s.status {
		t.Fatalf("line %d: %s %s: %d, want %d: %s", s.line, s.method, r.URL, w.Code, s.status, short(w.Body.String()))
	}
	for _, head := range s.wantHeads {
		name, value, _ := strings.Cut(x.expand(head), ": ")
		if got := w.Header().Get(name); got != value {
			t.Errorf("line %d: %s is %q, want %q", s.line, name, got, value)
		}
	}
	if s.want == "" {
		return
	}
	var got, want any
	d := json.NewDecoder(w.Body)
	d.UseNumber()
	if err := d.Decode(&got); err != nil {
		t.Fatalf("line %d: %v", s.line, err)
	}
	d = json.NewDecoder(strings.NewReader(x.expand(s.want)))
	d.UseNumber()
	if err := d.Decode(&want); err != nil {
		t.Fatalf("line %d: what is wanted is no JSON: %v: %s", s.line, err, s.want)
	}
	if err := x.like(got, want); err != nil {
		t.Errorf("line %d: %s %s: %v", s.line, s.method, r.URL, err)
	}
}

// like reports where a value is not as wanted.
func (x *exchange) like(got, want any) error {
	switch want := want.(type) {
	case map[string]any:
		if each, ok := want["<each>"]; ok {
			list, ok := got.([]any)
			if !ok || len(list) == 0 {
				return fmt.Errorf("no list with values: %v", got)
			}
			for i, v := range list {
				if err := x.like(v, each); err != nil {
					return fmt.Errorf("%d: %w", i, err)
				}
			}
			return nil
		}
		return x.likeObject(got, want)
	case []any:
		list, ok := got.([]any)
		if !ok || len(list) != len(want) {
			return fmt.Errorf("%v, want %d values", got, len(want))
		}
		for i := range want {
			if err := x.like(list[i], want[i]); err != nil {
				return fmt.Errorf("%d: %w", i, err)
			}
		}
		return nil
	case string:
		if strings.HasPrefix(want, "<") {
			return x.likeKind(got, want)
		}
	}
	if got != want {
		return fmt.Errorf("%v, want %v", got, want)
	}
	return nil
}

func (x *exchange) likeObject(got any, want map[string]any) error {
	object, ok := got.(map[string]any)
	if !ok {
		return fmt.Errorf("%v is no object", got)
	}
	_, more := want["<more>"]
	for _, key := range slices.Sorted(maps.Keys(object)) {
		if _, ok := want[key]; !ok && !more {
			return fmt.Errorf("there is a key %q, which is not wanted", key)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(want)) {
		if key == "<more>" {
			continue
		}
		v, ok := object[key]
		if !ok {
			return fmt.Errorf("there is no %q", key)
		}
		if err := x.like(v, want[key]); err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
	}
	return nil
}

var (
	uuids  = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	wholes = regexp.MustCompile(`^(0|[1-9][0-9]*)$`)
)

func (x *exchange) likeKind(got any, want string) error {
	kind, name, _ := strings.Cut(strings.Trim(want, "<>"), " ")
	if kind == "null" {
		if got == nil {
			return nil
		}
		kind = name
	}
	text, isText := got.(string)
	ok := false
	switch kind {
	case "any":
		ok = true
	case "int":
		n, isNumber := got.(json.Number)
		ok = isNumber && wholes.MatchString(n.String())
	case "text":
		ok = isText && text != ""
	case "uuid":
		ok = isText && uuids.MatchString(text)
	case "bool":
		_, ok = got.(bool)
	case "time":
		_, err := time.Parse(time.RFC3339, text)
		ok = err == nil
	case "save":
		ok = isText && text != ""
		x.vars[name] = text
	}
	if !ok {
		return fmt.Errorf("%v is no %s", got, want)
	}
	return nil
}

// TestEveryRouteIsInTheDocument: nothing is answered that is not described, and
// nothing described that is not answered.
func TestEveryRouteIsInTheDocument(t *testing.T) {
	h := serve(t, nil)
	for path, item := range h.rules.paths {
		target := strings.Replace(path, "{id}", "x", 1)
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			w := h.do(request(t, method, target, "{}"))
			if has := item[strings.ToLower(method)] != nil; has != (w.Code != http.StatusMethodNotAllowed) {
				t.Errorf("%s %s: %d, described: %v", method, path, w.Code, has)
			}
		}
	}
	if len(h.rules.paths) < 15 {
		t.Errorf("only %d paths", len(h.rules.paths))
	}
}
