package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"ciomirror/catalog"
	"ciomirror/query"
	"ciomirror/store"
)

type searchOptions struct {
	query, filter, cursor string
	where, fields         []string
	sort                  string
	limit                 int
	limitGiven            bool
	asOf                  string
	explain, count        bool
	facets                []string
	typos                 int
	typosGiven, suggest   bool
	empty                 []string // flags that were given without a value
}

func (a *app) searchCommand() *cobra.Command {
	var o searchOptions
	cmd := &cobra.Command{
		Use:   "search ENTITY",
		Short: "Search an entity with the context store's filter JSON",
		Long: `search answers a context_store_search from the mirror: any entity, any field, offline.
--query takes the query object of the reference page; --filter and --sort its two
parts; --where is short for {"eq":{FIELD:VALUE}}. JSON may be @FILE or - (stdin).`,
		Example: `  ciomirror search campaigns --where state=running --sort -updated --limit 5
  ciomirror search campaigns --filter '{"and":[{"eq":{"active":true}},{"fuzzy":{"name":"welcome"}}]}'
  ciomirror search campaigns --filter '{"fuzzy":{"name":"wlecome"}}' --typos 1
  ciomirror search messages --filter '{"gte":{"created":"2026-11-01"}}' --sort -created --fields id,recipient,subject`,
		Args: oneArg("entity"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.limitGiven, o.typosGiven = cmd.Flags().Changed("limit"), cmd.Flags().Changed("typos")
			o.empty = emptied(cmd.Flags(), "query", "filter", "cursor", "sort", "as-of", "fields", "facet")
			return a.runSearch(cmd.Context(), args[0], o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.query, "query", "", "the query object: filter and sort")
	f.StringVar(&o.filter, "filter", "", "the filter alone")
	f.StringArrayVar(&o.where, "where", nil, "FIELD=VALUE: only rows that have this value; may be repeated")
	f.StringVar(&o.sort, "sort", "", "fields to sort by, - for descending: -updated,name")
	f.IntVar(&o.limit, "limit", query.DefaultLimit, "rows to print, at most 10000")
	f.StringVar(&o.cursor, "cursor", "", "go on after an earlier page")
	f.StringSliceVar(&o.fields, "fields", nil, "the fields to print: id,name,actions.type")
	f.StringVar(&o.asOf, "as-of", "", "search the mirror as it was at this time, or as a snapshot shows it")
	f.BoolVar(&o.explain, "explain", false, "print the SQL, its plan and the hosted service's request instead of rows")
	f.BoolVar(&o.count, "count", false, "tell how many rows the filter finds (not in the hosted service)")
	f.StringSliceVar(&o.facets, "facet", nil, "tell the most frequent values of a field; may be repeated (not in the hosted service)")
	f.IntVar(&o.typos, "typos", 0, "allow 1 or 2 typing errors in each word of fuzzy and keyword (not in the hosted service)")
	f.BoolVar(&o.suggest, "suggest", false, "when nothing is found, tell words of the fields that are near (not in the hosted service; in a table without asking)")
	return ofRows(cmd)
}

func (a *app) runSearch(ctx context.Context, entity string, o searchOptions) error {
	hosted, err := a.searchParams(o)
	if err != nil {
		return err
	}
	params, err := withExtras(hosted, o)
	if err != nil {
		return err
	}
	return a.searchFor(ctx, entity, params, hosted, o)
}

// searchFor answers a search whose params are put together; hosted are those that the
// hosted service knows too. Of the options it takes what is no part of them.
func (a *app) searchFor(ctx context.Context, entity string, params, hosted []byte, o searchOptions) error {
	compiler := query.NewCompiler(catalog.Default(), query.SQLite{TextIndex: o.asOf == ""})
	q, err := query.Parse(params)
	if err != nil {
		return compiler.Illustrate(entity, err)
	}
	unasked := !q.Suggest && a.forRows() == formatTable && !a.settings.quiet
	q.Suggest = q.Suggest || unasked // to a person, it is told without asking
	plan, err := compiler.Compile(entity, q)
	if err != nil {
		return err
	}
	m, r, done, err := a.openAsOf(ctx, o.asOf)
	if err != nil {
		return err
	}
	defer done()
	if o.explain {
		return a.explainSearch(ctx, r, plan, hosted, q.Typos > 0)
	}
	answer, err := query.Run(ctx, r, plan, a.now)
	if err != nil {
		return err
	}
	if len(answer.Data) == 0 {
		a.hintEmpty(ctx, m, entity)
	}
	if unasked && !a.terminal.err {
		withoutPersonal(entity, answer.Meta.Suggestions)
	}
	if err := a.printAnswer(plan, o.fields, answer); err != nil {
		return err
	}
	a.hintNothingThere(o.fields, answer.Data)
	return nil
}

// hintEmpty tells an empty answer from an empty table.
func (a *app) hintEmpty(ctx context.Context, m store.Store, entity string) {
	s, err := m.Status(ctx)
	if err != nil {
		return // it was a courtesy
	}
	for _, e := range s.Entities {
		if e.Entity == entity && e.Synced == nil {
			a.say("%s was never synced completely: ciomirror sync %s", entity, entity)
		}
	}
}

// printAnswer prints the rows, or the whole answer for -o json.
func (a *app) printAnswer(plan *query.Plan, fields []string, answer query.Answer) error {
	f := a.forRows()
	if f == formatJSON {
		return a.printJSON(answer)
	}
	columns, err := headOf(plan, fields)
	if err != nil {
		return fmt.Errorf("print the answer: %w", err)
	}
	_, records, err := columnsOf(answer.Data)
	if err != nil {
		return fmt.Errorf("print the answer: %w", err)
	}
	if f == formatTable && a.width() > 0 && len(fields) == 0 {
		knownFirst(plan.Entity, columns)
	}
	times := map[string]bool{}
	if f == formatTable || f == formatMD {
		times = timeFields(plan.Entity)
	}
	if f == formatTable && len(records) == 0 && len(fields) == 0 && plan.Counts() {
		a.printExtras(answer.Meta.Extras) // the head of a table without rows would be in the way
		return nil
	}
	err = a.printColumns(f, columns, len(fields) == 0, func(yield func(row, error) bool) {
		for _, record := range records {
			line := make(row, len(columns))
			for i, c := range columns {
				line[i] = record[c]
				if times[c] {
					line[i] = appendJSONText(nil, clock(plain(record[c])))
				}
			}
			if !yield(line, nil) {
				return
			}
		}
	})
	if err != nil {
		return err
	}
	a.printExtras(answer.Meta.Extras)
	if answer.Meta.Cursor != nil {
		fmt.Fprintln(a.err, "more: --cursor "+*answer.Meta.Cursor)
	}
	return nil
}

// headOf are the columns of an answer: the fields asked for, in that order, or all
// that a row has. They do not depend on the rows, so that a script finds the same
// columns every day.
func headOf(plan *query.Plan, fields []string) ([]string, error) {
	if len(fields) == 0 {
		empty, err := plan.Row(make([]any, len(plan.Columns())))
		if err != nil {
			return nil, err
		}
		columns, _, err := columnsOf([]json.RawMessage{empty})
		return columns, err
	}
	var columns []string
	for _, f := range fields {
		root, _, _ := strings.Cut(f, ".")
		root = strings.TrimSuffix(root, "[]")
		if !slices.Contains(plan.Columns(), root) {
			root = strings.TrimSuffix(root, "_") // type_ is how Python spells type
		}
		if !slices.Contains(columns, root) {
			columns = append(columns, root)
		}
	}
	return columns, nil
}

// knownFirst puts the columns by which people know a record first, and those last that
// say nothing of their own: a terminal may have room for few.
func knownFirst(entity string, columns []string) {
	e, ok := catalog.Default().Entity(entity)
	if !ok {
		return
	}
	rank := func(column string) int {
		if i := slices.Index(e.Shown, column); i >= 0 {
			return i
		}
		if f, ok := e.Field(column); ok && f.Is(catalog.Echo) {
			return len(e.Shown) + 1
		}
		return len(e.Shown)
	}
	slices.SortStableFunc(columns, func(a, b string) int { return rank(a) - rank(b) })
}

// timeFields are the fields of an entity that are Unix seconds: a person is shown
// times.
func timeFields(entity string) map[string]bool {
	times := map[string]bool{}
	e, ok := catalog.Default().Entity(entity)
	if !ok {
		return times
	}
	for _, f := range e.Fields {
		times[f.Name] = f.Unit == catalog.UnixSeconds
	}
	for _, d := range e.Derived {
		times[d.Name] = d.Unit == catalog.UnixSeconds
	}
	return times
}

// searchParams puts the flags together into the params of a search, as the hosted
// service takes them.
func (a *app) searchParams(o searchOptions) ([]byte, error) {
	if len(o.empty) > 0 {
		return nil, emptyFlag(o.empty[0])
	}
	if o.limitGiven && (o.limit < 1 || o.limit > query.MaxLimit) {
		return nil, limitError(o.limit)
	}
	if slices.Contains(o.fields, "") {
		return nil, usageError("--fields has a name that is empty", "names with one comma between them: --fields id,name,actions.type")
	}
	if o.query != "" && (o.filter != "" || o.sort != "" || len(o.where) > 0) {
		return nil, usageError("--query holds the filter and the sort", "leave out --filter, --where and --sort, or leave out --query")
	}
	q, err := a.input(o.query)
	if err != nil {
		return nil, err
	}
	if err := misplaced("query", q, "query", "limit", "cursor", "fields", "count", "facets", "typos", "suggest"); err != nil {
		return nil, err
	}
	if o.query == "" {
		if q, err = a.queryOf(o); err != nil {
			return nil, err
		}
	}
	parts := []string{`"query":` + q}
	if o.limitGiven {
		parts = append(parts, fmt.Sprintf(`"limit":%d`, o.limit))
	}
	if o.cursor != "" {
		parts = append(parts, `"cursor":`+jsonText(o.cursor))
	}
	if len(o.fields) > 0 {
		b, err := json.Marshal(o.fields)
		if err != nil {
			return nil, err
		}
		parts = append(parts, `"fields":`+string(b))
	}
	return []byte("{" + strings.Join(parts, ",") + "}"), nil
}

// limitError is the refusal of the store's params, with advice for a flag.
func limitError(n int) error {
	return &problem{Type: "validation_error", Status: 400, exit: exitUsage, Message: fmt.Sprintf("--limit cannot be %d", n),
		Hint:   fmt.Sprintf("from 1 to %d; for more rows go on with --cursor, or use: ciomirror export", query.MaxLimit),
		Detail: &problemDetail{Code: query.InvalidLimit, Path: "/limit", Candidates: []string{}}}
}

// queryOf is the query object of --filter, --where and --sort.
func (a *app) queryOf(o searchOptions) (string, error) {
	var conditions []string
	if o.filter != "" {
		filter, err := a.input(o.filter)
		if err != nil {
			return "", err
		}
		if err := misplaced("filter", filter, "filter", "query", "sort"); err != nil {
			return "", err
		}
		conditions = append(conditions, filter)
	}
	for _, w := range o.where {
		field, value, ok := strings.Cut(w, "=")
		if !ok || field == "" {
			return "", usageError(fmt.Sprintf("--where %q is not FIELD=VALUE", w), "for example: --where state=running")
		}
		conditions = append(conditions, fmt.Sprintf(`{"eq":{%s:%s}}`, jsonText(field), jsonText(value)))
	}
	var parts []string
	switch len(conditions) {
	case 0:
	case 1:
		parts = append(parts, `"filter":`+conditions[0])
	default:
		parts = append(parts, `"filter":{"and":[`+strings.Join(conditions, ",")+`]}`)
	}
	if o.sort != "" {
		var keys []string
		for key := range strings.SplitSeq(o.sort, ",") {
			direction := "asc"
			if name, ok := strings.CutPrefix(key, "-"); ok {
				key, direction = name, "desc"
			}
			keys = append(keys, fmt.Sprintf(`{%s:%q}`, jsonText(key), direction))
		}
		parts = append(parts, `"sort":[`+strings.Join(keys, ",")+"]")
	}
	return "{" + strings.Join(parts, ",") + "}", nil
}

// misplaced refuses the JSON of a flag that has what other flags are for.
func misplaced(flag, text string, names ...string) error {
	var given map[string]json.RawMessage
	if json.Unmarshal([]byte(text), &given) != nil {
		return nil // what is wrong with it, the query package says
	}
	for _, name := range names {
		_, is := given[name]
		switch {
		case !is:
		case name == flag:
			return usageError(fmt.Sprintf("--%s takes what is in %q", flag, name), fmt.Sprintf(`leave out the {%q: } around it`, name))
		case flag == "filter":
			return usageError(fmt.Sprintf("--filter takes the filter alone, not %q", name), "give the whole to --query, or what is to be sorted by to --sort")
		default:
			return usageError(fmt.Sprintf("--query holds the filter and the sort, not %q", name), "write it as a flag: --"+strings.Replace(name, "facets", "facet", 1))
		}
	}
	return nil
}

func jsonText(s string) string { return string(appendJSONText(nil, s)) }

// input is a flag's JSON: itself, @file or - for stdin.
func (a *app) input(text string) (string, error) {
	var b []byte
	var err error
	switch path, isFile := strings.CutPrefix(text, "@"); {
	case text == "-":
		b, err = io.ReadAll(a.in)
	case isFile:
		b, err = os.ReadFile(path)
	default:
		return text, nil
	}
	if err != nil {
		return "", usageError(fmt.Sprintf("the input cannot be read: %v", err), "give JSON, @FILE or - for stdin")
	}
	return strings.TrimSpace(string(b)), nil
}
