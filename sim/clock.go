package sim

import (
	"slices"
	"time"
)

const (
	second = int64(1000) // virtual times are milliseconds
	minute = 60 * second
	hour   = 60 * minute
	day    = 24 * hour
)

// event is something that will happen to the workspace. do runs under Sim.mu held
// alone, with its own time, and may put further events into the queue.
type event struct {
	at int64
	do func(at int64)
}

// Now is the virtual clock: it follows Options.Now and never goes back.
func (s *Sim) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return time.UnixMilli(s.settle()).UTC()
}

// Advance lets time pass at once. What happens in it happens in the order and at
// the times at which it would have happened without the jump.
func (s *Sim) Advance(d time.Duration) {
	if d > 0 {
		s.advanced.Add(int64(d))
	}
	s.Now()
}

// settle brings the workspace up to the present and returns it in milliseconds.
// The caller holds mu alone.
func (s *Sim) settle() int64 {
	d := s.o.Now().Sub(s.first) + time.Duration(s.advanced.Load())
	s.now = max(s.now, s.o.Start.Add(d).UnixMilli())
	for len(s.queue) > 0 && s.queue[0].at <= s.now {
		e := s.queue[0]
		s.queue = s.queue[1:]
		e.do(e.at)
	}
	return s.now
}

// plan puts an event into the queue, behind those of the same time.
func (s *Sim) plan(at int64, do func(at int64)) {
	i := len(s.queue)
	for i > 0 && s.queue[i-1].at > at {
		i--
	}
	s.queue = slices.Insert(s.queue, i, event{at, do})
}
