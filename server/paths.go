package server

import "encoding/json"

func describeExecute(d *document) pathItem {
	ok := answered("The result.", ref("ExecuteResponse"))
	ok["headers"] = object{
		sourceHeader: header("live or mirror: where the result came from.", "string"),
		ageHeader:    header("Seconds since the mirror last read the entity completely.", "integer"),
	}
	op := operation("execute", "execute", "Search, list, get, create or update records.", ok, "400", "404", "408", "415", "429", "503")
	op["requestBody"] = object{"required": true, "content": object{"application/json": object{
		"schema": ref("ExecuteRequest"), "example": json.RawMessage(executeExample),
	}}}
	op["parameters"] = array{object{
		"name": sourceHeader, "in": "header", "description": "Where a list or a get shall come from. Ours, not the hosted service's.",
		"schema": object{"enum": array{"auto", "live", "mirror"}},
	}}
	return pathItem{"parameters": array{parameter("ConnectorID")}, "post": op}
}

func parameter(name string) object { return object{"$ref": "#/components/parameters/" + name} }

func describeConnectors(*document) pathItem {
	op := operation("listConnectors", "find", "The one connector, if it is what is asked for.", answered("One row, or none.", page(ref("Connector"))))
	op["parameters"] = array{
		queryParameter("definition_id", "Only a connector of this definition.", "string"),
		queryParameter("workspace_name", "Only in this workspace.", "string"),
		queryParameter("workspace_id", "Only in this workspace.", "string"),
		queryParameter("customer_name", "An older name of workspace_name.", "string"),
		queryParameter("external_user_id", "An older name still.", "string"),
	}
	return pathItem{"get": op}
}

func describeConnector(*document) pathItem {
	return pathItem{"parameters": array{parameter("ConnectorID")},
		"get": operation("getConnector", "find", "The connector.", answered("The connector.", ref("ConnectorDetail")), "404")}
}

func describeInspect(*document) pathItem {
	return pathItem{"parameters": array{parameter("ConnectorID")},
		"get": operation("inspectConnector", "find", "What can be searched, and how fresh it is.", answered("By entity.", ref("Inspection")), "404")}
}

func describeWorkspaces(*document) pathItem {
	op := operation("listWorkspaces", "find", "The one workspace, if it is what is asked for.", answered("One row, or none.", page(ref("Workspace"))), "400")
	op["parameters"] = array{
		queryParameter("name_contains", "Only a workspace with this in its name.", "string"),
		queryParameter("status", "Only with this status.", "string"),
		queryParameter("limit", "Rows on a page.", "integer"),
		queryParameter("cursor", "There is one page only.", "string"),
	}
	return pathItem{"get": op}
}

func describeWorkspace(*document) pathItem {
	return pathItem{"parameters": array{parameter("WorkspaceID")},
		"get": operation("getWorkspace", "find", "The workspace.", answered("The workspace.", ref("Workspace")), "404")}
}

func describeCredentials(*document) pathItem {
	op := operation("listCredentials", "find", "The connectors with the state of their stores.", answered("One row, or none.", page(ref("Credential"))), "400")
	op["parameters"] = array{queryParameter("limit", "Rows on a page.", "integer"), queryParameter("offset", "Rows to pass over.", "integer")}
	return pathItem{"parameters": array{parameter("OrganizationID")}, "get": op}
}

func describeSkills(*document) pathItem {
	return pathItem{"get": operation("listSkills", "find", "What there are instructions for.", answered("One row.", page(ref("Skill"))))}
}

func describeSkillSearch(*document) pathItem {
	op := operation("searchSkills", "find", "The instructions for a purpose.", answered("One row, or none.", page(ref("Skill"))))
	op["parameters"] = array{queryParameter("query", "Words.", "string")}
	return pathItem{"get": op}
}

func describeSkillDocs(*document) pathItem {
	page := schema(object{"data": schema(object{"id": text("Of the skill."), "section": text("Of the page."), "markdown": text("The instructions.")})})
	op := operation("getSkillDocs", "find", "Instructions for writing requests.", answered("Markdown.", page), "404")
	id := queryParameter("id", "Of the skill.", "string")
	id["required"], id["example"] = true, skillID
	op["parameters"] = array{id, queryParameter("section", "An entity; without one it is the overview.", "string")}
	return pathItem{"get": op}
}

func tokenBody(example string, properties object) object {
	return object{"required": true, "content": object{"application/json": object{"schema": schema(properties), "example": json.RawMessage(example)}}}
}

func describeToken(id, summary string) func(*document) pathItem {
	return func(*document) pathItem {
		op := operation(id, "token", summary, answered("A token.", ref("Token")), "400", "408", "415")
		op["security"] = array{}
		op["requestBody"] = tokenBody(tokenExample, object{"client_id": text("Any text."), "client_secret": text("The server's token; any text where it has none.")})
		return pathItem{"post": op}
	}
}

func describeScopedToken(*document) pathItem {
	op := operation("scopedToken", "token", "A token for the workspace.", answered("A token.", schema(object{"token": text("The bearer.")})), "400", "404", "408", "415")
	op["requestBody"] = tokenBody(`{"workspace_name":"default"}`, object{"workspace_name": text("The workspace.")})
	return pathItem{"post": op}
}

func describeHealth(*document) pathItem {
	op := operation("health", "operate", "Whether the process answers.", answered("It does.", ref("Health")))
	op["security"] = array{}
	return pathItem{"get": op}
}

func describeReady(*document) pathItem {
	op := operation("ready", "operate", "Whether a search would find anything.", answered("It would.", ref("Health")))
	op["security"] = array{}
	op["responses"].(object)["503"] = answered("It would not, and why.", ref("Health"))
	return pathItem{"get": op}
}

func describeMetrics(*document) pathItem {
	ok := object{"description": "In the text format of Prometheus.", "content": object{"text/plain": object{"schema": object{"type": "string"}}}}
	return pathItem{"get": operation("metrics", "operate", "Figures for Prometheus.", ok)}
}

func describeDocument(*document) pathItem {
	return pathItem{"get": operation("openapi", "operate", "This document.", answered("This document.", object{"type": "object"}))}
}
