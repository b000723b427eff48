package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"ciomirror/connector"
	"ciomirror/query"
	"ciomirror/store"
)

// explanation is how a search is answered.
type explanation struct {
	Entity     string      `json:"entity"`
	Statements []explained `json:"statements"`
	// UsesIndex: no statement looks at rows one by one, to find them or to sort them.
	UsesIndex bool     `json:"uses_index"`
	Hints     []string `json:"hints"`
	// texts are the fields of which the text index proposed the rows.
	texts []string
	// Request is what asks the hosted service for the same.
	Request connector.HostedCall `json:"request"`
}

// explained is one statement of a search.
type explained struct {
	Part    string   `json:"part"`
	SQL     string   `json:"sql"`
	Args    []any    `json:"args"`
	Plan    []string `json:"plan"`
	Indexes []string `json:"indexes"`
}

// explainSearch prints how a search is answered. params are those of the hosted
// service, which has no typos.
func (a *app) explainSearch(ctx context.Context, r store.Reader, plan *query.Plan, params []byte, typos bool) error {
	e, err := explanationOf(ctx, r, plan, params)
	if err != nil {
		return err
	}
	if typos {
		e.Hints = append(e.Hints, "the hosted service allows no typing errors: to this request it can give other rows")
	}
	if !a.readable() {
		return a.printJSON(e)
	}
	return a.printExplanation(e)
}

// explanationOf tells how a search is answered.
func explanationOf(ctx context.Context, r store.Reader, plan *query.Plan, params []byte) (explanation, error) {
	e := explanation{
		Entity: plan.Entity, Statements: []explained{}, Hints: plan.Hints(),
		Request: connector.Hosted(plan.Entity, params),
	}
	var looks, reads []query.Statement
	if err := r.Snapshot(ctx, func(rows query.Rows) (err error) {
		looks, reads, err = plan.Chosen(ctx, rows)
		return err
	}); err != nil {
		return e, err
	}
	// What a text index proposed is few rows, found by their row ids, and so are the
	// first rows of a result.
	last := reads[len(reads)-1].Part
	if last == query.Proposed {
		e.texts = plan.Texts()
	}
	few := last == query.Proposed || last == query.Enough
	if e.Hints == nil || few {
		e.Hints = []string{}
	}
	e.UsesIndex = len(e.Hints) == 0
	for _, s := range slices.Concat(looks, reads) {
		p, err := r.Plan(ctx, s)
		if err != nil {
			return e, err
		}
		if len(p.Indexes) == 0 {
			p.Indexes, e.UsesIndex = []string{}, e.UsesIndex && few
		}
		e.Statements = append(e.Statements, explained{Part: s.Part, SQL: s.SQL, Args: s.Args, Plan: p.Steps, Indexes: p.Indexes})
	}
	return e, nil
}

// printExplanation prints it as SQL that can be run, with the rest as comments.
func (a *app) printExplanation(e explanation) error {
	if e.texts != nil {
		fmt.Fprintln(a.out, "-- text index on "+strings.Join(e.texts, ", "))
	}
	for _, s := range e.Statements {
		args, err := json.Marshal(brief(s.Args))
		if err != nil {
			return err
		}
		fmt.Fprintf(a.out, "-- %s\n%s\n-- %s\n", s.Part, printable(s.SQL), printable(string(args)))
		for _, step := range s.Plan {
			fmt.Fprintln(a.out, "--   "+step)
		}
	}
	uses := "no"
	if e.UsesIndex {
		uses = "yes"
	}
	body, err := json.Marshal(e.Request.Body)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.out, "-- served by indexes: %s\n-- the same of the hosted service: %s %s\n--   %s\n",
		uses, e.Request.Method, e.Request.Path, printable(string(body)))
	for _, hint := range e.Hints {
		fmt.Fprintln(a.err, "hint:  "+printable(hint))
	}
	return nil
}

// mostListed is how many items of a list people are shown.
const mostListed = 10

// brief has long lists cut: a text index proposes up to thousands of rows. The JSON
// output has them all.
func brief(args []any) []any {
	short := slices.Clone(args)
	for i, arg := range args {
		text, _ := arg.(string)
		var list []json.RawMessage
		if json.Unmarshal([]byte(text), &list) != nil || len(list) <= mostListed {
			continue
		}
		first, err := json.Marshal(list[:mostListed])
		if err == nil {
			short[i] = fmt.Sprintf("%s and %d more", first, len(list)-mostListed)
		}
	}
	return short
}
