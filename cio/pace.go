package cio

import (
	"context"
	"sync"
	"time"
)

const (
	// margin is the share of a stated limit that we use: at 10 requests per second
	// one leaves every 104 ms.
	margin = 0.96
	// carry is how late a request may leave without those behind it being late too:
	// timers fire a millisecond or two late, and nothing would ever make up for it.
	// No window of a second holds an eleventh even when one is 30 ms late on its way.
	carry = 10 * time.Millisecond
)

// triggerRate is the API's limit for triggering broadcasts, in requests per second.
const triggerRate = 0.1

// Limiter spreads the requests of one key over time. All clients of a key share
// one, because the API counts per key. It may be used from several goroutines.
type Limiter struct {
	general, triggers *pacer
}

// NewLimiter makes a limiter for an API limit in requests per second; it stays 4 %
// below it. Triggers of broadcasts have a second limit of their own, one in 10 s.
func NewLimiter(perSecond float64) *Limiter {
	if perSecond <= 0 {
		perSecond = defaultRate
	}
	return &Limiter{general: newPacer(perSecond * margin), triggers: newPacer(triggerRate * margin)}
}

// Rate is the number of requests per second that the limiter allows now. It falls
// when the API answers 429, and climbs back.
func (l *Limiter) Rate() float64 { return l.general.rate() }

// pacer lets requests go one by one. A request takes its token at the moment it
// leaves, and not when it queued up: a goroutine that woke up late must not leave
// close to the next one.
type pacer struct {
	turn chan struct{} // held by the one who is next to go
	last time.Time     // when one went, or was to go; for the holder of turn

	mu      sync.Mutex
	control control
	pauses  []*time.Timer // nobody goes before all of them have fired
}

// ticket remembers under which rate a request left.
type ticket int

func newPacer(perSecond float64) *pacer {
	return &pacer{turn: make(chan struct{}, 1), control: newControl(perSecond)}
}

// rate is the present one, in requests per second.
func (p *pacer) rate() float64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.control.rate
}

// wait returns when a request may leave, or the context's error at once when that ends.
func (p *pacer) wait(ctx context.Context) (ticket, error) {
	if err := cancelled(ctx); err != nil {
		return 0, err
	}
	select {
	case p.turn <- struct{}{}:
		defer func() { <-p.turn }()
	case <-ctx.Done():
		return 0, cancelled(ctx)
	}
	for {
		if err := p.sitOut(ctx); err != nil {
			return 0, err
		}
		now, gap := tick(), p.gap()
		due := p.last.Add(gap)
		if delay := due.Sub(now); delay > 0 {
			if err := sleep(ctx, delay); err != nil {
				return 0, err
			}
			continue
		}
		if err := cancelled(ctx); err != nil {
			return 0, err
		}
		p.last = due
		if latest := now.Add(-min(carry, gap/10)); due.Before(latest) {
			p.last = latest
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		return ticket(p.control.cuts), nil
	}
}

// gap is the time between two requests at the present rate.
func (p *pacer) gap() time.Duration { return time.Duration(float64(time.Second) / p.rate()) }

// tick is the time by the clock that timers run on. A turn is timed by nothing else:
// the clock of the options may be a test's, or the zero time.
func tick() time.Time { return <-time.NewTimer(0).C }

// sitOut waits until no pause is left. Only the holder of turn calls it.
func (p *pacer) sitOut(ctx context.Context) error {
	for {
		p.mu.Lock()
		if len(p.pauses) == 0 {
			p.mu.Unlock()
			return nil
		}
		t := p.pauses[0]
		p.mu.Unlock()
		select {
		case <-t.C:
		case <-ctx.Done():
			return cancelled(ctx)
		}
		p.mu.Lock()
		p.pauses = p.pauses[1:]
		p.mu.Unlock()
	}
}

// answered notes that the API took a request.
func (p *pacer) answered() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.control.answered()
}

// limited notes a 429: everybody waits for d. The rate falls too, but once for all
// the requests that were under way together. stated is the limit that the answer
// names in requests per second, or 0.
func (p *pacer) limited(t ticket, d time.Duration, stated float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pauses = append(p.pauses, time.NewTimer(d))
	if int(t) == p.control.cuts {
		p.control.limited(stated)
	}
}

// sleep waits for d, or returns the context's error at once when that ends.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return cancelled(ctx)
	case <-ctx.Done():
		return cancelled(ctx)
	}
}
