package schedules

import "time"

// Next is the first firing after a time, in the schedule's zone; zero for never.
//
// @every counts from a fixed point and not from the start of a program, so that a
// restart, or two, move nothing: @every 6h fires at 0, 6, 12 and 18 o'clock UTC.
//
// Where clocks change, a schedule that names hours means clock times: one that
// comes twice fires the first time, one that does not come fires when the clocks
// have gone forward over it. A schedule of every hour keeps to the hours that pass.
func (s Schedule) Next(after time.Time) time.Time {
	switch {
	case s.every > 0:
		return after.UTC().Truncate(s.every).Add(s.every)
	case s.hourly():
		return s.named(after.In(s.zone))
	}
	for w := s.named(wallOf(after.In(s.zone))); !w.IsZero(); w = s.named(w) {
		if t := s.instant(w); t.After(after) {
			return t
		}
	}
	return time.Time{}
}

// Latest is the last firing after a time and not after until; zero for none.
func (s Schedule) Latest(after, until time.Time) time.Time {
	// Firings may be minutes or years apart: look back twice as far each time.
	for span := time.Minute; ; span *= 2 {
		from := until.Add(-span)
		if from.Before(after) || span <= 0 { // an overflow, after centuries
			from = after
		}
		last := s.Next(from)
		if last.IsZero() || last.After(until) {
			if from.Equal(after) {
				return time.Time{}
			}
			continue
		}
		for t := s.Next(last); !t.IsZero() && !t.After(until); t = s.Next(t) {
			last = t
		}
		return last
	}
}

// Skipped lists the clock times between from and to that the schedule names and
// that do not exist because the clocks go forward over them.
func (s Schedule) Skipped(from, to time.Time) []time.Time {
	if s.every > 0 || s.hourly() {
		return nil
	}
	var skipped []time.Time
	end := wallOf(to.In(s.zone))
	for w := s.named(wallOf(from.In(s.zone))); !w.IsZero() && w.Before(end); w = s.named(w) {
		if !wallOf(s.instant(w)).Equal(w) {
			skipped = append(skipped, w)
		}
	}
	return skipped
}

// StandsFor lists the clock times that do not exist and instead of which the
// schedule fires at t.
func (s Schedule) StandsFor(t time.Time) []time.Time {
	var gone []time.Time
	for _, w := range s.Skipped(t.AddDate(0, 0, -1), t) {
		if s.instant(w).Equal(t) {
			gone = append(gone, w)
		}
	}
	return gone
}

// hourly reports whether the schedule names all hours.
func (s Schedule) hourly() bool {
	const all = 1<<24 - 1
	return s.spec != nil && s.spec.Hour&all == all
}

// named is the next time that the fields name. The library gives up after five
// years; around 2100 leap days are eight apart.
func (s Schedule) named(after time.Time) time.Time {
	if w := s.spec.Next(after); !w.IsZero() {
		return w
	}
	return s.spec.Next(after.AddDate(4, 0, 0))
}

// wallOf is what a clock shows at t, written in UTC.
func wallOf(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
}

// instant is when the clocks of the zone first show a clock time, or when they go
// forward over it.
func (s Schedule) instant(wall time.Time) time.Time {
	t := time.Date(wall.Year(), wall.Month(), wall.Day(), wall.Hour(), wall.Minute(), wall.Second(), 0, s.zone)
	start, end := t.ZoneBounds()
	switch shown := wallOf(t); {
	case shown.After(wall): // t is reckoned from before the change, and lies after it
		return start
	case shown.Before(wall):
		return end
	case start.IsZero():
		return t
	}
	// The same clock time before the change that t follows, if there was one.
	_, offset := start.Add(-time.Second).Zone()
	if earlier := wall.Add(-time.Duration(offset) * time.Second); earlier.Before(start) {
		return earlier.In(s.zone)
	}
	return t
}
