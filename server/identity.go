package server

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Definition is the hosted service's id of its Customer.io connector: the same for
// everybody, and what clients look a connector up by.
const (
	Definition     = "34f697bc-b989-4eda-b06f-d0f39b88825b"
	DefinitionName = "customer-io"
	displayName    = "Customer.io"
)

// Identity is who the one connector of this server is, to clients that ask by name or
// id. The ids are UUIDs.
type Identity struct {
	ConnectorID, WorkspaceID, OrganizationID string
	// Workspace is the profile's name. "default" is what clients ask for unless told
	// otherwise.
	Workspace string
}

// InstanceID is how answers name the connector.
func (i Identity) InstanceID() string { return "source_id:" + i.ConnectorID }

// The hosted shapes, with the keys that clients require.
type (
	list[T any] struct {
		Data []T     `json:"data"`
		Next *string `json:"next"`
	}
	connectorRow struct {
		ID        string   `json:"id"`
		Name      string   `json:"name"`
		Workspace string   `json:"workspace_id"`
		Template  template `json:"summarized_source_template"`
	}
	template struct {
		ID         string  `json:"id"`
		Name       string  `json:"name"`
		Icon       *string `json:"icon"`
		Definition string  `json:"actor_definition_id"`
		Connector  string  `json:"connector_name"`
	}
	connectorDetail struct {
		ID          string            `json:"id"`
		Name        string            `json:"name"`
		Workspace   string            `json:"workspace_id"`
		Template    template          `json:"source_template"`
		Replication map[string]string `json:"replication_config"`
	}
	workspaceRow struct {
		ID           string `json:"id"`
		Name         string `json:"name"`
		Organization string `json:"organization_id"`
		Status       string `json:"status"`
		Cache        bool   `json:"cache_enabled"`
		Tombstone    bool   `json:"tombstone"`
		Visibility   string `json:"visibility"`
		Color        string `json:"color"`
		Created      string `json:"created_at"`
		Updated      string `json:"updated_at"`
	}
	credentialRow struct {
		ID     string `json:"id"`
		Status string `json:"context_store_status"`
		Count  int64  `json:"context_store_entity_count"`
	}
)

// oneOf is a list with a row, or with none.
func oneOf[T any](row T, has bool) list[T] {
	l := list[T]{Data: []T{}}
	if has {
		l.Data = append(l.Data, row)
	}
	return l
}

func templateOf() template {
	return template{ID: Definition, Name: displayName, Definition: Definition, Connector: DefinitionName}
}

// asked reports whether a query parameter that was given, under any of its names,
// is the value. Clients would take a row that they did not ask for as theirs.
func asked(r *http.Request, value string, names ...string) bool {
	for _, n := range names {
		if given := r.URL.Query().Get(n); given != "" && !strings.EqualFold(given, value) {
			return false
		}
	}
	return true
}

// connectors is how clients find the connector: exactly one row, or none.
func (s *Server) connectors(w http.ResponseWriter, r *http.Request) {
	i := s.o.Identity
	has := asked(r, Definition, "definition_id") && asked(r, i.WorkspaceID, "workspace_id") &&
		asked(r, i.Workspace, "workspace_name", "customer_name", "external_user_id")
	writeJSON(w, http.StatusOK, oneOf(connectorRow{ID: i.ConnectorID, Name: displayName, Workspace: i.WorkspaceID, Template: templateOf()}, has))
}

// known refuses the id of another connector.
func (s *Server) known(field, id string) *failure {
	if strings.EqualFold(id, s.o.Identity.ConnectorID) {
		return nil
	}
	return fail(http.StatusNotFound, "not_found", field, fmt.Sprintf("there is no connector %q here; its id is %s", id, s.o.Identity.ConnectorID)).
		with("allowed", []string{s.o.Identity.ConnectorID}).with("example", strings.Replace(executePath, "{id}", s.o.Identity.ConnectorID, 1))
}

func (s *Server) connector(w http.ResponseWriter, r *http.Request) {
	if f := s.known("id", r.PathValue("id")); f != nil {
		writeFailure(w, f)
		return
	}
	writeJSON(w, http.StatusOK, connectorDetail{ID: s.o.Identity.ConnectorID, Name: displayName, Workspace: s.o.Identity.WorkspaceID,
		Template: templateOf(), Replication: map[string]string{}})
}

func (s *Server) workspaceRow() workspaceRow {
	// A mirror does not know when its workspace was made; clients want a time.
	const unknown = "1970-01-01T00:00:00Z"
	i := s.o.Identity
	return workspaceRow{ID: i.WorkspaceID, Name: i.Workspace, Organization: i.OrganizationID, Status: "active", Cache: true,
		Visibility: "private", Color: "#7c5cfc", Created: unknown, Updated: unknown}
}

