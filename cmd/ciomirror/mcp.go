package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"ciomirror/catalog"
	"ciomirror/connector"
	"ciomirror/query"
	mcpserver "ciomirror/server/mcp"
	"ciomirror/store/sqlite"
)

func (a *app) mcpCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "mcp",
		Short: "Answer a language model over the Model Context Protocol",
		Long: `mcp speaks the Model Context Protocol on its standard input and output. A client such as
Claude Code, Cursor or VS Code starts it; docs/mcp.md says how to tell each of them.

It only reads, and only the mirror: no request leaves this machine.`,
		Example: `  claude mcp add customerio-mirror -- ciomirror mcp
  ciomirror mcp --db try.db </dev/null`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.runMCP(cmd.Context()) },
	}
}

func (a *app) runMCP(ctx context.Context) error {
	if a.terminal.in {
		return usageError("mcp talks to a program, and this is a terminal", "a client starts it: claude mcp add customerio-mirror -- ciomirror mcp")
	}
	s, err := a.mcpServer()
	if err != nil {
		return err
	}
	if err := s.Stdio(ctx, a.in, a.out); err != nil {
		return fmt.Errorf("talk to the MCP client: %w", err)
	}
	return nil
}

// mcpServer is what answers models, over whatever they come.
func (a *app) mcpServer() (*mcpserver.Server, error) {
	views, err := sqlite.Views()
	if err != nil {
		return nil, fmt.Errorf("read the views: %w", err)
	}
	o := mcpserver.Options{
		Workspace: mcpWorkspace{a}, Catalog: catalog.Default(), Explain: faultOf,
		Version: version, Now: a.now, Log: a.logger(),
	}
	for _, v := range views {
		o.Views = append(o.Views, mcpserver.View{View: v.Name, Doc: v.Doc})
	}
	for _, op := range query.Operators() {
		o.Operators = append(o.Operators, mcpserver.Operator{Operator: op.Name, Doc: op.Doc, Example: json.RawMessage(op.Example)})
	}
	return mcpserver.New(o)
}

// faultOf is an error as a model meets it: the class, message and hint that a person
// meets at the terminal.
func faultOf(ctx context.Context, err error) *connector.Error {
	p := problemOf(ctx, err)
	e := &connector.Error{Type: p.Type, Msg: p.Message, Hint: p.Hint, Err: err}
	if p.Detail != nil {
		e.Code, e.At, e.Candidates = p.Detail.Code, p.Detail.Path, p.Detail.Candidates
	}
	return e
}
