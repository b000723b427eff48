package sim

import "sort"

// timeline says when each delivery was created. Deliveries are numbered by
// creation from 0, and a piecewise linear curve turns a number into a time, so
// neither direction needs anything stored per delivery. The curve is steep by
// night, flat by day, and nearly level in the minutes of a mailing.
type timeline struct {
	seed     uint64
	scale    float64 // deliveries per unit of weight
	segments []segment
}

type segment struct {
	from, to int64   // milliseconds
	w0, w1   float64 // cumulative weight
	mail     *mailing
}

// mailing is a newsletter being sent: every delivery in its minutes belongs to it.
type mailing struct {
	newsletter int64
	sources    []*source // its contents
}

// rhythm is how busy the hours of a day are, in UTC.
var rhythm = [...]struct {
	until int64 // hour
	rate  float64
}{{6, 0.3}, {9, 1.1}, {12, 1.7}, {14, 1.1}, {18, 1.5}, {22, 0.9}, {24, 0.4}}

// A mailing begins at ten and lasts twenty minutes.
const (
	mailingHour = 10
	mailingFor  = 20 * minute
)

// addDay appends the day that begins at the given midnight.
func (l *timeline) addDay(midnight int64, mail *mailing, burst float64) {
	w := 0.0
	if n := len(l.segments); n > 0 {
		w = l.segments[n-1].w1
	}
	add := func(from, to int64, weight float64, m *mailing) {
		l.segments = append(l.segments, segment{from, to, w, w + weight, m})
		w += weight
	}
	weekend := 1.0
	if weekday := (midnight/day + 4) % 7; weekday == 0 || weekday == 6 {
		weekend = 0.6
	}
	from := int64(0)
	for _, part := range rhythm {
		to := part.until * hour
		flow := func(from, to int64, m *mailing) float64 {
			return weekend * part.rate * float64(to-from) / float64(day)
		}
		if at := mailingHour * hour; mail != nil && from <= at && at < to {
			add(midnight+from, midnight+at, flow(from, at, nil), nil)
			add(midnight+at, midnight+at+mailingFor, burst, mail)
			from = at + mailingFor
		}
		add(midnight+from, midnight+to, flow(from, to, nil), nil)
		from = to
	}
}

// fit makes n deliveries fall before a time.
func (l *timeline) fit(n int, before int64) {
	l.scale = float64(n) / l.weight(before)
}

func (l *timeline) weight(at int64) float64 {
	i := sort.Search(len(l.segments), func(i int) bool { return l.segments[i].to > at })
	if i == len(l.segments) {
		return l.segments[i-1].w1
	}
	g := &l.segments[i]
	return g.w0 + (g.w1-g.w0)*float64(at-g.from)/float64(g.to-g.from)
}

// at is the creation time of a delivery in milliseconds, and the segment it falls in.
func (l *timeline) at(index int64) (int64, *segment) {
	jitter := draw(l.seed, saltJitter, index)
	x := (float64(index) + jitter.unit()) / l.scale
	i := sort.Search(len(l.segments), func(i int) bool { return l.segments[i].w1 > x })
	if i == len(l.segments) {
		i--
	}
	g := &l.segments[i]
	return g.from + int64(float64(g.to-g.from)*(x-g.w0)/(g.w1-g.w0)), g
}

// before counts the deliveries created before a time in milliseconds, which is
// also the number of the first one at or after it. Times beyond the last day
// added count as its end.
func (l *timeline) before(at int64) int64 {
	if at <= l.segments[0].from {
		return 0
	}
	guess := int64(l.weight(at) * l.scale)
	// The curve and its inverse may disagree by a rounding: look around.
	lo := max(0, guess-2)
	return lo + int64(sort.Search(5, func(i int) bool {
		t, _ := l.at(lo + int64(i))
		return t >= at
	}))
}
