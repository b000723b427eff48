package server

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"ciomirror/catalog"
)

// A document is OpenAPI 3.1. It is data, so it is made of maps: encoding/json sorts
// their keys, and the same catalog gives the same document to the byte.
type (
	object   = map[string]any
	array    = []any
	pathItem = object
)

type document struct {
	s       *Server
	schemas object
}

// openAPI makes the document of all routes.
func (s *Server) openAPI(routes []route) ([]byte, error) {
	d := &document{s: s, schemas: object{}}
	d.addSchemas()
	paths := object{}
	for _, rt := range routes {
		item := rt.describe(d)
		paths[rt.path] = item
		for m := range rt.methods {
			if item[strings.ToLower(m)] == nil {
				return nil, fmt.Errorf("%s %s is not described", m, rt.path)
			}
		}
	}
	security := array{object{"bearer": array{}}, object{"basic": array{}}}
	if s.o.Token == "" {
		security = append(security, object{})
	}
	return json.Marshal(object{
		"openapi": "3.1.0",
		"info": object{
			"title": "ciomirror", "version": s.o.Version, "summary": "A Customer.io workspace, searchable where it is copied to",
			"description": "The execute interface of the hosted service, answered from a local mirror.",
			"license":     object{"name": "Apache-2.0", "identifier": "Apache-2.0"},
		},
		"servers":  array{object{"url": "/"}},
		"security": security,
		"tags": array{
			object{"name": "execute", "description": "Ask for anything."},
			object{"name": "find", "description": "What clients ask before: which workspace, which connector, how fresh."},
			object{"name": "token", "description": "What clients trade for a token."},
			object{"name": "operate", "description": "For those who run the server."},
		},
		"paths": paths,
		"components": object{
			"schemas": d.schemas,
			"responses": object{"Failure": object{
				"description": "What is wrong, where, and what would be right.",
				"headers": object{
					"Retry-After": header("Seconds until the same request may be sent again.", "integer"),
				},
				"content": jsonContent(ref("Failure")),
			}},
			"parameters": object{
				"ConnectorID":    pathParameter("The connector's id; the list of connectors has it.", s.o.Identity.ConnectorID),
				"WorkspaceID":    pathParameter("The workspace's id.", s.o.Identity.WorkspaceID),
				"OrganizationID": pathParameter("The organization's id.", s.o.Identity.OrganizationID),
			},
			"securitySchemes": object{
				"bearer": object{"type": "http", "scheme": "bearer", "description": "The server's token, or one that the token call gave for it."},
				"basic":  object{"type": "http", "scheme": "basic", "description": "Any name, with the token as password: for browsers."},
			},
		},
	})
}

func (s *Server) serveDocument(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Write(s.document)
}

func ref(name string) object { return object{"$ref": "#/components/schemas/" + name} }

func jsonContent(schema object) object {
	return object{"application/json": object{"schema": schema}}
}

func header(doc, kind string) object {
	return object{"description": doc, "schema": object{"type": kind}}
}

func pathParameter(doc, example string) object {
	return object{"name": "id", "in": "path", "required": true, "description": doc, "schema": object{"type": "string"}, "example": example}
}

func queryParameter(name, doc, kind string) object {
	return object{"name": name, "in": "query", "description": doc, "schema": object{"type": kind}}
}

// operation describes one call. Every one can be refused by the guard, so the
// refusals need not be said each time; others are the further statuses.
func operation(id, tag, summary string, ok object, others ...string) object {
	responses := object{"200": ok}
	failure := object{"$ref": "#/components/responses/Failure"}
	for _, code := range append([]string{"401", "403", "405", "413", "500"}, others...) {
		responses[code] = failure
	}
	return object{"operationId": id, "tags": array{tag}, "summary": summary, "responses": responses}
}

func answered(doc string, schema object) object {
	return object{"description": doc, "content": jsonContent(schema)}
}

// schema makes an object type of which every key is there, whatever else there is.
func schema(properties object) object {
	return object{"type": "object", "required": sortedKeys(properties), "properties": properties}
}

func text(doc string) object    { return object{"type": "string", "description": doc} }
func whole(doc string) object   { return object{"type": "integer", "description": doc} }
func boolean(doc string) object { return object{"type": "boolean", "description": doc} }
func orNull(s object) object {
	s["type"] = array{s["type"], "null"}
	return s
}
func listOf(items object) object { return object{"type": "array", "items": items} }
func page(items object) object {
	return schema(object{"data": listOf(items), "next": orNull(text("Where the next page begins; there is none."))})
}

// typed is the JSON Schema of a value that has one of the kinds, or is absent.
func typed(doc string, unit catalog.Unit, types ...catalog.Kind) object {
	s := object{"description": doc}
	if unit != "" {
		s["description"] = doc + " (" + string(unit) + ")"
	}
	var names array
	seen := map[string]bool{}
	for _, k := range types {
		if k == catalog.Any {
			return s // anything
		}
		if !seen[k.String()] {
			seen[k.String()] = true
			names = append(names, k.String())
		}
	}
	s["type"] = append(names, "null")
	return s
}
