package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ciomirror/catalog"
)

func TestTheDocsAreThoseOfTheCatalog(t *testing.T) {
	docs := filepath.Join("..", "..", "docs")
	want := pages(catalog.Default())
	for name, text := range want {
		got, err := os.ReadFile(filepath.Join(docs, filepath.FromSlash(name)))
		if err != nil || string(got) != text {
			t.Errorf("%s is not what the catalog says (%v): run make generate", name, err)
		}
	}
	there, err := os.ReadDir(filepath.Join(docs, "entities"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range there {
		if _, ok := want["entities/"+f.Name()]; !ok {
			t.Errorf("docs/entities/%s belongs to no entity: run make generate", f.Name())
		}
	}
}

func TestEveryFieldAndParameterIsInItsPage(t *testing.T) {
	all := pages(catalog.Default())
	for _, e := range catalog.Default().Entities() {
		page := all["entities/"+e.Name+".md"]
		for _, f := range e.Fields {
			if !strings.Contains(page, "\n| `"+f.Name+"` | ") {
				t.Errorf("%s.%s is missing", e.Name, f.Name)
			}
		}
		for _, a := range e.Actions {
			_, section, found := strings.Cut(page, "\n## "+a.Name+"\n")
			section, _, _ = strings.Cut(section, "\n## ")
			if !found {
				t.Errorf("%s has no section %s", e.Name, a.Name)
			}
			for _, p := range a.Params {
				if !strings.Contains(section, "\n| `"+p.Name+"` | ") {
					t.Errorf("%s %s: %s is missing", e.Name, a.Name, p.Name)
				}
			}
		}
	}
}

// A page that is edited by hand, or left behind, is put right.
func TestWritePagesPutsRight(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "entities"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"campaigns.md", "gone.md"} {
		if err := os.WriteFile(filepath.Join(dir, "entities", name), []byte("edited"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := writePages(dir, catalog.Default()); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "entities", "campaigns.md"))
	if err != nil || !strings.HasPrefix(string(text), generated) {
		t.Errorf("campaigns.md: %.40q, %v", text, err)
	}
	if _, err := os.Stat(filepath.Join(dir, "entities", "gone.md")); !os.IsNotExist(err) {
		t.Errorf("gone.md: %v", err)
	}
}
