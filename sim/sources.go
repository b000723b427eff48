package sim

import (
	"math"
	"strings"
)

// source is what a delivery comes from: an action of a campaign or broadcast, a
// content of a newsletter or of a transactional message.
type source struct {
	kind          string // message type: email, push …
	campaign      int64
	newsletter    int64
	broadcast     int64
	transactional int64
	action        int64
	parentAction  int64
	content       int64
	template      int64
	// subject is the subject around the person's first name, already escaped for
	// JSON; parts has one element when no name occurs, none when there is no subject.
	parts []string
	links int // links in the body
	event bool
	// until is when the source was deleted, in virtual milliseconds.
	until int64
}

// sources picks one for each delivery that belongs to no mailing.
type sources struct {
	slots []*source           // an entry as often as its weight
	mail  map[int64][]*source // contents of a newsletter
	all   []*source
}

// add takes a source with a weight; 0 for one that is only used by name.
func (t *sources) add(src *source, weight int) {
	src.until = math.MaxInt64
	for range weight {
		t.slots = append(t.slots, src)
	}
	t.all = append(t.all, src)
}

// pick chooses a source that exists at a time.
func (t *sources) pick(r *rnd, at int64) *source {
	for range 8 {
		if src := pick(r, t.slots); src.until > at {
			return src
		}
	}
	for _, src := range t.slots {
		if src.until > at {
			return src
		}
	}
	return t.slots[0] // every parent was deleted; its last deliveries remain
}

const firstNameTag = "{{customer.first_name}}"

// subjectParts prepares a subject for rendering.
func subjectParts(subject string) []string {
	if subject == "" {
		return nil
	}
	parts := strings.Split(subject, firstNameTag)
	for i, p := range parts {
		p = strings.NewReplacer("{{trigger.order_id}}", "#10482", "{{trigger.month}}", "October").Replace(p)
		quoted := appendString(nil, p)
		parts[i] = string(quoted[1 : len(quoted)-1])
	}
	return parts
}

// sourceOf makes a source from the row of an action or content.
func sourceOf(o *object, kind string) *source {
	src := &source{kind: kind, parts: subjectParts(o.text("subject")), links: 3}
	switch kind {
	case "webhook", "slack":
		src.links = 0
	case "twilio", "push", "whatsapp":
		src.links = 1
	}
	return src
}

// makesDeliveries reports whether actions of a type send something.
func makesDeliveries(kind string) bool {
	switch kind {
	case "email", "twilio", "push", "in_app", "webhook", "slack", "whatsapp":
		return true
	}
	return false
}