func (s *Server) workspaces(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if f := wholeNumber(q.Get("limit"), "limit"); f != nil {
		writeFailure(w, f)
		return
	}
	row := s.workspaceRow()
	has := strings.Contains(strings.ToLower(row.Name), strings.ToLower(q.Get("name_contains"))) && asked(r, row.Status, "status")
	writeJSON(w, http.StatusOK, oneOf(row, has))
}

func (s *Server) workspace(w http.ResponseWriter, r *http.Request) {
	if id := r.PathValue("id"); !strings.EqualFold(id, s.o.Identity.WorkspaceID) {
		writeFailure(w, fail(http.StatusNotFound, "not_found", "id", fmt.Sprintf("there is no workspace %q here; its id is %s", id, s.o.Identity.WorkspaceID)).
			with("allowed", []string{s.o.Identity.WorkspaceID}).with("example", "/api/v1/workspaces/"+s.o.Identity.WorkspaceID))
		return
	}
	writeJSON(w, http.StatusOK, s.workspaceRow())
}

// credentials is the CLI's list of connectors with their stores. It pages by offset.
func (s *Server) credentials(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	for _, name := range []string{"limit", "offset"} {
		if f := wholeNumber(q.Get(name), name); f != nil {
			writeFailure(w, f)
			return
		}
	}
	st, f := s.readStatus(w, r)
	if f != nil {
		writeFailure(w, f)
		return
	}
	row := credentialRow{ID: s.o.Identity.ConnectorID, Status: st.word()}
	for _, e := range st.Entities {
		row.Count += e.Rows
	}
	beyond := q.Get("offset") != "" && q.Get("offset") != "0"
	writeJSON(w, http.StatusOK, oneOf(row, !beyond && strings.EqualFold(r.PathValue("id"), s.o.Identity.OrganizationID)))
}

func wholeNumber(text, name string) *failure {
	if n, err := strconv.Atoi(text); text == "" || err == nil && n >= 0 {
		return nil
	}
	return fail(http.StatusBadRequest, "invalid_parameter", name, fmt.Sprintf("%s is a whole number, not %q; for example %s=200", name, text, name)).
		with("allowed", "a whole number from 0").with("example", name+"=200")
}

// The words of the hosted service for a store and for an entity in it.
const (
	statusReady   = "Ready"
	statusPreview = "Preview" // rows, but never all of them
	statusLoading = "Loading"
	statusInitial = "Initializing"
)

type (
	inspection struct {
		Connector    string    `json:"connector_id"`
		Name         string    `json:"name"`
		Workspace    string    `json:"workspace_id"`
		Organization string    `json:"organization_id"`
		Definition   string    `json:"source_definition_id"`
		Template     string    `json:"source_config_template_id"`
		Skill        string    `json:"docs_skill_id"`
		Readiness    readiness `json:"context_store_readiness"`
	}
	readiness struct {
		Supported  []supported  `json:"supported_context_store_entities"`
		Configured []configured `json:"configured_cache_entities"`
	}
	supported struct {
		Entity    string `json:"entity"`
		Suggested bool   `json:"suggested"`
	}
	configured struct {
		Entity    string  `json:"entity"`
		Status    string  `json:"status"`
		Ready     bool    `json:"ready_for_search"`
		Supported bool    `json:"supported"`
		Count     int64   `json:"entity_count"`
		Updated   *string `json:"updated_at"`
	}
)

// inspect tells what can be searched and how fresh it is.
func (s *Server) inspect(w http.ResponseWriter, r *http.Request) {
	if f := s.known("id", r.PathValue("id")); f != nil {
		writeFailure(w, f)
		return
	}
	st, f := s.readStatus(w, r)
	if f != nil {
		writeFailure(w, f)
		return
	}
	i := s.o.Identity
	in := inspection{Connector: i.ConnectorID, Name: displayName, Workspace: i.WorkspaceID, Organization: i.OrganizationID,
		Definition: Definition, Template: Definition, Skill: skillID,
		Readiness: readiness{Supported: []supported{}, Configured: []configured{}}}
	for _, e := range s.o.Catalog.Mirrored() {
		in.Readiness.Supported = append(in.Readiness.Supported, supported{e.Name, e.HostedStore})
		c := configured{Entity: e.Name, Status: statusInitial, Supported: true}
		if at := slices.IndexFunc(st.Entities, func(x EntityStatus) bool { return x.Entity == e.Name }); at >= 0 {
			x := st.Entities[at]
			c.Status, c.Ready, c.Count = x.word(), x.searchable(), x.Rows
			if x.Synced != nil {
				t := x.Synced.UTC().Format(time.RFC3339)
				c.Updated = &t
			}
		}
		in.Readiness.Configured = append(in.Readiness.Configured, c)
	}
	writeJSON(w, http.StatusOK, in)
}
