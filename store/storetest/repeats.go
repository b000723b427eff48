package storetest

import (
	"fmt"
	"testing"

	"ciomirror/store"
)

func aRowTwiceInAPageIsComparedWithTheFirst(t *testing.T, b *bundle) {
	r, showers := b.start(), b.table("showers")
	write := func(records ...string) store.Change {
		t.Helper()
		c, err := r.Write(t.Context(), showers, b.rows("showers", "", records...))
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	b.wantChange(write(`{"id":"a","created":1}`, `{"id":"a","created":2}`, `{"id":"b"}`, `{"id":"a","created":2}`),
		store.Change{New: 2, Changed: 1, Same: 1})
	b.want("select id, created from showers order by id", "a|2", "b|<nil>")
	// There and back: the last of them is as the mirror knew it before the page.
	b.wantChange(write(`{"id":"a","created":3}`, `{"id":"a","created":2}`), store.Change{Changed: 2})
	b.want("select id, created from showers order by id", "a|2", "b|<nil>")
	b.want("select id, created from showers_history order by created", "a|1", "a|2", "a|3")
}

// manyRowsAreCountedOneByOne has more rows than a store is likely to compare at
// once, with every tenth row again at the end.
func manyRowsAreCountedOneByOne(t *testing.T, b *bundle) {
	const n = 2300
	records := func(changedEvery, created int) []string {
		var list []string
		for i := range n {
			at := 1
			if changedEvery > 0 && i%changedEvery == 0 {
				at = created
			}
			list = append(list, fmt.Sprintf(`{"id":"s%d","created":%d}`, i, at))
		}
		for i := 0; i < n; i += 10 {
			list = append(list, list[i])
		}
		return list
	}
	r, showers := b.start(), b.table("showers")
	for _, step := range []struct {
		records []string
		want    store.Change
	}{
		{records(0, 0), store.Change{New: n, Same: n / 10}},
		{records(0, 0), store.Change{Same: n + n/10}},
		{records(100, 2), store.Change{Changed: n / 100, Same: n - n/100 + n/10}},
	} {
		c, err := r.Write(t.Context(), showers, b.rows("showers", "", step.records...))
		if err != nil {
			t.Fatal(err)
		}
		b.wantChange(c, step.want)
	}
	b.want("select created, count(*) from showers group by 1 order by 1", "1|2277", "2|23")
	b.want("select count(*) from showers_history", "23")
}

func aNumberAndItsTextAreTwoKeys(t *testing.T, b *bundle) {
	leaves := b.table("leaves")
	leaf := func(id any, colour string) store.Row {
		row := b.rows("leaves", "1", fmt.Sprintf(`{"id":1,"colour":%q}`, colour))[0]
		row.Cells[leaves.Key[1]] = id
		return row
	}
	list := func(rows ...store.Row) store.Change {
		t.Helper()
		r := b.start()
		if err := r.Stage(t.Context(), leaves, rows, nil); err != nil {
			t.Fatal(err)
		}
		c, err := r.Apply(t.Context(), leaves, store.Scope{All: true})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	odd := "a\x00\"\\\u2028é"
	b.wantChange(list(leaf(int64(7), "red"), leaf("7", "red"), leaf(odd, "red")), store.Change{New: 3})
	b.wantChange(list(leaf(int64(7), "red"), leaf("7", "blue"), leaf(odd, "red")), store.Change{Changed: 1, Same: 2})
	b.want("select id, colour from leaves where id = 7 or id = '7' order by colour", "7|blue", "7|red")
}
