package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/adrg/xdg"
	"github.com/gofrs/flock"
	"github.com/zalando/go-keyring"
	"go.yaml.in/yaml/v3"

	"ciomirror/internal/newfile"
)

// keyringService is what our keys stand under in the system's keyring.
const keyringService = "ciomirror"

var errNoKeyring = errors.New("no keyring is running here")

// inKeyring is where a key is, in words.
const inKeyring = "the system's keyring"

// credential is what auth login remembers of a profile. The key itself stands in the
// system's keyring or, where there is none, here. One that stands here goes first: then
// the keyring has an older one that could not be taken out.
type credential struct {
	Region  string `yaml:"region,omitempty"`
	Keyring bool   `yaml:"keyring,omitempty"`
	Key     string `yaml:"key,omitempty"`
}

func credentialsFile() string { return filepath.Join(xdg.ConfigHome, "ciomirror", "credentials.yaml") }

// readCredentials reads what auth login saved, by profile. A file that is not there
// holds nothing.
func readCredentials(path string) (map[string]credential, error) {
	saved := map[string]credential{}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return saved, nil
	}
	if err != nil {
		return nil, noKey(fmt.Sprintf("the saved keys cannot be read: %v", err), "set CIO_APP_KEY_FILE, or make the file readable for you alone: chmod 600 "+path)
	}
	if err := onlyOurs(path); err != nil {
		return nil, err
	}
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	if err := d.Decode(&saved); err != nil && len(bytes.TrimSpace(text)) > 0 {
		// YAML's own message may quote a key.
		return nil, noKey("the file of the saved keys is broken: "+path, "delete it, then: ciomirror auth login")
	}
	return saved, nil
}

// onlyOurs refuses a file with a secret that others may read.
func onlyOurs(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("look at %s: %w", path, err)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return noKey(fmt.Sprintf("%s holds a key and others may read it (mode %04o)", path, info.Mode().Perm()), "chmod 600 "+path)
	}
	return nil
}

// writeCredentials replaces the file; with nothing to save it removes it.
func writeCredentials(path string, saved map[string]credential) error {
	if len(saved) == 0 {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("forget the key: %w", err)
		}
		return nil
	}
	text, err := yaml.Marshal(saved)
	if err != nil {
		return fmt.Errorf("save the key: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("save the key: %w", err)
	}
	_, err = newfile.Write(path, newfile.Options{Replace: true}, func(part string) error { return os.WriteFile(part, text, 0o600) })
	if err != nil {
		return fmt.Errorf("save the key: %w", err)
	}
	return nil
}

// lockCredentials keeps a second login or logout away until unlock is called: each
// writes what it read, with its own profile changed.
func lockCredentials(ctx context.Context, path string) (unlock func(), err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("lock the saved keys: %w", err)
	}
	lock := flock.New(path+".lock", flock.SetPermissions(0o600))
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	switch ok, err := lock.TryLockContext(ctx, 20*time.Millisecond); {
	case errors.Is(err, context.DeadlineExceeded):
		return nil, &problem{Type: "busy", Status: 409, Retryable: true, exit: exitBusy,
			Message: "another login or logout holds " + lock.Path(), Hint: "let it come to its end, then try again"}
	case err != nil || !ok:
		return nil, fmt.Errorf("lock the saved keys: %w", err)
	}
	return func() { _ = lock.Unlock() }, nil
}

// remember saves a profile's key: in the keyring if one is running, else in the file.
// It returns where, in words; why not the keyring is said aloud. What was saved before
// is forgotten.
func (a *app) remember(ctx context.Context, profile, key, region string) (source string, err error) {
	path := credentialsFile()
	unlock, err := lockCredentials(ctx, path)
	if err != nil {
		return "", err
	}
	defer unlock()
	saved, err := readCredentials(path)
	if err != nil {
		return "", err
	}
	if why := a.intoKeyring(profile, key); why != "" {
		a.say("%s: the key goes into a file that you alone may read", why)
		source = "the file " + path
		older := saved[profile].Keyring
		if gone, err := a.outOfKeyring(profile, older); err == nil {
			older = older && !gone
		}
		if older {
			a.say("the keyring still has an older key, which is not used; to remove it, where the keyring runs: ciomirror auth logout")
		}
		saved[profile] = credential{Region: region, Key: key, Keyring: older}
	} else {
		source = inKeyring
		saved[profile] = credential{Region: region, Keyring: true}
	}
	return source, writeCredentials(path, saved)
}

// intoKeyring puts a key into the keyring, or tells why it is not there.
func (a *app) intoKeyring(profile, key string) (why string) {
	if !a.hasKeyring() {
		return errNoKeyring.Error()
	}
	if err := keyring.Set(keyringService, profile, key); err != nil {
		return fmt.Sprintf("the keyring did not take it (%v)", err)
	}
	return ""
}

