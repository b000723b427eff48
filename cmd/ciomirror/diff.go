package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"ciomirror/catalog"
	"ciomirror/store"
)

func (a *app) diffCommand() *cobra.Command {
	var exitCode bool
	var limit int
	cmd := &cobra.Command{
		Use:   "diff FROM [TO] [ENTITY…]",
		Short: "Show what changed between two times",
		Long: `diff compares the mirror as it was at FROM with how it was at TO (now, when left
out), row by row and field by field. A time may be a snapshot's name, an age such as 7d
or -7d, or as tables show it, in UTC: '2026-11-20 09:00'. Live counters are not compared.
A table has some changed, some removed and some added rows of each entity: --limit 0
shows all, as JSON does.`,
		Example: `  ciomirror diff 7d
  ciomirror diff before-launch
  ciomirror diff 2026-11-13 2026-11-20 campaigns campaign_actions
  ciomirror diff 24h --exit-code >/dev/null || echo something changed`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usageError("diff needs a time to compare with", "for example: ciomirror diff 7d")
			}
			if limit < 0 {
				return usageError("--limit cannot be negative", "0 means all rows")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.runDiff(cmd.Context(), args, exitCode, limit)
		},
	}
	cmd.Flags().BoolVar(&exitCode, "exit-code", false, "exit with 9 when there are differences")
	cmd.Flags().IntVar(&limit, "limit", diffRows, "rows of each entity in a table; 0 for all (JSON has all)")
	return cmd
}

// entityDiff is what differs in one entity.
type entityDiff struct {
	Entity  string    `json:"entity"`
	Added   int       `json:"added"`
	Removed int       `json:"removed"`
	Changed int       `json:"changed"`
	Rows    []rowDiff `json:"rows"`
}

// rowDiff is one row that differs. Key has the key fields by name; Fields has, by
// field, the value before and after. An added row has nothing before, a removed
// one nothing after.
type rowDiff struct {
	Key    json.RawMessage               `json:"key"`
	Change string                        `json:"change"`
	Fields map[string][2]json.RawMessage `json:"fields"`

	order []string // the fields in the catalog's order
	label string   // key and name, for people
	times []string // fields that are Unix seconds
}

func (a *app) runDiff(ctx context.Context, args []string, exitCode bool, limit int) error {
	m, err := a.openMirror(ctx, false)
	if err != nil {
		return err
	}
	defer m.Close()
	from, err := a.instant(ctx, m, args[0])
	if err != nil {
		return err
	}
	to, names, err := a.until(ctx, m, args[1:])
	if err != nil {
		return err
	}
	cat := catalog.Default()
	entities := cat.Mirrored()
	if len(names) > 0 {
		entities = nil
		for _, n := range names {
			e, err := mirrored(cat, n)
			if err != nil {
				return err
			}
			entities = append(entities, e)
		}
	}
	if to.Before(from) {
		return usageError("FROM lies after TO", "diff goes from the earlier time to the later; TO is now when left out")
	}
	diffs := []entityDiff{}
	for _, e := range entities {
		d, err := diffOf(ctx, m, e, from, to)
		if early, ok := errors.AsType[*store.BeforeFirstError](err); ok {
			return a.diffFromFirst(ctx, early, args)
		}
		if err != nil {
			return err
		}
		if len(d.Rows) > 0 {
			diffs = append(diffs, d)
		}
	}
	if a.readable() {
		a.printDiff(diffs, limit)
	} else if err := a.printJSON(map[string]any{"entities": diffs}); err != nil {
		return err
	}
	if exitCode && len(diffs) > 0 {
		return answer(exitDifferent)
	}
	return nil
}

// diffFromFirst is the refusal of a FROM that lies before the mirror, with the command
// that goes back as far as it can.
func (a *app) diffFromFirst(ctx context.Context, early *store.BeforeFirstError, args []string) error {
	p := problemOf(ctx, early)
	words := append([]string{"ciomirror diff", exactly(early.Whole)}, args[1:]...)
	p.Hint = "the mirror remembers from its first sync on; from the end of that: " + strings.Join(words, " ")
	return p
}

// until takes TO, if it is there, from the arguments behind FROM. A word that is
// neither an entity nor a time is taken for what it resembles most.
func (a *app) until(ctx context.Context, m store.Store, args []string) (to time.Time, names []string, err error) {
	if len(args) == 0 {
		return a.now(), nil, nil
	}
	if _, isEntity := catalog.Default().Entity(args[0]); isEntity {
		return a.now(), args, nil
	}
	to, notATime := a.instant(ctx, m, args[0])
	if notATime == nil {
		return to, args[1:], nil
	}
	snapshots, err := m.Snapshots(ctx)
	if err != nil {
		return to, nil, err
	}
	called := namesOf(snapshots)
	if slices.Contains(called, nearest(args[0], append(entityNames(), called...))) {
		return to, nil, notATime
	}
	_, err = mirrored(catalog.Default(), args[0])
	return to, nil, err
}

// diffOf gathers the differences of one entity.
func diffOf(ctx context.Context, m store.Store, e *catalog.Entity, from, to time.Time) (entityDiff, error) {
	d := entityDiff{Entity: e.Name, Rows: []rowDiff{}}
	for r, err := range differences(ctx, m, e, from, to) {
		if err != nil {
			return d, err
		}
		switch r.Change {
		case store.Added:
			d.Added++
		case store.Removed:
			d.Removed++
		default:
			d.Changed++
		}
		d.Rows = append(d.Rows, r)
	}
	return d, nil
}

