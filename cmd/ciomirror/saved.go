package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"ciomirror/saved"
)

func (a *app) queryCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "query",
		Short: "List, show, run and save questions that are asked again",
		Long: `A saved query is a file: NAME.sql, a statement with a header of comments, or NAME.json, a
search. They stand in the folder queries beside the config file, or where its setting
"queries" says; a few come with the program.`,
		Example: `  ciomirror query list
  ciomirror query run weekly-report --param weeks=2`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(
		ofRows(&cobra.Command{
			Use: "list", Short: "List the saved queries, and the files that are broken",
			Example: "  ciomirror query list -o json",
			Args:    noArgs,
			RunE:    func(*cobra.Command, []string) error { return a.listQueries() },
		}),
		&cobra.Command{
			Use: "show NAME", Short: "Show a saved query, its parameters and its text",
			Example: "  ciomirror query show weekly-report",
			Args:    oneArg("query"),
			RunE:    func(_ *cobra.Command, args []string) error { return a.showQuery(args[0]) },
		},
		a.queryRunCommand(), a.querySaveCommand(),
	)
	return cmd
}

// queryFolder is where the saved queries are.
func (a *app) queryFolder() string {
	beside := filepath.Dir(first(a.settings.config, defaultConfig()))
	switch folder := a.settings.Queries; {
	case folder == "":
		return filepath.Join(beside, "queries")
	case filepath.IsAbs(folder):
		return folder
	default:
		return filepath.Join(beside, folder)
	}
}

func (a *app) loadQueries() ([]*saved.Query, []*saved.Fault, error) {
	folder := a.queryFolder()
	all, faults, err := saved.Load(os.DirFS(folder), folder)
	if err != nil {
		return nil, nil, fmt.Errorf("read the saved queries: %w", err)
	}
	return all, faults, nil
}

// savedQuery finds a query by its name.
func (a *app) savedQuery(name string) (*saved.Query, error) {
	all, faults, err := a.loadQueries()
	if err != nil {
		return nil, err
	}
	for _, f := range faults {
		base := filepath.Base(f.File)
		if strings.TrimSuffix(base, filepath.Ext(base)) == name {
			return nil, f
		}
	}
	var names []string
	for _, q := range all {
		if q.Name == name {
			return q, nil
		}
		names = append(names, q.Name)
	}
	hint := "all of them: ciomirror query list"
	if near := nearest(name, names); near != "" {
		hint = fmt.Sprintf("did you mean %q? %s", near, hint)
	}
	return nil, &problem{Type: "not_found", Status: 404, exit: exitNotFound, Message: fmt.Sprintf("there is no saved query %q", name), Hint: hint}
}

func kindOf(q *saved.Query) string {
	if q.Search != nil {
		return "search"
	}
	return "sql"
}

func sourceOf(q *saved.Query) string { return first(q.File, "built-in") }

func (a *app) listQueries() error {
	all, faults, err := a.loadQueries()
	if err != nil {
		return err
	}
	err = a.printRows(a.forRows(), []string{"query", "kind", "title", "params", "source"}, func(yield func(row, error) bool) {
		for _, q := range all {
			var params []string
			for _, p := range q.Params {
				params = append(params, p.Name)
			}
			line := row{}
			for _, text := range []string{q.Name, kindOf(q), q.Title, strings.Join(params, " "), sourceOf(q)} {
				line = append(line, appendJSONText(nil, text))
			}
			if !yield(line, nil) {
				return
			}
		}
	})
	for _, f := range faults {
		fmt.Fprintln(a.err, "broken: "+printable(f.Error()))
	}
	return err
}

