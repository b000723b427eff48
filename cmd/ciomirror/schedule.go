package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"ciomirror/schedules"
)

func (a *app) scheduleCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "schedule",
		Short: "Run jobs on a schedule",
		Long: `The jobs are those under schedules: in the config file; without any, a standard set
syncs every hour, takes a snapshot every day, prunes and checks.`,
		Example: `  ciomirror schedule list
  ciomirror schedule run
  ciomirror schedule validate "15 */6 * * *"`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	var n int
	validate := &cobra.Command{
		Use:     "validate EXPR",
		Short:   "Say when a cron expression fires, or what is wrong with it",
		Example: `  ciomirror schedule validate "CRON_TZ=Europe/Berlin 15 */6 * * *"`,
		Args:    oneArg("expression"),
		RunE:    func(_ *cobra.Command, args []string) error { return a.validateSchedule(args[0], n) },
	}
	validate.Flags().IntVarP(&n, "next", "n", 5, "how many firings to show")
	cmd.AddCommand(a.scheduleListCommand(), a.scheduleNextCommand(), a.daemonCommand(), validate)
	return cmd
}

// firing is one moment at which a schedule fires.
type firing struct {
	Local time.Time `json:"local"`
	UTC   time.Time `json:"utc"`
}

// mostFirings is the most that anybody reads.
const mostFirings = 1000

func checkFirings(n int) error {
	if n < 1 || n > mostFirings {
		return usageError(fmt.Sprintf("--next is %d", n), fmt.Sprintf("it is a number from 1 to %d", mostFirings))
	}
	return nil
}

func (a *app) validateSchedule(expr string, n int) error {
	if err := checkFirings(n); err != nil {
		return err
	}
	s, err := schedules.Parse(expr)
	if err != nil {
		var wrong *schedules.Error
		if errors.As(err, &wrong) {
			return usageError(wrong.Error(), wrong.Hint)
		}
		return err
	}
	next := []firing{}
	for t := s.Next(a.now()); len(next) < n && !t.IsZero(); t = s.Next(t) {
		next = append(next, firing{Local: t, UTC: t.UTC()})
	}
	skipped := []string{}
	for _, t := range s.Skipped(a.now(), a.now().AddDate(1, 0, 0)) {
		skipped = append(skipped, t.Format("2006-01-02 15:04"))
	}
	if !a.readable() {
		return a.printJSON(map[string]any{"expression": expr, "zone": s.Zone().String(), "next": next, "skipped": skipped})
	}
	fmt.Fprintln(a.out, "ok")
	for _, f := range next {
		fmt.Fprintf(a.out, "  %s  %s\n", f.Local.Format("Mon 2006-01-02 15:04 MST"), f.UTC.Format("15:04Z"))
	}
	if len(skipped) > 0 {
		a.say("note: %s does not exist, because the clocks go forward over it; it fires when they have", skipped[0])
	}
	return nil
}
