package sim

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// gate counts what the limits allow, on the virtual clock.
type gate struct {
	o        *Options
	mu       sync.Mutex
	general  bucket
	sends    bucket
	triggers map[string]int64 // path of a trigger → when it was last used
	today    int64            // the day that the archived messages were counted for
	archived int
}

// archivedADay is how many archived messages a day gives.
const archivedADay = 100

// triggerEvery is the time between two triggers of one broadcast.
const triggerEvery = 10 * second

func (g *gate) start(o *Options) {
	g.o = o
	g.triggers = map[string]int64{}
	g.general = bucket{rate: int64(o.Rate), level: int64(o.Rate) * 1000}
	g.sends = bucket{rate: int64(o.SendRate), level: int64(o.SendRate) * 1000}
}

// SetRate changes Options.Rate from now on, as the API may do to an account.
func (s *Sim) SetRate(perSecond int) error {
	if perSecond < 0 {
		return errors.New("a negative rate")
	}
	g := &s.gate
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.o.Rate == 0 {
		g.general.level = int64(perSecond) * 1000
	}
	g.o.Rate, g.general.rate = perSecond, int64(perSecond)
	g.general.level = min(g.general.level, g.general.rate*1000)
	return nil
}

// bucket is a token bucket that holds what one second gives, in thousandths.
type bucket struct {
	rate, level, at int64
}

func (b *bucket) take(now int64) bool {
	if b.rate == 0 {
		return true
	}
	if b.at > 0 {
		b.level = min(b.rate*1000, b.level+max(0, min(now-b.at, second))*b.rate)
	}
	b.at = now
	if b.level < 1000 {
		return false
	}
	b.level -= 1000
	return true
}

// pass lets a request through, or answers 429.
func (g *gate) pass(c *call) *reply {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case c.route.send():
		if !g.sends.take(c.now) {
			return g.limited(c, g.o.SendRate, "1s", "1")
		}
		return nil
	case !g.general.take(c.now):
		return g.limited(c, g.o.Rate, "1s", "1")
	case c.method == http.MethodPost && c.route.entity == "broadcast_trigger":
		if last, used := g.triggers[c.path]; used && c.now-last < triggerEvery {
			return g.limited(c, 1, "10s", strconv.FormatInt((triggerEvery-(c.now-last)+second-1)/second, 10))
		}
		g.triggers[c.path] = c.now
	case strings.HasSuffix(c.route.path, "/archived_message"):
		return g.daily(c)
	}
	return nil
}

func (g *gate) limited(c *call, n int, per, wait string) *reply {
	p := c.fail(http.StatusTooManyRequests, fmt.Sprintf("rate limited to %d requests per %s", n, per))
	switch g.o.RetryAfter {
	case RetryAfterAbsent:
		return p
	case RetryAfterGarbage:
		return p.with("Retry-After", []string{"abc", "-5", "1.5 s", ""}[c.serial%4])
	}
	return p.with("Retry-After", wait)
}

// daily is the quota of archived messages, whose 429 never says when to come back.
func (g *gate) daily(c *call) *reply {
	if d := c.now / day; d != g.today {
		g.today, g.archived = d, 0
	}
	if g.archived >= archivedADay {
		return c.fail(http.StatusTooManyRequests, fmt.Sprintf("rate limited to %d request(s) per day", archivedADay)).
			with("X-RateLimit-Limit", strconv.Itoa(archivedADay)).with("X-RateLimit-Remaining", "0")
	}
	g.archived++
	return nil
}

func (g *gate) remaining() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return strconv.Itoa(archivedADay - g.archived)
}

// traffic counts requests.
type traffic struct {
	mu     sync.Mutex
	counts map[string]int
}

func (t *traffic) start() { t.counts = map[string]int{} }

// note counts a request and returns how many came before it.
func (t *traffic) note(c *call) int64 {
	key := "unrouted"
	if c.route != nil {
		key = c.route.method + " " + c.route.path
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.counts[key]++
	t.counts["total"]++
	return int64(t.counts["total"] - 1)
}

func (t *traffic) limited() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.counts["429"]++
}

// Requests counts the App API requests so far by route, as in
// "GET /v1/campaigns/{id}/actions", those of no route as "unrouted". "total"
// counts them all and "429" the answers of that status.
func (s *Sim) Requests() map[string]int {
	s.traffic.mu.Lock()
	defer s.traffic.mu.Unlock()
	m := map[string]int{"total": 0, "429": 0}
	for k, n := range s.traffic.counts {
		m[k] = n
	}
	return m
}
