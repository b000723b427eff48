package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"github.com/adrg/xdg"
	"github.com/spf13/cobra"

	"ciomirror/catalog"
	"ciomirror/cio"
	"ciomirror/store"
	"ciomirror/store/sqlite"
	syncer "ciomirror/sync"
)

type demoOptions struct {
	size  string
	seed  uint64
	serve bool
	addr  string
}

// demoRate is the pretend limit in requests a second: twenty times the real one,
// so that nobody waits.
const demoRate = 200

func (a *app) demoCommand() *cobra.Command {
	var o demoOptions
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "See the whole thing with a pretend workspace, no account needed",
		Long: `demo starts a pretend Customer.io inside this program, copies it into a new file, asks
it some questions, lets a day pass, copies again and shows what changed. It uses no
network and no key.`,
		Example: `  ciomirror demo
  ciomirror demo --seed 7 --db try.db
  ciomirror demo --serve`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			api, err := a.runDemo(cmd.Context(), o)
			if err != nil || !o.serve {
				return err
			}
			return a.runServe(cmd.Context(), cmd.Flags(), serveOptions{addr: o.addr, live: api})
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.size, "size", "small", "small, or medium (100 k messages, about a minute)")
	f.Uint64Var(&o.seed, "seed", 1, "another number is another workspace")
	f.BoolVar(&o.serve, "serve", false, "then stay, and answer over HTTP as serve does")
	f.StringVar(&o.addr, "addr", serveAddr, "with --serve: address to listen on; port 0 picks one")
	return cmd
}

// runDemo shows the demo and returns the pretend API, which lives on.
func (a *app) runDemo(ctx context.Context, o demoOptions) (*cio.Client, error) {
	if o.size != "small" && o.size != "medium" {
		return nil, usageError(fmt.Sprintf("a demo is small or medium, not %q", o.size), "the large workspace: ciomirror sim --size large")
	}
	if err := a.demoFile(); err != nil {
		return nil, err
	}
	// The workspace begins a day ago, so that the day which passes ends now.
	s, err := a.newSim(simOptions{size: o.size, seed: o.seed, rate: demoRate, key: "demo"}, a.now().Add(-24*time.Hour))
	if err != nil {
		return nil, err
	}
	a.now = s.Now
	a.settings.Output = formatTable
	api, err := cio.New("demo", cio.Options{BaseURL: "http://sim.invalid", Transport: s.Transport(), Rate: demoRate, Now: s.Now, Jitter: rand.Float64, Version: version})
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(a.out, "A pretend Customer.io (%s, seed %d) runs in this program, at %d requests a second\ninstead of the real 10.\n", o.size, o.seed, demoRate)
	first, err := a.demoSync(ctx, api, "Copying it")
	if err != nil {
		return nil, err
	}
	for _, ask := range a.demoQuestions() {
		fmt.Fprintf(a.out, "\n# %s\n$ %s\n", ask.why, ask.command)
		if err := ask.run(ctx); err != nil {
			return nil, err
		}
	}
	s.Advance(24 * time.Hour)
	fmt.Fprintln(a.out, "\nA day passes: people open their mail, a colleague edits a campaign.")
	if _, err := a.demoSync(ctx, api, "Copying again"); err != nil {
		return nil, err
	}
	fmt.Fprintln(a.out, "\n# What changed in the configuration since yesterday?\n$ ciomirror diff 12h campaigns campaign_actions newsletters segments snippets")
	if err := a.runDiff(ctx, []string{"12h", "campaigns", "campaign_actions", "newsletters", "segments", "snippets"}, false, diffRows); err != nil {
		return nil, err
	}
	history := `select 'newsletters' as entity, _change as change, count(*) as versions from newsletters_history group by 2
union all select 'campaign_actions', _change, count(*) from campaign_actions_history group by 2
union all select 'messages', _change, count(*) from messages_history group by 2
order by 1, 2`
	fmt.Fprintf(a.out, "\n# Earlier versions are kept, of what was edited, deleted, opened\n$ ciomirror sql \"%s\"\n", history)
	if _, err := a.ask(ctx, history, nil, sqlBounds{timeout: time.Minute}); err != nil {
		return nil, err
	}
	a.demoNext(first)
	return api, nil
}

// demoFile makes room for the demo's file. The default one lies in a folder that no
// profile can name, so it is the demo's own and is made anew; any other file is
// never touched.
func (a *app) demoFile() error {
	own := filepath.Join(xdg.DataHome, "ciomirror", "demo", "mirror.db")
	if a.settings.DB == filepath.Join(xdg.DataHome, "ciomirror", dbName(a.settings.Profile)) {
		a.settings.DB = own
	}
	if a.settings.DB == own {
		for _, suffix := range []string{"", "-wal", "-shm"} {
			if err := os.Remove(own + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("remove the last demo: %w", err)
			}
		}
		return nil
	}
	if _, err := os.Stat(a.settings.DB); err == nil {
		return usageError(a.settings.DB+" exists; the demo makes a new file", "name one that does not exist: --db FILE")
	}
	return nil
}

