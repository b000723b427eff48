package cio

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ciomirror/catalog"
)

func TestBackoffDoublesUpToItsCap(t *testing.T) {
	for _, tc := range []struct {
		n      int
		jitter float64
		want   time.Duration
	}{
		{1, 1, 500 * time.Millisecond}, {2, 1, time.Second}, {6, 1, 16 * time.Second}, {7, 1, 30 * time.Second},
		{1000, 1, 30 * time.Second}, {1, 0, 0}, {3, 0.25, 500 * time.Millisecond}, {0, 1, 500 * time.Millisecond},
		{-5, 1, 500 * time.Millisecond}, {2, 7, time.Second}, {2, -1, time.Second},
	} {
		if got := backoff(tc.n, tc.jitter); got != tc.want {
			t.Errorf("backoff(%d, %v) = %v, want %v", tc.n, tc.jitter, got, tc.want)
		}
	}
}

func TestRetryAfterIsReadWithSuspicion(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	date := func(d time.Duration) string { return now.Add(d).Format(http.TimeFormat) }
	for value, want := range map[string]time.Duration{
		"": 0, "1": time.Second, " 7 ": 7 * time.Second, "0": 0, "-5": 0, "abc": 0, "1.5": 0, "1s": 0, "0x10": 0,
		"120": 2 * time.Minute, "86400": 2 * time.Minute, strings.Repeat("9", 40): 2 * time.Minute,
		date(30 * time.Second): 30 * time.Second, date(-time.Hour): 0, date(0): 0, date(24 * time.Hour): 2 * time.Minute,
		now.Add(10 * time.Second).Format(time.RFC850): 10 * time.Second, "Sun, 99 Nov 2026 12:00:00 GMT": 0,
	} {
		h := http.Header{"Retry-After": {value}}
		if got := retryAfter(h, now); got != want {
			t.Errorf("%q: %v, want %v", value, got, want)
		}
	}
	h := http.Header{"Retry-After": {date(time.Hour + 3*time.Second)}, "Date": {date(time.Hour)}}
	if got := retryAfter(h, now); got != 3*time.Second {
		t.Errorf("by the server's own clock: %v", got)
	}
	if got := retryAfter(http.Header{"Retry-After": {date(time.Second)}}, time.Time{}); got != 0 {
		t.Errorf("without any clock: %v", got)
	}
}

func TestStatedLimitIsFound(t *testing.T) {
	for detail, want := range map[string]struct {
		perSecond float64
		quota     bool
	}{
		"rate limited to 10 requests per 1s (reference a1b2c3)":     {10, false},
		"rate limited to 2 request(s) per 1s (reference a1b2c3)":    {2, false},
		"rate limited to 1 requests per 10s (reference a1b2c3)":     {0.1, false},
		"rate limited to 100 request(s) per day (reference a1b2c3)": {0, true},
		"rate limited to 5 requests per second":                     {5, false},
		"rate limited to 60 requests per minute.":                   {1, false},
		"rate limited to many requests per 1s":                      {}, "rate limited to 10": {}, "slow down": {}, "": {},
		"rate limited to -1 requests per 1s": {}, "rate limited to 10 requests per -1s": {}, "rate limited to 10 requests per fortnight": {},
		"rate limited to NaN requests per 1s": {}, "rate limited to 10 requests per 0s": {},
	} {
		if got, quota := statedLimit(detail); got != want.perSecond || quota != want.quota {
			t.Errorf("%q: %v %v, want %v", detail, got, quota, want)
		}
	}
}

// API-1: how long a 429 holds us back, by what its header says.
func TestLimitedCallWaitsAsToldOrAsItThinksFit(t *testing.T) {
	for value, want := range map[string]time.Duration{
		"1": time.Second, "30": 30 * time.Second, "86400": 2 * time.Minute,
		"": time.Second, "0": time.Second, "-5": time.Second, "abc": time.Second,
		"date": 20 * time.Second,
	} {
		t.Run(value, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				header := value
				if value == "date" {
					header = time.Now().Add(20 * time.Second).UTC().Format(http.TimeFormat)
				}
				s := inTurn(says(429, `{"errors":[{"detail":"rate limited to 10 requests per 1s (reference x)","status":"429"}]}`, "Retry-After", header),
					says(200, `{"things":[]}`))
				m := &catalog.Meter{}
				if _, err := collect(t.Context(), newClient(t, s), catalog.Walk{Entity: things(), Meter: m}); err != nil {
					t.Fatal(err)
				}
				if got := s.times[1].Sub(s.times[0]); got != want {
					t.Errorf("asked again after %v, want %v", got, want)
				}
				if m.Requests() != 2 || m.Retries() != 1 || m.Waited() != want {
					t.Errorf("%d requests, %d retries, waited %v", m.Requests(), m.Retries(), m.Waited())
				}
			})
		})
	}
}

