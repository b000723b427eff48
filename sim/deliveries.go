package sim

import (
	"encoding/base64"
	"encoding/binary"
	"strconv"
)

// delivery is one message to one person. Generated ones are filled anew for each
// use from their index; those that writes made are kept.
type delivery struct {
	created int64 // virtual milliseconds
	src     *source
	who     who
	chance  rnd // seeds the id and the fate
	draft   bool
	index   int64 // of a generated delivery; -1 of another
	// subject and recipient replace those of the source when set.
	subject, recipient string
}

// delivery fills d with the generated delivery of an index.
func (s *Sim) delivery(index int64, d *delivery) {
	created, part := s.line.at(index)
	d.created, d.index = created, index
	r := draw(s.o.Seed, saltMessage, index)
	if part.mail != nil {
		d.src = pick(&r, part.mail.sources)
	} else {
		d.src = s.sources.pick(&r, created)
	}
	// Some people get far more than others.
	u := r.unit()
	d.who = who{number: int64(u * u * float64(s.size.people))}
	d.chance = r
}

// appendID appends the delivery's id: 26 bytes of which bytes 10 to 15 are the
// creation time in milliseconds, as URL-safe base64.
func (d *delivery) appendID(b []byte) []byte {
	r := d.chance
	var raw [32]byte
	copy(raw[:4], "\x76\x0e\xa0\xea")
	binary.BigEndian.PutUint16(raw[4:], uint16(r.next()))
	binary.BigEndian.PutUint32(raw[6:], 0x05030001)
	binary.BigEndian.PutUint64(raw[8:], uint64(d.created)) // the upper two bytes are cut below
	raw[8], raw[9] = 0, 1
	binary.BigEndian.PutUint64(raw[16:], r.next())
	binary.BigEndian.PutUint16(raw[24:], uint16(r.next()))
	return base64.URLEncoding.AppendEncode(b, raw[:26])
}

// idTime reads the creation time out of a delivery id.
func idTime(id string) (ms int64, ok bool) {
	raw, err := base64.URLEncoding.DecodeString(id)
	if err != nil || len(raw) != 26 {
		return 0, false
	}
	return int64(binary.BigEndian.Uint64(raw[8:]) & (1<<48 - 1)), true
}

// fate fills f with what happens to the delivery.
func (d *delivery) fate(f *fate) {
	if d.draft {
		*f = fate{}
		f.at[mCreated] = d.created / 1000
		f.at[mDrafted] = d.created / 1000
		return
	}
	r := d.chance
	for range 3 { // the id's draws
		r.next()
	}
	f.live(r, d.src.kind, d.created/1000)
}

// look says how a list shows deliveries.
type look struct {
	identifiers string // the key of the identifiers object
	responses   bool   // with tracked_responses
}

var plainLook = look{identifiers: "customer_identifiers"}

// appendDelivery appends the record of a delivery as it is at a time in Unix seconds.
func (s *Sim) appendDelivery(b []byte, d *delivery, now int64, l look) []byte {
	var f fate
	d.fate(&f)
	// The top bits of a draw that nothing else depends on decide the noise.
	r := d.chance
	for range 4 {
		r.next()
	}
	noise := r.next() >> 20

	b = append(b, `{"id":"`...)
	from := len(b)
	b = d.appendID(b)
	id := b[from:]
	b = append(append(b, `","deduplicate_id":"`...), id...)
	b = strconv.AppendInt(append(b, ':'), f.newest(now), 10)
	b = append(append(append(b, `","type":"`...), d.src.kind...), '"')
	b = strconv.AppendInt(append(b, `,"created":`...), d.created/1000, 10)
	if d.who.made == nil && noise%211 == 0 {
		b = append(b, `,"customer_id":null`...)
	} else {
		b = append(s.appendPersonID(append(b, `,"customer_id":"`...), d.who), '"')
	}
	b = append(append(append(b, `,"`...), l.identifiers...), `":`...)
	b = s.appendIdentifiers(b, d.who, noise)
	b = appendID(b, `,"campaign_id":`, d.src.campaign)
	b = appendID(b, `,"newsletter_id":`, d.src.newsletter)
	b = appendID(b, `,"broadcast_id":`, d.src.broadcast)
	b = appendID(b, `,"content_id":`, d.src.content)
	b = appendID(b, `,"action_id":`, d.src.action)
	b = appendID(b, `,"parent_action_id":`, d.src.parentAction)
	b = strconv.AppendInt(append(b, `,"msg_template_id":`...), d.src.template, 10)
	if noise%3 == 0 {
		b = strconv.AppendInt(append(b, `,"message_template_id":`...), d.src.template, 10)
	}
	b = s.appendRecipient(append(b, `,"recipient":`...), d)
	b = s.appendSubject(append(b, `,"subject":`...), d)
	if noise%97 == 0 {
		b = append(b, `,"forgotten":true`...)
	} else {
		b = append(b, `,"forgotten":false`...)
	}
	b = s.appendFailure(append(b, `,"failure_message":`...), d, &f, now)
	if d.src.event {
		b = append(appendULID(append(b, `,"trigger_event_id":"`...), d.created/1000, r.next(), uint16(noise)), '"')
	} else {
		b = append(b, `,"trigger_event_id":null`...)
	}
	b = f.appendMetrics(append(b, `,"metrics":`...), now)
	if l.responses {
		b = f.appendResponses(append(b, `,"tracked_responses":`...), now, d.src.kind)
	}
	if noise%17 == 0 {
		b = append(b, `,"ab_cohort":"b"`...) // fields come without notice
	}
	return append(b, '}')
}

