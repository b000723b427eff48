package sim

import "strconv"

// activityDays is how long activities are served.
const activityDays = 30

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
