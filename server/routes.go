package server

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"path"
	"strings"
)

// The paths that are known in more than one place.
const (
	documentPath   = "/openapi.json"
	executePath    = "/api/v1/integrations/connectors/{id}/execute"
	appTokenPath   = "/api/v1/account/applications/token"
	scopedPath     = "/api/v1/account/applications/scoped-token"
	cloudTokenPath = "/v1/applications/token"     // PyAirbyte's
	oldTokenPath   = "/api/v1/applications/token" // of clients before February 2026
)

// route is one path with what answers it, by method. The OpenAPI document is made of
// the same table, so that neither has what the other lacks.
type route struct {
	path     string
	methods  map[string]http.HandlerFunc
	describe func(d *document) pathItem
}

func (s *Server) routes() []route {
	get := func(h http.HandlerFunc) map[string]http.HandlerFunc {
		return map[string]http.HandlerFunc{http.MethodGet: h}
	}
	post := func(h http.HandlerFunc) map[string]http.HandlerFunc {
		return map[string]http.HandlerFunc{http.MethodPost: h}
	}
	return []route{
		{executePath, post(s.execute), describeExecute},
		{"/api/v1/integrations/connectors", get(s.connectors), describeConnectors},
		{"/api/v1/integrations/connectors/{id}", get(s.connector), describeConnector},
		{"/api/v1/integrations/connectors/{id}/inspect", get(s.inspect), describeInspect},
		{"/api/v1/workspaces", get(s.workspaces), describeWorkspaces},
		{"/api/v1/workspaces/{id}", get(s.workspace), describeWorkspace},
		{"/api/v1/organizations/{id}/credentials", get(s.credentials), describeCredentials},
		{"/api/v1/skills", get(s.skills), describeSkills},
		{"/api/v1/skills/search", get(s.skills), describeSkillSearch},
		{"/api/v1/skills/docs", get(s.skillDocs), describeSkillDocs},
		{appTokenPath, post(s.appToken), describeToken("appToken", "The token call of the hosted service.")},
		{oldTokenPath, post(s.appToken), describeToken("oldToken", "The token call as clients before February 2026 make it.")},
		{cloudTokenPath, post(s.appToken), describeToken("cloudToken", "The token call as PyAirbyte makes it.")},
		{scopedPath, post(s.scopedToken), describeScopedToken},
		{"/healthz", get(s.healthz), describeHealth},
		{"/readyz", get(s.readyz), describeReady},
		{"/metrics", get(s.metrics.serve), describeMetrics},
		{documentPath, get(s.serveDocument), describeDocument},
	}
}

// mux finds the route of a request. What it does not know is answered in JSON too.
func (s *Server) mux(routes []route) http.Handler {
	mux := http.NewServeMux()
	for _, rt := range routes {
		mux.HandleFunc(rt.path, rt.serve)
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if s.o.Pages != nil && !strings.HasPrefix(r.URL.Path, "/api/") {
			answers(w, "pages")
			if r.Method != http.MethodGet && r.Method != http.MethodHead {
				writeFailure(w, notAllowed(r, "the page", []string{http.MethodGet, http.MethodHead}))
				return
			}
			s.o.Pages.ServeHTTP(w, r)
			return
		}
		var known []string
		for _, rt := range routes {
			known = append(known, rt.path)
		}
		writeFailure(w, missing("path", r.URL.Path, "there is nothing at this path; "+documentPath+" describes all there is", known))
	})
	if s.o.MCP != nil {
		mux.HandleFunc("/mcp", func(w http.ResponseWriter, r *http.Request) {
			answers(w, "/mcp")
			// What does not fit is told as elsewhere: the SDK calls all but 413 a 400.
			body, f := readBody(r, executeExample)
			if f != nil {
				writeFailure(w, f)
				return
			}
			r.Body = io.NopCloser(bytes.NewReader(body))
			s.o.MCP.ServeHTTP(w, r)
		})
	}
	return straight(mux)
}

// straight sends a request for //x or /a/../x on to /x, with its method: a base URL with
// a slash too many is a frequent slip. The mux would do so with a page of HTML.
func straight(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked := r.URL.EscapedPath()
		right := path.Clean("/" + asked)
		if strings.HasSuffix(asked, "/") && right != "/" {
			right += "/"
		}
		if right == asked {
			next.ServeHTTP(w, r)
			return
		}
		if r.URL.RawQuery != "" {
			right += "?" + r.URL.RawQuery
		}
		w.Header().Set("Location", right)
		writeFailure(w, fail(http.StatusTemporaryRedirect, "moved", "path", "the path has a slash or a dot too many; it is "+right).
			with("allowed", []string{right}).with("example", right))
	})
}

// notAllowed is the answer to a method that a path does not take.
func notAllowed(r *http.Request, what string, allow []string) *failure {
	f := fail(http.StatusMethodNotAllowed, "method_not_allowed", "method", fmt.Sprintf("%s takes %s, not %s", what, strings.Join(allow, ", "), r.Method)).
		with("allowed", allow).with("example", allow[0]+" "+r.URL.Path)
	f.allow = allow
	return f
}

// serve picks the method, or says which there are.
func (rt route) serve(w http.ResponseWriter, r *http.Request) {
	answers(w, rt.path)
	h, ok := rt.methods[r.Method]
	if r.Method == http.MethodHead && !ok {
		h, ok = rt.methods[http.MethodGet] // the standard library leaves the body out
	}
	if !ok {
		writeFailure(w, notAllowed(r, rt.path, sortedKeys(rt.methods)))
		return
	}
	h(w, r)
}
