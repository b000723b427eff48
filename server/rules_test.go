package server_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"ciomirror/server"
)

// rules are the server's own OpenAPI document, read by a library that knows nothing of
// how it was made.
type rules struct {
	text    []byte
	paths   map[string]map[string]json.RawMessage
	fault   func(*http.Request, *http.Response) error // of an answer that the document describes
	schemas *jsonschema.Compiler
}

// read are the documents that were read before: most servers of the tests have the same.
var read = struct {
	sync.Mutex
	rules map[string]*rules
}{rules: map[string]*rules{}}

func newRules(t testing.TB, s *server.Server) *rules {
	t.Helper()
	r := request(t, http.MethodGet, "/openapi.json", "")
	r.Header.Set("Authorization", "Bearer "+secret)
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		t.Fatalf("the document: %d %s", w.Code, w.Body)
	}
	read.Lock()
	defer read.Unlock()
	if known := read.rules[w.Body.String()]; known != nil {
		return known
	}
	out := &rules{text: bytes.Clone(w.Body.Bytes()), schemas: jsonschema.NewCompiler()}
	read.rules[w.Body.String()] = out
	var document struct {
		Paths map[string]map[string]json.RawMessage
	}
	if err := json.Unmarshal(out.text, &document); err != nil {
		t.Fatal(err)
	}
	out.paths = document.Paths
	out.fault = newFault(t, out.text)
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(out.text))
	if err != nil {
		t.Fatal(err)
	}
	if err := out.schemas.AddResource("openapi.json", value); err != nil {
		t.Fatal(err)
	}
	return out
}

// check holds an answer against the document. Where it describes nothing, an answer of
// the server itself is a Failure.
func (r *rules) check(t testing.TB, req *http.Request, w *httptest.ResponseRecorder) {
	t.Helper()
	switch {
	case r.describes(req):
		if err := r.fault(req, w.Result()); err != nil {
			t.Errorf("%s %s: the answer %d breaks the document: %v\n%s", req.Method, req.URL, w.Code, err, short(w.Body.String()))
		}
	case strings.Contains(w.Header().Get("Content-Type"), "json"):
		r.fits(t, "Failure", w.Body.Bytes())
	}
}

// describes reports whether the document has the request's path and method.
func (r *rules) describes(req *http.Request) bool {
	asked := strings.Split(req.URL.Path, "/")
	for path, item := range r.paths {
		segments := strings.Split(path, "/")
		if item[strings.ToLower(req.Method)] != nil && slices.EqualFunc(segments, asked, func(s, a string) bool {
			return s == a || strings.HasPrefix(s, "{") && a != ""
		}) {
			return true
		}
	}
	return false
}

// fits holds a JSON text against one of the document's schemas.
func (r *rules) fits(t testing.TB, name string, text []byte) {
	t.Helper()
	s, err := r.schemas.Compile("openapi.json#/components/schemas/" + name)
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Validate(value); err != nil {
		t.Errorf("%s: %v\n%s", name, err, short(string(text)))
	}
}

func short(s string) string {
	if len(s) > 1500 {
		return s[:1500] + "…"
	}
	return s
}

// decode reads a JSON object.
func decode(t testing.TB, text []byte) map[string]any {
	t.Helper()
	var v map[string]any
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%v: %s", err, short(string(text)))
	}
	return v
}