func appendID(b []byte, key string, id int64) []byte {
	b = append(b, key...)
	if id == 0 {
		return append(b, "null"...)
	}
	return strconv.AppendInt(b, id, 10)
}

func (f *fate) appendMetrics(b []byte, now int64) []byte {
	b = append(b, '{')
	from := len(b)
	for m, t := range f.at {
		if t == 0 || t > now {
			continue
		}
		if len(b) > from {
			b = append(b, ',')
		}
		b = append(append(b, '"'), metricNames[m]...)
		if m >= int(mLink) {
			b = strconv.AppendInt(append(b, ':'), f.link, 10)
		}
		b = strconv.AppendInt(append(b, `":`...), t, 10)
	}
	return append(b, '}')
}

// appendResponses appends the tracked responses: the buttons of an in-app message.
func (f *fate) appendResponses(b []byte, now int64, kind string) []byte {
	t := f.at[mHumanClicked]
	if kind != "in_app" || t == 0 || t > now {
		return append(b, "{}"...)
	}
	b = strconv.AppendInt(append(b, `{"accept":{"id":`...), f.link, 10)
	return append(strconv.AppendInt(append(b, `,"ts":`...), t, 10), "}}"...)
}

func (s *Sim) appendRecipient(b []byte, d *delivery) []byte {
	if d.recipient != "" {
		return appendString(b, d.recipient)
	}
	switch d.src.kind {
	case "twilio", "whatsapp":
		return append(appendPhone(append(b, '"'), d.who.number), '"')
	case "push":
		b = append(b, `"device-`...)
		return append(appendCioID(b, d.who), '"')
	case "webhook":
		return append(b, `"https://hooks.example.com/lumen"`...)
	case "slack":
		return append(b, `"#growth"`...)
	case "in_app", "inbox":
		return append(s.appendPersonID(append(b, '"'), d.who), '"')
	}
	return append(s.appendEmail(append(b, '"'), d.who), '"')
}

func (s *Sim) appendSubject(b []byte, d *delivery) []byte {
	if d.subject != "" {
		return appendString(b, d.subject)
	}
	parts := d.src.parts
	if len(parts) == 0 {
		return append(b, "null"...)
	}
	b = append(append(b, '"'), parts[0]...)
	if len(parts) > 1 {
		first := "friend"
		if d.who.made == nil {
			n, _ := s.namesOf(d.who.number)
			first = n.shown
		}
		for _, p := range parts[1:] {
			b = append(append(b, first...), p...)
		}
	}
	return append(b, '"')
}

func (s *Sim) appendFailure(b []byte, d *delivery, f *fate, now int64) []byte {
	happened := func(m metric) bool { return f.at[m] != 0 && f.at[m] <= now }
	switch {
	case happened(mBounced) && d.src.kind == "email":
		b = append(b, `"550 5.1.1 <`...)
		return append(s.appendEmail(b, d.who), `>: user unknown"`...)
	case happened(mBounced):
		return append(b, `"unregistered token or number"`...)
	case happened(mFailed):
		return append(b, `"upstream answered 503"`...)
	case happened(mUndeliverable):
		return append(b, `"the person has no address for this channel"`...)
	}
	return append(b, "null"...)
}

const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// appendULID appends a ULID whose time part is a whole second.
func appendULID(b []byte, sec int64, random uint64, more uint16) []byte {
	ms := uint64(sec * 1000)
	for shift := 45; shift >= 0; shift -= 5 {
		b = append(b, crockford[ms>>shift&31])
	}
	for i := range 12 {
		b = append(b, crockford[random>>(5*i)&31])
	}
	for i := range 3 {
		b = append(b, crockford[more>>(5*i)&31])
	}
	return append(b, crockford[random>>60&15])
}