// differences yields the rows of an entity that differ, in order of the key. After an
// error it ends.
func differences(ctx context.Context, m store.Store, e *catalog.Entity, from, to time.Time) iter.Seq2[rowDiff, error] {
	return func(yield func(rowDiff, error) bool) {
		t := store.NewTable(e)
		for difference, err := range m.Diff(ctx, t, from, to) {
			var r rowDiff
			if err == nil {
				r, err = fieldsOf(t, difference)
			}
			if !yield(r, err) || err != nil {
				return
			}
		}
	}
}

// fieldsOf lists the fields in which a row differs, in the catalog's order.
func fieldsOf(t *store.Table, d store.Difference) (rowDiff, error) {
	r := rowDiff{Change: d.Change, Fields: map[string][2]json.RawMessage{}}
	key := []byte{'{'}
	for i, k := range t.Key {
		if i > 0 {
			key = append(key, ',')
		}
		key = append(appendJSONText(key, t.Columns[k].Name), ':')
		var err error
		if key, err = store.AppendJSON(key, t.Columns[k], d.Key[i]); err != nil {
			return r, err
		}
	}
	r.Key = append(key, '}')
	r.label = labelOf(t, d)
	value := func(cells []any, i int) (json.RawMessage, error) {
		if cells == nil {
			return json.RawMessage("null"), nil
		}
		return store.AppendJSON(nil, t.Columns[i], cells[i])
	}
	for i, c := range t.Columns {
		if c.Marks&(catalog.Volatile|catalog.FromMirror) != 0 {
			continue
		}
		before, err := value(d.Old, i)
		if err != nil {
			return r, err
		}
		after, err := value(d.New, i)
		if err != nil {
			return r, err
		}
		if slices.Equal(before, after) {
			continue
		}
		if f, ok := t.Entity.Field(c.Name); ok && f.Unit == catalog.UnixSeconds {
			r.times = append(r.times, c.Name)
		}
		r.Fields[c.Name] = [2]json.RawMessage{before, after}
		r.order = append(r.order, c.Name)
	}
	return r, nil
}

// diffRows is how many differing rows of an entity people are shown unasked.
const diffRows = 10

// printDiff shows people at most limit rows of each entity, or all for 0.
func (a *app) printDiff(diffs []entityDiff, limit int) {
	if len(diffs) == 0 {
		fmt.Fprintln(a.out, "no differences")
		return
	}
	for _, d := range diffs {
		fmt.Fprintf(a.out, "%s  +%d ~%d -%d\n", d.Entity, d.Added, d.Changed, d.Removed)
		shown := someOfEach(d.Rows, limit)
		for _, r := range shown {
			fmt.Fprintln(a.out, printable(r.line()))
		}
		if left := len(d.Rows) - len(shown); left > 0 {
			fmt.Fprintf(a.out, "  … and %d more: --limit 0 shows all\n", left)
		}
	}
}

// someOfEach are at most limit rows, or all for 0: the changed ones, the removed, the
// added. None of the three hides another: each has its share.
func someOfEach(rows []rowDiff, limit int) []rowDiff {
	if limit == 0 {
		limit = len(rows)
	}
	kinds := []string{store.Changed, store.Removed, store.Added}
	of := map[string][]rowDiff{}
	for _, r := range rows {
		of[r.Change] = append(of[r.Change], r)
	}
	share := map[string]int{}
	for left := min(limit, len(rows)); left > 0; {
		for _, kind := range kinds {
			if left > 0 && share[kind] < len(of[kind]) {
				share[kind]++
				left--
			}
		}
	}
	var some []rowDiff
	for _, kind := range kinds {
		some = append(some, of[kind][:share[kind]]...)
	}
	return some
}

// labelOf is how people know a row: its key, and its name if it has one.
func labelOf(t *store.Table, d store.Difference) string {
	parts := make([]string, len(d.Key))
	for i, k := range d.Key {
		parts[i] = fmt.Sprint(k)
	}
	label := strings.Join(parts, "/")
	cells := d.New
	if cells == nil {
		cells = d.Old
	}
	for _, field := range []string{"name", "subject", "type"} {
		for i, c := range t.Columns {
			if text, ok := cells[i].(string); ok && c.Name == field && text != "" {
				if text == label {
					return label
				}
				return label + "  " + short(text)
			}
		}
	}
	return label
}

// line is one differing row for people: what it is called, and what changed. The
// deduplicate_id is left out: it repeats the time of the change.
func (r rowDiff) line() string {
	switch r.Change {
	case store.Added:
		return "  + " + r.label
	case store.Removed:
		return "  - " + r.label
	}
	line := "  ~ " + r.label
	for _, field := range r.order {
		if field == "deduplicate_id" {
			continue
		}
		before, after := valueText(r.Fields[field][0]), valueText(r.Fields[field][1])
		if slices.Contains(r.times, field) {
			before, after = clock(before), clock(after)
		}
		before, after = contrast(before, after)
		line += fmt.Sprintf("\n      %s: %s → %s", field, short(before), short(after))
	}
	return line
}

// contrast cuts what two long texts have in common at their beginning, so that the
// difference is seen.
func contrast(before, after string) (string, string) {
	a, b := []rune(before), []rune(after)
	const context = 12
	same := 0
	for same < len(a) && same < len(b) && a[same] == b[same] {
		same++
	}
	if same < 2*context {
		return before, after
	}
	return "…" + string(a[same-context:]), "…" + string(b[same-context:])
}

// valueText is a value of a field for people: ∅ is none, which an empty text is not.
func valueText(v json.RawMessage) string {
	switch string(v) {
	case "", "null":
		return "∅"
	case `""`:
		return `""`
	}
	return plain(v)
}

func short(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > 40 {
		return string(r[:39]) + "…"
	}
	return s
}