func (a *app) showQuery(name string) error {
	q, err := a.savedQuery(name)
	if err != nil {
		return err
	}
	params := append([]saved.Param{}, q.Params...)
	if !a.readable() {
		return a.printJSON(struct {
			Query       string        `json:"query"`
			Kind        string        `json:"kind"`
			Title       string        `json:"title"`
			Description string        `json:"description"`
			Params      []saved.Param `json:"params"`
			Source      string        `json:"source"`
			Text        string        `json:"text"`
		}{q.Name, kindOf(q), q.Title, q.Description, params, sourceOf(q), q.Text})
	}
	fmt.Fprintf(a.out, "%s: %s\n", q.Name, printable(q.Title))
	if q.Description != "" {
		fmt.Fprintln(a.out, printable(q.Description))
	}
	fmt.Fprintln(a.out, "source: "+sourceOf(q))
	for _, p := range params {
		value := "required"
		if p.Default != nil {
			value = "default " + *p.Default
		}
		fmt.Fprintln(a.out, printable(fmt.Sprintf("--param %s=…  %s, %s  %s", p.Name, p.Type, value, p.Doc)))
	}
	fmt.Fprintln(a.out, "\n"+printable(strings.TrimSpace(q.Text)))
	return nil
}

func (a *app) queryRunCommand() *cobra.Command {
	var o sqlOptions
	cmd := &cobra.Command{
		Use: "run NAME", Short: "Run a saved query",
		Example: `  ciomirror query run stale-campaigns
  ciomirror query run bounces-by-domain --param since=2026-11-01 -o csv`,
		Args: oneArg("query"),
		RunE: func(cmd *cobra.Command, args []string) error { return a.runQuery(cmd.Context(), args[0], o) },
	}
	cmd.Flags().StringArrayVar(&o.params, "param", nil, "the value of a parameter: name=value")
	o.addFlags(cmd.Flags())
	return ofRows(cmd)
}

func (a *app) runQuery(ctx context.Context, name string, o sqlOptions) error {
	if err := o.check(); err != nil {
		return err
	}
	q, err := a.savedQuery(name)
	if err != nil {
		return err
	}
	bound, err := a.bindSaved(q, o.params)
	if err != nil {
		return err
	}
	if q.Search != nil {
		params, err := q.Arguments(bound)
		if err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(ctx, o.timeout)
		defer cancel()
		return unfinished(a.searchFor(ctx, q.Search.Entity, params, params, searchOptions{fields: q.Search.Fields, asOf: o.asOf}), o.timeout)
	}
	more, err := a.ask(ctx, q.SQL, bound, o.sqlBounds)
	if more {
		fmt.Fprintln(a.err, "more rows: raise --limit")
	}
	return err
}

// boundQuery finds a saved query and gives it its parameters.
func (a *app) boundQuery(name string, given map[string]string) (*saved.Query, map[string]any, error) {
	q, err := a.savedQuery(name)
	if err != nil {
		return nil, nil, err
	}
	bound, err := a.bind(q, given)
	return q, bound, err
}

func (a *app) bind(q *saved.Query, given map[string]string) (map[string]any, error) {
	return q.Bind(given, func(text string) (time.Time, error) { return when(text, a.now()) })
}

// bindSaved binds the parameters of a saved query to what name=value says.
func (a *app) bindSaved(q *saved.Query, params []string) (map[string]any, error) {
	given := map[string]string{}
	for _, p := range params {
		name, value, ok := strings.Cut(p, "=")
		if !ok || name == "" {
			return nil, notNameValue(p)
		}
		if _, twice := given[name]; twice {
			return nil, givenTwice(name)
		}
		given[name] = value
	}
	return a.bind(q, given)
}

type saveOptions struct {
	sql, data, title, description string
	params                        []string
	force                         bool
}

