package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"ciomirror/catalog"
	"ciomirror/cio"
	"ciomirror/connector"
	"ciomirror/query"
	"ciomirror/store"
	"ciomirror/store/sqlite"
)

type executeOptions struct {
	data, source string
	dryRun, yes  bool
}

func (a *app) executeCommand() *cobra.Command {
	var o executeOptions
	cmd := &cobra.Command{
		Use:   "execute ENTITY ACTION",
		Short: "Run an operation of the reference page: list, get, create, update, search",
		Long: `execute runs any of the 40 operations of the connector reference page and prints the
hosted envelope. ciomirror schema ENTITY lists an entity's actions and parameters.

Lists and gets come from the live API when there is a key, from the mirror otherwise;
--source decides, and stderr says which one it was and how old. Searches come from the
mirror. Writes go to the API, are noted in the table actions, and show in the mirror at
once. What reaches people asks first, or needs --yes; it is never repeated by itself.`,
		Example: `  ciomirror execute campaigns list --source mirror
  ciomirror execute messages list --data '{"type":"email","metric":"bounced","limit":100}'
  ciomirror execute segments create --data '{"segment":{"name":"VIP"}}' --dry-run
  ciomirror execute transactional_email create --data @mail.json --yes`,
		Args: executeArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.runExecute(cmd.Context(), connector.Request{Entity: args[0], Action: args[1], Source: o.source}, o)
		},
	}
	f := cmd.Flags()
	f.StringVarP(&o.data, "data", "d", "", "the parameters, a JSON object; @FILE or - for stdin")
	f.StringVar(&o.source, "source", "", "where lists and gets come from: auto, live or mirror (default auto)")
	f.BoolVar(&o.dryRun, "dry-run", false, "print the request that would go out, without the key, and send nothing")
	f.BoolVar(&o.yes, "yes", false, "do not ask before what reaches people")
	return cmd
}

func executeArgs(cmd *cobra.Command, args []string) error {
	if len(args) == 2 {
		return nil
	}
	if len(args) > 2 && strings.HasPrefix(strings.TrimSpace(args[2]), "{") {
		if on, err := cmd.Flags().GetBool("json"); err == nil && on {
			return usageError("--json selects JSON output and takes no value", "the parameters go into --data '{…}'")
		}
		return usageError("the parameters stand in no argument", "put --data before them: --data '{…}'")
	}
	return usageError(fmt.Sprintf("execute takes an entity and an action, got %d arguments", len(args)), "for example: ciomirror execute campaigns list")
}

func (a *app) runExecute(ctx context.Context, r connector.Request, o executeOptions) error {
	if o.data != "" {
		data, err := a.input(o.data)
		if err != nil {
			return err
		}
		r.Params = json.RawMessage(data)
	}
	if o.dryRun {
		return a.preview(ctx, r)
	}
	effect := effectOf(r)
	if effect == catalog.Reaches {
		if err := a.confirm(ctx, r, o); err != nil {
			return err
		}
	}
	c, done, err := a.openConnector(ctx, effect)
	if err != nil {
		return err
	}
	defer done()
	env, err := c.Execute(ctx, r)
	if err != nil {
		return err
	}
	a.tellOrigin(effect, env)
	return a.printDocument(env)
}

// effectOf is what the request does to the world. What does not exist does nothing.
func effectOf(r connector.Request) catalog.Effect {
	if e, ok := catalog.Default().Entity(r.Entity); ok {
		if action, ok := e.Action(r.Action); ok {
			return action.Effect
		}
	}
	return catalog.Reads
}

// preview prints the request of a dry run. It needs neither key nor mirror.
func (a *app) preview(ctx context.Context, r connector.Request) error {
	call, err := a.callOf(ctx, r)
	if err != nil {
		return err
	}
	a.warn(call.Warning)
	return a.printDocument(call)
}

// warn says what a call allows and its caller perhaps did not mean.
func (a *app) warn(text string) {
	if text != "" {
		a.say("warning: %s", text)
	}
}

func (a *app) callOf(ctx context.Context, r connector.Request) (connector.Call, error) {
	c, err := a.newConnector(nil, connector.Options{})
	if err != nil {
		return connector.Call{}, err
	}
	return c.Preview(ctx, r)
}

// confirm asks before something reaches people. Where nobody can be asked, --yes says
// that somebody was.
func (a *app) confirm(ctx context.Context, r connector.Request, o executeOptions) error {
	call, err := a.callOf(ctx, r) // what is wrong with it is said before the question
	if err != nil || o.yes {
		return err
	}
	if !a.terminal.in || !a.terminal.err || a.settings.noInput {
		return usageError(fmt.Sprintf("%s of %s reaches people, and there is nobody to ask", r.Action, r.Entity),
			"look at it with --dry-run, then send it with --yes")
	}
	a.warn(call.Warning)
	request, err := requestText(call)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.err, "%s\nThis reaches people and cannot be taken back. Type yes to send it: ", printable(request))
	answer, err := a.typed(ctx)
	switch {
	case ctx.Err() != nil:
		fmt.Fprintln(a.err) // below the question
		return fmt.Errorf("%w: %w", connector.ErrUnsent, ctx.Err())
	case strings.TrimSpace(answer) != "yes" || err != nil:
		return usageError("nothing was sent", "")
	}
	return nil
}

