package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"ciomirror/catalog"
	"ciomirror/connector"
	"ciomirror/query"
	mcpserver "ciomirror/server/mcp"
	"ciomirror/store/sqlite"
)

// mcpOptions are what a model may do besides reading.
type mcpOptions struct {
	writes, sends bool
	live          connector.Live // what it writes to; nil, and it may not
	called        func(tool string, failed bool)
}

func (a *app) mcpCommand() *cobra.Command {
	var o mcpOptions
	cmd := &cobra.Command{
		Use:   "mcp",
		Short: "Answer a language model over the Model Context Protocol",
		Long: `mcp speaks the Model Context Protocol on its standard input and output. A client such as
Claude Code, Cursor or VS Code starts it; docs/mcp.md says how to tell each of them.

It only reads, and only the mirror: no request leaves this machine. --allow-writes adds a
tool that changes the workspace; each request is shown before it is sent.`,
		Example: `  claude mcp add customerio-mirror -- ciomirror mcp
  claude mcp add acme -- ciomirror mcp --profile acme`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.runMCP(cmd.Context(), o) },
	}
	cmd.Flags().BoolVar(&o.writes, "allow-writes", false, "let the model change the workspace, one confirmed request at a time")
	cmd.Flags().BoolVar(&o.sends, "allow-sends", false, "with --allow-writes: also send messages and trigger broadcasts")
	return cmd
}

func (a *app) runMCP(ctx context.Context, o mcpOptions) error {
	switch {
	case o.sends && !o.writes:
		return usageError("--allow-sends allows nothing by itself", "add --allow-writes: a send is a write that reaches people")
	case a.terminal.in:
		return usageError("mcp talks to a program, and this is a terminal", "a client starts it: claude mcp add customerio-mirror -- ciomirror mcp")
	}
	m := &servedMirror{a: a}
	defer m.close()
	if o.writes {
		var err error
		if m.key, err = a.settings.appKey(); err != nil {
			return err
		}
		if o.live, err = a.openAPI(a.rate(0)); err != nil {
			return err
		}
	}
	s, err := a.mcpServer(m, o)
	if err != nil {
		return err
	}
	if err := s.Stdio(ctx, a.in, a.out); err != nil {
		return fmt.Errorf("talk to the MCP client: %w", err)
	}
	return nil
}

// mcpServer is what answers models, over whatever they come. Writes are noted in the
// mirror m.
func (a *app) mcpServer(m *servedMirror, o mcpOptions) (*mcpserver.Server, error) {
	views, err := sqlite.Views()
	if err != nil {
		return nil, fmt.Errorf("read the views: %w", err)
	}
	parts := mcpserver.Options{
		Workspace: mcpWorkspace{a}, Catalog: catalog.Default(), Explain: faultOf,
		Version: version, Now: a.now, Log: a.logger(), Called: o.called,
	}
	for _, v := range views {
		parts.Views = append(parts.Views, mcpserver.View{View: v.Name, Doc: v.Doc})
	}
	for _, op := range query.Operators() {
		parts.Operators = append(parts.Operators, mcpserver.Operator{Operator: op.Name, Doc: op.Doc, Example: json.RawMessage(op.Example)})
	}
	if o.writes && o.live != nil {
		cat := catalog.Default()
		c, err := connector.New(cat, query.NewCompiler(cat, query.SQLite{}), m, connector.Options{
			InstanceID: a.instanceID(), Now: a.now, Live: o.live, Ledger: m, AllowWrites: true, AllowSends: o.sends, Face: "mcp",
		})
		if err != nil {
			return nil, err
		}
		parts.Live, parts.AllowSends, parts.Secret = c, o.sends, make([]byte, sha256.Size)
		if _, err := rand.Read(parts.Secret); err != nil {
			return nil, fmt.Errorf("read randomness: %w", err)
		}
	}
	return mcpserver.New(parts)
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
