package catalog

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// source is one answer of testdata/source: <entity>.json, or <entity>.<case>.json
// for a further case. The answers are in the documented shapes, with values of our
// own, and are the check from outside: the client and the simulator both read the
// catalog, so neither can show that the catalog is wrong.
type source struct {
	file   string
	entity *Entity
	body   map[string]json.RawMessage
	items  []map[string]json.RawMessage
}

func sources(t *testing.T, c *Catalog) []source {
	t.Helper()
	files, err := filepath.Glob("testdata/source/*.json")
	if err != nil {
		t.Fatal(err)
	}
	var out []source
	for _, path := range files {
		file := filepath.Base(path)
		name, _, _ := strings.Cut(file, ".")
		e, ok := c.Entity(name)
		if !ok || !e.Mirrored() {
			t.Errorf("%s: %s is no mirrored entity", file, name)
			continue
		}
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		s := source{file: file, entity: e}
		if err := json.Unmarshal(data, &s.body); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		list, ok := s.body[e.List.Items]
		if !ok {
			t.Errorf("%s: lacks the envelope key %s", file, e.List.Items)
			continue
		}
		if err := json.Unmarshal(list, &s.items); err != nil {
			t.Errorf("%s: %s: %v", file, e.List.Items, err)
			continue
		}
		out = append(out, s)
	}
	return out
}

func TestSourceAnswersFitTheCatalog(t *testing.T) {
	c := Default()
	covered := map[string]bool{}
	for _, s := range sources(t, c) {
		for key := range s.body {
			if key != s.entity.List.Items && (key != "next" || !s.entity.List.Paged) {
				t.Errorf("%s: the key %s beside %s", s.file, key, s.entity.List.Items)
			}
		}
		for i, record := range s.items {
			covered[s.entity.Name] = true
			checkRecord(t, s, i, record)
		}
	}
	for _, e := range c.Mirrored() {
		if !covered[e.Name] {
			t.Errorf("%s: no answer in testdata/source holds a record", e.Name)
		}
	}
}

func checkRecord(t *testing.T, s source, i int, record map[string]json.RawMessage) {
	t.Helper()
	for key, value := range record {
		f, ok := fieldFor(s.entity, key)
		switch {
		case !ok:
			t.Errorf("%s[%d]: %s has no field %s", s.file, i, s.entity.Name, key)
		case f.Is(FromParent) || f.Is(FromMirror):
			t.Errorf("%s[%d]: %s, which no record holds", s.file, i, key)
		default:
			if kind, null := kindOf(value); !null && !f.Accepts(kind) {
				t.Errorf("%s[%d]: %s is %s, which is not among %v", s.file, i, key, kind, f.Types)
			}
		}
	}
	for _, key := range s.entity.Key {
		f, _ := s.entity.Field(key)
		if v, ok := record[key]; !f.Is(FromParent) && (!ok || string(v) == "null") {
			t.Errorf("%s[%d]: lacks the key %s", s.file, i, key)
		}
	}
}

// Every field should occur, or a renamed one would go unnoticed.
func TestSourceAnswersHoldEveryField(t *testing.T) {
	c := Default()
	seen := map[string]map[string]bool{}
	for _, s := range sources(t, c) {
		if seen[s.entity.Name] == nil {
			seen[s.entity.Name] = map[string]bool{}
		}
		for _, record := range s.items {
			for key := range record {
				if f, ok := fieldFor(s.entity, key); ok {
					seen[s.entity.Name][f.Name] = true
				}
				seen[s.entity.Name][key] = true
			}
		}
	}
	for _, e := range c.Mirrored() {
		if e.Name == "broadcast_actions" {
			continue // its fields are those of campaign_actions
		}
		for _, f := range e.Fields {
			if !f.Is(FromParent) && !f.Is(FromMirror) && !seen[e.Name][f.Name] {
				t.Errorf("%s.%s: in no answer of testdata/source", e.Name, f.Name)
			}
			for _, alias := range f.Aliases {
				// Activities share the alias with messages; no answer is known to use it.
				if !seen[e.Name][alias] && e.Name != "activities" {
					t.Errorf("%s: the key %s for %s is in no answer of testdata/source", e.Name, alias, f.Name)
				}
			}
		}
	}
}

// The answers are worth having only as long as they hold what is awkward.
func TestSourceAnswersAreAwkward(t *testing.T) {
	awkward := map[string]string{
		"exports.none.json":               `"exports": null`,
		"collections.none.json":           `"collections": null`,
		"reporting_webhooks.none.json":    `"reporting_webhooks": null`,
		"campaign_actions.json":           `"id": "304"`,
		"campaign_actions.last_page.json": `"next": ""`,
		"newsletters.last_page.json":      `"newsletters": []`,
		"activities.json":                 `"next": null`,
		"broadcast_actions.json":          `"next": 20`,
		"messages.json":                   `"msg_template_id": 0`,
		"messages.transactional.json":     `"identifiers": {`,
		"campaigns.json":                  `"first_started": 0`,
		"broadcasts.json":                 `"tags": "nil"`,
	}
	for file, want := range awkward {
		data, err := os.ReadFile(filepath.Join("testdata", "source", file))
		if err != nil {
			t.Error(err)
		} else if !bytes.Contains(data, []byte(want)) {
			t.Errorf("%s: lacks %s", file, want)
		}
	}
}

// fieldFor finds the field that a key of a record fills: its own name first, then
// an alias.
func fieldFor(e *Entity, key string) (Field, bool) {
	if f, ok := e.Field(key); ok {
		return f, true
	}
	i := slices.IndexFunc(e.Fields, func(f Field) bool { return slices.Contains(f.Aliases, key) })
	if i < 0 {
		return Field{}, false
	}
	return e.Fields[i], true
}

// kindOf is the kind of a JSON value, and whether it is null.
func kindOf(v json.RawMessage) (kind Kind, null bool) {
	switch v[0] {
	case '"':
		return String, false
	case '{':
		return Object, false
	case '[':
		return Array, false
	case 't', 'f':
		return Boolean, false
	case 'n':
		return 0, true
	}
	if bytes.ContainsAny(v, ".eE") {
		return Number, false
	}
	return Integer, false
}
