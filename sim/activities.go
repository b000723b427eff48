package sim

import (
	"cmp"
	"slices"
	"sort"
	"strconv"
	"sync"
)

// activityDays is how long activities are served.
const activityDays = 30

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

// find reports whether an activity with the id is served.
func (l *activityLog) find(s *Sim, id string) (found bool) {
	l.each(s, s.now/1000, func(a *activity) bool {
		found = string(a.appendID(s, nil)) == id
		return !found
	})
	return found
}

func listActivities(s *Sim, c *call) *reply { return s.listActivities(c, nil) }

// listActivities answers the log, of all people or of one.
func (s *Sim) listActivities(c *call, of *who) *reply {
	p, bad := s.paging(c, 10, 100)
	if bad != nil {
		return bad
	}
	if id := c.query.Get("customer_id"); id != "" && of == nil {
		n, known := s.person(c.query.Get("id_type"), id)
		if !known {
			n = -1
		}
		of = &who{number: n}
	}
	deleted := c.query.Get("deleted") == "true"
	kind, title := c.query.Get("type"), c.query.Get("name")
	b := []byte(`{"activities":[`)
	n, more := 0, false
	skip := p.offset
	s.log.each(s, c.sec(), func(a *activity) bool {
		if a.deleted(s) != deleted || of != nil && a.person(s) != *of {
			return true
		}
		if kind != "" || title != "" || len(s.refs) > 0 {
			o := s.activity(a)
			if kind != "" && o.text("type") != kind || title != "" && o.text("name") != title || s.refs[o.text("id")] {
				return true
			}
		}
		if skip > 0 {
			skip--
			return true
		}
		if more = n == p.limit; more {
			return false
		}
		if n > 0 {
			b = append(b, ',')
		}
		b = s.activity(a).append(b)
		n++
		return true
	})
	next := ""
	if more {
		next = encodeToken(tokensActivities, p.offset+n)
	}
	if n == 0 && s.o.NullLists {
		b = []byte(`{"activities":null`)
	} else {
		b = append(b, ']')
	}
	return ok(append(s.appendNext(b, tokensActivities, next), '}'))
}

// activity is the record of an activity.
func (s *Sim) activity(a *activity) *object {
	w := a.person(s)
	o := new(object).put("id", append(a.appendID(s, []byte{'"'}), '"'))
	person := func() {
		o.put("customer_id", append(s.appendPersonID([]byte{'"'}, w), '"')).
			put("customer_identifiers", s.appendIdentifiers(nil, w, uint64(a.ref)*2654435761>>7))
	}
	if a.metric == mMetrics {
		return s.personEvent(o, a, person)
	}
	var m delivery
	s.delivery(a.ref, &m)
	id := m.appendID(nil)
	kind := m.src.kind
	if kind == "inbox" {
		kind = "in_app"
	}
	o.str("type", metricNames[a.metric]+"_"+kind).num("timestamp", a.at)
	person()
	o.str("delivery_id", string(id)).str("delivery_type", deliveryType(kind, a.ref))
	data := new(object).str("delivery_id", string(id))
	if a.metric == mOpened {
		data.flag("opened", true) // a boolean here, whatever it is elsewhere
	} else {
		data.num(metricNames[a.metric], a.at)
	}
	return o.obj("data", data)
}

func deliveryType(kind string, n int64) string {
	switch kind {
	case "push", "in_app":
		return []string{"ios", "android"}[n%2]
	case "twilio", "whatsapp":
		return "phone"
	}
	return "email"
}

// personEvent is the record of something that a person did, or that was done to a
// person. Its data differ from type to type, as they do in reality.
func (s *Sim) personEvent(o *object, a *activity, person func()) *object {
	r := draw(s.o.Seed, saltActivity, a.ref)
	for range 5 {
		r.next()
	}
	kind := r.n(20)
	switch {
	case kind < 7:
		title := pick(&r, eventNames)
		o.str("type", "event").num("timestamp", a.at).str("name", title)
		person()
		return o.obj("data", new(object).num("total", r.between(5, 400)).str("currency", "EUR").raw("items", `[{"sku":"LMN-101","qty":1}]`))
	case kind < 12:
		path := pick(&r, pagePaths)
		o.str("type", "page").num("timestamp", a.at).str("name", path).str("url", "https://lumen.example.com"+path)
		person()
		return o.raw("data", `{}`)
	case kind < 15:
		o.str("type", "attribute_change").num("timestamp", a.at)
		person()
		return o.raw("data", `{"plan":{"from":"free","to":"`+pick(&r, []string{"premium", "team"})+`"}}`)
	case kind < 16:
		o.str("type", "screen").num("timestamp", a.at).str("name", "Home")
		person()
		return o.raw("data", `[]`)
	case kind < 17:
		o.str("type", "device_change").num("timestamp", a.at)
		person()
		return o.raw("data", `{"devices":{"added":["device-`+strconv.FormatInt(a.ref%9973, 10)+`"]}}`)
	case kind < 18:
		o.str("type", "profile_create").num("timestamp", a.at)
		person()
		return o.null("data")
	case kind < 19:
		o.str("type", "_o:1:add_relationship").num("timestamp", a.at)
		person()
		return o.raw("data", `{"object_id":"acme-`+strconv.FormatInt(a.ref%97, 10)+`"}`)
	}
	o.str("type", "attribute_change").num("timestamp", a.at)
	person()
	return o.raw("data", `{"entered":[1,2]}`)
}

func customerActivities(s *Sim, c *call) *reply {
	p, known := s.person(c.query.Get("id_type"), c.vars[0])
	if !known {
		return c.notFound()
	}
	return s.listActivities(c, &who{number: p})
}
