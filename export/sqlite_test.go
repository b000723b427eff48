package export_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"ciomirror/export"
)

func TestSQLiteHasOneTable(t *testing.T) {
	r := everything()
	r.Name = `odd "name"`
	b, w := write(t, export.SQLite, r, export.Options{})
	path := filepath.Join(t.TempDir(), "x.db")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	found, err := db.QueryContext(context.Background(), `select *, typeof(rate), typeof(tags), typeof(hash) from "odd ""name"""`)
	if err != nil {
		t.Fatal(err)
	}
	defer found.Close()
	columns, _ := found.Columns()
	if want := []string{"id", "name", "rate", "active", "created", "tags", "hash"}; !slices.Equal(columns[:7], want) {
		t.Errorf("the columns are %q", columns)
	}
	var got []string
	for found.Next() {
		cells, into := make([]any, 10), make([]any, 10)
		for i := range cells {
			into[i] = &cells[i]
		}
		if err := found.Scan(into...); err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprintf("%q", cells))
	}
	if want := []string{
		fmt.Sprintf("%q", []any{int64(1), "Ärzte, \"a\"\nb", 1.5, int64(1), int64(1700000000), `["x",1]`, []byte{0, 255}, "real", "text", "blob"}),
		fmt.Sprintf("%q", []any{nil, nil, nil, nil, nil, nil, nil, "null", "null", "null"}),
		fmt.Sprintf("%q", []any{int64(-3), "", int64(2), int64(0), int64(-1), `{"a":"b"}`, []byte{}, "integer", "text", "blob"}),
	}; !slices.Equal(got, want) || w.Rows != 3 {
		t.Errorf("the rows are\n%s\nwant\n%s", got, want)
	}
	again, _ := write(t, export.SQLite, r, export.Options{})
	if !bytes.Equal(b, again) {
		t.Error("the same rows give other bytes")
	}
}

// TestSQLiteKeepsTextsAsTheyAre: a column with a type would make numbers of them.
func TestSQLiteKeepsTextsAsTheyAre(t *testing.T) {
	b, _ := write(t, export.SQLite, result("x integer", []any{"007"}, []any{json.RawMessage("123456789012345678901234567890")}, []any{int64(7)}), export.Options{})
	path := filepath.Join(t.TempDir(), "x.db")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var got string
	if err := db.QueryRowContext(context.Background(), `select group_concat(x || ' ' || typeof(x)) from things`).Scan(&got); err != nil || got != "007 text,123456789012345678901234567890 text,7 integer" {
		t.Errorf("the values are %s, %v", got, err)
	}
}
