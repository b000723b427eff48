package mcp_test

import (
	"os"
	"strings"
	"testing"
)

func TestTheDocsNameAllThereIs(t *testing.T) {
	b, err := os.ReadFile("../../docs/mcp.md")
	if err != nil {
		t.Fatal(err)
	}
	docs := string(b)
	o := newShelf(t, nil).options()
	o.Live, o.Secret = unreached{t}, make([]byte, 32)
	c := dial(t, o, nil)
	tools, _ := toolsOf(t, c)
	there := names(tools)
	prompts, err := c.ListPrompts(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range prompts.Prompts {
		there = append(there, p.Name)
	}
	templates, err := c.ListResourceTemplates(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range templates.ResourceTemplates {
		there = append(there, r.URITemplate)
	}
	resources, err := c.ListResources(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range resources.Resources {
		there = append(there, r.URI)
	}
	if len(there) != 8+4+3+2 {
		t.Errorf("there are %v", there)
	}
	for _, name := range there {
		if !strings.Contains(docs, "`"+name+"`") {
			t.Errorf("docs/mcp.md does not name %s", name)
		}
	}
}