// demoSync copies the pretend workspace and says what that took.
func (a *app) demoSync(ctx context.Context, api *cio.Client, what string) (store.RunReport, error) {
	m, err := sqlite.Open(ctx, a.settings.DB, sqlite.Options{Create: true, Now: a.now})
	if err != nil {
		return store.RunReport{}, err
	}
	defer m.Close()
	fmt.Fprintf(a.out, "\n%s into %s\n", what, a.settings.DB)
	report, err := a.syncInto(ctx, api, m, syncer.Options{Catalog: catalog.Default(), Now: a.now}, nil)
	if err != nil {
		return report, err
	}
	if report.Status != store.Complete {
		return report, fmt.Errorf("the demo's sync is %s: %s", report.Status, firstError(report))
	}
	var rows, added, changed, gone int64
	for _, e := range report.Entities {
		rows, added, changed, gone = rows+e.Rows, added+e.New, changed+e.Changed, gone+e.Gone
	}
	fmt.Fprintf(a.out, "%d records in %.1f s, %d requests: %d new, %d changed, %d gone\n", rows, report.Seconds, report.Requests, added, changed, gone)
	return report, nil
}

// question is one thing to ask the mirror, with the command that asks it.
type question struct {
	why, command string
	run          func(ctx context.Context) error
}

func (a *app) demoQuestions() []question {
	search := func(why, entity string, o searchOptions) question {
		command := fmt.Sprintf("ciomirror search %s --filter '%s'", entity, o.filter)
		if o.sort != "" {
			command += " --sort " + o.sort
		}
		o.limitGiven = o.limit > 0
		if o.limitGiven {
			command += fmt.Sprintf(" --limit %d", o.limit)
		}
		for i, f := range o.fields {
			if i == 0 {
				command += " --fields " + f
			} else {
				command += "," + f
			}
		}
		return question{why, command, func(ctx context.Context) error { return a.runSearch(ctx, entity, o) }}
	}
	sql := func(why, statement string) question {
		return question{why, fmt.Sprintf("ciomirror sql \"%s\"", statement), func(ctx context.Context) error {
			_, err := a.ask(ctx, statement, nil, sqlBounds{timeout: time.Minute})
			return err
		}}
	}
	month := a.now().AddDate(0, -1, 0).UTC().Format(time.DateOnly)
	return []question{
		search("Running campaigns that greet people or send text messages (nested and/or)", "campaigns", searchOptions{
			filter: `{"and":[{"eq":{"state":"running"}},{"or":[{"keyword":{"name":"welcome birthday"}},{"any":{"actions":{"eq":{"type":"twilio"}}}}]}]}`,
			sort:   "-updated", fields: []string{"id", "name", "type", "updated"},
		}),
		search("Which step said something about a trial ending? (fuzzy: any order, parts of words)", "campaign_actions", searchOptions{
			filter: `{"fuzzy":{"subject":"trial end"}}`, fields: []string{"campaign_id", "id", "type", "subject"},
		}),
		search("The latest messages that bounced this month (range and sort)", "messages", searchOptions{
			filter: fmt.Sprintf(`{"gte":{"created":%q},"neq":{"metric_bounced":null}}`, month),
			sort:   "-created", limit: 5, fields: []string{"created", "recipient", "subject", "failure_message"},
		}),
		sql("Which campaign's mail do people open?", `select c.name, count(*) as delivered, count(m.metric_human_opened) as opened,
  round(100.0 * count(m.metric_human_opened) / count(*), 1) as open_pct
from messages m join campaigns c on c.id = m.campaign_id
where m.type = 'email' and m.metric_delivered is not null
group by c.id order by open_pct desc, c.id`),
		sql("What does each segment feed?", `select s.name as segment, 'campaign' as feeds, c.name, c.state
from segments s, campaigns c, json_each(c.trigger_segment_ids) t where t.value = s.id
union all
select s.name, 'newsletter', n.name, n.send_state
from segments s, newsletters n, json_each(n.recipient_segment_ids) r where r.value = s.id
order by 1, 2, 3`),
	}
}

func (a *app) demoNext(first store.RunReport) {
	fmt.Fprintf(a.out, `
Now try
  export CIOMIRROR_DB=%[1]s
  ciomirror search campaigns --where state=running --sort -updated
  ciomirror search messages --filter '{"contains":{"recipient":"example.com"}}' --limit 3 --explain
  ciomirror sql "select type, count(*) from messages group by type"
  ciomirror sql "select name, state from campaigns" --as-of %[2]s
  ciomirror diff 12h messages --output json
  ciomirror schema messages
With your own workspace
  ciomirror auth login
  ciomirror sync
`, a.settings.DB, first.Started.Add(time.Hour).Format(time.RFC3339))
}
