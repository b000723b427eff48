package sim

import "strconv"

// expendable is what the daily changes may delete: nothing that has deliveries or
// that something else refers to.
type expendable struct {
	campaigns, segments, newsletters []int64
	snippets                         []string
}

// build makes the configuration of the workspace as it is at Start. The order
// matters: what is built later refers to what was built before.
func (s *Sim) build() {
	for _, t := range []struct {
		name, stamp string
		tokens      bool
	}{
		{"campaigns", "updated", true}, {"campaign_actions", "updated", true},
		{"broadcasts", "updated", true}, {"broadcast_actions", "updated", true},
		{"newsletters", "updated", true}, {"newsletter_contents", "", true},
		{"segments", "updated_at", true}, {"sender_identities", "", true},
		{"snippets", "updated_at", false}, {"collections", "updated_at", false},
		{"reporting_webhooks", "", false}, {"exports", "updated_at", true},
		{"transactional_messages", "updated_at", false}, {"transactional_message_contents", "updated", false},
		{"workspaces", "", false}, {"subscription_topics", "", false},
		{"subscription_channels", "", false}, {"object_types", "", false},
		{"test_groups", "", false},
	} {
		s.tables[t.name] = &table{stamp: t.stamp, tokens: t.tokens}
	}
	s.sources.mail = map[int64][]*source{}
	s.seq["actions"] = 95
	s.seq["newsletters"] = 128200
	s.seq["templates"] = 400
	s.buildSettings()
	s.buildSegments()
	s.buildTransactional()
	s.buildBroadcasts()
	s.buildCampaigns()
	s.buildNewsletters()
	s.buildDrafts()
}

// ago is a time some days before Start, in Unix seconds, at a minute that the
// generator chooses.
func (s *Sim) ago(r *rnd, days int64) int64 {
	return s.base() - days*86400 - r.between(3600, 40_000)
}

func (s *Sim) buildSegments() {
	t := s.tables["segments"]
	for i := range s.size.segments {
		r := draw(s.o.Seed, saltConfig, int64(1000+i))
		title := segmentNames[i%len(segmentNames)]
		if i >= len(segmentNames) {
			title += " – " + markets[i/len(segmentNames)%len(markets)] + " " + strconv.Itoa(i)
		}
		created := s.ago(&r, r.between(200, 900))
		row := s.addSegment(title, created, segmentRules(&r, i))
		if i%4 == 1 {
			t.touch(row, s.ago(&r, r.between(3, 190)))
		}
	}
	// One that nothing uses.
	row := t.rows[len(t.rows)-1]
	s.shop.segments = append(s.shop.segments, row.id)
}

// segmentRules makes the conditions of a segment, "" for a manual one.
func segmentRules(r *rnd, i int) string {
	switch i % 5 {
	case 0:
		return `{"and":[{"attribute":{"field":"created_at","operator":"exists"},"inverse":false}]}`
	case 1:
		return `{"and":[{"attribute":{"field":"plan","operator":"eq","value":"` + pick(r, []string{"premium", "team", "enterprise"}) + `"},"inverse":false}]}`
	case 2:
		return `{"and":[{"event":{"id":` + strconv.Itoa(40+i) + `,"name":"` + pick(r, eventNames) +
			`","type":"event","filters":{"and":[{"field":"total","operator":"gt","value":"50","inverse":false}]}},"inverse":true,"times":1,"within":` +
			strconv.Itoa(86400*90) + `}]}`
	case 3:
		return `{"or":[{"page":{"url":"https://lumen.example.com/pricing"},"inverse":false},{"attribute":{"field":"country","operator":"eq","value":"Österreich"},"inverse":false}]}`
	}
	return ""
}

func (s *Sim) addSegment(title string, created int64, rules string) *row {
	id := s.next("segments")
	o := new(object).num("id", id).str("deduplicate_id", token(id, created)).str("name", title).
		str("description", "").str("type", "dynamic").str("state", "finished").null("progress").null("tags")
	if rules == "" {
		o.str("type", "manual").str("description", "Filled by hand")
	} else {
		o.raw("conditions", rules)
	}
	if id%3 == 0 {
		o.strs("tags", []string{tagPool[id%int64(len(tagPool))]})
	}
	if id%6 == 5 {
		o.str("state", "build").num("progress", 40)
	}
	o.num("created_at", created).num("updated_at", created)
	return s.tables["segments"].add(&row{id: id, o: o})
}

func (s *Sim) buildTransactional() {
	for i := range s.size.transactional {
		r := draw(s.o.Seed, saltConfig, int64(2000+i))
		tm := templateNames[i%len(templateNames)]
		title, trigger := tm.name, tm.trigger
		if i >= len(templateNames) {
			n := strconv.Itoa(i / len(templateNames))
			title, trigger = title+" "+n, trigger+"_"+n
		}
		created := s.ago(&r, r.between(180, 700))
		updated := created + r.between(0, 100)*86400
		id := s.next("transactional")
		o := new(object).num("id", id).str("name", title).str("description", tm.about).
			flag("send_to_unsubscribed", true).flag("link_tracking", tm.kind == "email").flag("open_tracking", tm.kind == "email").
			flag("hide_message_body", trigger == "password_reset").flag("queue_drafts", false)
		if i != 1 { // absent, not null
			o.str("trigger_name", trigger)
		}
		o.num("created_at", created).num("updated_at", updated)
		s.tables["transactional_messages"].add(&row{id: id, o: o})
		languages := []string{""}
		if i%7 == 0 {
			languages = []string{"", "fr", "ja"}
		}
		for _, lang := range languages {
			s.addTransactionalContent(id, title, tm.kind, tm.subject, lang, created, updated, 6-min(i, 5))
		}
		if i == 3 {
			s.designed[s.seq["actions"]] = true
		}
	}
}

func (s *Sim) addTransactionalContent(parent int64, title, kind, subject, lang string, created, updated int64, weight int) {
	id := s.next("actions")
	o := new(object).num("id", id).str("name", title).num("created", created).num("updated", updated).
		str("body", bodyOf(kind, id, lang)).str("type", kind).str("language", lang)
	switch kind {
	case "email":
		o.num("from_id", 1).str("from", "Lumen <hello@lumen.example.com>").str("recipient", "{{customer.email}}").
			str("subject", subject).str("preheader_text", "").str("body_amp", "").null("reply_to_id").str("reply_to", "").
			str("bcc", "").flag("fake_bcc", false).str("preprocessor", "premailer").
			raw("headers", `"[{\"name\":\"X-Category\",\"value\":\"transactional\"}]"`)
	case "twilio":
		o.num("from_id", 3).str("from", "+15550142").str("recipient", "{{customer.phone}}")
	}
	s.tables["transactional_message_contents"].add(&row{id: id, parent: parent, o: o})
	src := sourceOf(o, kind)
	src.transactional, src.template = parent, s.next("templates")
	if lang != "" {
		weight = 1
	}
	s.sources.add(src, weight*5)
}

func (s *Sim) buildDrafts() {
	for i := range s.size.drafts {
		r := draw(s.o.Seed, saltDraft, int64(i))
		src := s.sources.slots[r.n(len(s.sources.slots))]
		d := &delivery{src: src, draft: true, index: -1, who: who{number: int64(r.n(s.size.people))}, chance: r}
		d.created = (s.base() - int64(s.size.drafts-i)*86400/2) * 1000
		s.drafts = append(s.drafts, d)
	}
}
