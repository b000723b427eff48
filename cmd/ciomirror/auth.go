package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"ciomirror/catalog"
	"ciomirror/cio"
)

func (a *app) authCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "auth",
		Short: "Save, check and forget the App API key",
		Long: `The key is looked for in CIO_APP_KEY, in the file that CIO_APP_KEY_FILE or key_file names,
in systemd's credential cio-app-key, and then where "auth login" saved it: in the system's
keyring, or in a file that you alone may read. It is never a flag and never printed.`,
		Example: `  ciomirror auth login
  ciomirror auth status`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(
		&cobra.Command{
			Use: "login", Short: "Save a key, after asking Customer.io what it may read",
			Long: `login asks for an App API key without showing it, or reads it from stdin, finds its region,
says what it may read, and saves it for the profile.`,
			Example: `  ciomirror auth login
  ciomirror auth login --profile acme`,
			Args: noArgs,
			RunE: func(cmd *cobra.Command, _ []string) error { return a.login(cmd.Context()) },
		},
		&cobra.Command{
			Use: "status", Short: "Say which key is used, from where, and what it may read",
			Example: "  ciomirror auth status -o json",
			Args:    noArgs,
			RunE:    func(cmd *cobra.Command, _ []string) error { return a.authStatus(cmd.Context()) },
		},
		&cobra.Command{
			Use: "logout", Short: "Forget the key that login saved; the mirror stays",
			Example: "  ciomirror auth logout --profile acme",
			Args:    noArgs,
			RunE:    func(cmd *cobra.Command, _ []string) error { return a.logout(cmd.Context()) },
		},
	)
	return cmd
}

// standing is what auth prints.
type standing struct {
	Profile string `json:"profile"`
	Source  string `json:"source"` // where the key is
	Region  string `json:"region"` // "" for an address of one's own
	scopes
}

func (a *app) login(ctx context.Context) error {
	key, err := a.askKey()
	if err != nil {
		return err
	}
	s, err := a.tryKey(ctx, foundKey{key: key})
	if err != nil {
		return err
	}
	if s.Source, err = a.remember(ctx, a.settings.Profile, key, s.Region); err != nil {
		return err
	}
	if a.settings.key != "" || a.settings.KeyFile != "" {
		a.say("CIO_APP_KEY or a key file is set, and goes before the key that was just saved")
	}
	return a.printStanding(s, fmt.Sprintf("Saved for profile %q in %s.", s.Profile, s.Source), "Next: ciomirror sync")
}

func (a *app) authStatus(ctx context.Context) error {
	found, err := a.settings.findKey()
	if err != nil {
		return err
	}
	s, err := a.tryKey(ctx, found)
	if err != nil {
		return err
	}
	s.Source = found.source
	return a.printStanding(s, fmt.Sprintf("Profile %q has its key from %s.", s.Profile, s.Source))
}

func (a *app) logout(ctx context.Context) error {
	from, err := a.forget(ctx, a.settings.Profile)
	if err != nil {
		return err
	}
	if len(from) == 0 {
		return &problem{Type: "not_found", Status: 404, exit: exitNotFound,
			Message: fmt.Sprintf("no key was saved for profile %q", a.settings.Profile), Hint: "which key is used: ciomirror auth status"}
	}
	if a.settings.key != "" || a.settings.KeyFile != "" {
		a.say("CIO_APP_KEY or a key file is set, and stays")
	}
	if !a.readable() {
		return a.printJSON(map[string]any{"profile": a.settings.Profile, "forgotten": true, "from": from})
	}
	fmt.Fprintf(a.out, "The key of profile %q is forgotten: it was in %s. To end it everywhere, delete it in Customer.io.\n",
		a.settings.Profile, strings.Join(from, " and in "))
	return nil
}

// tryKey asks Customer.io where the key belongs and what it may read.
func (a *app) tryKey(ctx context.Context, found foundKey) (standing, error) {
	s := standing{Profile: a.settings.Profile}
	api, err := a.clientFor(found, func(o *cio.Options) { o.Rate = a.rate(0) })
	if err != nil {
		return s, err
	}
	defer api.CloseIdleConnections()
	a.say("asking Customer.io what the key may read …")
	region, err := api.Discover(ctx)
	if err != nil {
		return s, err
	}
	s.Region = string(region)
	s.scopes, err = readScopes(ctx, api)
	if err != nil && errors.Is(err, catalog.ErrUnauthorized) {
		return s, err
	}
	if err != nil {
		return s, fmt.Errorf("find out what the key may read: %w", err)
	}
	return s, nil
}

func (a *app) printStanding(s standing, lines ...string) error {
	if !a.readable() {
		return a.printJSON(s)
	}
	if s.Region != "" {
		fmt.Fprintf(a.out, "The workspace is in region %s.\n", s.Region)
	}
	for _, line := range append(s.lines(), lines...) {
		fmt.Fprintln(a.out, line)
	}
	return nil
}

// askKey gets a key from a person, unseen, or from a pipe.
func (a *app) askKey() (string, error) {
	if !a.terminal.in {
		line, err := bufio.NewReader(io.LimitReader(a.in, 64<<10)).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return "", fmt.Errorf("read the key from stdin: %w", err)
		}
		return checkedKey(line)
	}
	file, ok := a.in.(*os.File)
	if !ok || a.settings.noInput {
		return "", usageError("the key would have to be asked for", "hand it in: ciomirror auth login < app-key")
	}
	fmt.Fprint(a.err, "Paste an App API key (Customer.io: Settings, Account Settings, API Credentials, App API Keys). It is not shown.\nKey: ")
	key, err := term.ReadPassword(int(file.Fd()))
	fmt.Fprintln(a.err)
	if err != nil {
		return "", fmt.Errorf("read the key: %w", err)
	}
	return checkedKey(string(key))
}

// checkedKey refuses at once what no server needs to see.
func checkedKey(text string) (string, error) {
	key := strings.TrimSpace(text)
	if key == "" {
		return "", usageError("there is no key", "hand it in: ciomirror auth login < app-key")
	}
	if _, err := cio.New(key, cio.Options{}); err != nil {
		return "", err
	}
	return key, nil
}
