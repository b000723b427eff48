package sqlite

import (
	"fmt"
	"slices"
	"strings"

	"ciomirror/catalog"
	"ciomirror/store"
)

// ApplicationID marks the file as a mirror: the bytes "ciom".
const ApplicationID = 0x63696f6d

func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func quoteAll(names []string) []string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = quote(n)
	}
	return quoted
}

func historyOf(entity string) string { return entity + "_history" }
func stageOf(entity string) string   { return "_" + entity + "_stage" }

// staged reports whether the entity's lists are applied whole.
func staged(e *catalog.Entity) bool { return e.List.Complete }

// columnType is TEXT for a key that is text and ANY for everything else, so that
// no value of an unforeseen type is refused or changed by the database.
func columnType(t *store.Table, i int) string {
	if slices.Contains(t.Key, i) && t.Columns[i].Kind == catalog.String {
		return "text"
	}
	if t.Columns[i].Name == store.Extra {
		return "text"
	}
	return "any"
}

// Draft writes the tables and indexes of a catalog's mirrored entities as SQL. A
// migration is made from it once and then never edited; a test compares the
// migrated schema with what Draft calls for today.
func Draft(cat *catalog.Catalog) string {
	var b strings.Builder
	for _, e := range cat.Mirrored() {
		for _, s := range Tables(e) {
			fmt.Fprintf(&b, "%s;\n\n", s)
		}
	}
	return b.String()
}

// Tables are the CREATE statements of one entity.
func Tables(e *catalog.Entity) []string {
	t := store.NewTable(e)
	var key []string
	for _, k := range t.Key {
		key = append(key, quote(t.Columns[k].Name))
	}
	columns := func(keyNotNull bool) string {
		var b strings.Builder
		for i, c := range t.Columns {
			null := ""
			if keyNotNull && slices.Contains(t.Key, i) {
				null = " not null"
			}
			fmt.Fprintf(&b, "\t%s %s%s,%s\n", quote(c.Name), columnType(t, i), null, comment(e, c))
		}
		return b.String()
	}
	statements := []string{
		fmt.Sprintf(`create table %s (
%s	_hash blob not null,
	_first_seen integer not null, -- Unix ms
	_changed_at integer not null, -- Unix ms
	_run integer not null,
	primary key (%s)
) strict`, quote(e.Name), columns(true), strings.Join(key, ", ")),
		fmt.Sprintf(`create table %s (
%s	_hash blob not null,
	_first_seen integer not null, -- Unix ms
	_valid_from integer not null, -- Unix ms
	_valid_to integer not null,   -- Unix ms
	_change text not null,        -- changed, deleted
	_run integer not null
) strict`, quote(historyOf(e.Name)), columns(true)),
		fmt.Sprintf("-- one row's versions\ncreate index %s on %s (%s, _valid_from)",
			quote(historyOf(e.Name)+"_key"), quote(historyOf(e.Name)), strings.Join(key, ", ")),
		fmt.Sprintf("-- what ended since\ncreate index %s on %s (_valid_to)",
			quote(historyOf(e.Name)+"_ended"), quote(historyOf(e.Name))),
		fmt.Sprintf("-- what began since\ncreate index %s on %s (_changed_at)",
			quote(e.Name+"_changed"), quote(e.Name)),
	}
	for i, c := range t.Columns {
		isKey := len(t.Key) == 1 && t.Key[0] == i // has an index of its own
		if c.Marks&catalog.Indexed != 0 && !isKey {
			statements = append(statements, index(e, c.Name))
		}
		if c.Marks&catalog.Crowded != 0 {
			statements = append(statements, keyIndex(e, c.Name, key))
		}
	}
	if texts := e.FullTexts(); texts != nil {
		statements = append(statements, createText(e.Name, texts))
	}
	if staged(e) {
		statements = append(statements, fmt.Sprintf(`create table %s (
%s	_hash blob not null,
	_change text not null, -- new, changed, same
	primary key (%s)
) strict`, quote(stageOf(e.Name)), columns(true), strings.Join(key, ", ")))
	}
	return statements
}

// index is on the rows that have the field: a delivery has one parent of four, so
// that three indexes cost it nothing. Rows of one value stand in order of time.
func index(e *catalog.Entity, field string) string {
	columns := quote(field)
	if w := e.List.Window; w != nil && w.Field != field {
		columns += ", " + quote(w.Field)
	}
	return fmt.Sprintf("create index %s on %s (%s) where %s is not null",
		quote(e.Name+"_"+field), quote(e.Name), columns, quote(field))
}

// keyIndex has the rows of one value in the order of the key. It is of the rows with a
// number in the field, and so no use to a statement that does not say so: without that
// SQLite takes it for one that asks for the newest rows of a value, and sorts them all.
func keyIndex(e *catalog.Entity, field string, key []string) string {
	return fmt.Sprintf("create index %s on %s (%s, %s) where %s < ''",
		quote(e.Name+"_"+field+"_key"), quote(e.Name), quote(field), strings.Join(key, ", "), quote(field))
}

func comment(e *catalog.Entity, c store.Column) string {
	if f, ok := e.Field(c.Name); ok && f.Unit != "" && f.Unit != catalog.Unstated {
		return " -- " + string(f.Unit)
	}
	if c.Name == store.Extra {
		return " -- JSON: what no column holds"
	}
	return ""
}
