package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	systemd "github.com/coreos/go-systemd/v22/daemon"
	"github.com/gofrs/flock"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"ciomirror/schedules"
)

func (a *app) daemonCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "run",
		Short: "Run the jobs when they are due, until stopped",
		Long: `run is a daemon in the foreground: one job at a time, one log line a run, JSON unless
stderr is a terminal. A job that was missed runs once. SIGHUP reads the config file
again; SIGTERM and Ctrl-C stop it, and what they cut short runs at the next start.
Between jobs the mirror is free for a sync by hand.`,
		Example: `  ciomirror schedule run
  ciomirror schedule run --profile production --config /etc/ciomirror/config.yaml`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			d, unlock, err := a.newDaemon(cmd.Flags())
			if err != nil {
				return err
			}
			defer unlock()
			return d.run(cmd.Context())
		},
	}
}

// daemon is a scheduler under way.
type daemon struct {
	a     *app // with the settings of now; of the goroutine in serve
	flags *pflag.FlagSet
	log   *slog.Logger
	loop  *schedules.Loop
	stop  chan struct{} // closed when no further job is to start
}

// newDaemon makes sure that the jobs can run here, and that no other daemon runs them,
// until unlock is called.
func (a *app) newDaemon(flags *pflag.FlagSet) (d *daemon, unlock func(), err error) {
	if len(a.settings.Jobs) == 0 {
		return nil, nil, errNoJobs
	}
	for _, j := range a.settings.Jobs {
		if j.Kind == "sync" {
			if _, err := a.settings.appKey(); err != nil {
				return nil, nil, err
			}
		}
	}
	if unlock, err = a.lockDaemon(); err != nil {
		return nil, nil, err
	}
	d = &daemon{a: a, flags: flags, log: a.daemonLog(), stop: make(chan struct{})}
	d.loop, err = schedules.NewLoop(schedules.Options{
		Profile: a.settings.Profile, Jobs: a.jobs(d.stop, d.tell), Journal: &journal{a: a}, Now: a.now, Log: d.log,
	})
	if err != nil {
		unlock()
		return nil, nil, err
	}
	return d, unlock, nil
}

// run runs the jobs until the context ends or a signal does.
func (d *daemon) run(ctx context.Context) error {
	// The first signal lets the job under way come to an end, the second does not.
	work, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	ended := make(chan error, 1)
	go func() { ended <- d.loop.Run(work, d.stop) }()
	d.log.Info("started", "profile", d.a.settings.Profile, "jobs", len(d.a.settings.Jobs))
	d.notify(systemd.SdNotifyReady)
	return d.serve(ctx, cut, ended)
}

var errNoJobs = usageError("there are no jobs", "name some under schedules: in the config file, or leave schedules: out for the standard ones")

// lastPage is how long a stop waits for the page under way: less than service
// managers wait before they kill.
const lastPage = 30 * time.Second

// serve obeys signals until the loop has ended.
func (d *daemon) serve(ctx context.Context, cut func(), ended <-chan error) error {
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, syscall.SIGHUP, syscall.SIGTERM, os.Interrupt)
	defer signal.Stop(signals)
	var watchdog <-chan time.Time
	if every, err := systemd.SdWatchdogEnabled(false); err == nil && every > 0 {
		t := time.NewTicker(every / 2)
		defer t.Stop()
		watchdog = t.C
	}
	done, stopping, ends := ctx.Done(), false, 0
	var patience <-chan time.Time
	stop := func() {
		if !stopping {
			stopping = true
			patience = time.After(lastPage)
			d.log.Info("stopping")
			d.notify(systemd.SdNotifyStopping)
			close(d.stop)
		}
	}
	for {
		select {
		case err := <-ended:
			if stopping && errors.Is(err, context.Canceled) {
				return nil // cut short, as it was told to
			}
			return err
		case <-watchdog:
			d.notify(systemd.SdNotifyWatchdog)
		case <-patience:
			cut()
		case <-done:
			done = nil
			stop()
		case s := <-signals:
			if s == syscall.SIGHUP {
				d.reload()
				continue
			}
			stop()
			if ends++; ends > 1 {
				cut()
			}
		}
	}
}

// reload reads the config file again. A broken one changes nothing.
func (d *daemon) reload() {
	d.notify(systemd.SdNotifyReloading + "\n" + systemd.SdNotifyMonotonicUsec())
	defer d.notify(systemd.SdNotifyReady)
	old := d.a.settings
	next := settings{config: old.config, quiet: old.quiet, verbose: old.verbose, noInput: old.noInput}
	err := next.load(d.flags, d.a.env)
	switch {
	case err != nil:
	case next.DB != old.DB || next.Profile != old.Profile:
		err = errors.New("another mirror or profile needs a restart")
	case len(next.Jobs) == 0:
		err = errNoJobs
	}
	if err != nil {
		d.log.Error("config not reloaded: the old one stays", "error", err.Error())
		return
	}
	a := *d.a
	a.settings = next
	d.a = &a
	d.loop.Reload(a.jobs(d.stop, d.tell))
	d.log.Info("config reloaded", "jobs", len(next.Jobs))
}

// tell shows what the daemon does in the service manager's status.
func (d *daemon) tell(status string) { d.notify("STATUS=" + status) }

// notify tells the service manager, if there is one.
func (d *daemon) notify(state string) {
	if _, err := systemd.SdNotify(false, state); err != nil {
		d.log.Warn("the service manager cannot be told", "error", err.Error())
	}
}

// daemonLog is at info unless somebody asks for another level.
func (a *app) daemonLog() *slog.Logger {
	loud := *a
	if loud.settings.Log == "" && !loud.settings.verbose {
		loud.settings.Log = "info"
		if loud.settings.quiet {
			loud.settings.Log = "error"
		}
	}
	return loud.logger()
}

func (a *app) daemonLockFile() string { return realPath(a.settings.DB) + ".daemon.lock" }

// lockDaemon keeps a second daemon away from the mirror.
func (a *app) lockDaemon() (unlock func(), err error) {
	path := a.daemonLockFile()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("lock the schedules: %w", err)
	}
	lock := flock.New(path, flock.SetPermissions(0o600))
	// A status that looks whether a daemon runs holds it for an instant.
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	ok, err := lock.TryLockContext(ctx, 50*time.Millisecond)
	if err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return nil, fmt.Errorf("lock the schedules: %w", err)
	}
	if !ok {
		return nil, &problem{Type: "busy", Status: 409, Retryable: true, exit: exitBusy,
			Message: "another daemon runs the jobs of this mirror: it holds " + path,
			Hint:    "to make it read the config again, send it SIGHUP; another workspace has another --profile or --db"}
	}
	return func() { _ = lock.Unlock() }, nil
}

// daemonRuns reports whether a daemon is at work on the mirror.
func (a *app) daemonRuns() bool {
	if _, err := os.Stat(a.daemonLockFile()); err != nil {
		return false
	}
	lock := flock.New(a.daemonLockFile())
	free, err := lock.TryRLock()
	if free {
		_ = lock.Unlock()
	}
	return err == nil && !free
}
