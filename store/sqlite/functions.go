package sqlite

import (
	sqldriver "database/sql/driver"

	driver "modernc.org/sqlite"
)

// scalar wraps a predicate in the driver's form.
func scalar(f func(args []any) (any, error)) func(*driver.FunctionContext, []sqldriver.Value) (sqldriver.Value, error) {
	return func(_ *driver.FunctionContext, args []sqldriver.Value) (sqldriver.Value, error) {
		cells := make([]any, len(args))
		for i, a := range args {
			cells[i] = a
		}
		return f(cells)
	}
}
