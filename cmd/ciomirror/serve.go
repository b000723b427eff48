package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/google/uuid"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"ciomirror/catalog"
	"ciomirror/connector"
	"ciomirror/query"
	"ciomirror/server"
)

type serveOptions struct {
	addr, tokenFile, connectorID string
	hosts                        []string
	schedule, writes, sends      bool
	live                         connector.Live // nil: that of the settings, if they have a key
}

// serveAddr is where serve listens unless told otherwise.
const serveAddr = "127.0.0.1:8686"

func (a *app) serveCommand() *cobra.Command {
	var o serveOptions
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve the page, and the hosted service's execute interface, over HTTP",
		Long: `serve shows the mirror as a page to browsers at /, and answers what clients of the hosted
service send: give them this address instead of theirs. Under /mcp it answers language
models, as mcp does. The first line on stdout is "listening on http://HOST:PORT".
/openapi.json describes all paths; /healthz, /readyz and /metrics are for whoever runs
it. Listening beyond this machine needs a token. Ctrl-C and SIGTERM stop it when the
answers under way have ended.

With a key, lists and gets ask the API, as the hosted service does; without one they are
answered from the mirror, as searches always are. It changes nothing and sends nothing
unless --allow-writes and --allow-sends say so: then whoever may call it may do so, and
a model what was confirmed.`,
		Example: `  ciomirror serve
  ciomirror serve --addr 127.0.0.1:0 --profile acme
  ciomirror serve --addr 0.0.0.0:8686 --token-file /etc/ciomirror/token --schedule`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.runServe(cmd.Context(), cmd.Flags(), o) },
	}
	f := cmd.Flags()
	f.StringVar(&o.addr, "addr", serveAddr, "address to listen on; port 0 picks one")
	f.StringVar(&o.tokenFile, "token-file", "", "file with the token that callers must show (owner-readable only)")
	f.StringArrayVar(&o.hosts, "host", nil, "a name by which callers may reach it, besides localhost; may be repeated")
	f.StringVar(&o.connectorID, "connector-id", "", "the connector's id (a UUID), for clients that have the hosted one's built in")
	f.BoolVar(&o.writes, "allow-writes", false, "let callers create and update records of the workspace")
	f.BoolVar(&o.sends, "allow-sends", false, "with --allow-writes: let callers send messages and trigger broadcasts")
	f.BoolVar(&o.schedule, "schedule", false, "also run the jobs of the config file, as schedule run does")
	return cmd
}

func (a *app) runServe(ctx context.Context, flags *pflag.FlagSet, o serveOptions) error {
	if o.sends && !o.writes {
		return usageError("--allow-sends allows nothing by itself", "add --allow-writes: a send is a write that reaches people")
	}
	m := &servedMirror{a: a}
	defer m.close()
	s, err := a.newServer(m, o, ctx.Done())
	if err != nil {
		return err
	}
	var jobs *daemon
	if o.schedule {
		// Before it says that it listens: beside another daemon it will not.
		d, unlock, err := a.newDaemon(flags)
		if err != nil {
			return err
		}
		defer unlock()
		jobs = d
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", o.addr)
	if err != nil {
		return usageError(fmt.Sprintf("listen on %s: %v", o.addr, err), "name a free address: --addr 127.0.0.1:0 picks a port")
	}
	if err := s.MayListen(l.Addr()); err != nil {
		_ = l.Close()
		return usageError(fmt.Sprintf("%s: %v", o.addr, err), "make a token and name its file: (umask 077; openssl rand -hex 32 > token); ciomirror serve --addr "+o.addr+" --token-file token")
	}
	if _, err := fmt.Fprintf(a.out, "listening on http://%s\n", l.Addr()); err != nil {
		return errors.Join(err, l.Close())
	}
	if jobs == nil {
		return s.Serve(ctx, l)
	}
	// Whichever ends first ends the other.
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	ended := make(chan error, 1)
	go func() {
		defer stop()
		ended <- jobs.run(ctx)
	}()
	err = s.Serve(ctx, l)
	stop()
	return errors.Join(err, <-ended)
}

// newServer puts the server together.
func (a *app) newServer(m *servedMirror, o serveOptions, done <-chan struct{}) (*server.Server, error) {
	token, err := readToken(o.tokenFile)
	if err != nil {
		return nil, err
	}
	identity, err := a.identity(o.connectorID)
	if err != nil {
		return nil, err
	}
	live := o.live
	if live == nil {
		if live, err = a.liveBeside(m); err != nil {
			return nil, err
		}
	}
	cat := catalog.Default()
	c, err := connector.New(cat, query.NewCompiler(cat, query.SQLite{TextIndex: true}), m, connector.Options{
		InstanceID: identity.InstanceID(), Now: a.now, Live: live, Ledger: m, AllowWrites: o.writes, AllowSends: o.sends, Face: "http",
	})
	if err != nil {
		return nil, err
	}
	var operators []server.Operator
	for _, op := range query.Operators() {
		operators = append(operators, server.Operator{Name: op.Name, Doc: op.Doc, Example: op.Example, Kinds: op.Kinds})
	}
	calls := newCalls()
	models, err := a.mcpServer(m, mcpOptions{writes: o.writes, sends: o.sends, live: live, called: countedCalls(calls)})
	if err != nil {
		return nil, err
	}
	pages, err := a.newPage(m.current, done)
	if err != nil {
		return nil, err
	}
	return server.New(server.Options{
		Catalog: cat, Connector: c, Mirror: m, Operators: operators, Identity: identity, Pages: pages,
		Token: token, Hosts: o.hosts, Version: version, Now: a.now, Random: rand.Reader, Log: a.daemonLog(),
		MCP: models.Handler(len(o.hosts) > 0 || token != ""), Collectors: append(a.jobMetrics(o.schedule), calls),
	})
}

// liveBeside connects to the API of the mirror's workspace where there is a key for it.
func (a *app) liveBeside(m *servedMirror) (connector.Live, error) {
	if has, err := a.settings.hasKey(); err != nil || !has {
		return nil, err
	}
	var err error
	if m.key, err = a.settings.appKey(); err != nil {
		return nil, err
	}
	api, err := a.openAPI(a.rate(0))
	if err != nil {
		return nil, err
	}
	return ownAPI{api, m.owns}, nil
}

// identity gives the profile ids that stay the same from start to start.
func (a *app) identity(connectorID string) (server.Identity, error) {
	id := func(kind string) string {
		return uuid.NewSHA1(uuid.NameSpaceURL, []byte("ciomirror:"+kind+":"+a.settings.Profile)).String()
	}
	i := server.Identity{ConnectorID: strings.TrimPrefix(a.instanceID(), "source_id:"), WorkspaceID: id("workspace"), OrganizationID: id("organization"), Workspace: a.settings.Profile}
	if connectorID != "" {
		given, err := uuid.Parse(connectorID)
		if err != nil {
			return i, usageError(fmt.Sprintf("--connector-id %q is no UUID", connectorID), "for example: --connector-id "+i.ConnectorID)
		}
		i.ConnectorID = given.String()
	}
	return i, nil
}
