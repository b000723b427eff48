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
	Now     string // the address without AsOf
	Version Version
	Fields  []fieldLine
	Empty   []string // fields without a value
	Raw     cell
	Changes []versionView
	More    bool // there are older versions
	Related []relation
	Metrics *metricsView
	Late    bool // there was no time for the metrics
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
	if f.Before.Kind != f.After.Kind || f.Before.Whole+f.After.Whole == "" {
		return f
	}
	// All of both: they may part behind what is shown whole.
	x, y := []rune(readable(before)), []rune(readable(after))
	same := 0
	for same < len(x) && same < len(y) && x[same] == y[same] {
		same++
	}
	if f.Before.Text == f.After.Text || f.Before.Kind == "text" && same >= 2*partContext {
		f.Before.Text, f.After.Text = partFrom(x, same), partFrom(y, same)
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

// partContext is how many characters are shown before the place where two texts part.
const partContext = 12

// partFrom is a text from shortly before a place in it.
func partFrom(text []rune, place int) string {
	line, cut := shortened(strings.Join(strings.Fields(string(text[max(0, place-partContext):])), " "), 60)
	if place > partContext {
		line = "…" + line
	}
	if cut > 0 {
		line += "…"
	}
	return line
}

func (p *Page) record(r *http.Request) (answer, error) {
	e, err := p.mirrored(r.PathValue("entity"))
	if err != nil {
		return answer{}, err
	}
	q := r.URL.Query()
	key, err := keyInURL(r, e)
	if err != nil {
		return answer{}, err
	}
	v := recordView{Entity: e, Key: strings.Join(key, " / "), AsOf: strings.TrimSpace(q.Get("as_of")), Now: recordURL(e.Name, key, "")}
	past, err := p.o.Mirror.Past(r.Context(), e.Name, key, v.AsOf)
	if err != nil {
		return answer{}, err
	}
	v.More = past.More
	if err := p.describe(&v, past.Shown); err != nil {
		return answer{}, err
	}
	if v.Changes, err = p.changesOf(e, past); err != nil {
		return answer{}, err
	}
	if err := p.around(r.Context(), &v, key); err != nil {
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

func (p *Page) describe(v *recordView, version Version) error {
	values, err := members(version.Row)
	if err != nil {
		return err
	}
	v.Version, v.Raw = version, jsonCell(version.Raw)
	if version.Ended == Deleted {
		v.Deleted = version.To
	}
	for _, c := range columnsOf(v.Entity) {
		c.asOf = v.AsOf
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
			line.Same = address{Entity: v.Entity.Name, Conditions: []condition{{c.Name, "eq", plainText(values[c.Name])}}, AsOf: v.AsOf}.URL()
		}
		v.Fields = append(v.Fields, line)
	}
	return nil
}

// changesOf are the versions with what each changed, the latest first. Of the oldest
// that is known nothing can be said while there is one before it.
func (p *Page) changesOf(e *catalog.Entity, past Past) ([]versionView, error) {
	columns, versions := columnsOf(e), past.Versions
	var list []versionView
	for i, version := range versions {
		last := i == len(versions)-1
		if last && past.More {
			break
		}
		v := versionView{Version: version, First: last}
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

// aroundTime is what may go into counting what is around a record: that of an earlier
// time is looked for without indexes.
const aroundTime = 3 * time.Second

// around fills in what refers to the record, at the time of the record that is shown. Of
// one that is gone that is its last moment: what referred to it may be gone as well.
func (p *Page) around(ctx context.Context, v *recordView, key []string) (err error) {
	asOf := v.AsOf
	if asOf == "" && !v.Deleted.IsZero() {
		asOf = lastMoment(v.Deleted)
	}
	short, cancel := context.WithTimeout(ctx, aroundTime)
	defer cancel()
	late := func(err error) bool { return err != nil && ctx.Err() == nil && short.Err() != nil }
	for _, l := range p.links.into[v.Entity.Name] {
		x, err := p.related(short, l, key[len(key)-1], asOf)
		if late(err) {
			err = nil // it is a link all the same
		}
		if err != nil {
			return err
		}
		v.Related = append(v.Related, x)
	}
	v.Metrics, err = p.metrics(short, v.Entity, key, asOf)
	if v.Late = late(err); v.Late {
		err = nil
	}
	return err
}

// lastMoment is the last time at which a record was there, in words.
func lastMoment(gone time.Time) string {
	return gone.Add(-time.Millisecond).UTC().Format("2006-01-02T15:04:05.000Z07:00")
}

// related counts the records that refer to an id by one field, where that is cheap.
func (p *Page) related(ctx context.Context, l link, id, asOf string) (relation, error) {
	a := address{Entity: l.From.Name, Conditions: []condition{l.condition(id)}, AsOf: asOf}
	x := relation{Entity: l.From.Name, Field: l.Field.Name, Href: a.URL()}
	if !l.cheap() {
		return x, nil
	}
	params := `{"query":` + a.queryJSON(l.From) + `,"limit":1,"fields":["` + l.From.Key[0] + `"],"count":true}`
	found, err := p.o.Mirror.Search(ctx, Search{Entity: l.From.Name, Params: json.RawMessage(params), AsOf: asOf})
	if err == nil && found.Count != nil {
		x.Count, x.Counted, x.Partial = *found.Count, true, found.CountPartial
	}
	return x, err
}