func (a *app) querySaveCommand() *cobra.Command {
	var o saveOptions
	cmd := &cobra.Command{
		Use: "save NAME", Short: "Save a statement or a search as a file",
		Long: `save writes NAME.sql or NAME.json into the folder of saved queries. --param gives a
parameter its default, and by it its type; other types are in the file's header. What
could not be run is not saved.`,
		Example: `  ciomirror query save by-state --title "Campaigns by state" --sql "select state, count(*) from campaigns group by 1"
  ciomirror query save stopped --data '{"entity":"campaigns","query":{"filter":{"eq":{"state":"stopped"}}}}'`,
		Args: oneArg("query"),
		RunE: func(cmd *cobra.Command, args []string) error { return a.saveQuery(cmd.Context(), args[0], o) },
	}
	f := cmd.Flags()
	f.StringVar(&o.sql, "sql", "", "the statement; @FILE or - for stdin")
	f.StringVar(&o.data, "data", "", "the search: an object of entity, query, limit and fields; @FILE or - for stdin")
	f.StringVar(&o.title, "title", "", "what a list says of it")
	f.StringVar(&o.description, "description", "", "more about it")
	f.StringArrayVar(&o.params, "param", nil, "declare a parameter of the statement with its default: name=value")
	f.BoolVar(&o.force, "force", false, "replace a file of that name, or a query that comes with the program")
	return cmd
}

func (a *app) saveQuery(ctx context.Context, name string, o saveOptions) error {
	if (o.sql == "") == (o.data == "") {
		return usageError("a saved query is a statement or a search", "give --sql STATEMENT or --data JSON")
	}
	if err := a.checkName(name, o.force); err != nil {
		return err
	}
	file, text, err := a.queryText(name, o)
	if err != nil {
		return err
	}
	q, err := saved.Parse(file, text)
	if err != nil {
		return usageError(err.Error(), "nothing was saved: mend it, and save it again")
	}
	if q.Name != name {
		return usageError(fmt.Sprintf("%q is no plain name", name), "letters, digits, - and _, at most 64")
	}
	if err := a.checkSaved(ctx, q); err != nil {
		return err
	}
	folder := a.queryFolder()
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return fmt.Errorf("save query %s: %w", name, err)
	}
	for _, ext := range []string{".sql", ".json"} {
		path := filepath.Join(folder, name+ext)
		_, err := os.Stat(path)
		if err == nil && (!o.force || ext != filepath.Ext(file)) {
			return &problem{Type: "validation_error", Status: 409, exit: exitUsage,
				Message: path + " exists", Hint: "choose another name, or replace a file of the same kind: --force"}
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("save query %s: %w", name, err)
		}
	}
	path := filepath.Join(folder, file)
	if err := os.WriteFile(path, []byte(q.Text), 0o600); err != nil {
		return fmt.Errorf("save query %s: %w", name, err)
	}
	a.say("saved: ciomirror query run %s", name)
	if !a.readable() {
		return a.printJSON(map[string]string{"query": name, "file": path})
	}
	return nil
}

// queryText is the file that says what the options say.
func (a *app) queryText(name string, o saveOptions) (file, text string, err error) {
	if o.data != "" {
		text, err := a.input(o.data)
		if err != nil {
			return "", "", err
		}
		if len(o.params) > 0 || o.title != "" || o.description != "" {
			return "", "", usageError("--title, --description and --param go with --sql", `in a search they are keys: {"title":…,"params":{…},"entity":…}`)
		}
		return name + ".json", text + "\n", nil
	}
	statement, err := a.input(o.sql)
	if err != nil {
		return "", "", err
	}
	var b strings.Builder
	for _, line := range []struct{ word, text string }{{"title", o.title}, {"description", o.description}} {
		if line.text != "" {
			fmt.Fprintf(&b, "-- %s: %s\n", line.word, strings.Join(strings.Fields(line.text), " "))
		}
	}
	for _, p := range o.params {
		bound, err := bindings([]string{p})
		if err != nil {
			return "", "", err
		}
		for name, value := range bound {
			kind := saved.Text
			switch value.(type) {
			case int64:
				kind = saved.Integer
			case float64:
				kind = saved.Number
			}
			fmt.Fprintf(&b, "-- param %s %s = %s\n", name, kind, appendJSONText(nil, fmt.Sprint(value)))
		}
	}
	return name + ".sql", b.String() + statement + "\n", nil
}
