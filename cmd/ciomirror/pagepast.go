package main

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	sq "github.com/Masterminds/squirrel"

	"ciomirror/catalog"
	"ciomirror/server/page"
	"ciomirror/store"
)

// pageVersions is how many versions of a record are read: one more than are told, since
// each is told by what it changed in the one before.
const pageVersions = 51

// Past implements page.Mirror.
func (m *pageMirror) Past(ctx context.Context, entity string, key []string, asOf string) (past page.Past, err error) {
	e, err := mirrored(catalog.Default(), entity)
	if err != nil {
		return past, asked(ctx, err)
	}
	r := recordOf(store.NewTable(e), key)
	err = m.at(ctx, asOf, func(reader store.Reader) error {
		return reader.Snapshot(ctx, func(rows store.Rows) error {
			past, err = r.past(ctx, rows, asOf != "")
			return err
		})
	})
	return past, err
}

// record finds the versions of one record.
type record struct {
	t       *store.Table
	key     []string
	columns string // of the entity, for a SELECT
	where   string // the key is that of the record
	args    []any
}

// recordOf names a record by its key, which in a URL is text; in the mirror it may be a
// number.
func recordOf(t *store.Table, key []string) record {
	var columns, conditions []string
	r := record{t: t, key: key}
	for _, c := range t.Columns {
		columns = append(columns, quotedName(c.Name))
	}
	for i, k := range t.Key {
		conditions = append(conditions, quotedName(t.Columns[k].Name)+" in (?, ?)")
		var number any = key[i]
		if n, err := strconv.ParseInt(key[i], 10, 64); err == nil && strconv.FormatInt(n, 10) == key[i] {
			number = n
		}
		r.args = append(r.args, key[i], number)
	}
	r.columns, r.where = strings.Join(columns, ", "), strings.Join(conditions, " and ")
	return r
}

// past reads the latest versions, and the one to be shown where that is an older one.
// Tables of an earlier time stand before main's.
func (r record) past(ctx context.Context, rows store.Rows, earlier bool) (p page.Past, err error) {
	for _, q := range []sq.Sqlizer{r.live(), r.ended("", pageVersions)} {
		found, err := r.versions(rows(ctx, q))
		if err != nil {
			return p, err
		}
		p.Versions = append(p.Versions, found...)
	}
	if len(p.Versions) == 0 {
		return p, &page.Problem{
			Status: http.StatusNotFound, Message: fmt.Sprintf("the mirror has no %s in %s", strings.Join(r.key, "/"), r.t.Entity.Name),
			Hint: "it may have come later than the last sync, or never: ciomirror sync " + r.t.Entity.Name,
		}
	}
	if p.More = len(p.Versions) >= pageVersions; p.More {
		p.Versions = p.Versions[:pageVersions]
	}
	for i := range p.Versions {
		v := &p.Versions[i]
		if v.Action, err = r.action(ctx, rows, *v); err != nil {
			return p, err
		}
		if v.GoneBy, err = r.goneBy(ctx, rows, *v); err != nil {
			return p, err
		}
	}
	p.Shown = p.Versions[0]
	if earlier {
		p.Shown, err = r.then(ctx, rows, p.Versions)
	}
	return p, err
}

// then is the version of the time that is asked about.
func (r record) then(ctx context.Context, rows store.Rows, latest []page.Version) (page.Version, error) {
	began, err := oneOf(rows(ctx, sq.Expr(fmt.Sprintf("select _changed_at from %s where %s", quotedName(r.t.Entity.Name), r.where), r.args...)))
	if err != nil {
		return page.Version{}, err
	}
	if began == nil {
		return page.Version{}, &page.Problem{Status: http.StatusNotFound, Message: "the record was not there at that time", Hint: "its history is shown without as_of in the address"}
	}
	from := millis(began[0])
	if i := slices.IndexFunc(latest, func(v page.Version) bool { return v.From.Equal(from) }); i >= 0 {
		return latest[i], nil
	}
	found, err := r.versions(rows(ctx, r.ended(" and _valid_from = ?", 1, began[0])))
	if err == nil && len(found) == 0 {
		err = fmt.Errorf("the version of %s that began at %s is not in the history", r.t.Entity.Name, from)
	}
	if err != nil {
		return page.Version{}, err
	}
	return found[0], nil
}

func (r record) live() sq.Sqlizer {
	return sq.Expr(fmt.Sprintf("select %s, _changed_at, null, '', _run from main.%s where %s", r.columns, quotedName(r.t.Entity.Name), r.where), r.args...)
}

