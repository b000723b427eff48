package server

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"ciomirror/catalog"
	"ciomirror/connector"
)

// Operator is one operator of the filter.
type Operator struct {
	Name, Doc string
	Example   string // a filter, as JSON
	Kinds     []catalog.Kind
}

// What describe tells: enough to write a request without another source.
type (
	described struct {
		Connector string              `json:"connector"`
		Entities  []describedEntity   `json:"entities"`
		Operators []describedOperator `json:"operators"`
	}
	describedEntity struct {
		Entity  string            `json:"entity"`
		Doc     string            `json:"description"`
		Key     []string          `json:"key"`
		Fields  []describedField  `json:"fields"`
		Actions []describedAction `json:"actions"`
	}
	describedField struct {
		Field string       `json:"field"`
		Type  catalog.Kind `json:"type"`
		Unit  catalog.Unit `json:"unit,omitempty"`
		Doc   string       `json:"description"`
	}
	describedAction struct {
		Action string           `json:"action"`
		Effect catalog.Effect   `json:"effect"`
		Doc    string           `json:"description"`
		Params []describedParam `json:"params"`
	}
	describedParam struct {
		Param    string         `json:"param"`
		Types    []catalog.Kind `json:"types"`
		Enum     []string       `json:"enum,omitempty"`
		Required bool           `json:"required"`
		When     string         `json:"required_when,omitempty"`
		Limits   string         `json:"limits,omitempty"`
		Doc      string         `json:"description"`
	}
	describedOperator struct {
		Operator string          `json:"operator"`
		Doc      string          `json:"description"`
		Example  json.RawMessage `json:"example"`
	}
)

// describeCall answers the action describe, for one entity or for all.
func (s *Server) describeCall(w http.ResponseWriter, entity string, begun time.Time) *failure {
	d := described{Connector: DefinitionName, Entities: []describedEntity{}, Operators: []describedOperator{}}
	for _, e := range s.o.Catalog.Entities() {
		if entity == "" || entity == e.Name {
			d.Entities = append(d.Entities, s.describeEntity(e))
		}
	}
	if len(d.Entities) == 0 {
		return fail(http.StatusBadRequest, "unknown_entity", "entity", fmt.Sprintf("unknown entity %q; leave it empty to describe all", entity)).
			with("allowed", catalog.Names(s.o.Catalog.Entities())).with("example", json.RawMessage(`{"entity":"","action":"describe"}`))
	}
	for _, o := range s.o.Operators {
		d.Operators = append(d.Operators, describedOperator{o.Name, o.Doc, json.RawMessage(o.Example)})
	}
	result, err := json.Marshal(d)
	if err != nil {
		panic(err) // the operators' examples are literals
	}
	writeJSON(w, http.StatusOK, connector.Envelope{
		Status: "success", Result: result,
		ExecutionMetadata: connector.ExecutionMetadata{
			ConnectorInstanceID: s.o.Identity.InstanceID(), ExecutionTimeMS: max(0, s.o.Now().Sub(begun).Milliseconds()),
		},
	})
	return nil
}

func (s *Server) describeEntity(e *catalog.Entity) describedEntity {
	d := describedEntity{Entity: e.Name, Doc: e.Doc, Key: e.Key, Fields: []describedField{}, Actions: []describedAction{}}
	if d.Key == nil {
		d.Key = []string{}
	}
	fields := e.Fields
	if !e.Mirrored() {
		fields = e.Result
	}
	for _, f := range fields {
		d.Fields = append(d.Fields, describedField{f.Name, f.SearchKind(), f.Unit, f.Doc})
	}
	for _, v := range e.Derived {
		d.Fields = append(d.Fields, describedField{v.Name, catalog.Integer, v.Unit, v.Doc})
	}
	for _, a := range s.actionsOf(e) {
		act := describedAction{Action: a.Name, Effect: a.Effect, Doc: a.Doc, Params: []describedParam{}}
		for _, p := range a.Params {
			act.Params = append(act.Params, describedParam{p.Name, p.Types, p.Enum, p.Required, p.When, p.Limits, p.Doc})
		}
		d.Actions = append(d.Actions, act)
	}
	return d
}

// actionsOf are an entity's actions. The hosted store searches three entities, the
// mirror all that it holds, with the same parameters.
func (s *Server) actionsOf(e *catalog.Entity) []catalog.Action {
	if _, ok := e.Action(connector.Search); ok || !e.Mirrored() {
		return e.Actions
	}
	for _, other := range s.o.Catalog.Entities() {
		if search, ok := other.Action(connector.Search); ok {
			return append(e.Actions[:len(e.Actions):len(e.Actions)], search)
		}
	}
	return e.Actions
}
