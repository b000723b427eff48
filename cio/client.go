package cio

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"ciomirror/catalog"
)

// Client speaks to the App API with one key. Its methods may be called from
// several goroutines, and share one limiter.
type Client struct {
	key       secret
	opts      Options
	transport http.RoundTripper
	limiter   *Limiter
	agent     string

	// host holds the address to ask once it is known. Who takes it out may find it
	// out; the others wait, so that a start with many walks asks each region once.
	host chan string
}

// New makes a client for an App API key. It asks nothing of the network. It
// refuses what cannot be an App API key, a Track API key above all, and reports
// all faults of the options.
func New(key string, o Options) (*Client, error) {
	if err := errors.Join(checkKey(key), o.validate()); err != nil {
		return nil, fmt.Errorf("client of the App API: %w", err)
	}
	c := &Client{
		key:       func() string { return key },
		opts:      o,
		transport: o.Transport,
		limiter:   o.Limiter,
		agent:     "ciomirror",
		host:      make(chan string, 1),
	}
	if o.Version != "" {
		c.agent += "/" + o.Version
	}
	if c.transport == nil {
		t := &http.Transport{
			ForceAttemptHTTP2:   true,
			MaxIdleConnsPerHost: 16,
			IdleConnTimeout:     90 * time.Second,
		}
		c.transport = t
	}
	if c.limiter == nil {
		c.limiter = NewLimiter(o.Rate)
	}
	base := o.BaseURL
	if base == "" && o.Region != "" {
		base = o.Region.base()
	}
	c.host <- base
	return c, nil
}

// CloseIdleConnections closes the connections that are open and not in use.
func (c *Client) CloseIdleConnections() {
	if t, ok := c.transport.(interface{ CloseIdleConnections() }); ok {
		t.CloseIdleConnections()
	}
}

// String says what the client is, without its key.
func (c *Client) String() string { return "cio.Client([key])" }

// GoString is String: the verb %#v must not show more.
func (c *Client) GoString() string { return c.String() }

// LogValue is String: a log must not show more.
func (c *Client) LogValue() slog.Value { return slog.StringValue(c.String()) }

// now is the time by Options.Now, or the zero time.
func (c *Client) now() time.Time {
	if c.opts.Now == nil {
		return time.Time{}
	}
	return c.opts.Now()
}

func (c *Client) jitter() float64 {
	if c.opts.Jitter == nil {
		return 1
	}
	return c.opts.Jitter()
}

// Discover finds the region where the key is known, and keeps to it from then on.
// Each region answers a stranger's key as it answers a wrong one, so it asks for
// the list of workspaces in the US and then in the EU: an answer, or a refusal for
// want of a scope, proves the place. With a base URL or a region in the options it
// asks only there; the region is then the one of the options.
//
// A key that is known nowhere is catalog.ErrUnauthorized.
func (c *Client) Discover(ctx context.Context) (Region, error) {
	base, err := c.takeHost(ctx)
	if err != nil {
		return "", &Error{Op: opDiscover, Method: http.MethodGet, Path: probePath, Err: err, kind: kindCancelled}
	}
	if base != "" {
		c.host <- base
		if err := c.probe(ctx, base, nil); err != nil {
			return "", err
		}
		return regionOf(base, c.opts.Region), nil
	}
	base, err = c.discover(ctx, nil)
	c.host <- base
	return regionOf(base, ""), err
}

const (
	opDiscover = "find the region of the key"
	probePath  = "/v1/workspaces"
)

// base is the address to ask. It finds it out if nobody has.
func (c *Client) base(ctx context.Context, m *catalog.Meter) (string, error) {
	base, err := c.takeHost(ctx)
	if err != nil {
		return "", &Error{Op: opDiscover, Method: http.MethodGet, Path: probePath, Err: err, kind: kindCancelled}
	}
	if base == "" {
		base, err = c.discover(ctx, m)
	}
	c.host <- base
	return base, err
}

func (c *Client) takeHost(ctx context.Context) (string, error) {
	if err := cancelled(ctx); err != nil {
		return "", err
	}
	select {
	case base := <-c.host:
		return base, nil
	case <-ctx.Done():
		return "", cancelled(ctx)
	}
}

// discover asks both regions. It returns the base address, empty with an error.
func (c *Client) discover(ctx context.Context, m *catalog.Meter) (string, error) {
	var last error
	for _, r := range []Region{US, EU} {
		err := c.probe(ctx, r.base(), m)
		if err == nil {
			c.opts.Log.DebugContext(ctx, "region found", slog.String("region", string(r)))
			return r.base(), nil
		}
		if !errors.Is(err, catalog.ErrUnauthorized) {
			return "", err
		}
		last = err
	}
	var e *Error
	errors.As(last, &e)
	both := *e
	both.host = "api.customer.io and api-eu.customer.io"
	return "", &both
}

// probe asks one host whether it knows the key.
func (c *Client) probe(ctx context.Context, base string, m *catalog.Meter) error {
	err := c.run(ctx, &call{
		op: opDiscover, method: http.MethodGet, class: reads, path: probePath, base: base, meter: m,
		accept: func(src *source) error {
			body, err := io.ReadAll(src)
			if err != nil {
				return err
			}
			return checkObject(body, false)
		},
	})
	if errors.Is(err, catalog.ErrForbidden) {
		return nil
	}
	return err
}

func regionOf(base string, stated Region) Region {
	switch base {
	case US.base():
		return US
	case EU.base():
		return EU
	}
	return stated
}
