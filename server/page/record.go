package page

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"ciomirror/catalog"
)

// recordView is one record: its fields, its past and what is around it.
type recordView struct {
	Entity  *catalog.Entity
	Key     string
	Name    string
	Deleted time.Time // zero while it is there
	AsOf    string
	Version Version
	Fields  []fieldLine
	Empty   []string // fields without a value
	Raw     cell
	Changes []versionView
	More    bool // there are older versions
	Related []relation
	Metrics *metricsView
}

type fieldLine struct {
	Column column
	Cell   cell
	// Same leads to the records that have the same value; "" where that is no question.
	Same string
}

// versionView is what one version changed in the one before.
type versionView struct {
	Version
	First  bool
	Fields []changedField
}

type changedField struct {
	Field         string
	Before, After cell
}

// relation are the records that refer to this one.
type relation struct {
	Entity, Field string
	Href          string
	Count         int64
	Counted       bool
	Partial       bool
}

// changed shows a value before and after. Of two long texts that begin alike it
// shows where they part.
func (p *Page) changed(c column, before, after json.RawMessage) changedField {
	f := changedField{c.Name, p.cellOf(c, before), p.cellOf(c, after)}
	if f.Before.Text == f.After.Text && f.Before.Kind == f.After.Kind && f.Before.Whole+f.After.Whole != "" {
		// All of both: they may part behind what is shown whole.
		f.Before.Text, f.After.Text = contrast(readable(before), readable(after))
	}
	return f
}

// readable is a value as people read it, whole.
func readable(v json.RawMessage) string {
	var s string
	if json.Unmarshal(v, &s) != nil {
		s = indented(v)
	}
	return visible(s)
}

// contrast are two texts from shortly before the place where they part.
func contrast(a, b string) (string, string) {
	x, y := []rune(a), []rune(b)
	same := 0
	for same < len(x) && same < len(y) && x[same] == y[same] {
		same++
	}
	from := max(0, same-12)
	cut := func(text []rune) string {
		line, _ := shortened(strings.Join(strings.Fields(string(text[from:])), " "), 60)
		return "…" + line + "…"
	}
	return cut(x), cut(y)
}

// mostVersions is how many versions of a record are shown.
const mostVersions = 50

func (p *Page) record(r *http.Request) (answer, error) {
	e, err := p.mirrored(r.PathValue("entity"))
	if err != nil {
		return answer{}, err
	}
	key, err := keyInURL(r, e)
	if err != nil {
		return answer{}, err
	}
	versions, err := p.o.Mirror.Versions(r.Context(), e.Name, key)
	if err != nil {
		return answer{}, err
	}
	v := recordView{Entity: e, Key: strings.Join(key, " / "), AsOf: r.URL.Query().Get("as_of")}
	shown, err := p.versionAt(r.Context(), versions, v.AsOf)
	if err != nil {
		return answer{}, err
	}
	if err := p.describe(&v, versions[shown]); err != nil {
		return answer{}, err
	}
	if v.Changes, err = p.changesOf(e, versions); err != nil {
		return answer{}, err
	}
	if v.More = len(versions) > mostVersions; v.More {
		v.Changes = v.Changes[:mostVersions]
	}
	if v.Related, err = p.related(r.Context(), e, key); err != nil {
		return answer{}, err
	}
	if v.Metrics, err = p.metrics(r.Context(), e, key); err != nil {
		return answer{}, err
	}
	return answer{view: "record", title: e.Name + " " + v.Key, data: v}, nil
}

// keyInURL reads the parts of the key from the path, or from _key where the path
// cannot carry them.
func keyInURL(r *http.Request, e *catalog.Entity) ([]string, error) {
	key := r.URL.Query()["_key"]
	if len(key) == 0 {
		prefix := "/t/" + url.PathEscape(e.Name) + "/"
		for part := range strings.SplitSeq(strings.TrimPrefix(r.URL.EscapedPath(), prefix), "/") {
			text, err := url.PathUnescape(part)
			if err != nil {
				return nil, wrong("take a link of the table", "the address has no key that can be read")
			}
			key = append(key, text)
		}
	}
	if len(key) != len(e.Key) {
		return nil, wrong(fmt.Sprintf("the address is /t/%s/%s", e.Name, strings.ToUpper(strings.Join(e.Key, "/"))),
			"a record of %s has a key of %d parts, not %d", e.Name, len(e.Key), len(key))
	}
	return key, nil
}

