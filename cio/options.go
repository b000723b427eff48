package cio

import (
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Region is one of the two places where Customer.io keeps workspaces. A workspace
// lives in one of them, and its key is unknown in the other.
type Region string

// The regions.
const (
	US Region = "us"
	EU Region = "eu"
)

// ParseRegion reads a region as people write it (us, EU). The empty string is no
// region: it will be found out.
func ParseRegion(s string) (Region, error) {
	switch r := Region(strings.ToLower(strings.TrimSpace(s))); r {
	case US, EU, "":
		return r, nil
	default:
		return "", fmt.Errorf("unknown region %q: it is us or eu", s)
	}
}

// base is the address of the region's App API, without /v1.
func (r Region) base() string {
	if r == EU {
		return "https://api-eu.customer.io"
	}
	return "https://api.customer.io"
}

// Options configure a Client. The zero value works: it finds the region out and
// sends 10 requests per second.
type Options struct {
	// BaseURL is the address of a simulator or proxy, without /v1 (a trailing /v1
	// is cut off). Empty: by Region, or found out with the first call.
	BaseURL string
	// Region names the host to ask. Empty: found out with the first call.
	Region Region
	// Transport carries the requests; nil is one of the client's own. Its RoundTrip
	// and the bodies it returns must end when the request's context does, as those
	// of net/http do.
	Transport http.RoundTripper
	// Limiter is shared by all clients of one key; nil is one of the client's own,
	// made for Rate. Give one of the two.
	Limiter *Limiter
	// Rate is the API's limit in requests per second; 0 is 10, which the API
	// documents. The client stays 4 % below it.
	Rate float64
	// Timeout ends one attempt, from the dial to the last byte of the answer; 0 is
	// a minute.
	Timeout time.Duration
	// MaxWait bounds the sum of the waits between the attempts of one call; 0 is 5
	// minutes. The turns of the limiter are not counted, but for those of triggers,
	// which are waits themselves.
	MaxWait time.Duration
	// Waiting is told before each repetition how long the call waits, and why. Nil:
	// nobody is.
	Waiting func(wait time.Duration, e *Error)
	// MaxBody is the largest answer to take, in bytes; 0 is 100 MB. A larger one is
	// an error.
	MaxBody int64
	// Now tells the time, for measured waits and for dates in Retry-After; nil
	// leaves waits unmeasured, and such a date is then held against the answer's
	// own Date. Nothing is timed by it.
	Now func() time.Time
	// Jitter spreads the back-off: a random number in [0,1). Nil: not spread. Like
	// Now it is called from the goroutines that use the client.
	Jitter func() float64
	// Version goes into the User-Agent header: ciomirror/<version>.
	Version string
	// Log takes one debug line per page and one warning per repetition; nil
	// discards them.
	Log *slog.Logger
}

const (
	defaultRate    = 10
	defaultTimeout = time.Minute
	defaultMaxWait = 5 * time.Minute
	defaultMaxBody = 100 << 20
)

// validate reports all faults at once and fills in what is zero.
func (o *Options) validate() error {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	if o.BaseURL != "" {
		base, err := cleanBase(o.BaseURL)
		if err != nil {
			faults = append(faults, err)
		}
		o.BaseURL = base
	}
	switch o.Region {
	case "", US, EU:
	default:
		fault("unknown region %q: it is us or eu", string(o.Region))
	}
	switch {
	case o.Rate < 0 || math.IsNaN(o.Rate):
		fault("rate %v: it is a number of requests per second", o.Rate)
	case o.Rate != 0 && o.Limiter != nil:
		fault("a rate and a limiter are given: the limiter has a rate of its own")
	case o.Rate == 0:
		o.Rate = defaultRate
	}
	if o.Timeout < 0 || o.MaxWait < 0 || o.MaxBody < 0 {
		fault("a negative time-out, wait or body size")
	}
	if o.Timeout == 0 {
		o.Timeout = defaultTimeout
	}
	if o.MaxWait == 0 {
		o.MaxWait = defaultMaxWait
	}
	if o.MaxBody == 0 {
		o.MaxBody = defaultMaxBody
	}
	if strings.ContainsFunc(o.Version, func(r rune) bool { return r <= ' ' || r > '~' }) {
		fault("version %q does not fit into a header", o.Version)
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return errors.Join(faults...)
}

// cleanBase checks a base address and cuts off what people add to it. A user name
// or a query in it could be a secret, so the address is not repeated in errors.
func cleanBase(s string) (string, error) {
	u, err := url.Parse(s)
	switch {
	case err != nil:
		return "", errors.New("base URL: not an address")
	case u.Scheme != "http" && u.Scheme != "https", u.Host == "":
		return "", errors.New("base URL: it must begin with http:// or https:// and name a host")
	case u.User != nil, u.RawQuery != "", u.ForceQuery, u.Fragment != "":
		return "", errors.New("base URL: no user name, query or fragment may stand in it")
	}
	u.Path, u.RawPath = strings.TrimSuffix(strings.TrimRight(u.Path, "/"), "/v1"), ""
	return strings.TrimRight(u.String(), "/"), nil
}
