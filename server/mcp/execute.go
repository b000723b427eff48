package mcp

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"ciomirror/catalog"
	"ciomirror/connector"
)

type executeIn struct {
	Entity  string          `json:"entity"`
	Action  string          `json:"action"`
	Params  json.RawMessage `json:"params"`
	DryRun  *bool           `json:"dry_run"`
	Confirm string          `json:"confirm"`
}

// executeOut is a request that would be sent, with the ticket to send it, or what the
// API answered.
type executeOut struct {
	about
	Sent    bool            `json:"sent"`
	Effect  catalog.Effect  `json:"effect"`
	Request *connector.Call `json:"request,omitempty"`
	Confirm string          `json:"confirm,omitempty"`
	Expires *time.Time      `json:"expires,omitempty"`
	Result  json.RawMessage `json:"result,omitempty"`
	Cut     int             `json:"cut_texts,omitempty"`
	Warning string          `json:"warning,omitempty"`
}

// question names what a person is asked.
const question = "confirm"

// execute shows the request of a write and, in a second call, sends it. Nothing that a
// model reads in the workspace can make it skip the first call, and where the client
// can ask a person, the second one does.
func (s *Server) execute(ctx context.Context, args json.RawMessage, req *sdk.CallToolRequest) (reply, error) {
	var in executeIn
	if err := decode(args, &in); err != nil {
		return reply{}, err
	}
	effect, err := s.effect(in)
	if err != nil {
		return reply{}, err
	}
	r := connector.Request{Entity: in.Entity, Action: in.Action, Params: in.Params}
	call, err := s.o.Live.Preview(ctx, r)
	if err != nil {
		return reply{}, err
	}
	exact, err := encode(call)
	if err != nil {
		return reply{}, err
	}
	if in.DryRun == nil || *in.DryRun {
		return s.shown(call, exact, effect), nil
	}
	if !s.tickets.good(in.Confirm, exact) {
		return reply{}, refuse(codeConfirm, "/confirm", "call with dry_run true, show the request to the user, and send the confirm of that answer with the very same params",
			"confirm is not for this request, was used, or is older than %s", valid)
	}
	if asksPeople(req) {
		if ask := s.confirmation(in, call, effect, req); ask != nil {
			return reply{ask: ask, state: in.Confirm}, nil
		}
		if !accepted(req, in.Confirm) {
			return reply{}, refuse(codeConfirm, "", "leave it, or ask the user what to change", "the user did not agree: nothing was sent")
		}
	}
	if !s.tickets.use(in.Confirm, exact) {
		return reply{}, refuse(codeConfirm, "/confirm", "call with dry_run true for another", "confirm was used meanwhile")
	}
	return s.send(ctx, r, effect)
}

// effect is what an action does, if it is one for this tool.
func (s *Server) effect(in executeIn) (catalog.Effect, error) {
	e, err := s.known(in.Entity, s.o.Catalog.Entities())
	if err != nil {
		return 0, err
	}
	a, ok := e.Action(in.Action)
	if !ok || a.Effect == catalog.Reads {
		var writes []string
		for _, a := range e.Actions {
			if a.Effect != catalog.Reads {
				writes = append(writes, a.Name)
			}
		}
		hint := "it cannot be changed; mirror_search and mirror_get read it"
		if len(writes) > 0 {
			hint = fmt.Sprintf("its writing actions: %s; mirror_search and mirror_get read", writes)
		}
		if in.Action == "" {
			return 0, refuse(codeArguments, "/action", hint, "action is missing")
		}
		return 0, refuse(codeArguments, "/action", hint, "%s has no writing action %q", e.Name, in.Action)
	}
	if a.Effect == catalog.Reaches && !s.o.AllowSends {
		return 0, &connector.Error{Type: connector.Forbidden, Code: codeForbidden, At: "/entity", Msg: e.Name + " reaches people, and this server may not",
			Hint: "the user can start it with --allow-writes --allow-sends"}
	}
	return a.Effect, nil
}

// shown is the answer to a dry run.
func (s *Server) shown(call connector.Call, exact []byte, effect catalog.Effect) reply {
	ticket, end := s.tickets.issue(exact)
	end = end.UTC()
	out := executeOut{about: about{Untrusted: untrusted}, Effect: effect, Request: &call, Confirm: ticket, Expires: &end, Warning: call.Warning}
	out.Hint = "nothing was sent. Show this request to the user; if they agree, make the same call with dry_run false and this confirm: confirm without dry_run false sends nothing either"
	return reply{answer: out}
}

// asksPeople reports whether the client can show a person a question.
func asksPeople(req *sdk.CallToolRequest) bool {
	caps := req.ClientCapabilities()
	return caps != nil && caps.Elicitation != nil && (caps.Elicitation.Form != nil || caps.Elicitation.URL == nil)
}

// confirmation is the question for a person; nil when it was answered.
func (s *Server) confirmation(in executeIn, call connector.Call, effect catalog.Effect, req *sdk.CallToolRequest) *sdk.ElicitParams {
	if _, answered := req.Params.InputResponses[question]; answered {
		return nil
	}
	text := fmt.Sprintf("Send this to Customer.io? %s %s: it %s.\n%s %s\n%s", in.Entity, in.Action, effect, call.Method, call.Path, short(string(call.Body)))
	return &sdk.ElicitParams{
		Message:         text,
		RequestedSchema: json.RawMessage(`{"type":"object","properties":{"send":{"type":"boolean","title":"Send it","default":false}},"required":["send"]}`),
	}
}

// accepted reports whether a person agreed to the request of this ticket.
func accepted(req *sdk.CallToolRequest, ticket string) bool {
	answer, ok := req.Params.InputResponses[question].(*sdk.ElicitResult)
	if !ok || answer.Action != "accept" || req.Params.RequestState != ticket {
		return false
	}
	send, _ := answer.Content["send"].(bool)
	return send
}

// send sends the request, once. What the API answered was written by strangers too.
func (s *Server) send(ctx context.Context, r connector.Request, effect catalog.Effect) (reply, error) {
	env, err := s.o.Live.Execute(ctx, r)
	if err != nil {
		return reply{}, err
	}
	out := executeOut{about: about{Untrusted: untrusted}, Sent: true, Effect: effect, Result: env.Result, Warning: env.Warning}
	if len(out.Result) > maxBytes {
		out.Result, out.Cut, err = shorten(out.Result)
	}
	if err != nil {
		// It was sent all the same: that is what has to be known.
		out.Result, out.Warning = nil, "it was sent; the answer is too long to be shown"
	}
	return reply{answer: out}, nil
}
