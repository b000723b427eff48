package sim

import (
	"strconv"
	"strings"
)

func (s *Sim) buildCampaigns() {
	for i := range s.size.campaigns {
		r := draw(s.o.Seed, saltConfig, int64(10_000+i))
		th := themes[i%len(themes)]
		title := th.name
		if i >= len(themes) {
			round := i / len(themes)
			title += " – " + markets[(round-1)%len(markets)]
			if round > len(markets) {
				title += " " + strconv.Itoa(round)
			}
			// More stopped and draft ones than in a small workspace.
			th.state = []string{"running", "running", "running", "stopped", "draft"}[r.n(5)]
		}
		// Whatever runs has run since before the first delivery.
		oldest := int64(s.o.Days) + 10
		created := s.ago(&r, oldest+r.between(20, 600))
		started := created + r.between(1, 15)*86400
		updated := started
		switch {
		case th.state == "draft":
			started, updated = 0, created+r.between(0, 5)*86400
		case th.state == "running" && r.chance(0.5):
			updated = s.ago(&r, r.between(1, int64(s.o.Days)))
		}
		c := s.addCampaign(th, title, created, updated, started, &r)
		if th.state == "draft" {
			s.shop.campaigns = append(s.shop.campaigns, c.id)
		}
	}
}

// addCampaign makes a campaign with its actions. started is 0 for a draft.
func (s *Sim) addCampaign(th theme, title string, created, updated, started int64, r *rnd) *row {
	s.seq["campaigns"] += 1 + int64(r.n(3))
	id := s.seq["campaigns"]
	o := new(object).num("id", id).str("deduplicate_id", token(id, updated)).str("name", title)
	if id%3 != 0 {
		o.str("description", th.about)
	}
	if id%5 != 0 {
		o.str("type", th.kind)
	}
	o.str("state", th.state).flag("active", th.state == "running").
		num("created", created).num("updated", updated).num("first_started", started)
	if id%2 == 0 {
		o.str("created_by", staff[id%int64(len(staff))])
	}
	switch id % 4 {
	case 0:
		o.null("tags")
	case 1:
		o.strs("tags", []string{})
	default:
		o.strs("tags", []string{pick(r, tagPool), "lifecycle"})
	}
	o.raw("actions", "[]")
	s.describeTrigger(o, th, id)
	if id%6 == 1 {
		o.num("folder_id", 10+id%5) // fields come without notice
	}
	c := s.tables["campaigns"].add(&row{id: id, o: o})
	for i, kind := range th.steps {
		subject := ""
		if kind == "email" || kind == "in_app" {
			subject = th.subjects[i%len(th.subjects)]
		}
		a := s.addAction("campaign_actions", "campaign_id", id, kind, stepName(kind, i), subject, created, max(created, updated-int64(i)*86400))
		weight := max(1, 10-3*i)
		if th.state != "running" || created > s.base() {
			weight = 0 // nothing that appears later sends: its deliveries would lie in the past
		}
		if makesDeliveries(kind) {
			s.addSource(a, kind, weight, func(src *source) { src.campaign, src.event = id, th.kind == "event" })
		}
		if kind == "email" && i == 0 && id%2 == 1 {
			s.addVariant("campaign_actions", "campaign_id", a, "fr", "Bienvenue, {{customer.first_name}}", weight/3,
				func(src *source) { src.campaign = id })
		}
	}
	s.relist("campaigns", "campaign_actions", c)
	templates := []string{}
	for _, a := range s.tables["campaign_actions"].of(id) {
		templates = append(templates, `{"id":`+strconv.FormatInt(a.id+300, 10)+`,"type":"`+a.o.text("type")+`"}`)
	}
	if id%4 == 2 {
		o.raw("msg_templates", "["+strings.Join(templates, ",")+"]")
	}
	return c
}

// describeTrigger sets the fields that only one kind of trigger has.
func (s *Sim) describeTrigger(o *object, th theme, id int64) {
	segments := s.tables["segments"].rows
	switch th.kind {
	case "segment":
		for _, g := range segments {
			if g.o.text("name") == th.trigger {
				o.nums("trigger_segment_ids", []int64{g.id})
			}
		}
		o.nums("filter_segment_ids", []int64{segments[id%int64(min(len(segments), 13))].id})
	case "event":
		o.str("event_name", th.trigger).str("event_type", "event")
	case "date":
		o.str("date_attribute", th.trigger).str("frequency", "yearly").num("start_hour", 9).num("start_minutes", 30).
			str("timezone", "Europe/Vienna").flag("use_customer_timezone", id%2 == 0)
	case "relationship":
		o.num("object_type_id", 1).str("relationship_attribute_triggers", `{"and":[{"field":"role","operator":"eq","value":"admin"}]}`).
			str("filter_relationship_attributes", `{}`)
	case "object":
		o.num("object_type_id", 1).str("object_attribute_triggers", `{"and":[{"field":"seats_left","operator":"eq","value":0}]}`).
			raw("audience", `{"type":1,"person_filters":"{\"and\":[]}","relationship_filters":"{}"}`)
	case "webhook":
		o.num("webhook_id", 12+id)
	}
}

func stepName(kind string, i int) string {
	shown := map[string]string{"twilio": "SMS", "in_app": "In-app", "urban_airship": "Push (old)"}[kind]
	if shown == "" {
		shown = strings.ToUpper(kind[:1]) + kind[1:]
	}
	return shown + " " + strconv.Itoa(i+1)
}

func (s *Sim) addSource(a *row, kind string, weight int, set func(*source)) {
	src := sourceOf(a.o, kind)
	src.action, src.template = a.id, s.next("templates")
	set(src)
	s.sources.add(src, weight)
}

// relist writes the list of actions into their campaign or broadcast.
func (s *Sim) relist(parents, children string, parent *row) {
	b := []byte{'['}
	for i, a := range s.tables[children].of(parent.id) {
		if i > 0 {
			b = append(b, ',')
		}
		e := new(object).num("id", a.id).str("type", a.o.text("type"))
		if parents == "broadcasts" && i == 1 {
			e = new(object).num("id", a.id) // entries without a type occur
		}
		b = e.append(b)
	}
	parent.o.put("actions", append(b, ']'))
}
