package main

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

// configSchema is THE list of settings: what they are called, what they may be and
// what they are for. Editors read it as well.
//
//go:embed config.schema.json
var configSchema []byte

func compileConfigSchema() (*jsonschema.Schema, error) {
	const name = "config.schema.json"
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(configSchema))
	if err != nil {
		return nil, fmt.Errorf("read the config's schema: %w", err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource(name, doc); err != nil {
		return nil, fmt.Errorf("read the config's schema: %w", err)
	}
	s, err := c.Compile(name)
	if err != nil {
		return nil, fmt.Errorf("read the config's schema: %w", err)
	}
	return s, nil
}

// check finds what is wrong with the file: all of it at once.
func (c *configFile) check() error {
	schema, err := compileConfigSchema()
	if err != nil {
		return err
	}
	var faults []fault
	var invalid *jsonschema.ValidationError
	switch err := schema.Validate(plainValue(c.value)); {
	case errors.As(err, &invalid):
		faults = c.schemaFaults(schema, invalid)
	case err != nil:
		return fmt.Errorf("check the config file: %w", err)
	}
	return c.refuse(slices.Concat(faults, c.profileFaults(), c.jobFaults()))
}

// plainValue is a value of YAML in the kinds that JSON has.
func plainValue(v any) any {
	switch v := v.(type) {
	case map[string]any:
		m := make(map[string]any, len(v))
		for k, e := range v {
			m[k] = plainValue(e)
		}
		return m
	case map[any]any: // a key is a number, a date or the like
		m := make(map[string]any, len(v))
		for k, e := range v {
			m[fmt.Sprint(k)] = plainValue(e)
		}
		return m
	case []any:
		l := make([]any, len(v))
		for i, e := range v {
			l[i] = plainValue(e)
		}
		return l
	case nil, bool, string, int, int64, uint64, float64:
		return v
	}
	return fmt.Sprint(v) // a date
}

// schemaFaults are the leaves of the schema's complaint.
func (c *configFile) schemaFaults(root *jsonschema.Schema, e *jsonschema.ValidationError) []fault {
	if len(e.Causes) > 0 {
		var all []fault
		for _, cause := range e.Causes {
			all = append(all, c.schemaFaults(root, cause)...)
		}
		return all
	}
	path := e.InstanceLocation
	schema := schemaAt(root, path)
	f := fault{path: path, line: c.line(path), code: "invalid_value"}
	is := spoken(path) + " is not "
	switch k := e.ErrorKind.(type) {
	case *kind.AdditionalProperties:
		var all []fault
		for _, name := range k.Properties {
			all = append(all, c.unknownKey(schema, path, name))
		}
		return all
	case *kind.Required:
		f.code, f.message = "missing_key", fmt.Sprintf("%s has no %q", spoken(path), k.Missing[0])
		f.hint = example(schemaAt(schema, k.Missing[:1]), k.Missing[0])
	case *kind.FalseSchema:
		f.code, f.message = "unknown_key", spoken(path)+" is a key of another kind of job"
		f.hint = "entities and budget go with sync, to with export and backup, keep with backup, max_age with check"
	case *kind.Enum:
		words := make([]string, len(k.Want))
		for i, w := range k.Want {
			words[i] = fmt.Sprint(w)
		}
		f.message, f.hint = is+schema.Title, "one of: "+strings.Join(words, ", ")
		if got, ok := k.Got.(string); ok {
			if near := nearest(got, words); near != "" {
				f.hint, f.candidates = fmt.Sprintf("did you mean %q? %s", near, f.hint), []string{near}
			}
		}
	case *kind.MinItems:
		f.message, f.hint = spoken(path)+" is empty", "leave it out for all"
	case *kind.UniqueItems:
		f.message, f.hint = spoken(path)+" names something twice", "take one out"
	case *kind.Type:
		f.message, f.hint = is+schema.Title, example(schema, lastKey(path))
		if k.Got == "null" {
			f.message = spoken(path) + " is empty"
		}
	default:
		f.message, f.hint = is+schema.Title, bounds(schema, lastKey(path))
	}
	return []fault{f}
}

func (c *configFile) unknownKey(schema *jsonschema.Schema, path []string, name string) fault {
	f := fault{path: append(slices.Clone(path), name), code: "unknown_key"}
	f.line = c.line(f.path)
	if len(schema.PatternProperties) > 0 {
		f.message, f.hint = fmt.Sprintf("%q is not a plain name", name), "letters, digits, - and _, at most 64"
		return f
	}
	f.message = fmt.Sprintf("%s has no setting %q", spoken(path), name)
	known := slices.Sorted(maps.Keys(schema.Properties))
	f.hint = "the settings are: " + strings.Join(known, ", ")
	if near := nearest(name, known); near != "" {
		f.hint, f.candidates = fmt.Sprintf("did you mean %q?", near), []string{near}
	}
	return f
}

func valueAt(v any, path []string) any {
	for _, key := range path {
		m, _ := v.(map[string]any)
		v = m[key]
	}
	return v
}

// schemaAt is the schema of the value at a path.
func schemaAt(s *jsonschema.Schema, path []string) *jsonschema.Schema {
	for _, key := range path {
		s = target(s)
		for name, each := range s.PatternProperties {
			if name.MatchString(key) {
				s = each
			}
		}
		if p, ok := s.Properties[key]; ok {
			s = p
		} else if each, ok := s.AdditionalProperties.(*jsonschema.Schema); ok && each.Bool == nil {
			s = each
		} else if s.Items2020 != nil {
			s = s.Items2020
		}
	}
	return target(s)
}

// target is what a reference stands for; its own examples stand before those.
func target(s *jsonschema.Schema) *jsonschema.Schema {
	if s.Ref == nil {
		return s
	}
	t := *target(s.Ref)
	if len(s.Examples) > 0 {
		t.Examples = s.Examples
	}
	return &t
}

// example is a hint that shows a setting.
func example(s *jsonschema.Schema, key string) string {
	if len(s.Examples) == 0 {
		if len(s.Properties) > 0 {
			return "it holds: " + strings.Join(slices.Sorted(maps.Keys(s.Properties)), ", ")
		}
		return "see: ciomirror config schema"
	}
	if _, err := strconv.Atoi(key); err == nil { // an item of a list
		return fmt.Sprintf("for example: %v", s.Examples[0])
	}
	switch e := s.Examples[0].(type) {
	case []any:
		words := make([]string, len(e))
		for i, w := range e {
			words[i] = fmt.Sprint(w)
		}
		return fmt.Sprintf("for example: %s: [%s]", key, strings.Join(words, ", "))
	default:
		return fmt.Sprintf("for example: %s: %v", key, e)
	}
}

// bounds is a hint for a value of the right type that does not fit.
func bounds(s *jsonschema.Schema, key string) string {
	var words []string
	if s.ExclusiveMinimum != nil {
		words = append(words, "more than "+s.ExclusiveMinimum.RatString())
	}
	if s.Minimum != nil {
		words = append(words, "at least "+s.Minimum.RatString())
	}
	if s.Maximum != nil {
		words = append(words, "at most "+s.Maximum.RatString())
	}
	if len(words) == 0 {
		return example(s, key)
	}
	return "it is " + strings.Join(words, ", ")
}

// spoken is a path as people say it.
func spoken(path []string) string {
	if len(path) == 0 {
		return "the config file"
	}
	return strings.Join(path, ".")
}

func lastKey(path []string) string {
	if len(path) == 0 {
		return ""
	}
	return path[len(path)-1]
}