// outOfKeyring takes a key out of the keyring. Without one running that fails if a key
// is known to be there. gone is whether there was one.
func (a *app) outOfKeyring(profile string, known bool) (gone bool, err error) {
	if !a.hasKeyring() {
		if known {
			err = errNoKeyring
		}
		return false, err
	}
	err = keyring.Delete(keyringService, profile)
	if errors.Is(err, keyring.ErrNotFound) {
		return known, nil // somebody else did
	}
	return err == nil, err
}

// forget drops a profile's key wherever it is; from are the places, in words.
func (a *app) forget(ctx context.Context, profile string) (from []string, err error) {
	path := credentialsFile()
	unlock, err := lockCredentials(ctx, path)
	if err != nil {
		return nil, err
	}
	defer unlock()
	saved, err := readCredentials(path)
	if err != nil {
		return nil, err
	}
	c := saved[profile]
	gone, keyringErr := a.outOfKeyring(profile, c.Keyring)
	if gone {
		from = append(from, inKeyring)
	}
	if c.Key != "" {
		from = append(from, "the file "+path)
	}
	left := keyringErr != nil && c.Keyring
	if delete(saved, profile); left {
		saved[profile] = credential{Keyring: true}
	}
	if err := writeCredentials(path, saved); err != nil {
		return from, err
	}
	if left {
		return from, noKey(fmt.Sprintf("the keyring does not let go of the key: %v", keyringErr), "again where it is running and unlocked: ciomirror auth logout")
	}
	if keyringErr != nil {
		a.say("the keyring gives no answer (%v); no key is known to be in it", keyringErr)
	}
	return from, nil
}

// hasKeyring reports whether it makes sense to ask for one. On a machine without a
// session the question alone can start programs, or hang.
func (a *app) hasKeyring() bool {
	switch runtime.GOOS {
	case "darwin", "windows":
		return true
	default:
		return envValue(a.env, "DBUS_SESSION_BUS_ADDRESS") != ""
	}
}

// foundKey is a key and where it was found.
type foundKey struct {
	key    string
	source string // in words
	file   string // that holds it; "" for none
	region string // as it was found at the login; "" when nobody looked
}

// findKey looks for the App API key where it may be: the environment, a named file,
// systemd's credentials, then what auth login saved.
func (s *settings) findKey() (foundKey, error) {
	if s.key != "" {
		return foundKey{key: s.key, source: "CIO_APP_KEY"}, nil
	}
	for _, file := range []string{s.KeyFile, s.systemdKey()} {
		if file == "" {
			continue
		}
		b, err := os.ReadFile(file)
		if err != nil {
			return foundKey{}, noKey(fmt.Sprintf("the key file cannot be read: %v", err), "CIO_APP_KEY_FILE names a file that holds the key alone")
		}
		return foundKey{key: strings.TrimSpace(string(b)), source: "the file " + file, file: file}, nil
	}
	saved, err := readCredentials(credentialsFile())
	if err != nil {
		return foundKey{}, err
	}
	c, ok := saved[s.Profile]
	switch {
	case ok && c.Key == "":
		key, err := keyring.Get(keyringService, s.Profile)
		if err != nil {
			return foundKey{}, noKey(fmt.Sprintf("the keyring does not give the key: %v", err), "unlock it, or save the key again: ciomirror auth login")
		}
		return foundKey{key: key, source: inKeyring, region: c.Region}, nil
	case ok:
		return foundKey{key: c.Key, source: "the file " + credentialsFile(), file: credentialsFile(), region: c.Region}, nil
	}
	return foundKey{}, noKey("there is no App API key",
		"save one: ciomirror auth login   or set CIO_APP_KEY_FILE (a file that holds it) or CIO_APP_KEY; make one in Customer.io under Account Settings, API Credentials, App API Keys")
}

// systemdKey is the key that a unit's LoadCredential= hands over, "" for none.
func (s *settings) systemdKey() string {
	if s.credentials == "" {
		return ""
	}
	path := filepath.Join(s.credentials, "cio-app-key")
	if _, err := os.Stat(path); err != nil {
		return ""
	}
	return path
}

// hasKey reports whether somebody named or saved a key, readable or not.
func (s *settings) hasKey() (bool, error) {
	if s.key != "" || s.KeyFile != "" || s.systemdKey() != "" {
		return true, nil
	}
	saved, err := readCredentials(credentialsFile())
	_, ok := saved[s.Profile]
	return ok, err
}

// appKey is the key to the live API.
func (s *settings) appKey() (string, error) {
	found, err := s.findKey()
	return found.key, err
}

func noKey(message, hint string) error {
	return &problem{Type: "unauthorized", Status: 401, exit: exitUnauthorized, Message: message, Hint: hint}
}
