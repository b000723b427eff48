package sim

import (
	"bytes"
	"encoding/json"
	"slices"
	"testing"

	"ciomirror/catalog"
)

// deliberate are the keys that the simulator sends and no source documents: the
// API adds fields without notice.
var deliberate = map[string][]string{
	"campaigns":        {"folder_id"},
	"campaign_actions": {"is_archived"}, "broadcast_actions": {"is_archived"},
	"messages": {"ab_cohort"},
}

// TestRecordsHoldWhatTheCatalogDescribes compares two descriptions that were
// written apart.
func TestRecordsHoldWhatTheCatalogDescribes(t *testing.T) {
	c := catalog.Default()
	w := newWorld(t)
	if len(c.Mirrored()) < 13 {
		t.Fatalf("the catalog has %d lists", len(c.Mirrored()))
	}
	for _, e := range c.Mirrored() {
		if !slices.Contains(mirrored, e.Name) {
			t.Errorf("the simulator has no %s", e.Name)
			continue
		}
		n, bad := 0, map[string]bool{}
		for r := range w.Records(e.Name) {
			n++
			var o map[string]json.RawMessage
			if err := json.Unmarshal(r, &o); err != nil {
				t.Fatalf("%s: %v", e.Name, err)
			}
			for key, value := range o {
				f, known := field(e, key)
				switch {
				case !known && !slices.Contains(deliberate[e.Name], key):
					bad[key+" is unknown"] = true
				case known && !bytes.Equal(value, []byte("null")) && !f.Accepts(kind(value)):
					bad[key+" is "+string(value)] = true
				}
			}
		}
		if n == 0 {
			t.Errorf("%s: no records", e.Name)
		}
		for b := range bad {
			t.Errorf("%s: %s", e.Name, b)
		}
	}
}

func field(e *catalog.Entity, key string) (catalog.Field, bool) {
	for _, f := range e.Fields {
		if f.Name == key || slices.Contains(f.Aliases, key) {
			return f, true
		}
	}
	return catalog.Field{}, false
}

func kind(raw []byte) catalog.Kind {
	switch {
	case raw[0] == '"':
		return catalog.String
	case raw[0] == '{':
		return catalog.Object
	case raw[0] == '[':
		return catalog.Array
	case raw[0] == 't' || raw[0] == 'f':
		return catalog.Boolean
	case bytes.ContainsAny(raw, ".eE"):
		return catalog.Number
	}
	return catalog.Integer
}
