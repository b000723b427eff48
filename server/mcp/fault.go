package mcp

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"ciomirror/connector"
)

// The codes of faults that the connector does not have.
const (
	codeArguments = "invalid_arguments"
	codeTooLarge  = "too_large"
	codeTimeout   = "timeout"
	codeNoRecord  = "no_record"
	codeConfirm   = "not_confirmed"
	codeForbidden = "not_allowed"
)

// refuse is a fault in the arguments at a place in them, with what to do about it.
func refuse(code, at, hint, format string, args ...any) *connector.Error {
	return &connector.Error{Type: connector.ValidationError, Code: code, At: at, Msg: fmt.Sprintf(format, args...), Hint: hint}
}

// decode reads a tool's arguments. No arguments are an empty object.
func decode(args json.RawMessage, into any) error {
	if len(bytes.TrimSpace(args)) == 0 {
		args = json.RawMessage("{}")
	}
	err := jsonv2.Unmarshal(args, into, jsonv2.RejectUnknownMembers(true))
	if err == nil {
		return nil
	}
	wrong, ok := errors.AsType[*jsonv2.SemanticError](err)
	if !ok {
		return refuse(codeArguments, "", "send a JSON object", "the arguments are no JSON")
	}
	at := string(wrong.JSONPointer)
	if errors.Is(wrong.Err, jsonv2.ErrUnknownName) {
		return refuse(codeArguments, at, "the input schema of the tool has the names", "unknown argument %s", at)
	}
	want := ""
	if wrong.GoType != nil {
		want = ": it has to be " + kindOf(wrong.GoType.Kind().String())
	}
	return refuse(codeArguments, at, "see the example", "argument %s is of the wrong type%s", at, want)
}

// kindOf is JSON's word for a kind of Go's.
func kindOf(kind string) string {
	switch {
	case kind == "string":
		return "a text"
	case kind == "bool":
		return "true or false"
	case kind == "slice":
		return "an array"
	case strings.HasPrefix(kind, "int"):
		return "a whole number"
	}
	return "an object"
}

// faultBody is a fault as a model sees it.
type faultBody struct {
	Type       string          `json:"type"`
	Code       string          `json:"code,omitempty"`
	Path       string          `json:"path,omitempty"`
	Message    string          `json:"message"`
	Hint       string          `json:"hint,omitempty"`
	Candidates []string        `json:"candidates,omitempty"`
	Retryable  bool            `json:"retryable"`
	Example    json.RawMessage `json:"example,omitempty"`
}

// faulty is the answer to a call that failed. It has no structured content: that
// would have to fit the schema of an answer.
func (s *Server) faulty(ctx context.Context, t tool, err error) *sdk.CallToolResult {
	e, ours := errors.AsType[*connector.Error](err)
	switch {
	case ours:
	case errors.Is(err, context.DeadlineExceeded):
		e = &connector.Error{Type: codeTimeout, Code: codeTimeout, Msg: fmt.Sprintf("no answer within %s", t.time),
			Hint: "ask for less: a shorter span of time, one entity, an indexed field; mirror_describe with detail full names the indexes"}
	default:
		e = s.o.Explain(ctx, err)
	}
	body := faultBody{
		Type: e.Type, Code: e.Code, Path: e.At, Message: short(e.Msg), Hint: short(inTools(e.Hint)), Candidates: e.Candidates,
		Retryable: e.Type == connector.RateLimited || e.Type == codeTimeout,
	}
	if body.Path == "" && e.Field == "entity" {
		body.Path = "/entity" // beside the params, where pointers do not reach
	}
	// What one action takes is no example for the parameters of another.
	if e.Type == connector.ValidationError && (!t.writes || e.Code == codeArguments) {
		body.Example = json.RawMessage(t.example)
	}
	text, err := encode(map[string]faultBody{"error": body})
	if err != nil {
		text = json.RawMessage(`{"error":{"type":"server_error","message":"internal error"}}`)
	}
	return &sdk.CallToolResult{IsError: true, Content: []sdk.Content{&sdk.TextContent{Text: string(text)}}}
}

// short keeps a fault from filling a model's memory with what it quotes.
func short(text string) string {
	const most = 600
	if r := []rune(text); len(r) > most {
		return string(r[:most]) + "…"
	}
	return text
}

// inTools says a hint in words of tools: what a person types at the terminal, a model
// has tools for.
func inTools(hint string) string {
	return strings.NewReplacer(
		"ciomirror schema", "mirror_describe",
		"ciomirror query list", "mirror_saved",
		"ciomirror snapshot list", "mirror_status",
		"ciomirror status", "mirror_status",
		"ciomirror search", "mirror_search",
		"ciomirror sql", "mirror_sql",
		"--param name=value", `params {"name": value}`,
		"--param ", "params ",
	).Replace(hint)
}

// protocolError is a fault where there is no tool's answer to say it in.
func (s *Server) protocolError(ctx context.Context, err error) error {
	if _, ready := errors.AsType[*jsonrpc.Error](err); ready || ctx.Err() != nil {
		return err
	}
	e, ours := errors.AsType[*connector.Error](err)
	if !ours {
		e = s.o.Explain(ctx, err)
	}
	code := int64(jsonrpc.CodeInternalError)
	if e.Type == connector.ValidationError || e.Type == connector.NotFound {
		code = jsonrpc.CodeInvalidParams
	}
	text := e.Msg
	if e.Hint != "" {
		text += "; " + inTools(e.Hint)
	}
	return &jsonrpc.Error{Code: code, Message: short(text)}
}
