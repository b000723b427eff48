package sim

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Newsletters answer a bad request in a shape of their own, without a status.

func createNewsletter(s *Sim, c *call) *reply {
	in, bad := c.input()
	if bad != nil {
		return bad
	}
	title, isText := in.text("name")
	kind, _ := in.text("type")
	switch {
	case !isText || strings.TrimSpace(title) == "":
		return c.refuse(http.StatusBadRequest, "name is required")
	case utf8.RuneCountInString(title) > 190:
		return c.refuse(http.StatusUnprocessableEntity, "name cannot exceed 190 characters")
	case kind != "" && !slices.Contains([]string{"email", "webhook", "twilio", "push", "in_app", "inbox"}, kind):
		return c.refuse(http.StatusUnprocessableEntity, "type is not supported")
	}
	r := draw(s.o.Seed, saltConfig, c.now)
	n := s.addNewsletter(0, newsletterDraft, c.sec(), 0, &r)
	n.o.str("name", title)
	if kind != "" {
		n.o.str("type", kind)
	}
	in.merge(n.o, "subscription_topic_id", "tags", "recipient_segment_ids")
	return single("newsletter", n)
}

func sendNewsletter(s *Sim, c *call) *reply {
	n, bad := s.lookup(c, "newsletters", 0)
	if bad != nil {
		return bad
	}
	if n.o.text("send_state") == newsletterSent {
		return c.refuse(http.StatusUnprocessableEntity, "the newsletter was sent already")
	}
	s.newsletterGoesOut(n.id, c.sec())
	return single("newsletter", n)
}

func scheduleNewsletter(s *Sim, c *call) *reply {
	n, bad := s.lookup(c, "newsletters", 0)
	if bad != nil {
		return bad
	}
	in, bad := c.input()
	if bad != nil {
		return bad
	}
	at, given := in.integer("scheduled_at")
	if !given {
		at, given = in.integer("schedule_at")
	}
	switch {
	case n.o.text("send_state") == newsletterSent:
		return c.refuse(http.StatusUnprocessableEntity, "the newsletter was sent already")
	case !given || at <= c.sec():
		return c.refuse(http.StatusUnprocessableEntity, "scheduled_at must lie in the future")
	}
	n.o.str("send_state", newsletterScheduled).num("scheduled_at", at)
	s.tables["newsletters"].touch(n, c.sec())
	return single("newsletter", n)
}

// contentRow finds the content that a path names by its id or by its language. A
// test group is one content and its languages.
func (s *Sim) contentRow(c *call) (n, content *row, bad *reply) {
	n, bad = s.lookup(c, "newsletters", 0)
	if bad != nil {
		return nil, nil, bad
	}
	last := c.vars[len(c.vars)-1]
	for _, r := range s.tables["newsletter_contents"].of(n.id) {
		if strings.Contains(c.route.path, "/language/") && r.o.text("language") == last || strconv.FormatInt(r.id, 10) == last {
			return n, r, nil
		}
	}
	return nil, nil, c.notFound()
}

func getContent(s *Sim, c *call) *reply {
	_, r, bad := s.contentRow(c)
	if bad != nil {
		return bad
	}
	return single("content", r)
}

func updateContent(s *Sim, c *call) *reply {
	n, r, bad := s.contentRow(c)
	if bad != nil {
		return bad
	}
	in, bad := c.input()
	if bad != nil {
		return bad
	}
	in.merge(r.o, "body", "body_amp", "subject", "preheader_text", "from_id", "reply_to_id", "recipient", "headers", "layout")
	s.tables["newsletter_contents"].touch(r, c.sec())
	s.tables["newsletters"].touch(n, c.sec())
	return single("content", r)
}

func createLanguage(s *Sim, c *call) *reply {
	n, bad := s.lookup(c, "newsletters", 0)
	if bad != nil {
		return bad
	}
	in, bad := c.input()
	if bad != nil {
		return bad
	}
	lang, _ := in.text("language")
	if lang == "" {
		return c.refuse(http.StatusUnprocessableEntity, "language is required")
	}
	subject, _ := in.text("subject")
	id := s.addNewsletterContent(n, n.o.text("type"), lang, lang, subject, c.sec())
	r := s.tables["newsletter_contents"].find(id)
	in.merge(r.o, "body", "preheader_text", "headers")
	s.relistContents(n)
	s.tables["newsletters"].touch(n, c.sec())
	return single("content", r)
}

func deleteContent(s *Sim, c *call) *reply {
	_, r, bad := s.contentRow(c)
	if bad != nil {
		return bad
	}
	s.remove("newsletter_contents", r.id, 0)
	return nothing(http.StatusNoContent)
}

func createTestGroup(s *Sim, c *call) *reply {
	n, bad := s.lookup(c, "newsletters", 0)
	if bad != nil {
		return bad
	}
	id := s.addNewsletterContent(n, n.o.text("type"), "Test group", "", newsletterSubjects[0], c.sec())
	s.relistContents(n)
	g := s.tables["test_groups"].add(&row{id: s.next("test_groups"), parent: n.id,
		o: new(object).num("id", s.seq["test_groups"]).num("newsletter_id", n.id).nums("content_ids", []int64{id})})
	return single("test_group", g)
}

// transactionalRow finds the content that a path names by its id or language.
func (s *Sim) transactionalRow(c *call) (*row, *reply) {
	p, bad := s.lookup(c, "transactional_messages", 0)
	if bad != nil {
		return nil, bad
	}
	for _, r := range s.tables["transactional_message_contents"].of(p.id) {
		byLanguage := strings.Contains(c.route.path, "/language/")
		if byLanguage && r.o.text("language") == c.vars[1] || !byLanguage && strconv.FormatInt(r.id, 10) == c.vars[1] {
			return r, nil
		}
	}
	return nil, c.notFound()
}

func getTransactionalLanguage(s *Sim, c *call) *reply {
	r, bad := s.transactionalRow(c)
	if bad != nil {
		return bad
	}
	return single("content", r)
}

// updateTransactional answers an array, although it changes one content.
func updateTransactional(s *Sim, c *call) *reply {
	r, bad := s.transactionalRow(c)
	if bad != nil {
		return bad
	}
	in, bad := c.input()
	if bad != nil {
		return c.sendError(http.StatusBadRequest, "the request body must be a JSON object")
	}
	if in.given("body") && s.designed[r.id] {
		return c.sendError(http.StatusBadRequest, "a body made in the drag-and-drop editor cannot be changed")
	}
	in.merge(r.o, "body", "body_amp", "from_id", "reply_to_id", "recipient", "subject", "preheader_text", "headers")
	s.tables["transactional_message_contents"].touch(r, c.sec())
	parents := s.tables["transactional_messages"]
	if p := parents.find(r.parent); p != nil {
		parents.touch(p, c.sec())
	}
	return ok(append(s.appendRows([]byte(`{"content":`), []*row{r}, false), '}'))
}
