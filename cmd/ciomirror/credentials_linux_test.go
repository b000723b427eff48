package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/adrg/xdg"
	"github.com/zalando/go-keyring"
)

// ownConfigFolder gives a test a folder for what logins save.
func ownConfigFolder(t *testing.T) {
	t.Helper()
	t.Cleanup(xdg.Reload) // after the environment is what it was
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	xdg.Reload()
}

// session is an app whose session has a keyring, or none: only here is that a matter of
// the environment.
func session(hasKeyring bool, messages *bytes.Buffer) *app {
	return &app{err: messages, env: func(name string) (string, bool) {
		if hasKeyring && name == "DBUS_SESSION_BUS_ADDRESS" {
			return "unix:path=/none", true
		}
		return "", false
	}}
}

func TestALoginWithoutTheKeyringGoesBeforeTheOldKeyInIt(t *testing.T) {
	ownConfigFolder(t)
	keyring.MockInit()
	var said bytes.Buffer
	if source, err := session(true, &said).remember(t.Context(), "acme", "old-key", "eu"); source != inKeyring || err != nil {
		t.Fatalf("%q, %v", source, err)
	}
	if source, err := session(false, &said).remember(t.Context(), "acme", "new-key", "us"); source == inKeyring || err != nil {
		t.Fatalf("%q, %v", source, err)
	}
	if !strings.Contains(said.String(), "the keyring still has an older key") {
		t.Errorf("said: %s", said.String())
	}
	s := settings{Profile: "acme"}
	if found, err := s.findKey(); found.key != "new-key" || found.region != "us" || err != nil {
		t.Errorf("%+v, %v", found, err)
	}
	from, err := session(true, &said).forget(t.Context(), "acme")
	if want := []string{inKeyring, "the file " + credentialsFile()}; !slices.Equal(from, want) || err != nil {
		t.Errorf("forgotten from %q, %v, want %q", from, err, want)
	}
	if _, err := keyring.Get(keyringService, "acme"); !errors.Is(err, keyring.ErrNotFound) {
		t.Errorf("in the keyring: %v", err)
	}
	if from, err := session(true, &said).forget(t.Context(), "acme"); len(from) > 0 || err != nil {
		t.Errorf("the second time: %q, %v", from, err)
	}
}

func TestALoginThatFindsTheKeyringTakesTheKeyOutOfTheFile(t *testing.T) {
	ownConfigFolder(t)
	var said bytes.Buffer
	keyring.MockInitWithError(errors.New("locked"))
	if source, err := session(true, &said).remember(t.Context(), "acme", "old-key", "eu"); source == inKeyring || err != nil {
		t.Fatalf("%q, %v", source, err)
	}
	keyring.MockInit()
	if source, err := session(true, &said).remember(t.Context(), "acme", "new-key", "eu"); source != inKeyring || err != nil {
		t.Fatalf("%q, %v", source, err)
	}
	if text, err := os.ReadFile(credentialsFile()); bytes.Contains(text, []byte("old-key")) || err != nil {
		t.Errorf("%s %v", text, err)
	}
	keyring.MockInitWithError(errors.New("locked"))
	if _, err := session(true, &said).forget(t.Context(), "acme"); err == nil || !strings.Contains(err.Error(), "does not let go") {
		t.Errorf("of a locked keyring: %v", err)
	}
	keyring.MockInit()
	if from, err := session(true, &said).forget(t.Context(), "acme"); !slices.Equal(from, []string{inKeyring}) || err != nil {
		t.Errorf("%q, %v", from, err)
	}
}

func TestLoginsAtOnceLoseNone(t *testing.T) {
	ownConfigFolder(t)
	keyring.MockInitWithError(errors.New("none"))
	const logins = 12
	var all sync.WaitGroup
	for i := range logins {
		all.Go(func() {
			var said bytes.Buffer
			if _, err := session(false, &said).remember(t.Context(), fmt.Sprint("profile", i), "key", "eu"); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if saved, err := readCredentials(credentialsFile()); len(saved) != logins || err != nil {
		t.Errorf("%d of %d are saved, %v", len(saved), logins, err)
	}
}
