package server

import (
	"net/http"
	"strings"
	"time"
)

// accessToken is the answer of the token call.
type accessToken struct {
	Token        string `json:"access_token"`
	Type         string `json:"token_type"`
	ExpiresIn    int    `json:"expires_in"` // seconds
	Organization string `json:"organization_id"`
}

const tokenExample = `{"client_id":"local","client_secret":"the content of the token file"}`

// appToken gives a token for the client secret, which is the server's token. Without
// one, any id and secret will do.
func (s *Server) appToken(w http.ResponseWriter, r *http.Request) {
	var given struct {
		ID     string `json:"client_id"`
		Secret string `json:"client_secret"`
	}
	f := readJSON(r, &given, tokenExample)
	switch {
	case f != nil:
	case given.ID == "":
		f = lacks("client_id", "any text", tokenExample)
	case given.Secret == "":
		f = lacks("client_secret", "the server's token", tokenExample)
	case !s.tokens.isSecret(given.Secret):
		f = fail(http.StatusUnauthorized, "unauthorized", "client_secret", "the client secret is not the token of the server's --token-file").
			with("allowed", "the token of the server's --token-file").with("example", tokenExample)
	}
	if f != nil {
		writeFailure(w, f)
		return
	}
	token, err := s.tokens.issue(accessLife)
	if err != nil {
		writeFailure(w, s.failed(w, "issue a token", err))
		return
	}
	writeJSON(w, http.StatusOK, accessToken{token, "bearer", int(accessLife / time.Second), s.o.Identity.OrganizationID})
}

// scopedToken gives a token for a workspace. There is one, so it opens the same.
func (s *Server) scopedToken(w http.ResponseWriter, r *http.Request) {
	var given struct {
		Workspace string `json:"workspace_name"`
	}
	example := `{"workspace_name":"` + s.o.Identity.Workspace + `"}`
	f := readJSON(r, &given, example)
	switch {
	case f != nil:
	case given.Workspace == "":
		f = lacks("workspace_name", s.o.Identity.Workspace, example)
	case !strings.EqualFold(given.Workspace, s.o.Identity.Workspace):
		f = fail(http.StatusNotFound, "not_found", "workspace_name", "this server has one workspace, "+s.o.Identity.Workspace+"; another has a server of its own: ciomirror serve --profile NAME").
			with("allowed", []string{s.o.Identity.Workspace}).with("example", example)
	}
	if f != nil {
		writeFailure(w, f)
		return
	}
	token, err := s.tokens.issue(scopedLife)
	if err != nil {
		writeFailure(w, s.failed(w, "issue a token", err))
		return
	}
	writeJSON(w, http.StatusOK, map[string]string{"token": token})
}

func lacks(field, allowed, example string) *failure {
	return fail(http.StatusBadRequest, "missing", field, field+" is missing; for example: "+example).
		with("allowed", allowed).with("example", example)
}