// ended are versions that are no longer live, the latest first.
func (r record) ended(further string, most int, args ...any) sq.Sqlizer {
	return sq.Expr(fmt.Sprintf("select %s, _valid_from, _valid_to, _change, _run from main.%s where %s%s order by _valid_from desc limit %d",
		r.columns, quotedName(r.t.Entity.Name+"_history"), r.where, further, most), append(slices.Clone(r.args), args...)...)
}

func (r record) versions(rows iter.Seq2[[]any, error]) (all []page.Version, err error) {
	for cells, err := range rows {
		if err != nil {
			return nil, err
		}
		v, err := versionOf(r.t, cells)
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, nil
}

// action is the number of the write whose answer a version is: the last one of that
// record before it. Zero for what a run wrote, and when the answer named no record.
func (r record) action(ctx context.Context, rows store.Rows, v page.Version) (int64, error) {
	if v.Run != 0 {
		return 0, nil
	}
	row, err := oneOf(rows(ctx, sq.Expr("select max(id) from actions where entity = ? and answer_id = ? and outcome = 'done' and at <= ?",
		r.t.Entity.Name, r.key[len(r.key)-1], v.From.UnixMilli())))
	if err != nil || row == nil {
		return 0, err
	}
	number, _ := row[0].(int64)
	return number, nil
}

// goneBy is the run that found the record gone: one that found some of its entity gone
// and went on at that time. Zero for a version that ended otherwise.
func (r record) goneBy(ctx context.Context, rows store.Rows, v page.Version) (int64, error) {
	if v.Ended != page.Deleted {
		return 0, nil
	}
	row, err := oneOf(rows(ctx, sq.Expr(`select max(r.id) from runs r join run_entities e on e.run = r.id
		where e.entity = ? and e.gone > 0 and r.started <= ? and r.finished >= ?`, r.t.Entity.Name, v.To.UnixMilli(), v.To.UnixMilli())))
	if err != nil || row == nil {
		return 0, err
	}
	run, _ := row[0].(int64)
	return run, nil
}

func quotedName(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// versionOf reads the columns of the entity, and behind them when the version began
// and ended, how, and the run that wrote it.
func versionOf(t *store.Table, cells []any) (v page.Version, err error) {
	n := len(t.Columns)
	from, _ := cells[n].(int64)
	v.From = time.UnixMilli(from)
	if to, ok := cells[n+1].(int64); ok {
		v.To = time.UnixMilli(to)
	}
	v.Ended, _ = cells[n+2].(string)
	v.Run, _ = cells[n+3].(int64)
	if v.Raw, err = t.Record(cells[:n]); err != nil {
		return v, err
	}
	row := []byte{'{'}
	for i, c := range t.Columns {
		if i > 0 {
			row = append(row, ',')
		}
		row = append(appendJSONText(row, c.Name), ':')
		if row, err = store.AppendJSON(row, c, cells[i]); err != nil {
			return v, err
		}
	}
	v.Row = append(row, '}')
	return v, nil
}

// Diff implements page.Mirror.
func (m *pageMirror) Diff(ctx context.Context, entity string, from, to time.Time, limit int) (d page.Diff, err error) {
	s, done, err := m.open(ctx)
	if err != nil {
		return d, asked(ctx, err)
	}
	defer done()
	e, err := mirrored(catalog.Default(), entity)
	if err != nil {
		return d, asked(ctx, err)
	}
	t := store.NewTable(e)
	for difference, err := range s.Diff(ctx, t, from, to) {
		if err != nil {
			return d, asked(ctx, err)
		}
		if d.Capped = len(d.Rows) == limit; d.Capped {
			return d, nil
		}
		switch difference.Change {
		case store.Added:
			d.Added++
		case store.Removed:
			d.Removed++
		default:
			d.Changed++
		}
		row, err := differenceOf(t, difference)
		if err != nil {
			return d, err
		}
		d.Rows = append(d.Rows, row)
	}
	return d, nil
}

func differenceOf(t *store.Table, d store.Difference) (page.Difference, error) {
	r, err := fieldsOf(t, d)
	if err != nil {
		return page.Difference{}, err
	}
	row := page.Difference{Change: r.Change}
	for _, k := range d.Key {
		row.Key = append(row.Key, fmt.Sprint(k))
	}
	row.Name = strings.TrimSpace(strings.TrimPrefix(r.label, strings.Join(row.Key, "/")))
	for _, name := range r.order {
		row.Fields = append(row.Fields, page.FieldChange{Field: name, Before: r.Fields[name][0], After: r.Fields[name][1]})
	}
	return row, nil
}

// oneOf is the first row of a query, or nil.
func oneOf(rows iter.Seq2[[]any, error]) ([]any, error) {
	for cells, err := range rows {
		return cells, err
	}
	return nil, nil
}
