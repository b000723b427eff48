package query

import (
	"context"
	"fmt"
	"slices"

	"github.com/Masterminds/squirrel"

	"ciomirror/catalog"
	"ciomirror/query/match"
)

// Proposal says what the indexed texts of a row have in them if a filter is true
// of it. A text index finds such rows; the filter still decides about each.
type Proposal struct {
	// Column and Run: the text of the column has this in it.
	Column, Run string
	// All, or else Any, are parts of which all, or at least one, hold.
	All, Any []Proposal
}

const (
	// mostProposed is how many rows a text index may propose. Of more the page is
	// rather read in its order, until it is full: of a million rows, a page of 100 is
	// then full after as many rows as would have been proposed.
	mostProposed = 5_000
	// proposalDepth and proposalRuns bound what is asked of a text index. A filter
	// that is greater proposes nothing, or only a part.
	proposalDepth, proposalRuns = 8, 50
)

// propose finds what the filter lets a text index look for. What is not proposed
// for may still be true of any row: below not, or of a short operand.
func (f filter) propose(x Expr, depth int) (p Proposal, runs int) {
	if depth > proposalDepth {
		return p, 0
	}
	switch x := x.(type) {
	case And:
		for _, part := range x {
			of, n := f.propose(part, depth+1)
			if n > 0 && runs+n <= proposalRuns {
				p.All, runs = append(p.All, of), runs+n
			}
		}
	case Or:
		for _, part := range x {
			of, n := f.propose(part, depth+1)
			if n == 0 || runs+n > proposalRuns {
				return Proposal{}, 0
			}
			p.Any, runs = append(p.Any, of), runs+n
		}
	case Leaf:
		return f.proposeLeaf(x)
	}
	return p, runs
}

func (f filter) proposeLeaf(x Leaf) (p Proposal, n int) {
	c, rest, e := f.resolve(x.Path, x.Op.Name, x.At)
	if e != nil || rest != nil || !c.field.Is(catalog.FullText) || x.Op.family != wording && x.Op.family != containing {
		return p, 0
	}
	operand, _ := x.Value.text()
	runs, some := match.Runs(x.Op.Name, operand, x.Typos)
	var parts []Proposal
	for _, run := range runs {
		if n+len(run) > proposalRuns {
			if some {
				return p, 0
			}
			break
		}
		parts, n = append(parts, c.proposal(run)), n+len(run)
	}
	if some {
		return Proposal{Any: parts}, n
	}
	return Proposal{All: parts}, n
}

// proposal is that one of some texts is in the column.
func (c *column) proposal(texts []string) Proposal {
	if len(texts) == 1 {
		return Proposal{Column: c.name, Run: texts[0]}
	}
	var p Proposal
	for _, text := range texts {
		p.Any = append(p.Any, Proposal{Column: c.name, Run: text})
	}
	return p
}

// Proposed is the Part of a statement that reads the rows which a text index
// proposed.
const Proposed = "proposed"

// proposed is how a page is read from the rows that a text index proposes.
type proposed struct {
	proposal Proposal
	entity   *catalog.Entity
	dialect  Dialect
	first    []Statement // read the beginning of the result, which may be enough
	weigh    Statement
	page     Statement // its first argument is what the look found
}

// Texts are the columns in whose text index a row has to be found to be proposed, in
// the filter's order.
func (p *Plan) Texts() []string {
	if p.proposed == nil {
		return nil
	}
	return p.proposed.proposal.columns(nil)
}

func (p Proposal) columns(names []string) []string {
	if p.Column != "" && !slices.Contains(names, p.Column) {
		names = append(names, p.Column)
	}
	for _, part := range slices.Concat(p.All, p.Any) {
		names = part.columns(names)
	}
	return names
}

// propose prepares the way through the text index, where there is one. The few
// rows that it proposes are sorted, so that the result needs no parts.
func (p *Plan) propose(f filter, q *Query, condition squirrel.Sqlizer, list []sorted, cells []any) error {
	if q.Filter == nil {
		return nil
	}
	proposal, runs := f.propose(q.Filter, 0)
	if runs == 0 {
		return nil
	}
	weights := f.d.Weights(f.entity, proposal)
	if weights == nil {
		return nil
	}
	weigh, err := p.look("text index, how common", weights)
	if err != nil {
		return err
	}
	parts := []part{f.whole(list)}
	if cells != nil {
		parts = from(parts, cells)
	}
	page, err := p.statement(f, parts[0], squirrel.And{f.d.Among(""), condition})
	if err != nil {
		return err
	}
	page.Part = Proposed
	p.proposed = &proposed{proposal: proposal, entity: f.entity, dialect: f.d, weigh: weigh, page: page}
	return nil
}

// look is a statement that gives nothing of the page.
func (p *Plan) look(part string, q squirrel.Sqlizer) (Statement, error) {
	sql, args, err := q.ToSql()
	if err != nil {
		return Statement{}, fmt.Errorf("compile a search in %s: %w", p.Entity, err)
	}
	return Statement{Part: part, SQL: sql, Args: args}, nil
}

// Chosen are the statements by which a page is read: those that only look for rows,
// and those that give the page's. Where a text index can propose rows, and the page is
// not full of the first ones anyway, it is asked how many, and of few the page is read
// from them alone. That is right of one state of the data: what is chosen is to be read
// in the same Snapshot.
func (p *Plan) Chosen(ctx context.Context, rows Rows) (looks, reads []Statement, err error) {
	if p.proposed == nil {
		return nil, p.statements, nil
	}
	n := 0
	for _, st := range p.proposed.first {
		for _, err := range rows(ctx, st) {
			if err != nil {
				return nil, nil, fmt.Errorf("read the first rows of %s: %w", p.Entity, err)
			}
			n++
		}
	}
	if n > p.Limit {
		return nil, p.proposed.first, nil
	}
	looks, reads, err = p.indexed(ctx, rows)
	return append(slices.Clone(p.proposed.first), looks...), reads, err
}

// indexed are the statements when the first rows are not enough.
func (p *Plan) indexed(ctx context.Context, rows Rows) (looks, reads []Statement, err error) {
	weights := map[string]float64{}
	for cells, err := range rows(ctx, p.proposed.weigh) {
		if err != nil {
			return nil, nil, fmt.Errorf("ask the text index of %s: %w", p.Entity, err)
		}
		term, _ := match.CellText(cells[0])
		weights[term], _ = cells[1].(float64)
	}
	look, err := p.look("text index", p.proposed.dialect.Candidates(p.proposed.entity, p.proposed.proposal, weights, mostProposed+1))
	if err != nil {
		return nil, nil, err
	}
	looks = []Statement{p.proposed.weigh, look}
	for cells, err := range rows(ctx, look) {
		if err != nil {
			return nil, nil, fmt.Errorf("ask the text index of %s: %w", p.Entity, err)
		}
		if n, _ := cells[0].(int64); n > mostProposed {
			break
		}
		page := p.proposed.page
		page.Args = append([]any{cells[1]}, page.Args[1:]...)
		return looks, []Statement{page}, nil
	}
	return looks, p.statements, nil
}
