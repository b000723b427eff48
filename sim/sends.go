package sim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// The limits of sends.
const (
	sendBytes      = 2048 << 10
	sendAddresses  = 15
	sendAheadDays  = 90
	tooLargeOrNone = "Request entity must be JSON encoded and not exceed 2048 KB."
)

var phoneNumber = regexp.MustCompile(`^\+[1-9]\d{6,14}$`)

// send is a send that is being checked.
type send struct {
	s        *Sim
	c        *call
	in       input
	kind     string // channel, as deliveries call it
	template *row
	to       who
}

// beginSend checks what all sends have in common. The template may be absent
// where the channel allows it.
func (s *Sim) beginSend(c *call, kind string) (*send, *reply) {
	m := &send{s: s, c: c, kind: kind}
	if json.Unmarshal(c.body, &m.in) != nil || m.in == nil || len(c.body) > sendBytes {
		if len(c.body) > sendBytes && m.in.has("attachments") {
			return nil, c.sendError(http.StatusRequestEntityTooLarge, "attachments are too large")
		}
		return nil, c.sendError(http.StatusBadRequest, tooLargeOrNone)
	}
	var who map[string]json.RawMessage
	if json.Unmarshal(m.in["identifiers"], &who) != nil || len(who) != 1 {
		return nil, c.sendError(http.StatusBadRequest, `missing required field: "identifiers" needs exactly one of id, email or cio_id`)
	}
	for key, raw := range who {
		var value string
		if !slices.Contains([]string{"id", "email", "cio_id"}, key) || json.Unmarshal(raw, &value) != nil || value == "" {
			return nil, c.sendError(http.StatusBadRequest, `"identifiers" needs exactly one of id, email or cio_id, as a string`)
		}
		m.to = s.resolve(key, value)
	}
	if m.in.has("transactional_message_id") {
		if bad := m.findTemplate(); bad != nil {
			return nil, bad
		}
	}
	if at, given := m.in.integer("send_at"); given && at > c.sec()+sendAheadDays*86400 {
		return nil, c.sendError(http.StatusBadRequest, fmt.Sprintf(`"send_at" must be within %d days.`, sendAheadDays))
	}
	return m, nil
}

// resolve finds a person, or makes one: an unknown recipient becomes a person.
func (s *Sim) resolve(key, value string) who {
	if p, known := s.person(key, value); known {
		return who{number: p}
	}
	n := s.next("strangers")
	made := &stranger{cio: cioPrefix + fmt.Sprintf("ff%06x", n)}
	switch key {
	case "id":
		made.id = value
	case "email":
		made.email = value
	default:
		made.cio = value
	}
	return who{number: n, made: made}
}

// findTemplate finds the transactional message by number or, without regard to
// case, by trigger name.
func (m *send) findTemplate() *reply {
	t := m.s.tables["transactional_messages"]
	raw := m.in["transactional_message_id"]
	var text string
	if json.Unmarshal(raw, &text) != nil {
		text = string(raw)
	}
	for _, r := range t.rows {
		if strconv.FormatInt(r.id, 10) == text || strings.EqualFold(r.o.text("trigger_name"), text) {
			m.template = r
		}
	}
	if m.template == nil && m.in.truth("auto_create") && raw[0] == '"' {
		id := m.s.next("transactional")
		m.template = t.add(&row{id: id, o: new(object).num("id", id).str("name", text).str("description", "").
			flag("send_to_unsubscribed", true).flag("link_tracking", true).flag("open_tracking", true).flag("hide_message_body", false).
			flag("queue_drafts", false).str("trigger_name", text).num("created_at", m.c.sec()).num("updated_at", m.c.sec())})
		m.s.addTransactionalContent(id, text, m.kind, "", "", m.c.sec(), m.c.sec(), 0)
	}
	if m.template == nil {
		return m.c.sendError(http.StatusBadRequest, `"transactional_message_id" not found.`)
	}
	if src := m.s.sourceOfTemplate(m.template.id); src != nil && src.kind != m.kind && m.kind != "in_app" && m.kind != "whatsapp" {
		return m.c.sendError(http.StatusBadRequest, `"transactional_message_id" belongs to a template of another channel.`)
	}
	return nil
}

func (s *Sim) sourceOfTemplate(id int64) *source {
	for _, src := range s.sources.all {
		if src.transactional == id {
			return src
		}
	}
	return nil
}