// typed is the line that a person types, unless the program ends before. A read of a
// terminal cannot be ended: it is left behind, and the program with it.
func (a *app) typed(ctx context.Context) (line string, err error) {
	type read struct {
		line string
		err  error
	}
	lines := make(chan read, 1)
	go func() {
		line, err := bufio.NewReader(a.in).ReadString('\n')
		lines <- read{line, err}
	}()
	select {
	case <-ctx.Done():
		return "", ctx.Err()
	case r := <-lines:
		return r.line, r.err
	}
}

// mostShown is how much of a request a person is shown before it goes out.
const mostShown = 4000

// requestText is a request for people to read, without the end of a very long one.
func requestText(call connector.Call) (string, error) {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(call); err != nil {
		return "", err
	}
	text := strings.TrimSpace(b.String())
	if len(text) > mostShown {
		return fmt.Sprintf("%s…\n(%d bytes in all: --dry-run shows them)", strings.ToValidUTF8(text[:mostShown], ""), len(text)), nil
	}
	return text, nil
}

// openConnector opens what a request needs: the mirror if there is one, and the API if
// there is a key. A write makes the mirror, because it is noted there.
func (a *app) openConnector(ctx context.Context, effect catalog.Effect) (c *connector.Connector, done func(), err error) {
	o := connector.Options{AllowWrites: effect != catalog.Reads, AllowSends: effect == catalog.Reaches, Face: "cli"}
	var closers []func()
	done = func() {
		for _, f := range closers {
			f()
		}
	}
	defer func() {
		if err != nil {
			done()
		}
	}()
	var api *cio.Client
	hasKey, err := a.settings.hasKey()
	if err != nil {
		return nil, done, err
	}
	if hasKey || o.AllowWrites {
		if api, err = a.connect(func(o *cio.Options) { a.patience(o, effect) }); err != nil {
			return nil, done, err
		}
		closers = append(closers, api.CloseIdleConnections)
		o.Live = api
	}
	m, err := a.openMirror(ctx, false)
	if errors.Is(err, store.ErrNoMirror) {
		m, err = nil, nil
		if o.AllowWrites {
			// A wrong key must leave no mirror behind.
			if _, err := api.Discover(ctx); err != nil {
				return nil, done, err
			}
			m, err = a.openMirror(ctx, true)
		}
	}
	if err != nil {
		return nil, done, err
	}
	if m != nil {
		closers = append(closers, func() { _ = m.Close() })
		o.Ledger = m
	}
	if o.Live != nil && m != nil {
		// What is read or written in one workspace must not stand beside another's.
		key, err := a.settings.appKey()
		if err == nil && o.AllowWrites {
			err = m.Bind(ctx, key, false)
		}
		if err != nil {
			return nil, done, err
		}
		o.Live = ownAPI{o.Live, func(ctx context.Context) error { return m.BoundTo(ctx, key) }}
	}
	c, err = a.newConnector(m, o)
	return c, done, err
}

// sendWait is how long a send may wait until the API takes it, while somebody sits and
// waits as well.
const sendWait = time.Minute

// patience is how a call waits for the API: one that changes something tells so, because
// whoever made it wants to know whether it is done.
func (a *app) patience(o *cio.Options, effect catalog.Effect) {
	o.Rate = a.rate(0)
	if effect == catalog.Reaches {
		o.MaxWait = sendWait
	}
	if effect == catalog.Reads {
		return
	}
	o.Waiting = func(wait time.Duration, e *cio.Error) {
		why := "the API did not answer"
		if e.Status != 0 {
			why = fmt.Sprintf("the API answered %d %s", e.Status, http.StatusText(e.Status))
		}
		a.say("%s: waiting %s before the next try", why, max(wait.Round(time.Second), time.Second))
	}
}

// newConnector makes a connector to a mirror, which may be nil.
func (a *app) newConnector(m *sqlite.Store, o connector.Options) (*connector.Connector, error) {
	o.InstanceID, o.Now = a.instanceID(), a.now
	var mirror query.Source
	if m != nil {
		mirror = m
	}
	cat := catalog.Default()
	return connector.New(cat, query.NewCompiler(cat, query.SQLite{TextIndex: true}), mirror, o)
}

// instanceID names the connector of a profile, always the same.
func (a *app) instanceID() string {
	return "source_id:" + uuid.NewSHA1(uuid.NameSpaceURL, []byte("ciomirror:"+a.settings.Profile)).String()
}

// tellOrigin says where an answer comes from, and what else is to be known of it.
func (a *app) tellOrigin(effect catalog.Effect, env connector.Envelope) {
	a.warn(env.Warning)
	switch {
	case effect != catalog.Reads:
	case env.Origin.Source == connector.FromLive:
		a.say("from the live API")
	case env.Origin.Synced.IsZero():
		a.say("from the mirror, which never read all of it: ciomirror sync")
	default:
		a.say("from the mirror, read %s", ago(a.now().Sub(env.Origin.Synced)))
	}
}

// printDocument prints one JSON object: on several lines for a person.
func (a *app) printDocument(v any) error {
	enc := json.NewEncoder(a.out)
	enc.SetEscapeHTML(false)
	if a.readable() {
		enc.SetIndent("", "  ")
	}
	return enc.Encode(v)
}
