package main

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"strconv"
	"strings"
	"time"

	sq "github.com/Masterminds/squirrel"

	"ciomirror/catalog"
	"ciomirror/server/page"
	"ciomirror/store"
	"ciomirror/store/sqlite"
)

// pageVersions is one more version than the page shows, so that it knows of more.
const pageVersions = 51

// Versions implements page.Mirror.
func (m *pageMirror) Versions(ctx context.Context, entity string, key []string) ([]page.Version, error) {
	s, err := m.open(ctx)
	if err != nil {
		return nil, asked(ctx, err)
	}
	e, err := mirrored(catalog.Default(), entity)
	if err != nil {
		return nil, asked(ctx, err)
	}
	t := store.NewTable(e)
	var versions []page.Version
	for _, q := range versionQueries(t, key) {
		for cells, err := range s.Rows(ctx, q) {
			if err != nil {
				return nil, asked(ctx, err)
			}
			v, err := versionOf(t, cells)
			if err != nil {
				return nil, err
			}
			versions = append(versions, v)
		}
	}
	// Asked when the rows are through: a second query inside them would hold two
	// connections, and some pages at once could wait for each other's.
	for i, v := range versions {
		if v.Run == 0 {
			if versions[i].Action, err = actionOf(ctx, s, entity, key[len(key)-1], v.From); err != nil {
				return nil, asked(ctx, err)
			}
		}
	}
	if len(versions) == 0 {
		return nil, &page.Problem{
			Status: http.StatusNotFound, Message: fmt.Sprintf("the mirror has no %s in %s", strings.Join(key, "/"), entity),
			Hint: "it may have come later than the last sync, or never: ciomirror sync " + entity,
		}
	}
	return versions, nil
}

// actionOf is the number of the write whose answer a version is: the last one of that
// record before it. Zero when the answer named no record.
func actionOf(ctx context.Context, s *sqlite.Store, entity, id string, at time.Time) (int64, error) {
	row, err := oneOf(s.Rows(ctx, sq.Expr("select max(id) from actions where entity = ? and answer_id = ? and outcome = 'done' and at <= ?", entity, id, at.UnixMilli())))
	if err != nil || row == nil {
		return 0, err
	}
	number, _ := row[0].(int64)
	return number, nil
}

// versionQueries read the live version of a record and then those that ended, the
// latest first. A key in a URL is text; in the mirror it may be a number.
func versionQueries(t *store.Table, key []string) []sq.Sqlizer {
	var columns, conditions []string
	var args []any
	for _, c := range t.Columns {
		columns = append(columns, quotedName(c.Name))
	}
	for i, k := range t.Key {
		conditions = append(conditions, quotedName(t.Columns[k].Name)+" in (?, ?)")
		var number any = key[i]
		if n, err := strconv.ParseInt(key[i], 10, 64); err == nil && strconv.FormatInt(n, 10) == key[i] {
			number = n
		}
		args = append(args, key[i], number)
	}
	list, where := strings.Join(columns, ", "), strings.Join(conditions, " and ")
	return []sq.Sqlizer{
		sq.Expr(fmt.Sprintf("select %s, _changed_at, null, '', _run from %s where %s", list, quotedName(t.Entity.Name), where), args...),
		sq.Expr(fmt.Sprintf("select %s, _valid_from, _valid_to, _change, _run from %s where %s order by _valid_from desc limit %d",
			list, quotedName(t.Entity.Name+"_history"), where, pageVersions), args...),
	}
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
	s, err := m.open(ctx)
	if err != nil {
		return d, asked(ctx, err)
	}
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
