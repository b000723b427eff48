package catalog

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

func compareFields(t comparison, sections []refSection) {
	c := Default()
	compared := map[string]bool{}
	for _, s := range sections {
		if s.chapter != "2" || s.number == "2.14" {
			continue
		}
		ref := refFields(s)
		e, ok := c.Entity(ref.name)
		if !ok {
			t.Errorf("%s: not in the catalog", ref.name)
			continue
		}
		compared[e.Name] = true
		if !e.Page {
			t.Errorf("%s: stands on the page, but is not marked so", e.Name)
		}
		compareNames(t, e.Name, "fields", refFieldNames(ref.fields), fieldNames(e.Fields))
		for _, r := range ref.fields {
			if f, ok := e.Field(r.name); ok {
				compareField(t, e, f, r)
			}
		}
		compareTotals(t, e, ref.intro)
	}
	for _, e := range c.Mirrored() {
		if e.Page && !compared[e.Name] {
			t.Errorf("%s: marked as on the page, but not in the reference", e.Name)
		}
	}
}

func compareField(t comparison, e *Entity, f Field, r refField) {
	t.Helper()
	at := e.Name + " " + f.Name
	if got := kindWords(f.Types); !slices.Equal(got, r.types) {
		t.mismatch(at+": types", "%v, the reference says %v", got, r.types)
	}
	if got := unitWord(f.Unit); got != r.unit {
		t.mismatch(at+": unit", "%q, the reference says %q", got, r.unit)
	}
	for _, m := range []struct {
		what string
		mark Mark
		says string
		yes  string
	}{
		{"list", Listed, r.list, "yes"}, {"search", Hosted, r.search, "yes"}, {"personal", Personal, r.personal, "yes"}, {"null", NotNull, r.null, "no"},
	} {
		if m.says != "yes" && m.says != "no" {
			t.Errorf("%s: the reference's column %s says %q", at, m.what, m.says)
		}
		if got, want := f.Is(m.mark), m.says == m.yes; got != want {
			t.mismatch(at+": "+m.what, "the mark is %t, the reference says %s", got, m.says)
		}
	}
	if added := strings.Contains(r.notes, "added by the mirror"); added != (f.Is(FromParent) || f.Is(FromMirror)) {
		t.mismatch(at+": source", "added by the mirror is %t in the reference", added)
	}
	for note := range strings.SplitSeq(r.notes, "; ") {
		if (note == "key" || strings.HasPrefix(note, "key with ")) && !slices.Contains(e.Key, f.Name) {
			t.mismatch(at+": key", "the reference says %q, the key is %v", note, e.Key)
		}
	}
}

// The sections open with sums over their tables; a table and its sum that differ
// would show a fault of the reference.
var refTotals = regexp.MustCompile(`(\d+) fields in the list schema(?:, (\d+) searchable)?`)

func compareTotals(t comparison, e *Entity, intro string) {
	t.Helper()
	m := refTotals.FindStringSubmatch(intro)
	if m == nil {
		t.Errorf("%s: the reference states no number of fields", e.Name)
		return
	}
	var listed, hosted int
	for _, f := range e.Fields {
		if f.Is(Listed) {
			listed++
		}
		if f.Is(Hosted) {
			hosted++
		}
	}
	sums := fmt.Sprintf("%d fields in the list schema", listed)
	if e.HostedStore {
		sums += fmt.Sprintf(", %d searchable", hosted)
	}
	if sums != m[0] {
		t.Errorf("%s: %s, the reference says %s", e.Name, sums, m[0])
	}
}

func compareResults(t comparison, sections []refSection) {
	want := map[string][]refField{}
	for _, s := range sections {
		if s.number != "2.14" {
			continue
		}
		var owners string
		for _, row := range refRows(s.lines) {
			if row["entity"] != "same" {
				owners = row["entity"]
			}
			for owner := range strings.SplitSeq(owners, ", ") {
				want[owner] = append(want[owner], refField{name: row["field"], types: refTypes(row["types accepted"]),
					null: row["null"], unit: row["unit"], personal: row["personal"]})
			}
		}
	}
	for _, e := range Default().Entities() {
		compareNames(t, e.Name, "result", refFieldNames(want[e.Name]), fieldNames(e.Result))
		for i, r := range want[e.Name] {
			if i >= len(e.Result) {
				break
			}
			f := e.Result[i]
			if got := kindWords(f.Types); !slices.Equal(got, r.types) {
				t.Errorf("%s result %s: types %v, the reference says %v", e.Name, f.Name, got, r.types)
			}
			if unitWord(f.Unit) != r.unit || f.Is(Personal) != (r.personal == "yes") || f.Is(NotNull) != (r.null == "no") {
				t.Errorf("%s result %s: unit %q, marks %b; the reference says %+v", e.Name, f.Name, f.Unit, f.Marks, r)
			}
		}
		delete(want, e.Name)
	}
	for name := range want {
		t.Errorf("%s: has a result in the reference, and is not in the catalog", name)
	}
}

// Chapter 4 is shorter: several fields to a row, types of a group mixed, marks of
// the page missing. What it says is compared, in any order.
func compareBeyond(t comparison, sections []refSection) {
	beyond := []string{"broadcasts", "workspaces", "subscription_topics", "newsletter_contents"}
	var compared []string
	for _, s := range sections {
		ref := refFields(s)
		if s.chapter != "4" || !slices.Contains(beyond, ref.name) {
			continue
		}
		compared = append(compared, ref.name)
		e, ok := Default().Entity(ref.name)
		if !ok {
			t.Errorf("%s: not in the catalog", ref.name)
			continue
		}
		if path := strings.Split(s.title, "`")[1]; "GET "+refBare(e.List.Path) != refBare(path) {
			t.Errorf("%s: lists GET %s, the reference says %s", e.Name, e.List.Path, path)
		}
		want, got := refFieldNames(ref.fields), fieldNames(e.Fields)
		slices.Sort(want)
		slices.Sort(got)
		compareNames(t, e.Name, "fields", want, got)
		for _, r := range ref.fields {
			f, ok := e.Field(r.name)
			if !ok {
				continue
			}
			types := kindWords(f.Types)
			outside := slices.DeleteFunc(slices.Clone(types), func(k string) bool { return slices.Contains(r.types, k) })
			if len(outside) > 0 || !r.group && !slices.Equal(types, r.types) {
				t.Errorf("%s %s: types %v, the reference says %v", e.Name, f.Name, types, r.types)
			}
			if f.Is(Personal) != (r.personal == "yes") {
				t.Errorf("%s %s: personal is %t, the reference says %s", e.Name, f.Name, f.Is(Personal), r.personal)
			}
			if r.unit != "" && unitWord(f.Unit) != r.unit {
				t.Errorf("%s %s: unit %q, the reference says %q", e.Name, f.Name, f.Unit, r.unit)
			}
		}
	}
	slices.Sort(beyond)
	slices.Sort(compared)
	compareNames(t, "chapter 4", "entities", beyond, compared)
}
