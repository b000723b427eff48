package sim

import (
	"cmp"
	"slices"
	"sort"
	"sync"
)

// activity is one line of the log: something that happened to a delivery (its
// number and the metric) or to a person (a number of its own).
type activity struct {
	at     int64  // Unix seconds
	ref    int64  // the delivery's number, or the person event's
	metric metric // mMetrics for a person event
	late   uint16 // seconds after which it appears in the list
}

// activityLog holds the activities of the days that are served, a bucket a day. A
// bucket is complete once the day's own deliveries have been added, because
// nothing happens to a delivery before it exists.
type activityLog struct {
	mu      sync.Mutex
	buckets map[int64][]activity // by day since 1970
	through int64                // the last day whose deliveries were added
}

// upTo brings the log up to a day. The caller holds mu and Sim.mu
// at least shared.
func (l *activityLog) upTo(s *Sim, today int64) {
	if l.buckets == nil {
		l.buckets = map[int64][]activity{}
		l.through = today - activityDays - fateLasts/day - 2
	}
	oldest := today - activityDays - 1
	for d := l.through + 1; d <= today; d++ {
		l.addDeliveries(s, d, oldest)
		if d >= oldest {
			l.addPeople(s, d)
			slices.SortFunc(l.buckets[d], func(a, b activity) int {
				return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.metric, b.metric), cmp.Compare(a.ref, b.ref))
			})
		}
		l.through = d
	}
	for d := range l.buckets {
		if d < oldest {
			delete(l.buckets, d)
		}
	}
}

// forget makes the log be worked out anew when it is next read. The caller holds
// Sim.mu alone.
func (l *activityLog) forget() { l.buckets = nil }

// logged are the metrics that make an activity; sent and delivered only for a
// share of the deliveries, opens, clicks and the rest for all.
var logged = [...]metric{mSent, mDelivered, mOpened, mClicked, mConverted, mBounced, mDropped, mFailed, mUndeliverable, mUnsubscribed, mSpammed}

func (l *activityLog) addDeliveries(s *Sim, d, oldest int64) {
	var m delivery
	var f fate
	for i := s.line.before(d * day); i < s.line.before((d+1)*day); i++ {
		s.delivery(i, &m)
		m.fate(&f)
		r := m.chance
		all := float64(r.next()>>11)/(1<<53) < s.size.sentShare
		for _, what := range logged {
			at := f.at[what]
			if at == 0 || at/86400 < oldest || what <= mDelivered && !all {
				continue
			}
			l.buckets[at/86400] = append(l.buckets[at/86400], activity{at: at, ref: i, metric: what})
		}
	}
}

func (l *activityLog) addPeople(s *Sim, d int64) {
	for k := range int64(s.size.personEvents) {
		r := draw(s.o.Seed, saltActivity, d*1_000_000+k)
		a := activity{at: d*86400 + r.between(0, 86399), ref: d*1_000_000 + k, metric: mMetrics}
		if r.chance(0.02) {
			a.late = uint16(r.between(60, 3000)) // reported afterwards
		}
		l.buckets[d] = append(l.buckets[d], a)
	}
}

// each walks what is served at a time, newest first, or oldest first by option.
// The caller holds Sim.mu at least shared.
func (l *activityLog) each(s *Sim, now int64, yield func(a *activity) bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.upTo(s, now/86400)
	since := now - activityDays*86400
	for i := range int64(activityDays + 1) {
		d := now/86400 - i
		if s.o.OldestFirst {
			d = now/86400 - activityDays + i
		}
		part := l.buckets[d]
		part = part[sort.Search(len(part), func(i int) bool { return part[i].at >= since }):]
		part = part[:sort.Search(len(part), func(i int) bool { return part[i].at > now })]
		for k := range part {
			a := &part[len(part)-1-k]
			if s.o.OldestFirst {
				a = &part[k]
			}
			if a.at+int64(a.late) <= now && !yield(a) {
				return
			}
		}
	}
}

// deleted reports whether the activity belongs to somebody who was deleted. Only
// person events do, so that deliveries keep all their activities.
func (a *activity) deleted(s *Sim) bool {
	if a.metric != mMetrics {
		return false
	}
	r := draw(s.o.Seed, saltActivity, a.ref)
	r.next()
	r.next()
	return r.chance(0.04)
}

func (a *activity) person(s *Sim) who {
	if a.metric != mMetrics {
		var m delivery
		s.delivery(a.ref, &m)
		return m.who
	}
	r := draw(s.o.Seed, saltActivity, a.ref)
	for range 4 {
		r.next()
	}
	if a.deleted(s) {
		return who{number: int64(s.size.people) + int64(r.n(int(s.deletedPeople())))}
	}
	return who{number: int64(r.n(s.size.people))}
}

func (a *activity) appendID(s *Sim, b []byte) []byte {
	r := draw(s.o.Seed, saltActivity, a.ref<<5|int64(a.metric))
	return appendULID(b, a.at, r.next(), uint16(r.next()))
}
