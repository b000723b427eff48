package sim

import "strconv"

// buildSettings makes the records that stand on their own: senders, snippets,
// collections, webhooks, exports, workspaces, topics, channels, object types and
// suppressions.
func (s *Sim) buildSettings() {
	for i := range s.size.senders {
		s.addSender(i)
	}
	for i := range s.size.snippets {
		r := draw(s.o.Seed, saltConfig, int64(3000+i))
		text := snippetTexts[i%len(snippetTexts)]
		if i >= len(snippetTexts) {
			text[0] += "_" + strconv.Itoa(i/len(snippetTexts))
		}
		s.addSnippet(text[0], text[1], s.ago(&r, r.between(5, 600)))
		if i == 8 {
			s.shop.snippets = append(s.shop.snippets, text[0])
		}
	}
	for i := range s.size.collections {
		r := draw(s.o.Seed, saltConfig, int64(4000+i))
		title := []string{"products", "store_locations", "événements"}[i%3]
		if i >= 3 {
			title += "_" + strconv.Itoa(i/3)
		}
		created := s.ago(&r, r.between(60, 500))
		s.addCollection(title, collectionRows(&r, i), created, created+r.between(0, 50)*86400)
	}
	for i := range s.size.webhooks {
		id := s.next("webhooks")
		s.tables["reporting_webhooks"].add(&row{id: id, o: new(object).num("id", id).
			str("name", "Data warehouse "+strconv.Itoa(i+1)).str("endpoint", "https://hooks.example.com/customerio/"+strconv.Itoa(i+1)).
			flag("disabled", i%3 == 2).flag("full_resolution", i%2 == 0).flag("with_content", false).
			strs("events", []string{"email_sent", "email_opened", "email_clicked", "email_bounced", "customer_unsubscribed"}).
			str("type", "webhook")})
	}
	for i := range s.size.exports {
		r := draw(s.o.Seed, saltConfig, int64(5000+i))
		kind := []string{"customers", "deliveries"}[i%2]
		e := s.addExport(kind, "Monthly "+kind, s.ago(&r, int64(s.size.exports-i)*20%300+2))
		s.finishExport(e.id, e.o.integer("created_at")+r.between(10, 200), int64(s.size.people))
		if i%11 == 7 {
			e.o.str("status", "failed").flag("failed", true).num("total", 0)
		}
	}
	for i, title := range []string{"Lumen – production", "Lumen – staging"} {
		s.tables["workspaces"].add(&row{id: firstWorkspace + int64(i), o: new(object).num("id", firstWorkspace+int64(i)).str("name", title)})
	}
	topics := []string{"Product news", "Offers", "Événements", "Tips and tricks"}
	for i := range s.size.topics {
		title := topics[i%len(topics)]
		if i >= len(topics) {
			title += " " + markets[i%len(markets)]
		}
		id := s.next("topics")
		s.tables["subscription_topics"].add(&row{id: id, o: new(object).num("id", id).str("identifier", "topic_"+strconv.FormatInt(id, 10)).
			str("name", title).str("description", "").flag("subscribed_by_default", i%2 == 0)})
	}
	for i, title := range []string{"email", "push", "sms", "in_app"} {
		s.tables["subscription_channels"].add(&row{id: int64(i + 1), o: new(object).num("id", int64(i+1)).str("name", title).flag("enabled", true)})
	}
	for i, n := range [][4]string{{"Accounts", "Account", "accounts", "account"}, {"Courses", "Course", "courses", "course"}} {
		s.tables["object_types"].add(&row{id: int64(i + 1), o: new(object).str("id", strconv.Itoa(i+1)).str("name", n[0]).
			str("singular_name", n[1]).str("slug", n[2]).str("singular_slug", n[3]).str("icon", "building").flag("enabled", i == 0)})
	}
	for i, category := range suppressionTypes {
		for k := range 3 - i {
			r := draw(s.o.Seed, saltConfig, int64(6000+10*i+k))
			s.suppressed[category] = append(s.suppressed[category], suppression{
				email:   string(s.appendEmail(nil, who{number: int64(r.n(s.size.people))})),
				created: s.ago(&r, r.between(1, 100)), reason: "550 5.1.1 user unknown"})
		}
	}
}

