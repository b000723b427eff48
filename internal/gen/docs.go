package main

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"ciomirror/catalog"
	"ciomirror/query"
)

// pages are the generated pages of docs/, by their path in it.
func pages(cat *catalog.Catalog) map[string]string {
	all := map[string]string{
		"entities/README.md": contents(cat),
		"operators.md":       operators(),
	}
	for _, e := range cat.Entities() {
		all["entities/"+e.Name+".md"] = entity(e)
	}
	return all
}

const generated = "<!-- Made from the catalog by `make generate`; do not edit. -->\n\n"

// writePages puts the pages under docs, and takes entity pages away that have no
// entity any more.
func writePages(docs string, cat *catalog.Catalog) error {
	all := pages(cat)
	if err := os.MkdirAll(filepath.Join(docs, "entities"), 0o755); err != nil {
		return err
	}
	old, err := fs.Glob(os.DirFS(docs), "entities/*.md")
	if err != nil {
		return err
	}
	var faults []error
	for _, name := range old {
		if _, ok := all[name]; !ok {
			faults = append(faults, os.Remove(filepath.Join(docs, name)))
		}
	}
	for name, text := range all {
		faults = append(faults, os.WriteFile(filepath.Join(docs, name), []byte(text), 0o644))
	}
	return errors.Join(faults...)
}

func contents(cat *catalog.Catalog) string {
	var b strings.Builder
	b.WriteString(generated + "# Entities\n\nA mirrored entity is a table of its name. Of the others records can only be created.\n\n")
	b.WriteString("| entity | mirrored | hosted store | actions | what it is |\n|---|---|---|---|---|\n")
	for _, e := range cat.Entities() {
		var actions []string
		for _, a := range e.Actions {
			actions = append(actions, a.Name)
		}
		row(&b, fmt.Sprintf("[%s](%s.md)", e.Name, e.Name), yes(e.Mirrored()), yes(e.HostedStore), strings.Join(actions, ", "), e.Doc)
	}
	return b.String()
}

func entity(e *catalog.Entity) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s# %s\n\n%s\n", generated, e.Name, e.Doc)
	if e.Mirrored() {
		fmt.Fprintf(&b, "\nKey: %s. %s\n", code(e.Key...), listed(e))
	}
	fields, title := e.Fields, "Fields"
	if !e.Mirrored() {
		fields, title = e.Result, "What the API answers"
	}
	if len(fields) > 0 {
		fmt.Fprintf(&b, "\n## %s\n\n| field | type | unit | marks | what it is |\n|---|---|---|---|---|\n", title)
		for _, f := range fields {
			row(&b, code(f.Name), kinds(f), string(f.Unit), marks(f), f.Doc)
		}
	}
	if len(e.Derived) > 0 {
		b.WriteString("\n## Columns of ours\n\n| column | made of | unit | what it is |\n|---|---|---|---|\n")
		for _, d := range e.Derived {
			row(&b, code(d.Name), code(d.From+"."+d.Key), string(d.Unit), d.Doc)
		}
	}
	if len(e.Indexes) > 0 {
		b.WriteString("\n## Indexes\n\n| field | is there for |\n|---|---|\n")
		for _, i := range e.Indexes {
			row(&b, code(i.Field), i.Serves)
		}
	}
	for _, a := range e.Actions {
		action(&b, a)
	}
	return b.String()
}

// listed says how the mirror reads an entity.
func listed(e *catalog.Entity) string {
	how := "A walk shows every live record, so one that is not seen is gone."
	switch {
	case e.List.Window != nil:
		how = fmt.Sprintf("Read in windows of %s, at most %d days back at once; nothing is deleted for being absent.", code(e.List.Window.Field), e.List.Window.MaxDays)
	case e.List.Feed != nil:
		how = fmt.Sprintf("A feed of about %d days, the newest first; what was seen is kept.", e.List.Feed.Days)
	}
	from := "Read from " + code("GET "+e.List.Path)
	if e.Parent != nil {
		from += ", once for each of " + fmt.Sprintf("[%s](%s.md)", e.Parent.Entity, e.Parent.Entity)
	}
	return from + ". " + how
}

func action(b *strings.Builder, a catalog.Action) {
	fmt.Fprintf(b, "\n## %s\n\n%s", a.Name, a.Doc)
	if a.Method != "" {
		fmt.Fprintf(b, " %s; it %s.", code(a.Method+" "+a.Path), a.Effect)
	}
	b.WriteString("\n")
	if len(a.Params) == 0 {
		b.WriteString("\nNo parameters.\n")
		return
	}
	b.WriteString("\n| parameter | type | needed | in | limits | what it is |\n|---|---|---|---|---|---|\n")
	for _, p := range a.Params {
		needed := yes(p.Required)
		if p.When != "" {
			needed = p.When
		}
		limits := p.Limits
		if len(p.Enum) > 0 {
			limits = strings.Join(append([]string{"one of " + strings.Join(p.Enum, ", ")}, nonEmpty(limits)...), "; ")
		}
		place := p.In.String()
		if p.WireName() != p.Name {
			place += " as " + code(p.WireName())
		}
		if p.Beyond {
			place += ", not on the reference page"
		}
		row(b, code(p.Name), kindNames(p.Types), needed, place, limits, p.Doc)
	}
}

func operators() string {
	var b strings.Builder
	b.WriteString(generated + "# Operators of the filter\n\n")
	b.WriteString("A filter is JSON: an operator, in it fields, in them operands. Several operators or fields in one object\n" +
		"are joined by and. Where a value is absent, a comparison is neither true nor false, and the row is left out.\n\n")
	b.WriteString("| operator | means | on | example |\n|---|---|---|---|\n")
	for _, o := range query.Operators() {
		on := kindNames(o.Kinds)
		if len(o.Kinds) == 0 {
			on = "conditions"
		}
		row(&b, code(o.Name), o.Doc, on, code(o.Example))
	}
	return b.String()
}

// row writes one row of a table. A bar in a cell would part it.
func row(b *strings.Builder, cells ...string) {
	for _, c := range cells {
		b.WriteString("| " + strings.ReplaceAll(c, "|", "\\|") + " ")
	}
	b.WriteString("|\n")
}

func kinds(f catalog.Field) string {
	text := kindNames(f.Types)
	if f.Store != 0 {
		text += "; searched as " + f.Store.String()
	}
	return text
}

func kindNames(kinds []catalog.Kind) string {
	var names []string
	for _, k := range kinds {
		names = append(names, k.String())
	}
	return strings.Join(names, ", ")
}

// markNames are the marks that a reader of the docs can use.
var markNames = map[catalog.Mark]string{
	catalog.Hosted: "hosted", catalog.Personal: "personal", catalog.Indexed: "indexed", catalog.FullText: "text index",
	catalog.Volatile: "live counter, no history",
}

func marks(f catalog.Field) string {
	var names []string
	for _, m := range slices.Sorted(maps.Keys(markNames)) {
		if f.Is(m) {
			names = append(names, markNames[m])
		}
	}
	return strings.Join(names, ", ")
}

func code(names ...string) string { return "`" + strings.Join(names, "`, `") + "`" }

func yes(b bool) string {
	if b {
		return "yes"
	}
	return ""
}

func nonEmpty(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}
