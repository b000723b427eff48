package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"ciomirror/catalog"
	"ciomirror/query"
	"ciomirror/store/sqlite"
)

func (a *app) schemaCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "schema [ENTITY|VIEW]",
		Short: "Describe the entities and views: fields, types, units, actions, operators",
		Example: `  ciomirror schema
  ciomirror schema messages
  ciomirror schema campaigns -o json
  ciomirror schema campaign_performance`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usageError("schema takes one entity at most", "all of them: ciomirror schema -o json")
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error { return a.runSchema(args) },
	}
}

// The schema as JSON.
type (
	schemaDoc struct {
		Entities  []entityDoc   `json:"entities"`
		Operators []operatorDoc `json:"operators"`
		Views     []sqlite.View `json:"views"`
	}
	entityDoc struct {
		Entity      string      `json:"entity"`
		Doc         string      `json:"doc"`
		Mirrored    bool        `json:"mirrored"`
		Page        bool        `json:"reference_page"`
		HostedStore bool        `json:"hosted_store"`
		Key         []string    `json:"key"`
		Parent      string      `json:"parent,omitempty"`
		Fields      []fieldDoc  `json:"fields"`
		Indexes     []indexDoc  `json:"indexes"`
		Actions     []actionDoc `json:"actions"`
	}
	fieldDoc struct {
		Field    string       `json:"field"`
		Type     catalog.Kind `json:"type"`
		Types    []string     `json:"types"`
		Search   string       `json:"search_type,omitempty"`
		Unit     catalog.Unit `json:"unit,omitempty"`
		Listed   bool         `json:"listed"`
		Hosted   bool         `json:"hosted"`
		Personal bool         `json:"personal"`
		Indexed  bool         `json:"indexed"`
		Volatile bool         `json:"volatile"`
		Doc      string       `json:"doc"`
	}
	indexDoc struct {
		Fields []string `json:"fields"`
		Serves string   `json:"serves"`
	}
	actionDoc struct {
		Action string         `json:"action"`
		Method string         `json:"method,omitempty"`
		Path   string         `json:"path,omitempty"`
		Effect catalog.Effect `json:"effect"`
		Params []paramDoc     `json:"params"`
		Doc    string         `json:"doc"`
	}
	paramDoc struct {
		Param    string        `json:"param"`
		Types    []string      `json:"types"`
		Enum     []string      `json:"enum,omitempty"`
		Required bool          `json:"required"`
		When     string        `json:"required_when,omitempty"`
		In       catalog.Place `json:"in"`
		Wire     string        `json:"wire"`
		Beyond   bool          `json:"beyond_page"`
		Limits   string        `json:"limits,omitempty"`
		Doc      string        `json:"doc"`
	}
	operatorDoc struct {
		Operator string `json:"operator"`
		Doc      string `json:"doc"`
		Example  string `json:"example"`
	}
)

func (a *app) runSchema(args []string) error {
	cat := catalog.Default()
	entities := cat.Entities()
	views, err := sqlite.Views()
	if err != nil {
		return fmt.Errorf("read the views: %w", err)
	}
	if len(args) == 1 {
		for _, v := range views {
			if v.Name == args[0] {
				return a.printView(v)
			}
		}
		e, ok := cat.Entity(args[0])
		if !ok {
			return usageError(fmt.Sprintf("there is no entity %q", args[0]), nearestEntity(args[0]))
		}
		if a.readable() {
			a.printEntity(e)
			return nil
		}
		return a.printJSON(describe(e))
	}
	if a.readable() {
		a.printEntities(entities)
		t := a.newSheet("view, for sql", "what it is")
		for _, v := range views {
			t.add(v.Name, v.Doc)
		}
		fmt.Fprintln(a.out, "\n"+t.String())
		fmt.Fprintln(a.out, "\nOne of them: ciomirror schema campaigns")
		return nil
	}
	doc := schemaDoc{Views: views}
	for _, e := range entities {
		doc.Entities = append(doc.Entities, describe(e))
	}
	for _, o := range query.Operators() {
		doc.Operators = append(doc.Operators, operatorDoc{Operator: o.Name, Doc: o.Doc, Example: o.Example})
	}
	return a.printJSON(doc)
}

