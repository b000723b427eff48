package mcp

import (
	"context"
	"errors"
	"net/url"
	"strings"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"ciomirror/connector"
)

// The addresses of resources. Whatever stands in braces is percent-encoded.
const (
	scheme         = "cio://"
	schemaURI      = scheme + "schema"
	latestRunURI   = scheme + "runs/latest"
	entitySchema   = scheme + "schema/{entity}"
	recordTemplate = scheme + "{entity}/{id}"
	nestedTemplate = scheme + "{entity}/{parent}/{id}"
)

const jsonType = "application/json"

func (s *Server) addResources() {
	s.sdk.AddResource(&sdk.Resource{URI: schemaURI, Name: "schema", Title: "What there is", MIMEType: jsonType,
		Description: "The entities with their fields, the filter's operators, the SQL views."}, s.read)
	s.sdk.AddResource(&sdk.Resource{URI: latestRunURI, Name: "latest run", Title: "The last sync", MIMEType: jsonType,
		Description: "How the last sync went and how fresh each entity is."}, s.read)
	for _, t := range []*sdk.ResourceTemplate{
		{URITemplate: entitySchema, Name: "entity schema", Title: "One entity's schema", Description: "Fields, types, units, indexes, actions and parameters."},
		{URITemplate: recordTemplate, Name: "record", Title: "One record", Description: "A record with all its fields."},
		{URITemplate: nestedTemplate, Name: "nested record", Title: "One nested record", Description: "A record of an entity that has a parent, such as campaign_actions."},
	} {
		t.MIMEType = jsonType
		s.sdk.AddResourceTemplate(t, s.read)
	}
}

// read answers a resource by its address. What is not there is not found, as the
// protocol says it; what went wrong otherwise is said.
func (s *Server) read(ctx context.Context, req *sdk.ReadResourceRequest) (*sdk.ReadResourceResult, error) {
	uri := req.Params.URI
	ctx, cancel := context.WithTimeout(ctx, readTime)
	defer cancel()
	answer, err := s.resource(ctx, uri)
	if e, ok := errors.AsType[*connector.Error](err); ok && (e.Code == codeNoRecord || e.At == "/entity") {
		return nil, sdk.ResourceNotFoundError(uri)
	} else if err != nil {
		return nil, s.protocolError(ctx, err)
	}
	text, err := encode(answer)
	if err != nil {
		return nil, err
	}
	return &sdk.ReadResourceResult{Contents: []*sdk.ResourceContents{{URI: uri, MIMEType: jsonType, Text: string(text)}}}, nil
}

// resource is what stands at an address.
func (s *Server) resource(ctx context.Context, uri string) (any, error) {
	parts, ok := segments(uri)
	switch {
	case !ok:
		return nil, sdk.ResourceNotFoundError(uri)
	case uri == schemaURI:
		return s.describe(ctx, describeIn{Detail: detailSummary})
	case uri == latestRunURI:
		return s.latestRun(ctx)
	case parts[0] == "schema" && len(parts) == 2:
		return s.describe(ctx, describeIn{Entity: parts[1], Detail: detailFull})
	}
	return s.recordAt(ctx, parts)
}

// segments are the decoded parts of an address.
func segments(uri string) ([]string, bool) {
	path, ok := strings.CutPrefix(uri, scheme)
	if !ok {
		return nil, false
	}
	parts := strings.Split(path, "/")
	for i, p := range parts {
		decoded, err := url.PathUnescape(p)
		if err != nil || decoded == "" {
			return nil, false
		}
		parts[i] = decoded
	}
	return parts, true
}

func (s *Server) recordAt(ctx context.Context, parts []string) (out getOut, err error) {
	e, err := s.mirrored(parts[0])
	if err != nil {
		return out, err
	}
	if len(parts)-1 != len(e.Key) {
		return out, &connector.Error{Type: connector.NotFound, Code: codeNoRecord, Msg: "the address has not as many parts as the key of " + e.Name}
	}
	m, err := s.o.Workspace.Open(ctx, "")
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, m.Close()) }()
	return s.record(ctx, m, e, parts[1:])
}

// latestOut is the last sync and what it left.
type latestOut struct {
	about
	Run      *Run           `json:"run"`
	Entities []EntityStatus `json:"entities"`
}

func (s *Server) latestRun(ctx context.Context) (out latestOut, err error) {
	status, err := s.status(ctx, statusIn{})
	if err != nil {
		return out, err
	}
	out.about, out.Entities = status.about, status.Entities
	if len(status.Runs) > 0 {
		out.Run = &status.Runs[0]
	}
	return out, nil
}
