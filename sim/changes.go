package sim

import (
	"slices"
	"strconv"
	"time"
)

// buildTimeline lays out the days before Start and the day of Start, and plans
// what will happen from Start on.
func (s *Sim) buildTimeline() {
	s.line.seed = s.o.Seed
	mails := map[int64]*mailing{}
	for _, n := range s.tables["newsletters"].rows {
		if at := n.o.integer("sent_at"); at > 0 {
			mails[at/86400] = &mailing{n.id, s.sources.mail[n.id]}
		}
	}
	today := s.base() / 86400
	for d := today - int64(s.o.Days) + 1; d < today; d++ {
		s.line.addDay(d*day, mails[d], s.size.burst)
	}
	s.beginDay(today*day, s.o.Start.UnixMilli())
	s.line.fit(s.size.messages, s.o.Start.UnixMilli()+1)
}

// A newsletter goes out every third day from the first ten o'clock after Start.
const mailingEvery = 3

// beginDay decides what the day that begins at a midnight will bring after a time.
func (s *Sim) beginDay(midnight, after int64) {
	start := s.o.Start.UnixMilli()
	firstMail := (start-mailingHour*hour)/day + 1
	if s.nextNewsletter() == nil && midnight >= start {
		s.newNewsletter(midnight / 1000) // the one that waited was deleted or sent by hand
	}
	var mail *mailing
	if at := midnight + mailingHour*hour; at > after && (midnight/day-firstMail)%mailingEvery == 0 {
		if n := s.nextNewsletter(); n != nil {
			mail = &mailing{n.id, s.sources.mail[n.id]}
			s.plan(at, func(at int64) {
				s.newsletterGoesOut(mail.newsletter, at/1000)
				s.newNewsletter(at / 1000)
			})
		}
	}
	s.line.addDay(midnight, mail, s.size.burst)
	r := draw(s.o.Seed, saltDaily, midnight/day)
	for _, change := range []struct {
		hour int64
		do   func(r *rnd, at int64)
	}{
		{2, s.editCampaign}, {4, s.editAction}, {6, s.editSegment}, {8, s.editSnippet},
		{12, s.newCampaign}, {14, s.newSegment},
		{16, s.deleteSomething}, {18, s.editTransactional}, {20, s.refreshCollection},
	} {
		r.next()
		mine := r
		if at := midnight + change.hour*hour; at > after {
			s.plan(at, func(at int64) { change.do(&mine, at/1000) })
		}
	}
	s.plan(midnight+day, func(at int64) { s.beginDay(at, at-1) })
}

func (s *Sim) nextNewsletter() *row {
	for _, n := range s.tables["newsletters"].rows {
		if n.o.text("send_state") == newsletterScheduled {
			return n
		}
	}
	return nil
}

func (s *Sim) newsletterGoesOut(id, at int64) {
	t := s.tables["newsletters"]
	if n := t.find(id); n != nil {
		n.o.str("send_state", newsletterSent).num("sent_at", at)
		t.touch(n, at)
	}
}

// pickLasting picks a record that the day will not delete again, where it can.
func (s *Sim) pickLasting(r *rnd, rows []*row) *row {
	for range 8 {
		c := pick(r, rows)
		if !slices.Contains(s.shop.campaigns, c.id) && !slices.Contains(s.shop.segments, c.id) && !slices.Contains(s.shop.snippets, c.o.text("name")) {
			return c
		}
	}
	return rows[0]
}

func (s *Sim) editCampaign(r *rnd, at int64) {
	t := s.tables["campaigns"]
	if len(t.rows) == 0 {
		return
	}
	c := s.pickLasting(r, t.rows)
	switch {
	case c.o.text("state") == "running" && r.chance(0.03):
		c.o.str("state", "stopped").flag("active", false)
		s.endSources(at*1000, func(src *source) bool { return src.campaign == c.id })
	case r.chance(0.5):
		c.o.strs("tags", []string{pick(r, tagPool), "edited"})
	default:
		c.o.str("description", "Reviewed on "+dayOf(at))
	}
	t.touch(c, at)
}