func describe(e *catalog.Entity) entityDoc {
	d := entityDoc{Entity: e.Name, Doc: e.Doc, Mirrored: e.Mirrored(), Page: e.Page, HostedStore: e.HostedStore,
		Key: e.Key, Fields: []fieldDoc{}, Indexes: describeIndexes(e), Actions: []actionDoc{}}
	if d.Key == nil {
		d.Key = []string{}
	}
	if e.Parent != nil {
		d.Parent = e.Parent.Entity
	}
	fields := e.Fields
	if !e.Mirrored() {
		fields = e.Result
	}
	for _, f := range fields {
		doc := fieldDoc{Field: f.Name, Type: f.Kind(), Types: kindNames(f.Types), Unit: f.Unit, Doc: f.Doc,
			Listed: f.Is(catalog.Listed), Hosted: f.Is(catalog.Hosted), Personal: f.Is(catalog.Personal),
			Indexed: f.Is(catalog.Indexed), Volatile: f.Is(catalog.Volatile)}
		if f.Store != 0 {
			doc.Search = f.Store.String()
		}
		d.Fields = append(d.Fields, doc)
	}
	for _, v := range e.Derived {
		d.Fields = append(d.Fields, fieldDoc{Field: v.Name, Type: catalog.Integer, Types: []string{"integer"}, Unit: v.Unit,
			Indexed: v.Marks&catalog.Indexed != 0, Doc: v.Doc})
	}
	for _, act := range e.Actions {
		doc := actionDoc{Action: act.Name, Method: act.Method, Path: act.Path, Effect: act.Effect, Params: []paramDoc{}, Doc: act.Doc}
		for _, p := range act.Params {
			doc.Params = append(doc.Params, paramDoc{Param: p.Name, Types: kindNames(p.Types), Enum: p.Enum, Required: p.Required,
				When: p.When, In: p.In, Wire: p.WireName(), Beyond: p.Beyond, Limits: p.Limits, Doc: p.Doc})
		}
		d.Actions = append(d.Actions, doc)
	}
	return d
}

// describeIndexes are an entity's indexes, that of the key first.
func describeIndexes(e *catalog.Entity) []indexDoc {
	docs := []indexDoc{}
	if !e.Mirrored() {
		return docs
	}
	docs = append(docs, indexDoc{Fields: e.Key, Serves: "one record by its key, and the usual order"})
	for _, i := range e.Indexes {
		fields := []string{i.Field}
		if w := e.List.Window; w != nil && w.Field != i.Field {
			fields = append(fields, w.Field)
		}
		docs = append(docs, indexDoc{Fields: fields, Serves: i.Serves})
	}
	return docs
}

func kindNames(kinds []catalog.Kind) []string {
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = k.String()
	}
	return names
}

func (a *app) printEntities(entities []*catalog.Entity) {
	t := a.newSheet("entity", "fields", "actions", "what it is")
	for _, e := range entities {
		var actions []string
		for _, act := range e.Actions {
			actions = append(actions, strings.Replace(act.Name, "context_store_search", "search", 1))
		}
		t.add(e.Name, len(e.Fields)+len(e.Derived), strings.Join(actions, " "), e.Doc)
	}
	fmt.Fprintln(a.out, t)
	fmt.Fprintln(a.out, "\nOperators of a filter:")
	for _, o := range query.Operators() {
		fmt.Fprintf(a.out, "  %-15s %s\n", o.Name, o.Doc)
	}
}

func (a *app) printView(v sqlite.View) error {
	if !a.readable() {
		return a.printJSON(v)
	}
	_, err := fmt.Fprintf(a.out, "%s: %s\n\n%s\n", v.Name, v.Doc, v.SQL)
	return err
}

func (a *app) printEntity(e *catalog.Entity) {
	d := describe(e)
	fmt.Fprintf(a.out, "%s: %s\n", d.Entity, d.Doc)
	if len(d.Key) > 0 {
		fmt.Fprintf(a.out, "key: %s\n", strings.Join(d.Key, ", "))
	}
	t := a.newSheet("field", "type", "unit", "what it is")
	for _, f := range d.Fields {
		doc := f.Doc
		if f.Personal {
			doc += " (personal)"
		}
		t.add(f.Field, strings.Join(f.Types, ", "), f.Unit, doc)
	}
	fmt.Fprintln(a.out, "\n"+t.String())
	if len(d.Indexes) > 0 {
		t = a.newSheet("index on", "serves")
		for _, i := range d.Indexes {
			t.add(strings.Join(i.Fields, ", "), i.Serves)
		}
		fmt.Fprintln(a.out, "\n"+t.String())
	}
	if len(d.Actions) == 0 {
		return
	}
	t = a.newSheet("action", "request", "parameters")
	for _, act := range d.Actions {
		var params []string
		for _, p := range act.Params {
			name := p.Param
			if p.Required {
				name += "*"
			}
			params = append(params, name)
		}
		t.add(act.Action, strings.TrimSpace(act.Method+" "+act.Path), strings.Join(params, " "))
	}
	fmt.Fprintln(a.out, "\n"+t.String())
	fmt.Fprintln(a.out, "* required")
}
