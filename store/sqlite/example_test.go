package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"ciomirror/catalog"
	"ciomirror/store"
	"ciomirror/store/sqlite"
)

// A mirror is written by runs and read by anybody, at the same time.
func Example() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "mirror")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	noon := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	mirror, err := sqlite.Open(ctx, filepath.Join(dir, "mirror.db"), sqlite.Options{Create: true, Now: func() time.Time { return noon }})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer mirror.Close()
	if err := fill(ctx, mirror); err != nil {
		fmt.Println(err)
		return
	}

	_, rows, err := mirror.Statement(ctx, "select id, name from segments where name like :name", map[string]any{"name": "VIP%"})
	if err != nil {
		fmt.Println(err)
		return
	}
	for cells, err := range rows {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(cells...)
	}
	_, _, err = mirror.Statement(ctx, "delete from segments", nil)
	if refused, ok := errors.AsType[*store.StatementError](err); ok {
		fmt.Println("refused:", refused.Msg)
	}
	// Output:
	// 2 VIP customers
	// refused: the statement would do more than read the mirror
}

// fill does what a sync does with one page of a complete list.
func fill(ctx context.Context, mirror *sqlite.Store) error {
	run, err := mirror.StartRun(ctx, store.Claim{Mode: "segments", Holder: "example"})
	if err != nil {
		return err
	}
	segments, _ := catalog.Default().Entity("segments")
	table := store.NewTable(segments)
	decoder := store.NewDecoder(table)
	var page []store.Row
	for _, record := range []string{`{"id":1,"name":"Everybody"}`, `{"id":2,"name":"VIP customers"}`} {
		row, err := decoder.Decode([]byte(record), "")
		if err != nil {
			return err
		}
		page = append(page, row)
	}
	if err := run.Stage(ctx, table, page, nil); err != nil {
		return err
	}
	if _, err := run.Apply(ctx, table, store.Scope{All: true}); err != nil {
		return err
	}
	return run.Finish(ctx, store.Complete, nil)
}
