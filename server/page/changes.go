package page

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"ciomirror/catalog"
)

// changesView is what is different between two times.
type changesView struct {
	From, To  string
	Start     time.Time
	End       time.Time
	Clipped   bool // From lies before the first sync, so Start is when that ended
	Entity    string
	Diffs     []diffView
	Snapshots []Snapshot
	Presets   []rangeLink
	Problem   *Problem
	Command   string
	Empty     bool

	firsts map[string]time.Time // when each table was first there as a whole
}

type diffView struct {
	Diff
	Entity  string
	Href    string // this entity alone
	Shown   []differenceView
	Hidden  int
	Problem *Problem // the entity could not be compared
	// Since is when the table was first there as a whole, if it is compared with that;
	// otherwise zero.
	Since time.Time
}

type differenceView struct {
	Difference
	Label  string
	Href   string
	Fields []changedField
}

const (
	// diffRows is how many rows of an entity are compared, diffShown how many of them
	// are shown while it is one of several.
	diffRows  = 1000
	diffShown = 8
	// diffAlone is how many rows are shown of one that stands alone.
	diffAlone = 200
	// diffTime is what one entity may take.
	diffTime = 3 * time.Second
)

func (p *Page) changes(r *http.Request) (answer, error) {
	ctx, q := r.Context(), r.URL.Query()
	v := changesView{From: strings.TrimSpace(q.Get("from")), To: strings.TrimSpace(q.Get("to")), Entity: q.Get("entity")}
	state, err := p.o.Journal.State(ctx)
	if err != nil {
		return answer{}, err
	}
	v.Snapshots, v.firsts = state.Snapshots, map[string]time.Time{}
	for _, t := range state.Tables {
		v.firsts[t.Entity] = t.First
	}
	for _, back := range []string{"24h", "7d", "30d"} {
		v.Presets = append(v.Presets, rangeLink{back, v.url(back, "now", v.Entity), v.From == back && v.To == "now"})
	}
	if err := p.between(ctx, &v, state); err == nil {
		v.Command = v.command()
		err = p.compare(ctx, &v)
		if err != nil {
			return answer{}, err
		}
	} else if v.Problem = p.problem(ctx, err); v.Problem.Status >= http.StatusInternalServerError {
		return answer{}, err
	}
	return answer{view: "changes", title: "Changes", data: v, status: v.Problem.status()}, nil
}

// between reads the two times. Without a first one it is a day ago. A mirror that
// is younger is compared with what its first sync found.
func (p *Page) between(ctx context.Context, v *changesView, state State) (err error) {
	if v.To == "" {
		v.To = "now"
	}
	if v.From == "" {
		v.From = "24h"
	}
	if v.End, err = p.o.Journal.Instant(ctx, v.To); err != nil {
		return err
	}
	if v.Start, err = p.o.Journal.Instant(ctx, v.From); err != nil {
		return err
	}
	if v.Start.After(v.End) {
		return wrong("change the two", "%s lies after %s", v.From, v.To)
	}
	if v.Start.Before(state.First) && !v.End.Before(state.First) {
		v.Start, v.Clipped = state.First, true
	}
	return nil
}

func (p *Page) compare(ctx context.Context, v *changesView) error {
	entities := p.o.Catalog.Mirrored()
	if v.Entity != "" {
		e, err := p.mirrored(v.Entity)
		if err != nil {
			return err
		}
		entities = []*catalog.Entity{e}
	}
	for _, e := range entities {
		d, err := p.diffOf(ctx, v, e)
		if err != nil {
			return err
		}
		if v.Problem != nil {
			return nil
		}
		if len(d.Rows) > 0 || d.Problem != nil {
			v.Diffs = append(v.Diffs, d)
		}
	}
	v.Empty = len(v.Diffs) == 0
	return nil
}

func (p *Page) diffOf(ctx context.Context, v *changesView, e *catalog.Entity) (diffView, error) {
	d := diffView{Entity: e.Name, Href: v.url(v.From, v.To, e.Name)}
	short, cancel := context.WithTimeout(ctx, diffTime)
	defer cancel()
	start := v.Start
	if first := v.firsts[e.Name]; first.After(start) && !first.After(v.End) {
		// What the first syncs found is no change.
		start, d.Since = first, first
	}
	diff, err := p.o.Mirror.Diff(short, e.Name, start, v.End, diffRows)
	var f *Problem
	switch {
	case err == nil:
	case ctx.Err() == nil && short.Err() != nil:
		d.Problem = &Problem{Message: "comparing took too long", Hint: "choose times that lie closer together, or ask on the command line: " + strings.TrimSuffix(v.command(), " "+e.Name) + " " + e.Name}
		return d, nil
	case errors.As(err, &f) && f.Status < http.StatusInternalServerError:
		v.Problem = f
		return d, nil
	default:
		return d, err
	}
	d.Diff = diff
	room := diffShown
	if v.Entity != "" {
		room = diffAlone
	}
	columns := map[string]column{}
	for _, c := range columnsOf(e) {
		columns[c.Name] = c
	}
	for _, row := range diff.Rows[:min(len(diff.Rows), room)] {
		x := differenceView{Difference: row, Label: visible(strings.Join(row.Key, "/")), Href: recordURL(e.Name, row.Key, "")}
		for _, f := range row.Fields {
			if field, known := e.Field(f.Field); known && field.Is(catalog.Echo) {
				continue
			}
			x.Fields = append(x.Fields, p.changed(columns[f.Field], f.Before, f.After))
		}
		d.Shown = append(d.Shown, x)
	}
	d.Hidden = len(diff.Rows) - len(d.Shown)
	return d, nil
}

func (v changesView) url(from, to, entity string) string {
	q := url.Values{"from": {from}, "to": {to}}
	if entity != "" {
		q.Set("entity", entity)
	}
	return "/diff?" + q.Encode()
}

func (v changesView) command() string {
	from := v.From
	if v.Clipped {
		from = v.Start.UTC().Format(time.RFC3339Nano)
	}
	words := []string{"ciomirror", "diff", shell(from)}
	if v.To != "now" {
		words = append(words, shell(v.To))
	}
	if v.Entity != "" {
		words = append(words, v.Entity)
	}
	return strings.Join(words, " ")
}
