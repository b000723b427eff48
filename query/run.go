package query

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"time"

	"github.com/Masterminds/squirrel"
)

// Source is where the rows are.
type Source interface {
	// Snapshot lets f run several SELECTs that see one state of the data. Its error
	// is f's.
	Snapshot(ctx context.Context, f func(rows Rows) error) error
}

// Rows runs one SELECT. It yields the cells of each row in the order of the
// columns: int64, float64, string, []byte or nil, valid until the next row. After
// an error it ends.
type Rows = func(ctx context.Context, q squirrel.Sqlizer) iter.Seq2[[]any, error]

// Answer is one page of a result.
type Answer struct {
	Data []json.RawMessage `json:"data"`
	Meta Meta              `json:"meta"`
}

// Meta is about the page.
type Meta struct {
	HasMore bool `json:"has_more"`
	// Cursor leads to the next page; it is nil exactly when there is none.
	Cursor *string `json:"cursor"`
	// TookMS is the time it took, in whole milliseconds.
	TookMS int64 `json:"took_ms"`
	Extras
}

// Run reads one page, all of it from one state of the data. Errors are those of the
// source. now is the clock.
func Run(ctx context.Context, src Source, p *Plan, now func() time.Time) (Answer, error) {
	begun := now()
	a := Answer{Data: []json.RawMessage{}}
	err := src.Snapshot(ctx, func(rows Rows) error {
		if err := a.page(ctx, rows, p); err != nil {
			return err
		}
		if err := a.tally(ctx, rows, p); err != nil {
			return err
		}
		return a.suggest(ctx, rows, p)
	})
	if err != nil {
		return Answer{}, fmt.Errorf("search %s: %w", p.Entity, err)
	}
	if !a.Meta.HasMore {
		a.Meta.Cursor = nil
	}
	a.Meta.TookMS = max(0, now().Sub(begun).Milliseconds())
	return a, nil
}

// page reads the page. What is Chosen is read as soon as it is known.
func (a *Answer) page(ctx context.Context, rows Rows, p *Plan) error {
	reads := p.statements
	if p.proposed != nil {
		err := a.readAll(ctx, rows, p, p.proposed.first)
		if err != nil || a.Meta.HasMore {
			return err
		}
		a.Data, a.Meta.Cursor = a.Data[:0], nil
		if _, reads, err = p.indexed(ctx, rows); err != nil {
			return err
		}
	}
	return a.readAll(ctx, rows, p, reads)
}

// readAll reads statements until the page is full.
func (a *Answer) readAll(ctx context.Context, rows Rows, p *Plan, reads []Statement) error {
	for _, st := range reads {
		if a.Meta.HasMore {
			break
		}
		if err := a.read(rows(ctx, st), p); err != nil {
			return err
		}
	}
	return nil
}

// read adds the rows of one statement, as far as there is room on the page.
func (a *Answer) read(rows iter.Seq2[[]any, error], p *Plan) error {
	for cells, err := range rows {
		if err != nil {
			return err
		}
		if len(a.Data) == p.Limit {
			a.Meta.HasMore = true
			return nil
		}
		row, err := p.Row(cells)
		if err != nil {
			return err
		}
		if a.Data = append(a.Data, row); len(a.Data) == p.Limit {
			// The cells are gone once we know whether there is another row.
			next := p.Cursor(cells)
			a.Meta.Cursor = &next
		}
	}
	return nil
}