// editAction changes an action and leaves its campaign alone: nothing promises
// that a campaign's updated moves with its actions.
func (s *Sim) editAction(r *rnd, at int64) {
	t := s.tables["campaign_actions"]
	if len(t.rows) == 0 {
		return
	}
	a := pick(r, t.rows)
	a.o.str("body", a.o.text("body")+"\n<!-- edited "+strconv.FormatInt(at, 10)+" -->")
	if a.o.text("subject") != "" {
		a.o.str("subject", pick(r, newsletterSubjects))
	}
	t.touch(a, at)
}

func (s *Sim) editSegment(r *rnd, at int64) {
	t := s.tables["segments"]
	if len(t.rows) == 0 {
		return
	}
	g := s.pickLasting(r, t.rows)
	g.o.str("description", "Checked on "+dayOf(at)).str("state", "finished").null("progress")
	t.touch(g, at)
}

func (s *Sim) editSnippet(r *rnd, at int64) {
	t := s.tables["snippets"]
	if len(t.rows) == 0 {
		return
	}
	n := s.pickLasting(r, t.rows)
	n.o.str("value", n.o.text("value")+" <!-- "+strconv.FormatInt(at, 10)+" -->")
	t.touch(n, at)
}

// newCampaign makes a draft, which has no deliveries and may be deleted again.
func (s *Sim) newCampaign(r *rnd, at int64) {
	th := themes[r.n(len(themes))]
	th.state, th.steps = "draft", th.steps[:2]
	c := s.addCampaign(th, th.name+" (copy)", at, at, 0, r)
	s.shop.campaigns = append(s.shop.campaigns, c.id)
}

// newNewsletter makes the one that the next mailing will send, unless one waits.
func (s *Sim) newNewsletter(at int64) {
	if s.nextNewsletter() == nil {
		r := draw(s.o.Seed, saltDaily, -at)
		s.addNewsletter(r.n(20), newsletterScheduled, at, 0, &r)
	}
}

func (s *Sim) newSegment(r *rnd, at int64) {
	if r.chance(0.5) {
		g := s.addSegment("Import "+strconv.FormatInt(at, 10), at, "")
		s.shop.segments = append(s.shop.segments, g.id)
		return
	}
	title := "note_" + strconv.FormatInt(at, 10)
	s.addSnippet(title, "Valid for a few days.", at)
	s.shop.snippets = append(s.shop.snippets, title)
}

// deleteSomething removes one thing that nothing refers to; what kind it is
// rotates by day, and a kind that has run out gives way to the next.
func (s *Sim) deleteSomething(_ *rnd, at int64) {
	for k := range int64(4) {
		switch (at/86400 + k) % 4 {
		case 0:
			if id, ok := shift(&s.shop.campaigns); ok && s.remove("campaigns", id, 0) {
				return
			}
		case 1:
			if title, ok := shift(&s.shop.snippets); ok && s.removeNamed(title) {
				return
			}
		case 2:
			if id, ok := shift(&s.shop.segments); ok && s.remove("segments", id, 0) {
				return
			}
		case 3:
			if id, ok := shift(&s.shop.newsletters); ok && s.remove("newsletters", id, 0) {
				return
			}
		}
	}
}

func shift[T any](of *[]T) (first T, ok bool) {
	if len(*of) == 0 {
		return first, false
	}
	first = (*of)[0]
	*of = (*of)[1:]
	return first, true
}

func (s *Sim) editTransactional(r *rnd, at int64) {
	t := s.tables["transactional_message_contents"]
	if len(t.rows) == 0 {
		return
	}
	c := pick(r, t.rows)
	c.o.str("body", bodyOf(c.o.text("type"), at, ""))
	t.touch(c, at)
	parents := s.tables["transactional_messages"]
	if p := parents.find(c.parent); p != nil {
		parents.touch(p, at)
	}
}

func (s *Sim) refreshCollection(r *rnd, at int64) {
	t := s.tables["collections"]
	if len(t.rows) == 0 {
		return
	}
	i := r.n(len(t.rows))
	s.fillCollection(t.rows[i], collectionRows(r, i))
	t.touch(t.rows[i], at)
}

// dayOf is the date of Unix seconds, as people note it.
func dayOf(at int64) string { return time.Unix(at, 0).UTC().Format("2 January 2006") }
