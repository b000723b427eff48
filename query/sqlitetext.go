package query

import (
	"cmp"
	"slices"
	"strings"

	"github.com/Masterminds/squirrel"

	"ciomirror/catalog"
	"ciomirror/internal/canon"
	"ciomirror/query/match"
)

const (
	// mostWeighed is how many terms of a proposal are weighed, spread over its runs.
	mostWeighed = 24
	// mostAsked is how many terms of a conjunction the index is asked for: the rarest.
	// A further one costs more than the rows that it would spare.
	mostAsked = 4
	// farMoreCommon is how many times as common as the rarest a term is that is left
	// out: to skip through its rows takes longer than to look at what it would spare.
	farMoreCommon = 16
)

// Weights looks at two places in the index, after a quarter and three quarters of
// the rows, how far on the sixteenth row with the term is.
func (d SQLite) Weights(e *catalog.Entity, p Proposal) squirrel.Sqlizer {
	if !d.TextIndex {
		return nil
	}
	index := d.textOf(e)
	return squirrel.Expr(`SELECT term.value, (SELECT sum(16.0 / (1 + coalesce((SELECT rowid FROM `+index+` WHERE `+index+
		` MATCH '"' || term.value || '"' AND rowid >= of.n * place.value / 4 LIMIT 1 OFFSET 15) - of.n * place.value / 4, of.n))) FROM json_each('[1,3]') AS place)`+
		` FROM json_each(?) AS term, (SELECT coalesce(max(rowid), 0) AS n FROM `+d.Column(e.Name)+`) AS of`, listed(newAsk(e, p).all()))
}

// Candidates asks the index. Its rows have the row ids of the entity's.
func (d SQLite) Candidates(e *catalog.Entity, p Proposal, weights map[string]float64, most int) squirrel.Sqlizer {
	index := d.textOf(e)
	return squirrel.Expr("SELECT count(*), json_group_array(rowid) FROM (SELECT rowid FROM "+index+" WHERE "+index+" MATCH ? LIMIT ?)",
		newAsk(e, p).of(p).expression(weights), int64(most))
}

// Among reads the list as JSON.
func (SQLite) Among(list any) squirrel.Sqlizer {
	return squirrel.Expr("rowid IN (SELECT value FROM json_each(?))", list)
}

func (d SQLite) textOf(e *catalog.Entity) string { return d.Column("_" + e.Name + "_text") }

// ask turns a proposal into terms of an entity's text index.
type ask struct {
	fields []string
	p      Proposal
	each   int // how many terms of a run may be weighed
}

func newAsk(e *catalog.Entity, p Proposal) ask {
	return ask{fields: e.FullTexts(), p: p, each: max(2, mostWeighed/p.runs())}
}

func (p Proposal) runs() int {
	n := 0
	for _, part := range slices.Concat(p.All, p.Any) {
		n += part.runs()
	}
	return max(1, n)
}

// conjunction is what all must hold: rows have all of the terms, and one of each of
// the alternatives.
type conjunction struct {
	terms        []string
	alternatives [][]conjunction
}

// of pools the terms of everything that must hold together, so that the rarest of
// all can be chosen.
func (a ask) of(p Proposal) (c conjunction) {
	if p.Any != nil {
		var list []conjunction
		for _, part := range p.Any {
			list = append(list, a.of(part))
		}
		c.alternatives = append(c.alternatives, list)
		return c
	}
	if p.All == nil {
		c.terms = a.terms(p)
	}
	for _, part := range p.All {
		one := a.of(part)
		c.terms = append(c.terms, one.terms...)
		c.alternatives = append(c.alternatives, one.alternatives...)
	}
	return c
}

// terms are those of a run, or as many of them as may be weighed, evenly spread.
func (a ask) terms(p Proposal) (terms []string) {
	grams := match.Grams(p.Run)
	step := (len(grams) + a.each - 1) / a.each
	for i := 0; i < len(grams); i += step {
		terms = append(terms, match.Term(slices.Index(a.fields, p.Column), grams[i]))
	}
	return terms
}

// all are the terms of the whole proposal, each once.
func (a ask) all() []string {
	terms := a.of(a.p).all()
	slices.Sort(terms)
	return slices.Compact(terms)
}

func (c conjunction) all() []string {
	terms := slices.Clone(c.terms)
	for _, list := range c.alternatives {
		for _, one := range list {
			terms = append(terms, one.all()...)
		}
	}
	return terms
}

// expression is the conjunction in the language of FTS5. Without positions in the
// index a run is some of its terms; the predicates look at the text anyway.
func (c conjunction) expression(weights map[string]float64) string {
	var parts []string
	for _, term := range rarest(c.terms, weights) {
		parts = append(parts, `"`+term+`"`)
	}
	for _, list := range c.alternatives {
		var one []string
		for _, alternative := range list {
			one = append(one, "("+alternative.expression(weights)+")")
		}
		parts = append(parts, "("+strings.Join(one, " OR ")+")")
	}
	return strings.Join(parts, " AND ")
}

// rarest are the terms by which to ask, the rarest first.
func rarest(terms []string, weights map[string]float64) []string {
	terms = slices.Clone(terms)
	slices.SortFunc(terms, func(a, b string) int {
		return cmp.Or(cmp.Compare(weights[a], weights[b]), strings.Compare(a, b))
	})
	terms = slices.Compact(terms)
	for i, term := range terms {
		if i == mostAsked || weights[term] > farMoreCommon*weights[terms[0]] {
			return terms[:i]
		}
	}
	return terms
}

// listed is a list of texts as JSON.
func listed(texts []string) string {
	list := []byte{'['}
	for i, text := range texts {
		if i > 0 {
			list = append(list, ',')
		}
		list = canon.AppendString(list, text)
	}
	return string(append(list, ']'))
}
