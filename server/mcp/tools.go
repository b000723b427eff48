package mcp

import "time"

// executeTool is the one tool that changes anything.
const executeTool = "mirror_execute"

// readTime bounds what a model may ask of the machine at once; writeTime what it may
// ask of the API, whose client waits for the rate limit.
const (
	readTime  = 10 * time.Second
	writeTime = time.Minute
)

// The schemas of arguments that several tools take.
const (
	entityArg = `"entity":{"type":"string"}`
	asOfArg   = `"as_of":{"type":"string","description":"as it was then: 7d, 2026-11-20, RFC 3339 or a snapshot's name"}`
	scalarArg = `{"anyOf":[{"type":"string"},{"type":"number"},{"type":"boolean"},{"type":"null"}]}`
	idArg     = `{"anyOf":[{"type":"string"},{"type":"integer"}]}`
	rowsOut   = `,"rows":{"type":"array","items":{"type":"object"}},"has_more":{"type":"boolean"},"cursor":{"type":"string"}`
	tableCols = `,"columns":{"type":"array","items":{"type":"string"}},"rows":{"type":"array","items":{"type":"array","items":` + scalarArg + `}},"truncated":{"type":"boolean"}`
)

// tools are what a model can do. At most eight: each is read by every model in every
// conversation.
func (s *Server) tools() []tool {
	all := []tool{
		{
			name: "mirror_describe", title: "Describe the data",
			doc:     "What there is to ask: entities, fields, filter operators, SQL views. Without entity: everything by name. With entity: its fields (summary), or all with actions, parameters and indexes (full).",
			in:      `"entity":{"type":"string"},"detail":{"type":"string","enum":["names","summary","full"]}`,
			out:     `,"entities":{"type":"array","items":{"type":"object"}},"entity":{"type":"object"},"schema":{"type":"object"}`,
			example: `{"entity":"campaigns","detail":"summary"}`,
			time:    readTime, call: answers(s.describe),
		},
		{
			name: "mirror_search", title: "Search records",
			doc: "Find records of one entity. query is {\"filter\":…,\"sort\":[{\"updated\":\"desc\"}]}; a filter is one operator: {\"eq\":{\"state\":\"running\"}}, {\"gte\":{\"created\":\"2026-11-01\"}}, {\"fuzzy\":{\"name\":\"welcome\"}}, " +
				"joined by and, or, not: {\"and\":[…]}. Go on with cursor. To count or join use mirror_sql.",
			in: entityArg + `,"query":{"type":"object","properties":{"filter":{"type":"object"},"sort":{"type":"array","items":{"type":"object"}}}},` +
				`"limit":{"type":"integer","minimum":1,"maximum":50,"default":20},"cursor":{"type":"string"},"fields":{"type":"array","items":{"type":"string"}},` + asOfArg,
			required: []string{"entity"},
			out:      rowsOut,
			example:  `{"entity":"campaigns","query":{"filter":{"eq":{"state":"running"}},"sort":[{"updated":"desc"}]},"limit":5,"fields":["id","name"]}`,
			time:     readTime, call: answers(s.search),
		},
		{
			name: "mirror_get", title: "Get one record",
			doc:      "One record with all its fields. Nested records (campaign_actions, newsletter_contents …) may need parent_id.",
			in:       entityArg + `,"id":` + idArg + `,"parent_id":` + idArg + `,` + asOfArg,
			required: []string{"entity", "id"},
			out:      `,"entity":{"type":"string"},"record":{"type":"object"}`,
			example:  `{"entity":"campaign_actions","id":12,"parent_id":3}`,
			time:     readTime, call: answers(s.get),
		},
		{
			name: "mirror_sql", title: "Ask in SQL",
			doc: "One read-only SQLite statement. Tables are the entities, ENTITY_history has earlier and deleted versions; times are Unix seconds; arrays and objects are JSON text (json_each, ->>). " +
				"Bind values: where state = :state with params {\"state\":\"running\"}.",
			in:       `"sql":{"type":"string"},"params":{"type":"object","additionalProperties":` + scalarArg + `},"limit":{"type":"integer","minimum":1,"maximum":1000,"default":50},` + asOfArg,
			required: []string{"sql"},
			out:      tableCols,
			example:  `{"sql":"select state, count(*) as n from campaigns group by state"}`,
			time:     readTime, call: answers(s.sql),
		},
		{
			name: "mirror_diff", title: "What changed",
			doc:     "What was added, removed and changed between two times, by row and field as [before, after]. from and to are 7d, 2026-11-20, RFC 3339 or a snapshot's name; to is now when left out. Name entities to be quick.",
			in:      `"from":{"type":"string"},"to":{"type":"string"},"entities":{"type":"array","items":{"type":"string"}},"cursor":{"type":"string"}`,
			out:     `,"entities":{"type":"array","items":{"type":"object"}}` + rowsOut,
			example: `{"from":"7d","entities":["campaigns","segments"]}`,
			time:    readTime, call: answers(s.diff),
		},
		{
			name: "mirror_status", title: "How fresh the data is",
			doc:     "Rows and age of each entity, the last syncs, snapshots, the next scheduled job.",
			out:     `,"entities":{"type":"array","items":{"type":"object"}},"runs":{"type":"array","items":{"type":"object"}},"snapshots":{"type":"array","items":{"type":"object"}}`,
			example: `{}`,
			time:    readTime, call: answers(s.status),
		},
		{
			name: "mirror_saved", title: "Saved queries",
			doc: "The questions that the user keeps. Without name: the list with parameters. With name: run it.",
			in: `"name":{"type":"string"},"params":{"type":"object","additionalProperties":` + scalarArg + `},` +
				`"limit":{"type":"integer","minimum":1,"maximum":50},"cursor":{"type":"string"},` + asOfArg,
			out:     `,"queries":{"type":"array","items":{"type":"object"}}` + tableCols + `,"records":{"type":"array","items":{"type":"object"}},"cursor":{"type":"string"}`,
			example: `{"name":"stale-campaigns","params":{"days":30}}`,
			time:    readTime, call: answers(s.saved),
		},
	}
	if s.o.Live == nil {
		return all
	}
	return append(all, tool{
		name: executeTool, title: "Change the workspace", writes: true,
		doc: "Create, update, send or trigger in Customer.io itself. The first call (dry_run true, the default) sends nothing: it shows the request and gives confirm. " +
			"Only after the user agreed: the same call with dry_run false and that confirm, once. Actions and params: mirror_describe, detail full.",
		in: entityArg + `,"action":{"type":"string","enum":["create","update"]},"params":{"type":"object"},"dry_run":{"type":"boolean","default":true},` +
			`"confirm":{"type":"string"}`,
		required: []string{"entity", "action"},
		out:      `,"sent":{"type":"boolean"},"effect":{"type":"string"},"request":{"type":"object"},"confirm":{"type":"string"},"result":{"type":"object"},"warning":{"type":"string"}`,
		example:  `{"entity":"snippets","action":"create","params":{"name":"greeting","value":"Hello"}}`,
		time:     writeTime, call: s.execute,
	})
}
