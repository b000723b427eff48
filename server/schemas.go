package server

import (
	"encoding/json"
	"strings"

	"ciomirror/catalog"
	"ciomirror/connector"
)

// addSchemas adds everything that requests and answers are made of.
func (d *document) addSchemas() {
	d.schemas["Failure"] = schema(object{
		"message": text("All of it, for people."),
		"errors": listOf(schema(object{
			"field":      orNull(text("The dotted path of what is wrong: a key of the body, a parameter or a header.")),
			"message":    text("What is wrong, and what to do."),
			"error_code": text("One word for programs."),
			"details":    object{"type": "object", "description": "What is allowed, an example, the nearest names, an RFC 6901 pointer into params."},
		})),
	})
	d.addSearch()
	d.addExecute()
	d.schemas["Connector"] = schema(object{
		"id": text("A UUID."), "name": text("As people call it."), "workspace_id": text("A UUID."), "summarized_source_template": ref("Template"),
	})
	d.schemas["Template"] = schema(object{
		"id": text("A UUID."), "name": text("As people call it."), "icon": orNull(text("None.")),
		"actor_definition_id": text("The hosted service's id of the connector: " + Definition + "."), "connector_name": text(DefinitionName + "."),
	})
	d.schemas["ConnectorDetail"] = schema(object{
		"id": text("A UUID."), "name": text("As people call it."), "workspace_id": text("A UUID."), "source_template": ref("Template"),
		"replication_config": object{"type": "object", "description": "Empty: the config file of the mirror has it."},
	})
	d.schemas["Workspace"] = schema(object{
		"id": text("A UUID."), "name": text("The profile's name."), "organization_id": text("A UUID."), "status": text("active."),
		"cache_enabled": boolean("true."), "tombstone": boolean("false."), "visibility": text("private."), "color": text("A colour."),
		"created_at": text("Unknown here: 1970."), "updated_at": text("Unknown here: 1970."),
	})
	d.schemas["Credential"] = schema(object{
		"id": text("The connector's id."), "context_store_status": text("Ready, Preview or Loading."), "context_store_entity_count": whole("Rows in all."),
	})
	d.schemas["Inspection"] = schema(object{
		"connector_id": text("A UUID."), "name": text("As people call it."), "workspace_id": text("A UUID."), "organization_id": text("A UUID."),
		"source_definition_id": text("The hosted service's id of the connector."), "source_config_template_id": text("The same."), "docs_skill_id": text("For /api/v1/skills/docs."),
		"context_store_readiness": schema(object{
			"supported_context_store_entities": listOf(schema(object{"entity": text("Its name."), "suggested": boolean("The hosted store has it too.")})),
			"configured_cache_entities": listOf(schema(object{
				"entity": text("Its name."), "status": text("Ready, Preview (some rows) or Initializing."), "ready_for_search": boolean("There is something to find."),
				"supported": boolean("true."), "entity_count": whole("Live rows."), "updated_at": orNull(text("When it was last read completely, RFC 3339.")),
			})),
		}),
	})
	d.schemas["Token"] = schema(object{
		"access_token": text("The bearer."), "token_type": text("bearer."), "expires_in": whole("Seconds."), "organization_id": text("A UUID."),
	})
	d.schemas["Skill"] = schema(object{"id": text("Its name for docs."), "name": text("As people call it."), "description": text("What it is for.")})
	d.schemas["Health"] = object{"type": "object", "required": array{"status"}, "properties": object{
		"status": text("ok, ready or not ready."), "reason": text("Why it is not."), "hint": text("What to do."),
	}}
}

