package export_test

import (
	"context"
	"fmt"
	"os"

	"ciomirror/export"
)

func ExampleWrite() {
	r := export.Result{
		Name:    "campaigns",
		Columns: []export.Column{{Name: "id", Type: export.Integer}, {Name: "name", Type: export.Text}, {Name: "updated", Type: export.Time}},
		Rows: func(yield func([]any, error) bool) {
			_ = yield([]any{int64(7), "Trial ending soon", int64(1756674360)}, nil) &&
				yield([]any{int64(8), "=1+1", nil}, nil)
		},
	}
	for _, f := range []export.Format{export.CSV, export.Markdown} {
		w, err := export.Write(context.Background(), os.Stdout, f, r, export.Options{SafeCSV: true})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(w.Rows, "rows")
	}
	// Output:
	// id,name,updated
	// 7,Trial ending soon,1756674360
	// 8,'=1+1,
	// 2 rows
	// | id | name | updated |
	// | ---: | --- | --- |
	// | 7 | Trial ending soon | 2025-08-31 21:06:00 |
	// | 8 | =1+1 |  |
	// 2 rows
}
