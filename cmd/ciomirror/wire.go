package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/gofrs/flock"
	"github.com/lmittmann/tint"

	"ciomirror/catalog"
	"ciomirror/cio"
	"ciomirror/query"
	"ciomirror/store"
	"ciomirror/store/sqlite"
	syncer "ciomirror/sync"
)

// openMirror opens the mirror that the settings name.
func (a *app) openMirror(ctx context.Context, create bool) (*sqlite.Store, error) {
	m, err := sqlite.Open(ctx, a.settings.DB, sqlite.Options{Create: create, Now: a.now})
	if errors.Is(err, store.ErrNoMirror) {
		return nil, emptyMirror{err, a.settings.howToFill()}
	}
	return m, err
}

// emptyMirror is the error of a mirror that nothing was copied into, with what to do
// about it here.
type emptyMirror struct {
	error
	hint string
}

func (e emptyMirror) Unwrap() error { return e.error }

// Hint is the advice that problemOf looks for.
func (e emptyMirror) Hint() string { return e.hint }

// The ways to a mirror: who has a key needs no login.
const (
	fillWithKey    = "fill it: ciomirror sync   or try: ciomirror demo"
	fillWithoutKey = "save the key: ciomirror auth login   then fill it: ciomirror sync   or try: ciomirror demo"
)

func (s *settings) howToFill() string {
	if has, err := s.hasKey(); has && err == nil {
		return fillWithKey
	}
	return fillWithoutKey
}

// lockMirror keeps a second run away from the mirror until unlock is called.
func (a *app) lockMirror() (unlock func(), err error) {
	path := realPath(a.settings.DB) + ".lock"
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("lock the mirror: %w", err)
	}
	lock := flock.New(path, flock.SetPermissions(0o600))
	ok, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("lock the mirror: %w", err)
	}
	if !ok {
		holder := "another process"
		if b, err := os.ReadFile(path); err == nil && len(b) > 0 {
			holder = "process " + string(b)
		}
		return nil, &problem{Type: "busy", Status: 409, Retryable: true, exit: exitBusy,
			Message: "another sync is running: " + holder + " holds " + path,
			Hint:    "wait for it, or read meanwhile: search, sql and diff work during a sync"}
	}
	// Who holds it, for the message above. The lock itself does not need it.
	_ = os.WriteFile(path, []byte(strconv.Itoa(os.Getpid())), 0o600)
	return func() { _ = lock.Unlock() }, nil
}

// realPath is a file's path without links, so that one mirror under two names has
// one lock. Of a file that does not exist yet, it is that of its folder.
func realPath(path string) string {
	if p, err := filepath.EvalSymlinks(path); err == nil {
		return p
	}
	if dir, err := filepath.EvalSymlinks(filepath.Dir(path)); err == nil {
		return filepath.Join(dir, filepath.Base(path))
	}
	return path
}

// holder names this process in the mirror's lease.
func holder() string {
	host, err := os.Hostname()
	if err != nil {
		host = "localhost"
	}
	return host + " process " + strconv.Itoa(os.Getpid())
}

// endedHere reports whether another holder is known to have ended: one on this
// machine would still hold the lock file, which we do.
func endedHere(other string) bool {
	ours, _, _ := strings.Cut(holder(), " process ")
	theirs, _, ok := strings.Cut(other, " process ")
	return ok && ours == theirs
}

// openAPI connects to the live API. rate is requests a second; 0 is the default.
func (a *app) openAPI(rate float64) (*cio.Client, error) {
	return a.connect(func(o *cio.Options) { o.Rate = rate })
}

// connect is openAPI with other options.
func (a *app) connect(adjust func(*cio.Options)) (*cio.Client, error) {
	found, err := a.settings.findKey()
	if err != nil {
		return nil, err
	}
	return a.clientFor(found, adjust)
}

// clientFor is a client with a key of its own. The region is that of the settings, or
// where the key was found to belong.
func (a *app) clientFor(found foundKey, adjust func(*cio.Options)) (*cio.Client, error) {
	region := a.settings.Region
	if region == "" && a.settings.APIURL == "" {
		region = found.region
	}
	o := cio.Options{
		BaseURL: a.settings.APIURL,
		Region:  cio.Region(region),
		Now:     a.now,
		Jitter:  rand.Float64,
		Log:     a.logger(),
		Version: version,
		Transport: &http.Transport{
			Proxy:               http.ProxyFromEnvironment,
			ForceAttemptHTTP2:   true,
			MaxIdleConnsPerHost: syncer.DefaultWalks,
			IdleConnTimeout:     90 * time.Second,
		},
	}
	adjust(&o)
	c, err := cio.New(found.key, o)
	if err != nil && !errors.Is(err, catalog.ErrUnauthorized) {
		return nil, usageError(err.Error(), "the address of the API is in CIOMIRROR_API_URL, for example http://127.0.0.1:8790")
	}
	return c, err
}

// logger writes to stderr: nothing unless -v or CIOMIRROR_LOG asks for it.
func (a *app) logger() *slog.Logger {
	level := slog.LevelError + 1
	if a.settings.verbose {
		level = slog.LevelInfo
	}
	if a.settings.Log != "" {
		_ = level.UnmarshalText([]byte(a.settings.Log)) // validate took it
	}
	if a.terminal.err {
		return slog.New(tint.NewTextHandler(a.err, &tint.Options{Level: level, NoColor: envValue(a.env, "NO_COLOR") != "" || envValue(a.env, "TERM") == "dumb"}))
	}
	return slog.New(slog.NewJSONHandler(a.err, &slog.HandlerOptions{Level: level}))
}

// mirrored finds an entity that has a table.
func mirrored(cat *catalog.Catalog, name string) (*catalog.Entity, error) {
	if e, ok := cat.Entity(name); ok && e.Mirrored() {
		return e, nil
	}
	return nil, usageError(fmt.Sprintf("there is no entity %q", name), nearestEntity(name))
}

// nearestEntity is the hint for a name that is no entity.
func nearestEntity(name string) string {
	if best := nearest(name, entityNames()); best != "" {
		return fmt.Sprintf("did you mean %q? All entities: ciomirror schema", best)
	}
	return "all entities: ciomirror schema"
}

func entityNames() []string { return catalog.Names(catalog.Default().Mirrored()) }

// nearest is the candidate that a mistyped name most likely means, "" for none. The
// beginning of a longer one is near it too, when nothing is nearer.
func nearest(name string, candidates []string) string {
	if found := query.Nearest(name, candidates); len(found) > 0 {
		return found[0]
	}
	const leastBeginning = 3
	if len(name) < leastBeginning {
		return ""
	}
	for _, c := range candidates {
		if strings.HasPrefix(strings.ToLower(c), strings.ToLower(name)) {
			return c
		}
	}
	return ""
}