// addSearch adds the filter: a condition for each operator, in conditions.
func (d *document) addSearch() {
	operators := object{}
	for _, o := range d.s.o.Operators {
		p := object{"description": o.Doc + ".", "examples": array{inside(o)}}
		switch o.Name {
		case "and", "or":
			p["type"], p["items"] = "array", ref("Condition")
		case "not":
			p["allOf"] = array{ref("Condition")}
		default:
			p["type"], p["minProperties"] = "object", 1
			p["additionalProperties"] = operand(o)
		}
		operators[o.Name] = p
	}
	d.schemas["Condition"] = object{
		"type": "object", "description": "Operators, each with fields and values; several are joined by and.",
		"properties": operators, "additionalProperties": false,
	}
	d.schemas["SearchParams"] = object{
		"type": array{"object", "null"}, "additionalProperties": false,
		"properties": object{
			"query": object{"type": "object", "additionalProperties": false, "description": "What to find, and in which order.", "properties": object{
				"filter": object{"description": "Without it every row is found.", "anyOf": array{ref("Condition"), object{"type": "null"}}},
				"sort": object{"type": "array", "description": "The first key counts first; absent values come last.",
					"items": object{"type": "object", "additionalProperties": object{"enum": array{"asc", "desc"}}}, "examples": array{array{object{"updated": "desc"}}}},
			}},
			"limit":  object{"type": "integer", "minimum": 1, "maximum": 10000, "default": 1000, "description": "Rows on a page."},
			"cursor": text("meta.cursor of the page before."),
			"fields": object{"type": "array", "description": "Paths of the fields to return.", "items": object{"type": array{"string", "array"}, "items": object{"type": "string"}},
				"examples": array{array{"id", "name"}}},
			"count":  boolean("Ours, not the hosted service's: tell in meta how many rows the filter finds."),
			"facets": object{"type": "array", "items": object{"type": "string"}, "description": "Ours, not the hosted service's: tell in meta the most frequent values of these fields."},
		},
	}
	d.schemas["SearchMeta"] = object{"type": "object", "required": array{"has_more", "cursor", "took_ms"}, "properties": object{
		"has_more": boolean("There is another page."), "cursor": orNull(text("Leads to it; null exactly when there is none.")),
		"took_ms": whole("Milliseconds."), "count": whole("Rows that the filter finds."),
		"count_partial": boolean("count is a lower bound."), "facets": object{"type": "object", "description": "By field."},
	}}
}

// inside is an operator's example without the operator.
func inside(o Operator) any {
	var filter map[string]any
	if err := json.Unmarshal([]byte(o.Example), &filter); err != nil {
		panic(err) // the examples are literals
	}
	return filter[o.Name]
}

// operand is what stands beside a field.
func operand(o Operator) object {
	switch o.Name {
	case "in":
		return object{"type": "array"}
	case "any":
		return ref("Condition")
	case "like", "startswith", "endswith", "fuzzy", "keyword":
		return object{"type": array{"string", "number"}}
	}
	return object{"description": "A value of the field's type."}
}