// finish queues the delivery and answers with its id.
func (m *send) finish() *reply {
	s, c := m.s, m.c
	src := s.sources.all[0] // without a template: what belongs to the first one
	id := int64(1)
	if m.template != nil {
		id = m.template.id
	}
	if own := s.sourceOfTemplate(id); own != nil {
		src = own
	}
	if src.kind != m.kind {
		other := *src
		other.kind = m.kind
		src = &other
	}
	n := s.next("sends")
	d := &delivery{created: c.now, src: src, who: m.to, index: -1, chance: draw(s.o.Seed, saltSend, n)}
	d.recipient, _ = m.in.text("to")
	d.subject, _ = m.in.text("subject")
	if m.kind == "push" {
		d.subject, _ = m.in.text("title")
	}
	answer := new(object)
	at, scheduled := m.in.integer("send_at")
	if scheduled = scheduled && at > c.sec(); scheduled {
		d.created = at * 1000
	}
	if d.draft = m.in.truth("queue_draft"); d.draft {
		s.drafts = insert(s.drafts, d)
	} else {
		s.sent = insert(s.sent, d)
	}
	answer.put("delivery_id", append(d.appendID([]byte{'"'}), '"')).num("queued_at", c.sec())
	if scheduled {
		answer.num("send_at", at)
	}
	return ok(answer.append(nil))
}

// insert puts a delivery in its place by creation.
func insert(ds []*delivery, d *delivery) []*delivery {
	i := len(ds)
	for i > 0 && ds[i-1].created > d.created {
		i--
	}
	return slices.Insert(ds, i, d)
}

func sendEmail(s *Sim, c *call) *reply {
	m, bad := s.beginSend(c, "email")
	if bad != nil {
		return bad
	}
	var missing []string
	if !m.in.has("to") {
		missing = append(missing, `missing required field: "to"`)
	}
	if m.template == nil {
		for _, key := range []string{"body", "subject", "from"} {
			if !m.in.has(key) {
				missing = append(missing, `missing required field: "`+key+`"`)
			}
		}
	}
	if len(missing) > 0 {
		return c.sendError(http.StatusBadRequest, missing...)
	}
	to, _ := m.in.text("to")
	bcc, _ := m.in.text("bcc")
	addresses := 0
	for a := range strings.SplitSeq(to+","+bcc, ",") {
		if a = strings.TrimSpace(a); a == "" {
			continue
		}
		if addresses++; !strings.Contains(a, "@") && !strings.Contains(a, "{{") {
			return c.sendError(http.StatusBadRequest, `"to" is not a valid address`)
		}
	}
	if addresses > sendAddresses {
		return c.sendError(http.StatusBadRequest, fmt.Sprintf("at most %d recipients are allowed", sendAddresses))
	}
	if from, _ := m.in.text("from"); strings.Contains(from, "@unverified.") {
		return c.sendError(http.StatusBadRequest, `"from" address domain has not been verified.`)
	}
	if m.in.has("attachments") && !bytes.HasPrefix(bytes.TrimSpace(m.in["attachments"]), []byte("{")) {
		return c.sendError(http.StatusBadRequest, `"attachments" must be an object of file names`)
	}
	return m.finish()
}

func sendSMS(s *Sim, c *call) *reply {
	m, bad := s.beginSend(c, "twilio")
	if bad != nil {
		return bad
	}
	if m.template == nil {
		return c.sendError(http.StatusBadRequest, `missing required field: "transactional_message_id"`)
	}
	to, _ := m.in.text("to")
	if to == "" {
		return c.sendError(http.StatusBadRequest, `missing required field: "to"`)
	}
	if !phoneNumber.MatchString(to) && !strings.Contains(to, "{{") {
		return c.sendError(http.StatusBadRequest, "invalid phone number: it must be in E.164 format")
	}
	return m.finish()
}

func sendPush(s *Sim, c *call) *reply {
	m, bad := s.beginSend(c, "push")
	if bad != nil {
		return bad
	}
	if m.template == nil {
		return c.sendError(http.StatusBadRequest, `missing required field: "transactional_message_id"`)
	}
	return m.finish()
}

// sendFromTemplate is a send that is nothing but a template: of the given channel,
// or of the one that the path names.
func sendFromTemplate(kind string) handler {
	return func(s *Sim, c *call) *reply {
		channel := kind
		if channel == "" {
			channel = strings.TrimPrefix(c.route.path, "/v1/send/")
		}
		m, bad := s.beginSend(c, channel)
		if bad != nil {
			return bad
		}
		if m.template == nil {
			return c.sendError(http.StatusBadRequest, `missing required field: "transactional_message_id"`)
		}
		return m.finish()
	}
}