func TestEndless429sEnd(t *testing.T) {
	for header, most := range map[string]time.Duration{"86400": defaultMaxWait, "": defaultMaxWait, "1": maxLimited * 12 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			s := inTurn(says(429, "", "Retry-After", header))
			start := time.Now()
			_, err := collect(t.Context(), newClient(t, s), catalog.Walk{Entity: things()})
			e := asError(t, err)
			if took := time.Since(start); took > most || e.Status != 429 || e.Attempts != s.count() || s.count() > maxLimited {
				t.Errorf("Retry-After %q: %d requests in %v: %v", header, s.count(), took, err)
			}
		})
	}
}

// API-2: up to five failures in a row are outlived, a sixth ends the call.
func TestFiveFailuresAreOutlived(t *testing.T) {
	failures := map[string]func() (*http.Response, error){
		"reset":     breaks(&net.OpError{Op: "read", Err: errors.New("connection reset by peer")}),
		"refused":   breaks(&net.OpError{Op: "dial", Err: errors.New("connection refused")}),
		"cut":       func() (*http.Response, error) { r := reply(200, ""); r.Body = io.NopCloser(cut{}); return r, nil },
		"retry-503": says(503, "", "Retry-After", "3"),
	}
	for _, status := range []int{408, 500, 501, 502, 503, 504, 522, 524} {
		failures[fmt.Sprint(status)] = says(status, "<html>")
	}
	for name, failure := range failures {
		for n := 1; n <= maxTries; n++ {
			t.Run(fmt.Sprint(name, " x", n), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := times(n, failure, says(200, `{"things":[{"id":1}]}`))
					start := time.Now()
					pages, err := collect(t.Context(), newClient(t, s), catalog.Walk{Entity: things()})
					if n < maxTries && (err != nil || len(pages) != 1 || s.count() != n+1) {
						t.Errorf("%d requests, %v", s.count(), err)
					}
					if n == maxTries {
						if e := asError(t, err); s.count() != maxTries || e.Attempts != maxTries || !e.Temporary() || e.Hint() == "" || classes(t, err) != "" {
							t.Errorf("%d requests, %v", s.count(), err)
						}
					}
					if took := time.Since(start); took > time.Minute {
						t.Errorf("took %v", took)
					}
				})
			})
		}
	}
}

type cut struct{}

func (cut) Read(p []byte) (int, error) { return copy(p, `{"thin`), io.ErrUnexpectedEOF }

func TestDailyQuotaIsNotWaitedFor(t *testing.T) {
	const daily = `{"errors":[{"detail":"rate limited to 100 request(s) per day (reference a1b2c3)","status":"429"}]}`
	for name, tc := range map[string]struct {
		path, body, header string
		requests           int
	}{
		"said so":                   {"/v1/messages/x/archived_message", daily, "", 1},
		"said nothing":              {"/v1/messages/x/archived_message", "", "", 1},
		"said so elsewhere":         {"/v1/elsewhere", daily, "", 1},
		"the general limit, though": {"/v1/messages/x/archived_message", `{}`, "1", 2},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := inTurn(says(429, tc.body, "Retry-After", tc.header), says(200, `{}`))
			c := newClient(t, s)
			_, err := c.Do(t.Context(), "GET", tc.path, nil, nil)
			if s.count() != tc.requests || (tc.requests == 1) != (err != nil) {
				t.Errorf("%s: %d requests, %v", name, s.count(), err)
			}
			if tc.requests == 1 {
				if c.limiter.Rate() != 10*margin {
					t.Errorf("%s: a day's quota slowed everything down to %v", name, c.limiter.Rate())
				}
				if hint := asError(t, err).Hint(); !strings.Contains(hint, "tomorrow") {
					t.Errorf("%s: hint %q", name, hint)
				}
			}
		})
	}
}
