package sync_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	sq "github.com/Masterminds/squirrel"

	"ciomirror/catalog"
	"ciomirror/cio"
	"ciomirror/internal/canon"
	"ciomirror/store"
	"ciomirror/store/sqlite"
	syncer "ciomirror/sync"
)

// TestTheOfficialExamplesComeBackFromSQL takes the examples of the vendor's own
// specification of 2022, which nobody here wrote, through client, sync and store
// and asks SQL for each value. It runs where CIOMIRROR_REFERENCE names the folder
// of reference documents, as .ci/run sees to; elsewhere there is nothing to check.
func TestTheOfficialExamplesComeBackFromSQL(t *testing.T) {
	folder := os.Getenv("CIOMIRROR_REFERENCE")
	if folder == "" {
		t.Log("CIOMIRROR_REFERENCE is not set: nothing checked")
		return
	}
	text, err := os.ReadFile(filepath.Join(folder, "official-openapi-2022-05.json"))
	if err != nil {
		t.Fatal(err)
	}
	var spec struct {
		Paths map[string]struct {
			Get struct {
				Responses map[string]struct {
					Content map[string]struct{ Schema schema }
				}
			}
		}
	}
	if err := decodeNumbers(text, &spec); err != nil {
		t.Fatal(err)
	}
	found := map[string]map[string]any{}
	var none []string
	for _, e := range catalog.Default().Mirrored() {
		list := spec.Paths[e.List.Path].Get.Responses["200"].Content["application/json"].Schema
		record, _ := list.property(e.List.Items).items().example().(map[string]any)
		if len(record) == 0 {
			none = append(none, e.Name)
			continue
		}
		for _, k := range e.Key {
			if _, ok := record[k]; !ok && (e.Parent == nil || e.Parent.Field != k) {
				t.Logf("%s: the example has no %s; 1 stands in for it", e.Name, k)
				record[k] = json.Number("1")
			}
		}
		found[e.Name] = record
	}
	t.Logf("examples of %v", slices.Sorted(maps.Keys(found)))
	t.Logf("no examples of %v", none)
	if len(found) < 10 {
		t.Fatalf("examples of %d entities only: the reading of the file is wrong", len(found))
	}

	now := func() time.Time { return start }
	client, err := cio.New("any-key", cio.Options{BaseURL: "http://examples.test", Transport: examples(found), Rate: 1e6})
	if err != nil {
		t.Fatal(err)
	}
	dst, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "mirror.db"), sqlite.Options{Create: true, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	defer dst.Close()
	s, err := syncer.New(client, dst, syncer.Options{Catalog: catalog.Default(), Now: now})
	if err != nil {
		t.Fatal(err)
	}
	report, err := s.Run(t.Context())
	if err != nil || report.Status != store.Complete {
		t.Fatalf("%v\n%s", err, show(report))
	}
	for name, record := range found {
		e, _ := catalog.Default().Entity(name)
		wantFromSQL(t, dst, e, record)
	}
}

// schema is a JSON Schema, of which we want the examples.
type schema map[string]any

func (s schema) sub(key string) schema {
	m, _ := s[key].(map[string]any)
	return m
}

func (s schema) items() schema { return s.sub("items") }

func (s schema) property(name string) schema { return s.sub("properties").sub(name) }

// example assembles a value from the examples that stand on the schema's parts;
// nil when there are none.
func (s schema) example() any {
	if s == nil {
		return nil
	}
	if x, ok := s["example"]; ok {
		return x
	}
	merged := map[string]any{}
	for _, key := range []string{"allOf", "oneOf", "anyOf"} {
		parts, _ := s[key].([]any)
		for _, p := range parts {
			part, _ := p.(map[string]any)
			switch x := schema(part).example().(type) {
			case map[string]any:
				for k, v := range x {
					if _, ok := merged[k]; !ok {
						merged[k] = v
					}
				}
			case nil:
			default:
				return x
			}
		}
	}
	for name, p := range s.sub("properties") {
		part, _ := p.(map[string]any)
		if x := schema(part).example(); x != nil {
			merged[name] = x
		}
	}
	if x := s.items().example(); len(merged) == 0 && x != nil {
		return []any{x}
	}
	if len(merged) == 0 {
		return nil
	}
	return merged
}

func decodeNumbers(text []byte, into any) error {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	return dec.Decode(into)
}

var parameter = regexp.MustCompile(`\{[a-z_]+\}`)

// examples answers every list of the catalog with the one example, or with none.
type examples map[string]map[string]any

func (x examples) RoundTrip(r *http.Request) (*http.Response, error) {
	status, body := 404, []byte("404 page not found\n")
	for _, e := range catalog.Default().Mirrored() {
		if match, err := path.Match(parameter.ReplaceAllString(e.List.Path, "*"), r.URL.Path); err != nil || !match {
			continue
		}
		items := []any{}
		if record := x[e.Name]; record != nil {
			items = append(items, record)
		}
		var err error
		if body, err = json.Marshal(map[string]any{e.List.Items: items}); err != nil {
			return nil, err
		}
		status = 200
	}
	return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(bytes.NewReader(body)), Request: r}, nil
}

// wantFromSQL asks the table for every value of the record: in its column, or in
// extra when the column holds it in another form.
func wantFromSQL(t *testing.T, dst store.Reader, e *catalog.Entity, record map[string]any) {
	t.Helper()
	table := store.NewTable(e)
	one := func(query string) any {
		for cells, err := range dst.Rows(t.Context(), sq.Expr(query)) {
			if err != nil {
				t.Fatalf("%s: %v", query, err)
			}
			return cells[0]
		}
		return nil
	}
	extra := map[string]json.RawMessage{}
	if text, ok := one(fmt.Sprintf("select extra from %q", e.Name)).(string); ok {
		if err := json.Unmarshal([]byte(text), &extra); err != nil {
			t.Fatal(err)
		}
	}
	for key, value := range record {
		if value == nil {
			continue
		}
		raw, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		want, err := canon.JSON(raw)
		if err != nil {
			t.Fatal(err)
		}
		got := []byte(extra[key])
		if got == nil {
			at := slices.IndexFunc(table.Columns, func(c store.Column) bool { return c.Name == key })
			if at < 0 {
				t.Errorf("%s.%s is neither a column nor kept in extra", e.Name, key)
				continue
			}
			cell := one(fmt.Sprintf("select %q from %q", key, e.Name))
			if got, err = store.AppendJSON(nil, table.Columns[at], cell); err != nil {
				t.Fatal(err)
			}
		}
		if string(got) != string(want) {
			t.Errorf("%s.%s: sent %s, SQL has %s", e.Name, key, want, strings.TrimSpace(string(got)))
		}
	}
}
