package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"ciomirror/sim"
)

type simOptions struct {
	addr, size, key, faults string
	seed                    uint64
	rate                    int
}

func (a *app) simCommand() *cobra.Command {
	var o simOptions
	cmd := &cobra.Command{
		Use:   "sim",
		Short: "Run a pretend Customer.io to sync from",
		Long: `sim serves the App API with made-up data, its limits and its quirks, for trying things
and for tests. The same seed makes the same workspace. Its first line on stdout is
"listening on http://HOST:PORT".`,
		Example: `  ciomirror sim --addr 127.0.0.1:8790 --seed 7
  CIO_APP_KEY=sim-key CIOMIRROR_API_URL=http://127.0.0.1:8790 ciomirror sync --db try.db
  ciomirror sim --addr 127.0.0.1:8790 --faults "429=0.05,500=0.01"`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.runSim(cmd.Context(), o) },
	}
	f := cmd.Flags()
	f.StringVar(&o.addr, "addr", "127.0.0.1:8790", "address to listen on; port 0 picks one")
	f.StringVar(&o.size, "size", "small", "small, medium (100 k messages) or large (1 M messages)")
	f.Uint64Var(&o.seed, "seed", 1, "the workspace's number")
	f.IntVar(&o.rate, "rate", 10, "requests a second; 0 for no limit")
	f.StringVar(&o.key, "key", "sim-key", "the App API key to accept")
	f.StringVar(&o.faults, "faults", "", "faults to inject, for example 429=0.05,reset=0.01@/v1/messages")
	return cmd
}

func (a *app) runSim(ctx context.Context, o simOptions) error {
	s, err := a.newSim(o, a.now())
	if err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", o.addr)
	if err != nil {
		return usageError(fmt.Sprintf("listen on %s: %v", o.addr, err), "name a free address: --addr 127.0.0.1:0 picks a port")
	}
	server := &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	fmt.Fprintf(a.out, "listening on http://%s\n", listener.Addr())
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err := <-ended:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	// A request that hangs on purpose must not keep the program from ending.
	_ = server.Close()
	if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve: %w", err)
	}
	return nil
}

// newSim makes a workspace whose present begins at start.
func (a *app) newSim(o simOptions, start time.Time) (*sim.Sim, error) {
	size, err := sim.ParseSize(o.size)
	if err != nil {
		return nil, usageError(err.Error(), "one of: small, medium, large")
	}
	faults, err := sim.ParseFaults(o.faults)
	if err != nil {
		return nil, usageError(err.Error(), "for example: --faults 429=0.05,500=0.01,reset=0.01@/v1/messages")
	}
	if o.rate < 0 {
		return nil, usageError("--rate cannot be negative", "0 means no limit")
	}
	return sim.New(sim.Options{Size: size, Seed: o.seed, Start: start, Now: a.now, Rate: o.rate, Key: o.key, Faults: faults})
}
