package mcp

import (
	"context"
	"encoding/json"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
)

// tool is one tool: what a model is told of it, and what it does.
type tool struct {
	name, title, doc string
	in               string // JSON Schema of the properties of the arguments
	required         []string
	out              string // JSON Schema of the properties of the answer, besides those of about
	// example are arguments that are right, shown with every fault.
	example string
	// writes: the tool can change the workspace.
	writes bool
	// time bounds a call.
	time time.Duration
	call func(ctx context.Context, args json.RawMessage, req *sdk.CallToolRequest) (reply, error)
}

// reply is a tool's answer or what it has to ask a person first.
type reply struct {
	answer any
	// ask is a question for a person; state comes back with the answer to it.
	ask   *sdk.ElicitParams
	state string
}

// answers makes a tool's call of a function from its arguments to its answer.
func answers[In, Out any](f func(ctx context.Context, in In) (Out, error)) func(context.Context, json.RawMessage, *sdk.CallToolRequest) (reply, error) {
	return func(ctx context.Context, args json.RawMessage, _ *sdk.CallToolRequest) (reply, error) {
		var in In
		if err := decode(args, &in); err != nil {
			return reply{}, err
		}
		out, err := f(ctx, in)
		return reply{answer: out}, err
	}
}

// described is what a model is told of a tool. The schemas are by hand: those made
// from Go's types have nulls and unions that some clients refuse.
func (t tool) described() *sdk.Tool {
	no := false
	return &sdk.Tool{
		Name: t.name, Title: t.title, Description: t.doc,
		Annotations: &sdk.ToolAnnotations{
			ReadOnlyHint: !t.writes, IdempotentHint: !t.writes, DestructiveHint: &t.writes, OpenWorldHint: openWorld(t.writes, &no),
		},
		InputSchema:  object(t.in, t.required),
		OutputSchema: object(aboutSchema+t.out, []string{"untrusted", "data_age_seconds"}),
	}
}

// openWorld: what only reads does so from a file.
func openWorld(writes bool, no *bool) *bool {
	if writes {
		return &writes
	}
	return no
}

const aboutSchema = `"untrusted":{"type":"string"},"data_age_seconds":{"anyOf":[{"type":"integer"},{"type":"null"}]},"synced":{"type":"string"},"as_of":{"type":"string"},"hint":{"type":"string"}`

// object is the JSON Schema of an object with these properties.
func object(properties string, required []string) json.RawMessage {
	schema := `{"type":"object","properties":{` + properties + `}`
	if len(required) > 0 {
		names, _ := json.Marshal(required) // texts always encode
		schema += `,"required":` + string(names)
	}
	return json.RawMessage(schema + "}")
}

// called answers a call of a tool. What is wrong with it is an answer as well: a model
// that sees it can do better.
func (s *Server) called(t tool) sdk.ToolHandler {
	return func(ctx context.Context, req *sdk.CallToolRequest) (*sdk.CallToolResult, error) {
		r, err := s.answer(ctx, t, req)
		if err == nil && s.o.Called != nil {
			s.o.Called(t.name, r.IsError)
		}
		return r, err
	}
}

func (s *Server) answer(ctx context.Context, t tool, req *sdk.CallToolRequest) (*sdk.CallToolResult, error) {
	bounded, cancel := context.WithTimeout(ctx, t.time)
	defer cancel()
	r, err := t.call(bounded, req.Params.Arguments, req)
	if err == nil && r.ask != nil {
		return &sdk.CallToolResult{InputRequests: sdk.InputRequestMap{question: r.ask}, RequestState: r.state}, nil
	}
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err() // the client gave up: nobody reads an answer
		}
		return s.faulty(bounded, t, err), nil
	}
	b, err := encode(r.answer)
	if err != nil {
		return s.faulty(bounded, t, err), nil
	}
	return &sdk.CallToolResult{StructuredContent: b, Content: []sdk.Content{&sdk.TextContent{Text: string(b)}}}, nil
}