// firstWorkspace is the workspace that the key belongs to.
const firstWorkspace = 78401

// addSender makes the i-th sender; the last ones are hidden.
func (s *Sim) addSender(i int) {
	r := draw(s.o.Seed, saltConfig, int64(7000+i))
	id := s.next("senders")
	o := new(object).num("id", id).str("deduplicate_id", token(id, s.ago(&r, r.between(100, 800))))
	if i%4 == 2 {
		phone := "+155501" + strconv.Itoa(40+i)
		o.str("name", "Lumen SMS "+strconv.Itoa(i)).str("phone", phone).str("address", phone).str("template_type", "phone")
	} else {
		local := []string{"hello", "news", "", "support", "équipe", "billing", "", "noreply"}[i%8]
		plain := []string{"hello", "news", "", "support", "equipe", "billing", "", "noreply"}[i%8]
		if i >= 8 {
			plain += strconv.Itoa(i)
		}
		address := plain + "@lumen.example.com"
		o.str("name", "Lumen "+local).str("email", address).str("address", "Lumen "+local+" <"+address+">").str("template_type", "email")
	}
	o.flag("auto_generated", i%8 == 5)
	if i >= s.size.senders-s.size.hidden {
		o.flag("hidden", true)
	} else if i%2 == 0 {
		o.flag("hidden", false)
	}
	s.tables["sender_identities"].add(&row{id: id, o: o})
}

func (s *Sim) addSnippet(title, value string, at int64) *row {
	return s.tables["snippets"].add(&row{id: s.next("snippets"),
		o: new(object).str("name", title).str("value", value).num("updated_at", at)})
}

// collectionRows makes the contents of the i-th collection as a JSON array.
func collectionRows(r *rnd, i int) []byte {
	b := []byte{'['}
	n := 5 + r.n(20)
	for k := range n {
		if k > 0 {
			b = append(b, ',')
		}
		o := new(object)
		switch i % 3 {
		case 0:
			o.str("sku", "LMN-"+strconv.Itoa(100+k)).str("title", pick(r, []string{"Lamp", "Stehlampe", "Lampe d’été", "ランプ"})).num("price_cents", r.between(900, 19900))
		case 1:
			o.str("city", pick(r, []string{"Wien", "Paris", "東京", "Lisboa"})).num("lat", r.between(-80, 80)).str("phone", "+1555019"+strconv.Itoa(k%10))
		default:
			o.str("event", "Meetup "+strconv.Itoa(k)).num("seats", r.between(10, 300)).flag("online", k%2 == 0)
		}
		b = o.append(b)
	}
	return append(b, ']')
}

func (s *Sim) addCollection(title string, content []byte, created, updated int64) *row {
	id := s.next("collections")
	r := s.tables["collections"].add(&row{id: id, o: new(object).num("id", id).str("name", title)})
	s.fillCollection(r, content)
	r.o.num("created_at", created).num("updated_at", updated)
	return r
}

func (s *Sim) addExport(kind, about string, created int64) *row {
	id := s.next("exports")
	return s.tables["exports"].add(&row{id: id, o: new(object).num("id", id).str("deduplicate_id", token(id, created)).
		str("type", kind).str("status", "pending").str("description", about).num("total", 0).num("downloads", 0).
		flag("failed", false).num("created_at", created).num("updated_at", created).
		num("user_id", id%3).str("user_email", staff[id%int64(len(staff))])})
}

// finishExport is what happens to a pending export after some seconds.
func (s *Sim) finishExport(id, at, total int64) {
	t := s.tables["exports"]
	r := t.find(id)
	if r == nil {
		return // deleted meanwhile
	}
	r.o.str("status", "done").num("total", total)
	t.touch(r, at)
}