// addExecute adds a request for each entity and action, and the rows of each entity.
func (d *document) addExecute() {
	calls := array{object{
		"title": "describe", "description": "What there is to ask for.",
		"properties": object{"entity": text("One entity, or empty for all."), "action": object{"const": describeAction}},
	}}
	var entities, actions array
	results := array{
		listOf(object{"type": "object", "description": "A record as the API has it."}),
		object{"type": "object", "description": "One such record."}, object{"type": "null", "description": "The API answered with nothing."},
	}
	entities = append(entities, "")
	seen := map[string]bool{}
	for _, e := range d.s.o.Catalog.Entities() {
		entities = append(entities, e.Name)
		results = append(results, ref(d.addRows(e)))
		for _, a := range d.s.actionsOf(e) {
			name := a.Name
			names := array{name}
			params := ref("SearchParams")
			if name == connector.Search {
				names = append(names, connector.SearchAlias)
			} else {
				params = ref(e.Name + "_" + name)
				d.schemas[e.Name+"_"+name] = paramsOf(a)
			}
			for _, n := range names {
				if !seen[n.(string)] {
					seen[n.(string)] = true
					actions = append(actions, n)
				}
			}
			calls = append(calls, object{
				"title": e.Name + " " + name, "description": a.Doc,
				"properties": object{"entity": object{"const": e.Name}, "action": object{"enum": names}, "params": params},
			})
		}
	}
	d.schemas["ExecuteRequest"] = object{
		"type": "object", "required": array{"entity", "action"}, "description": "Other keys are ignored.",
		"properties": object{
			"entity": object{"enum": entities, "description": "What to ask for."}, "action": object{"enum": append(actions, describeAction), "description": "What to do."},
			"params":          object{"type": array{"object", "null"}, "description": "By entity and action."},
			"select_fields":   object{"type": "array", "items": object{"type": "string"}, "description": "Paths to keep in the rows; they count before exclude_fields."},
			"exclude_fields":  object{"type": "array", "items": object{"type": "string"}, "description": "Paths to leave out of the rows."},
			"skip_truncation": object{"type": "boolean", "default": true, "description": "false cuts long texts."},
			"intent":          object{"type": "string", "maxLength": 512, "description": "Why; it changes nothing."},
		},
		"anyOf":    calls,
		"examples": array{json.RawMessage(executeExample)},
	}
	answer := schema(object{
		"status":             object{"const": "success"},
		"result":             object{"anyOf": results, "description": "Of a search an object of data and meta, of a list an array, otherwise an object."},
		"connector_metadata": object{"type": array{"object", "null"}, "description": "About the result: next leads to the next page of a list."},
		"execution_metadata": schema(object{"connector_instance_id": text("source_id: and the connector's id."), "execution_time_ms": whole("Milliseconds.")}),
	})
	member(answer, "warning")["description"] = "What to know of a call that went well; left out when there is nothing."
	member(answer, "warning")["type"] = "object"
	d.schemas["ExecuteResponse"] = answer
}

// addRows adds the rows of an entity as a search finds them: with the types that the
// hosted store declares, or else those that the API is known to send. It returns the
// name of what a search gives, or of what a send does.
func (d *document) addRows(e *catalog.Entity) string {
	fields := e.Fields
	if !e.Mirrored() {
		fields = e.Result
	}
	row := object{}
	for _, f := range fields {
		types := f.Types
		if f.Store != 0 {
			types = []catalog.Kind{f.Store}
		}
		row[f.Name] = typed(f.Doc+".", f.Unit, types...)
	}
	for _, v := range e.Derived {
		row[v.Name] = typed(v.Doc+".", v.Unit, catalog.Integer)
	}
	d.schemas[e.Name+"_row"] = object{"type": "object", "description": e.Doc, "properties": row}
	if !e.Mirrored() {
		return e.Name + "_row"
	}
	d.schemas[e.Name+"_found"] = schema(object{"data": listOf(ref(e.Name + "_row")), "meta": ref("SearchMeta")})
	return e.Name + "_found"
}

// paramsOf makes the schema of an action's parameters. A dot in a name enters an
// object.
func paramsOf(a catalog.Action) object {
	root := object{"type": array{"object", "null"}, "properties": object{}}
	for _, p := range a.Params {
		at, name := root, p.Name
		for {
			head, rest, nested := strings.Cut(name, ".")
			if !nested {
				break
			}
			at, name = member(at, head), rest
		}
		s := member(at, name)
		for key, value := range typed(words(p), p.Unit, p.Types...) {
			s[key] = value
		}
		if len(p.Enum) > 0 {
			s["examples"] = array{p.Enum[0]}
			s["description"] = s["description"].(string) + " One of: " + strings.Join(p.Enum, ", ") + "."
		}
		if p.Required {
			required, _ := at["required"].(array)
			at["required"] = append(required, name)
			if at["type"] != nil {
				at["type"] = "object"
			}
		}
	}
	return root
}

// member is the schema of a key, made if it is not there.
func member(of object, name string) object {
	properties, ok := of["properties"].(object)
	if !ok {
		properties = object{}
		of["properties"] = properties
	}
	if _, ok := properties[name].(object); !ok {
		properties[name] = object{}
	}
	return properties[name].(object)
}

func words(p catalog.Param) string {
	s := p.Doc + "."
	if p.When != "" {
		s += " Required " + p.When + "."
	}
	if p.Limits != "" {
		s += " " + p.Limits + "."
	}
	return s
}
