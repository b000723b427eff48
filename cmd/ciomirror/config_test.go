package main

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"ciomirror/catalog"
	"ciomirror/schedules"
	"ciomirror/store"
)

// configOf is a config file with the text.
func configOf(t *testing.T, text string) *configFile {
	t.Helper()
	s := newScript(t, nil)
	s.write("config.yaml", text)
	c, err := readConfig(s.path("config.yaml"))
	if err == nil {
		err = c.check()
	}
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestSectionsOfAProfileStandBeforeThoseAtTheTop(t *testing.T) {
	c := configOf(t, `
sync: {since: 90d, reread: [1h, 1d], hold: {rows: 20}}
keep: {last: 5}
schedules:
  one: {cron: "@daily", job: sync, jitter: 5m, entities: [messages], budget: 500requests}
  another: {cron: "@daily", job: check, max_age: 12h}
profiles:
  acme:
    sync: {since: 1w, hold: {share: 0.5}}
    schedules:
      own: {cron: "15 6 * * *", job: sync, budget: 1h30m}
`)
	hours := func(n int) span { return span{time.Duration(n) * time.Hour} }
	byValue := cmp.Comparer(func(a, b schedules.Schedule) bool { return a.String() == b.String() })
	at := func(expr string) schedules.Schedule {
		s, err := schedules.Parse(expr)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	keep := keepConfig{Last: 5, Days: 90, Monthly: 12}
	for profile, want := range map[string]sections{
		"default": {
			Sync: syncConfig{Since: hours(90 * 24), Reread: []span{hours(1), hours(24)}, Hold: store.Guard{Rows: 20, Share: 0.3}},
			Keep: keep,
			Jobs: []jobConfig{
				{Name: "one", Kind: "sync", Cron: "@daily", When: at("@daily"), Jitter: span{5 * time.Minute}, Entities: []string{"messages"}, Budget: budget{Requests: 500}},
				{Name: "another", Kind: "check", Cron: "@daily", When: at("@daily"), MaxAge: hours(12)},
			},
		},
		"acme": {
			Sync: syncConfig{Since: hours(7 * 24), Reread: []span{hours(1), hours(24)}, Hold: store.Guard{Rows: 20, Share: 0.5}},
			Keep: keep,
			Jobs: []jobConfig{{Name: "own", Kind: "sync", Cron: "15 6 * * *", When: at("15 6 * * *"), Budget: budget{Time: 90 * time.Minute}}},
		},
	} {
		got, err := c.sections(profile)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got, byValue); d != "" {
			t.Errorf("%s (-want +got):\n%s", profile, d)
		}
	}
}

func TestTheDocumentedConfigIsGood(t *testing.T) {
	text, err := os.ReadFile("../../docs/config.md")
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(text), "```yaml\n")
	example, _, found := strings.Cut(after, "```")
	if !found {
		t.Fatal("docs/config.md has no example")
	}
	s, err := configOf(t, example).sections("acme")
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Jobs) != 7 || s.Sync.Since.Duration != 30*24*time.Hour {
		t.Errorf("the example is read as %+v", s)
	}
}

func TestTheStandardSchedulesAreAGoodConfig(t *testing.T) {
	configOf(t, string(schedules.Default))
	s, err := (&configFile{}).sections("default")
	if err != nil {
		t.Fatal(err)
	}
	for _, j := range s.Jobs {
		if works[j.Kind] == nil {
			t.Errorf("nothing does %s", j.Kind)
		}
	}
	if len(s.Jobs) != 4 || len(s.Jobs[0].Entities) != 0 {
		t.Errorf("the standard jobs are %+v", s.Jobs)
	}
}

// schemaOfConfig is the schema as plain values.
func schemaOfConfig(t *testing.T) (properties map[string]any, defs map[string]map[string]any) {
	t.Helper()
	var s struct {
		Properties map[string]any
		Defs       map[string]map[string]any `json:"$defs"`
	}
	if err := json.Unmarshal(configSchema, &s); err != nil {
		t.Fatal(err)
	}
	return s.Properties, s.Defs
}

