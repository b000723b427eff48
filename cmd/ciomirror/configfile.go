package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// configFile is a config file that was read and not yet believed. What stands in it
// may be secret: messages name its keys and never its values.
type configFile struct {
	path  string
	root  *yaml.Node     // nil when the file says nothing
	value map[string]any // the same as plain values
}

// readConfig reads a config file. A file that is not there is fs.ErrNotExist.
func readConfig(path string) (*configFile, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if err != nil {
		return nil, usageError(fmt.Sprintf("the config file cannot be read: %v", err), "name another with --config")
	}
	c := &configFile{path: path, value: map[string]any{}}
	d := yaml.NewDecoder(bytes.NewReader(text))
	var doc, second yaml.Node
	switch err := d.Decode(&doc); {
	case errors.Is(err, io.EOF):
		return c, nil
	case err != nil:
		return nil, c.unreadable(text, err)
	}
	if err := d.Decode(&second); !errors.Is(err, io.EOF) {
		return nil, usageError(fmt.Sprintf("the config file %s cannot be read: it has more than one document", path), "take out the lines that are ---")
	}
	if doc.Content[0].Tag == "!!null" {
		return c, nil
	}
	if err := doc.Decode(&c.value); err != nil {
		return nil, c.unreadable(text, err)
	}
	c.root = doc.Content[0]
	return c, nil
}

// tabbed is a line that is indented with a tab, which YAML refuses in words that help
// nobody.
var tabbed = regexp.MustCompile(`(?m)^ *\t`)

// unreadable is YAML's complaint without what it quotes.
func (c *configFile) unreadable(text []byte, err error) error {
	why := regexp.MustCompile("(?s)`.*?`|'.*?' referenced").ReplaceAllString(err.Error(), "…")
	why = strings.Join(strings.Fields(why), " ")
	hint := "it is YAML, for example: db: /srv/mirror.db"
	switch {
	case strings.Contains(why, "cannot start any token") && tabbed.Match(text):
		hint = "a line begins with a tab: indent with spaces"
	case strings.Contains(why, "alphabetic or numeric") || strings.Contains(why, "cannot start any token") || strings.Contains(why, "anchor"):
		hint = `a text that begins with * or @ stands in quotes, for example: cron: "*/15 * * * *"`
	}
	return usageError(fmt.Sprintf("the config file %s cannot be read: %s", c.path, why), hint)
}

// profiles are the names of the file's profiles, in its order.
func (c *configFile) profiles() []string {
	var names []string
	if n := c.at("profiles"); n != nil && n.Kind == yaml.MappingNode {
		for i := 0; i+1 < len(n.Content); i += 2 {
			names = append(names, n.Content[i].Value)
		}
	}
	return names
}

// at is the value at a path of keys, nil for none.
func (c *configFile) at(path ...string) *yaml.Node {
	value, _, found := c.find(path)
	if !found {
		return nil
	}
	return value
}

// line is where the value at a path begins, or that which should hold it.
func (c *configFile) line(path []string) int {
	_, line, _ := c.find(path)
	return line
}

// find follows a path as far as it goes, through aliases and merged mappings.
func (c *configFile) find(path []string) (value *yaml.Node, line int, found bool) {
	value, line = c.root, 1
	for _, key := range path {
		name, next := child(value, key)
		if next == nil {
			return nil, line, false
		}
		value, line = next, name.Line
	}
	return value, line, value != nil
}

// child is what a mapping or a list holds under a key, and where it says so.
func child(n *yaml.Node, key string) (name, value *yaml.Node) {
	if n == nil {
		return nil, nil
	}
	switch n.Kind {
	case yaml.AliasNode:
		return child(n.Alias, key)
	case yaml.SequenceNode:
		for i, item := range n.Content {
			if fmt.Sprint(i) == key {
				return item, item
			}
		}
	case yaml.MappingNode:
		var merged *yaml.Node
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == key {
				return n.Content[i], n.Content[i+1]
			}
			if n.Content[i].Tag == "!!merge" {
				merged = n.Content[i+1]
			}
		}
		if merged == nil {
			return nil, nil
		}
		from := []*yaml.Node{merged}
		if merged.Kind == yaml.SequenceNode {
			from = merged.Content
		}
		for _, m := range from {
			if name, value := child(m, key); value != nil {
				return name, value
			}
		}
	}
	return nil, nil
}

// fault is one thing wrong with a config file.
type fault struct {
	path       []string // of keys
	line       int
	code       string
	message    string
	hint       string
	candidates []string
}

// refuse turns the faults into one error, in the file's order; nil for none.
func (c *configFile) refuse(faults []fault) error {
	if len(faults) == 0 {
		return nil
	}
	slices.SortFunc(faults, func(a, b fault) int {
		return cmp.Or(a.line-b.line, cmp.Compare(pointer(a.path), pointer(b.path)))
	})
	one := faults[0]
	p := &problem{Type: "validation_error", Status: 400, exit: exitUsage,
		Message: fmt.Sprintf("%s:%d: %s", c.path, one.line, one.message), Hint: one.hint,
		Detail: &problemDetail{Code: one.code, Path: pointer(one.path), Candidates: append([]string{}, one.candidates...)}}
	if len(faults) == 1 {
		return p
	}
	p.Message = fmt.Sprintf("the config file %s has %d faults", c.path, len(faults))
	for _, f := range faults {
		p.Message += fmt.Sprintf("\n  %s:%d: %s; %s", c.path, f.line, f.message, f.hint)
	}
	p.Hint = "check it again with: ciomirror config check"
	return p
}

// pointer is a path as an RFC 6901 pointer.
func pointer(path []string) string {
	var b strings.Builder
	for _, key := range path {
		b.WriteString("/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(key))
	}
	return b.String()
}
