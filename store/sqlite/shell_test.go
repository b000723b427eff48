package sqlite_test

import (
	"path/filepath"
	"testing"
	"time"

	sq "github.com/Masterminds/squirrel"

	"ciomirror/store/sqlite"
)

func TestFirstStatementEndsAtASemicolonThatIsNoText(t *testing.T) {
	for _, c := range []struct {
		text, statement, rest string
		ended                 bool
	}{
		{"", "", "", false},
		{" -- nothing\n", "", "", false},
		{"select 1", "select 1", "", false},
		{"select ';'", "select ';'", "", false},
		{"select 1;", "select 1", "", true},
		{"select ';' -- ;\n, \"a;b\" /* ; */;\n-- the end\n", "select ';' -- ;\n, \"a;b\" /* ; */", "", true},
		{"select 1; select 2;", "select 1", " select 2;", true},
		{" ;select 2", "", "select 2", true},
	} {
		statement, rest, ended := sqlite.FirstStatement(c.text)
		if statement != c.statement || rest != c.rest || ended != c.ended {
			t.Errorf("%q: %q, %q, %v", c.text, statement, rest, ended)
		}
	}
}

func TestViewsAreThoseOfAMirrorAndSayWhatTheyAre(t *testing.T) {
	views, err := sqlite.Views()
	if err != nil {
		t.Fatal(err)
	}
	s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "mirror.db"), sqlite.Options{Create: true, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	n := 0
	for cells, err := range s.Rows(t.Context(), sq.Expr("select name, sql from sqlite_master where type = 'view' order by rowid")) {
		if err != nil {
			t.Fatal(err)
		}
		if n == len(views) {
			t.Fatalf("Views does not know %v", cells[0])
		}
		v := views[n]
		if n++; v.Name != cells[0] || v.Doc == "" || "CREATE VIEW "+v.SQL[len("create view "):] != cells[1] {
			t.Errorf("Views has %+v, the mirror %q", v, cells)
		}
		_, rows, err := s.Statement(t.Context(), "select * from "+v.Name, nil)
		if err != nil {
			t.Fatal(err)
		}
		for cells, err := range rows {
			t.Errorf("%s of an empty mirror has %v, %v", v.Name, cells, err)
		}
	}
	if n != len(views) {
		t.Errorf("the mirror has %d views, Views %d", n, len(views))
	}
}