// versionAt finds the version that was live at a time; without one, the latest.
func (p *Page) versionAt(ctx context.Context, versions []Version, asOf string) (int, error) {
	if asOf == "" {
		return 0, nil
	}
	at, err := p.o.Journal.Instant(ctx, asOf)
	if err != nil {
		return 0, err
	}
	for i, v := range versions {
		if !v.From.After(at) && (v.To.IsZero() || v.To.After(at)) {
			return i, nil
		}
	}
	f := missing("the record was not there at that time")
	f.Hint = "its history is shown without as_of in the address"
	return 0, f
}

func (p *Page) describe(v *recordView, version Version) error {
	values, err := members(version.Row)
	if err != nil {
		return err
	}
	v.Version, v.Raw = version, jsonCell(version.Raw)
	if version.Ended == "deleted" {
		v.Deleted = version.To
	}
	for _, c := range columnsOf(v.Entity) {
		x := p.cellOf(c, values[c.Name])
		if x.Kind == "null" {
			v.Empty = append(v.Empty, c.Name)
			continue
		}
		if v.Name == "" && slices.Contains(v.Entity.Shown, c.Name) && x.Kind == "text" && slices.Contains(textFields(v.Entity), c.Name) {
			v.Name = x.Text
		}
		line := fieldLine{Column: c, Cell: x}
		if c.Indexed && !c.Time() && x.Whole == "" {
			line.Same = address{Entity: v.Entity.Name, Conditions: []condition{{c.Name, "eq", plainText(values[c.Name])}}}.URL()
		}
		v.Fields = append(v.Fields, line)
	}
	return nil
}

// changesOf are the versions with what each changed, the latest first.
func (p *Page) changesOf(e *catalog.Entity, versions []Version) ([]versionView, error) {
	columns := columnsOf(e)
	var list []versionView
	for i, version := range versions {
		v := versionView{Version: version, First: i == len(versions)-1}
		if !v.First {
			after, err := members(version.Row)
			if err != nil {
				return nil, err
			}
			before, err := members(versions[i+1].Row)
			if err != nil {
				return nil, err
			}
			for _, c := range columns {
				f, known := e.Field(c.Name)
				if bytes.Equal(before[c.Name], after[c.Name]) || !known || f.Marks&(catalog.Volatile|catalog.FromMirror|catalog.Echo) != 0 {
					continue
				}
				v.Fields = append(v.Fields, p.changed(c, before[c.Name], after[c.Name]))
			}
		}
		list = append(list, v)
	}
	return list, nil
}

// related counts the records that refer to this one, as far as that is cheap, and
// links the others.
func (p *Page) related(ctx context.Context, e *catalog.Entity, key []string) ([]relation, error) {
	id := key[len(key)-1]
	var list []relation
	for _, l := range p.links.into[e.Name] {
		a := address{Entity: l.From.Name, Conditions: []condition{l.condition(id)}}
		x := relation{Entity: l.From.Name, Field: l.Field.Name, Href: a.URL()}
		if l.cheap() {
			params := `{"query":` + a.queryJSON(l.From) + `,"limit":1,"fields":["` + l.From.Key[0] + `"],"count":true}`
			found, err := p.o.Mirror.Search(ctx, Search{Entity: l.From.Name, Params: json.RawMessage(params)})
			if err != nil {
				return nil, err
			}
			if found.Count != nil {
				x.Count, x.Counted, x.Partial = *found.Count, true, found.CountPartial
			}
		}
		list = append(list, x)
	}
	return list, nil
}
