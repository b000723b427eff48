package sim

import "strconv"

func (s *Sim) buildBroadcasts() {
	s.seq["broadcasts"] = 7000
	for i := range s.size.broadcasts {
		r := draw(s.o.Seed, saltConfig, int64(8000+i))
		title := broadcastNames[i%len(broadcastNames)]
		if i >= len(broadcastNames) {
			title += " – " + markets[i/len(broadcastNames)%len(markets)]
		}
		oldest := int64(s.o.Days) + 10
		created := s.ago(&r, oldest+r.between(20, 300))
		id := s.next("broadcasts")
		o := new(object).num("id", id).str("deduplicate_id", token(id, created)).str("name", title).
			str("type", "triggered_broadcast").flag("active", true).str("state", "running").
			num("created", created).num("updated", created+3600).num("first_started", created+3600).
			str("created_by", staff[i%len(staff)]).raw("actions", "[]")
		switch i % 3 {
		case 0:
			o.strs("tags", []string{"incident"})
		case 1:
			o.null("tags")
		default:
			o.str("tags", "nil") // the documentation shows this text
		}
		b := s.tables["broadcasts"].add(&row{id: id, o: o})
		for k, kind := range []string{"email", "push"}[:1+i%2] {
			subject := ""
			if kind == "email" {
				subject = title + ", {{customer.first_name}}"
			}
			a := s.addAction("broadcast_actions", "broadcast_id", id, kind, stepName(kind, k), subject, created, created+3600)
			s.addSource(a, kind, 6, func(src *source) { src.broadcast = id })
		}
		s.relist("broadcasts", "broadcast_actions", b)
		for k := range int64(2) {
			at := s.ago(&r, 40-20*k)
			s.triggers[id] = append(s.triggers[id], &trigger{id: k + 1, broadcast: id, created: at, processed: at + 40, recipients: r.between(20, 200)})
		}
	}
}

// A newsletter's state on its way from the editor to people.
const (
	newsletterDraft     = "draft"
	newsletterScheduled = "scheduled"
	newsletterSent      = "sent"
)

func (s *Sim) buildNewsletters() {
	n := s.size.newsletters
	for i := range n {
		r := draw(s.o.Seed, saltConfig, int64(9000+i))
		// The last two are not sent; of the sent ones the latest have deliveries.
		switch older := n - 2 - s.size.mailings - i; {
		case i == n-1:
			row := s.addNewsletter(i, newsletterDraft, s.ago(&r, 2), 0, &r)
			s.shop.newsletters = append(s.shop.newsletters, row.id)
		case i == n-2:
			s.addNewsletter(i, newsletterScheduled, s.ago(&r, 3), 0, &r)
		case older > 0:
			at := s.ago(&r, int64(s.o.Days)+10+int64(older))
			s.addNewsletter(i, newsletterSent, at-2*86400, at, &r)
		default:
			at := s.mailingDay(-older)*86400 + mailingHour*3600
			s.addNewsletter(i, newsletterSent, at-2*86400, at, &r)
		}
	}
}

// mailingDay is the day since 1970 of the k-th mailing before Start.
func (s *Sim) mailingDay(k int) int64 {
	first := s.base()/86400 - int64(s.o.Days) + 1
	return first + int64(2*k+1)*int64(s.o.Days-2)/int64(2*s.size.mailings)
}

func (s *Sim) addNewsletter(i int, state string, created, sent int64, r *rnd) *row {
	s.seq["newsletters"] += 1 + int64(r.n(9))
	id := s.seq["newsletters"]
	kind := "email"
	if i%7 == 5 {
		kind = []string{"push", "in_app", "twilio"}[i%3]
	}
	title := newsletterNames[i%len(newsletterNames)]
	if i >= len(newsletterNames) {
		title += " #" + strconv.Itoa(i/len(newsletterNames)+1)
	}
	updated := max(created, sent)
	o := new(object).num("id", id).str("deduplicate_id", token(id, updated)).str("name", title).str("type", kind).
		num("created", created).num("updated", updated)
	if sent > 0 {
		o.num("sent_at", sent)
	} else {
		o.null("sent_at")
	}
	if id%5 != 0 { // absent in some
		o.strs("tags", []string{pick(r, tagPool)})
	}
	segments := s.tables["segments"].rows
	o.raw("content_ids", "[]").nums("recipient_segment_ids", []int64{segments[r.n(min(len(segments), 14))].id})
	if id%2 == 0 {
		o.num("subscription_topic_id", 1+id%int64(s.size.topics))
	}
	o.str("send_state", state)
	if state == newsletterScheduled {
		o.num("scheduled_at", created+5*86400).str("timezone", "UTC").flag("tz_match_enabled", false)
	}
	n := s.tables["newsletters"].add(&row{id: id, o: o})
	variants := [][2]string{{"A", ""}}
	switch i % 3 {
	case 1:
		variants = [][2]string{{"A", ""}, {"B", ""}}
	case 2:
		variants = [][2]string{{"Default", ""}, {"Français", "fr"}, {"日本語", "ja"}}
	}
	var ids []int64
	for k, v := range variants {
		ids = append(ids, s.addNewsletterContent(n, kind, v[0], v[1], newsletterSubjects[(i+k)%len(newsletterSubjects)], updated))
	}
	o.nums("content_ids", ids)
	return n
}

func (s *Sim) addNewsletterContent(n *row, kind, title, lang, subject string, updated int64) int64 {
	id := s.next("actions")
	o := new(object).num("id", id).num("newsletter_id", n.id).str("deduplicate_id", token(id, updated)).str("name", title).
		str("layout", "Default layout").str("body", bodyOf(kind, id, lang)).str("type", kind).str("language", lang)
	if kind == "email" {
		o.str("from", "Lumen <news@lumen.example.com>").num("from_id", 2).null("reply_to").null("reply_to_id").
			str("preprocessor", "premailer").str("recipient", "{{customer.email}}").str("subject", subject).
			str("bcc", "").flag("fake_bcc", false).str("preheader_text", "").raw("headers", "[]")
	}
	s.tables["newsletter_contents"].add(&row{id: id, parent: n.id, o: o})
	src := sourceOf(o, kind)
	src.newsletter, src.content, src.template = n.id, id, s.next("templates")
	s.sources.add(src, 0)
	s.sources.mail[n.id] = append(s.sources.mail[n.id], src)
	return id
}
