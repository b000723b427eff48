package cio

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// class says how a call may be repeated.
type class uint8

const (
	reads  class = iota // as often as one likes
	puts                // the same call twice leaves the same state
	writes              // a second one may create a second thing
	sends               // a second one reaches a person twice
	triggers
)

var classOps = [...]string{reads: "read", puts: "update", writes: "write", sends: "send", triggers: "trigger"}

// repeatable reports whether a call may be made again although the first one may
// have arrived.
func (c class) repeatable() bool { return c == reads || c == puts }

// classOf tells the class of a call.
func classOf(method, path string) class {
	switch {
	case method == http.MethodGet || method == http.MethodHead:
		return reads
	case method == http.MethodPut:
		return puts
	case strings.HasSuffix(path, "/triggers"):
		return triggers
	case strings.HasPrefix(path, "/v1/send/"), strings.HasSuffix(path, "/send"), strings.HasSuffix(path, "/schedule"):
		return sends
	}
	return writes
}

const (
	// maxTries is enough for five failures in a row.
	maxTries = 6
	// maxBroken: an answer that is no JSON twice more will not become one.
	maxBroken = 3
	// maxLimited bounds the 429s of one call; the sum of their waits bounds it sooner.
	maxLimited = 20

	// maxRetryAfter is the longest wait we take the API's word for.
	maxRetryAfter = 2 * time.Minute
	// minLimitedWait: the API counts per second, so a shorter wait meets the same 429.
	minLimitedWait = time.Second

	backoffBase = 500 * time.Millisecond
	backoffCap  = 30 * time.Second
)

// budget is what one call has spent on trying again.
type budget struct {
	failed, broken, limited int
	waited                  time.Duration
}

// next decides about a failed attempt: how long to wait before the next one, or
// that there is none. It counts the attempt.
func (b *budget) next(e *Error, c class, maxWait time.Duration, jitter float64) (time.Duration, bool) {
	limited := e.Status == http.StatusTooManyRequests
	if !e.Temporary() || !c.repeatable() && !e.unsent && !limited {
		return 0, false
	}
	var wait time.Duration
	switch {
	case limited:
		if b.limited++; b.limited >= maxLimited {
			return 0, false
		}
		if wait = e.RetryAfter; wait == 0 {
			wait = max(minLimitedWait, backoff(b.limited, jitter))
		}
	default:
		if e.kind == kindBroken {
			b.broken++
		}
		if b.failed++; b.failed >= maxTries || b.broken >= maxBroken {
			return 0, false
		}
		wait = max(e.RetryAfter, backoff(b.failed, jitter))
	}
	if b.waited += wait; b.waited > maxWait {
		return 0, false
	}
	return wait, true
}

// backoff is the wait after the nth failure, n from 1: it doubles from half a second
// up to half a minute, times a random number in [0,1), so that clients which failed
// together do not come back together.
func backoff(n int, jitter float64) time.Duration {
	d := backoffCap
	if n = max(n, 1); n < 7 { // the seventh is past the cap
		d = backoffBase << (n - 1)
	}
	if !(jitter >= 0 && jitter <= 1) {
		jitter = 1
	}
	return time.Duration(float64(d) * jitter)
}

// retryAfter reads the header of that name: seconds or a date. It returns 0 for
// what is absent, no wait, in the past or no such thing, and never more than
// maxRetryAfter. A date is held against the answer's own Date, as the clocks of two
// machines differ, else against now.
func retryAfter(h http.Header, now time.Time) time.Duration {
	value := strings.TrimSpace(h.Get("Retry-After"))
	if value == "" {
		return 0
	}
	if strings.Trim(value, "0123456789") == "" {
		seconds, err := strconv.ParseInt(value, 10, 64)
		if err != nil { // too many digits
			seconds = math.MaxInt64
		}
		return time.Duration(min(seconds, int64(maxRetryAfter/time.Second))) * time.Second
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		now = date
	}
	if now.IsZero() {
		return 0
	}
	return max(0, min(at.Sub(now), maxRetryAfter))
}

// statedLimit finds the limit that a 429 names: "rate limited to 10 requests per 1s"
// is 10 per second. A period of an hour or more is a quota, not a rate.
func statedLimit(detail string) (perSecond float64, quota bool) {
	_, rest, ok := strings.Cut(detail, "rate limited to ")
	words := strings.Fields(rest)
	if !ok || len(words) < 4 || words[2] != "per" {
		return 0, false
	}
	n, err := strconv.ParseFloat(words[0], 64)
	if err != nil || !(n > 0 && n < 1e6) {
		return 0, false
	}
	period, err := time.ParseDuration(words[3])
	switch word := strings.TrimRight(words[3], "s.,;"); {
	case err == nil:
	case word == "second":
		period = time.Second
	case word == "minute":
		period = time.Minute
	case word == "hour":
		period = time.Hour
	case word == "day":
		period = 24 * time.Hour
	}
	switch {
	case period >= time.Hour:
		return 0, true
	case period > 0:
		return n / period.Seconds(), false
	}
	return 0, false
}
