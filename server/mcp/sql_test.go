package mcp_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

type table struct {
	head
	Columns   []string
	Rows      [][]any
	Truncated bool
}

func TestStatementsGiveScalars(t *testing.T) {
	c := dial(t, newShelf(t, nil).options(), nil)
	got := answer[table](t, c, "mirror_sql", `{"sql":"select 1 as n, 0.5 as x, 'a<b' as s, null as none, x'00ff' as b, 9e999 as big, :t as t, :i + 1 as i",`+
		`"params":{"t":true,"i":9007199254740993}}`)
	want := [][]any{{float64(1), 0.5, "a<b", nil, "00ff", "+Inf", float64(1), float64(9007199254740994)}}
	long := answer[table](t, c, "mirror_sql", `{"sql":"select :n as n","params":{"n":92233720368547758071}}`)
	if !cmp.Equal(long.Rows, [][]any{{"92233720368547758071"}}) {
		t.Errorf("a number beyond int64 is bound as %v", long.Rows)
	}
	if diff := cmp.Diff(want, got.Rows); diff != "" || !cmp.Equal(got.Columns, []string{"n", "x", "s", "none", "b", "big", "t", "i"}) || got.Truncated {
		t.Errorf("%v %v\n%s", got.Columns, got.Truncated, diff)
	}
}

func TestLongTablesAreCutByRowsAndByBytes(t *testing.T) {
	c := dial(t, newShelf(t, nil).options(), nil)
	const numbers = `with recursive n(i) as (select 1 union all select i + 1 from n where i < 2000) select i%s from n`
	for _, x := range []struct {
		columns, limit string
		rows           int // 0: as many as fit
	}{
		{"", "", 50},
		{"", `,"limit":7`, 7},
		{"", `,"limit":1000`, 1000},
		{", printf('%.700c', 'x')", "", 0},
	} {
		args := fmt.Sprintf(`{"sql":%q%s}`, fmt.Sprintf(numbers, x.columns), x.limit)
		got := answer[table](t, c, "mirror_sql", args)
		if x.rows > 0 && len(got.Rows) != x.rows || len(got.Rows) == 0 || !got.Truncated || !strings.Contains(got.Hint, fmt.Sprintf("offset %d", len(got.Rows))) {
			t.Errorf("%s: %d rows, truncated %v, hint %q", args, len(got.Rows), got.Truncated, got.Hint)
		}
		if n := len(text(t, call(t, c, "mirror_sql", args))); n > budget || x.rows == 0 && n < budget/2 {
			t.Errorf("%s: %d bytes", args, n)
		}
		for i, row := range got.Rows {
			if row[0] != float64(i+1) {
				t.Fatalf("row %d begins with %v", i, row[0])
			}
		}
	}
	whole := answer[table](t, c, "mirror_sql", `{"sql":"select 1","limit":1}`)
	if whole.Truncated || whole.Rows == nil {
		t.Errorf("one row of one is cut: %+v", whole)
	}
}