func TestTheSchemaKnowsTheCatalogTheKindsAndTheSettings(t *testing.T) {
	top, defs := schemaOfConfig(t)
	words := func(v any) (all []string) {
		for _, w := range v.([]any) {
			all = append(all, w.(string))
		}
		return all
	}
	var entities []string
	for _, e := range catalog.Default().Mirrored() {
		entities = append(entities, e.Name)
	}
	if d := cmp.Diff(entities, words(defs["entity"]["enum"])); d != "" {
		t.Errorf("entities (-catalog +schema):\n%s", d)
	}
	kinds := words(defs["job"]["properties"].(map[string]any)["job"].(map[string]any)["enum"])
	if d := cmp.Diff(slices.Sorted(maps.Keys(works)), slices.Sorted(slices.Values(kinds))); d != "" {
		t.Errorf("kinds of job (-works +schema):\n%s", d)
	}
	profile := maps.Clone(top)
	delete(profile, "profile")
	delete(profile, "profiles")
	if d := cmp.Diff(profile, defs["profile"]["properties"]); d != "" {
		t.Errorf("a profile has other settings than the top:\n%s", d)
	}
	for f := range reflect.TypeFor[settings]().Fields() {
		if name := f.Tag.Get("koanf"); name != "" && top[name] == nil {
			t.Errorf("the schema has no %s", name)
		}
	}
	var formatsOf []format
	for _, w := range words(defs["output"]["enum"]) {
		formatsOf = append(formatsOf, format(w))
	}
	if d := cmp.Diff(formats, formatsOf); d != "" {
		t.Errorf("output (-formats +schema):\n%s", d)
	}
}

// TestEveryKeyOfTheSchemaIsReadAndDescribed decodes a value for every key: a key that
// no field takes is an error.
func TestEveryKeyOfTheSchemaIsReadAndDescribed(t *testing.T) {
	_, defs := schemaOfConfig(t)
	var sample func(s map[string]any) any
	sample = func(s map[string]any) any {
		if examples, ok := s["examples"].([]any); ok {
			return examples[0]
		}
		if ref, ok := s["$ref"].(string); ok {
			return sample(defs[ref[len("#/$defs/"):]])
		}
		object := map[string]any{}
		for name, p := range s["properties"].(map[string]any) {
			described := p.(map[string]any)
			if described["description"] == nil {
				t.Errorf("%s has no description", name)
			}
			object[name] = sample(described)
		}
		return object
	}
	for name, into := range map[string]any{"sync": &syncConfig{}, "keep": &keepConfig{}, "job": &jobConfig{}} {
		text, err := yaml.Marshal(sample(defs[name]))
		if err != nil {
			t.Fatal(err)
		}
		d := yaml.NewDecoder(bytes.NewReader(text))
		d.KnownFields(true)
		if err := d.Decode(into); err != nil {
			t.Errorf("%s: %v\n%s", name, err, text)
		}
		v := reflect.ValueOf(into).Elem()
		for i := range v.NumField() {
			f := v.Type().Field(i)
			if f.Tag.Get("yaml") != "-" && v.Field(i).IsZero() {
				t.Errorf("no key of %s sets %s", name, f.Name)
			}
		}
	}
}

func TestAnExportIsNamedAfterItsDayInItsZone(t *testing.T) {
	c := configOf(t, `schedules: {weekly: {cron: "CRON_TZ=Asia/Tokyo 0 1 * * *", job: export, to: "/srv/{name}-{date}.db"}}`)
	s, err := c.sections("default")
	if err != nil {
		t.Fatal(err)
	}
	due := time.Date(2026, 11, 22, 16, 0, 0, 0, time.UTC)
	if got := s.Jobs[0].target(due); got != "/srv/weekly-2026-11-23.db" {
		t.Errorf("the export goes to %s", got)
	}
}
