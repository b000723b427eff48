package sim

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

func createSegment(s *Sim, c *call) *reply {
	in, bad := c.input()
	if bad != nil {
		return bad
	}
	body, isObject := in.object("segment")
	title, isText := body.text("name")
	about, aboutIsText := body.text("description")
	if !isObject || !isText || !aboutIsText || strings.TrimSpace(title) == "" {
		return c.fail(http.StatusBadRequest, "segment.name is required")
	}
	g := s.addSegment(title, c.sec(), "")
	g.o.str("description", about).str("state", "finished").null("progress").null("tags")
	return single("segment", g)
}

// deleteSegment takes manual segments only, and none that a campaign uses.
func deleteSegment(s *Sim, c *call) *reply {
	g, bad := s.lookup(c, "segments", 0)
	if bad != nil {
		return bad
	}
	if g.o.text("type") != "manual" {
		return c.fail(http.StatusBadRequest, "only manual segments can be deleted")
	}
	if len(s.using(g.id)) > 0 {
		return c.fail(http.StatusConflict, "the segment is in use")
	}
	s.remove("segments", g.id, 0)
	return nothing(http.StatusNoContent)
}

// The limits of snippets, in characters.
const (
	snippetName  = 150
	snippetValue = 16_000
)

// writeSnippet makes a snippet, or with PUT replaces the one of that name.
func writeSnippet(s *Sim, c *call) *reply {
	in, bad := c.input()
	if bad != nil {
		return bad
	}
	title, isText := in.text("name")
	value, isTextToo := in.text("value")
	if !isText || !isTextToo {
		return c.badRequest()
	}
	title, value = strings.TrimSpace(title), strings.TrimSpace(value)
	t := s.tables["snippets"]
	old := t.named(title)
	switch {
	case title == "":
		return c.invalid("name cannot be blank", "/name")
	case utf8.RuneCountInString(title) > snippetName:
		return c.invalid("name cannot exceed 150 characters", "/name")
	case c.method == http.MethodPost && old != nil:
		return c.invalid("A snippet with that name already exists", "/name")
	case value == "":
		return c.invalid("value cannot be blank", "/value")
	case utf8.RuneCountInString(value) > snippetValue:
		return c.invalid("value cannot exceed 16000 characters", "/value")
	case refersToSnippet(value):
		return c.invalid("Snippets cannot contain Liquid code referencing other snippets.", "/value")
	}
	if old == nil {
		old = s.addSnippet(title, value, c.sec())
	} else {
		old.o.str("value", value)
		t.touch(old, c.sec())
	}
	return single("snippet", old)
}

func refersToSnippet(value string) bool {
	for {
		_, after, found := strings.Cut(value, "{%")
		if !found {
			return false
		}
		if strings.HasPrefix(strings.TrimLeft(after, "- \t\n"), "snippet") {
			return true
		}
		value = after
	}
}

// deleteSnippet refuses one that the text of some action or content uses.
func deleteSnippet(s *Sim, c *call) *reply {
	title := c.vars[0]
	if s.tables["snippets"].named(title) == nil {
		return c.notFound()
	}
	for _, entity := range []string{"campaign_actions", "broadcast_actions", "newsletter_contents", "transactional_message_contents"} {
		for _, r := range s.tables[entity].rows {
			if strings.Contains(r.o.text("body"), `{% snippet "`+title+`" %}`) {
				return c.fail(http.StatusBadRequest, "unable to delete snippet in use")
			}
		}
	}
	s.removeNamed(title)
	return nothing(http.StatusNoContent)
}

// The limits of collections, in bytes.
const (
	collectionBytes    = 10 << 20
	collectionRowBytes = 10 << 10
)

// rowsOf reads the contents of a collection from data or url, of which exactly
// one must be given unless neither has to be.
func (c *call) rowsOf(in input, optional bool) (content []byte, bad *reply) {
	data, link := in.given("data"), in.given("url")
	switch {
	case data && link:
		return nil, c.fail(http.StatusBadRequest, "give either data or url")
	case !data && !link && optional:
		return nil, nil
	case link:
		text, isText := in.text("url")
		if u, err := url.Parse(text); !isText || err != nil || u.Host == "" {
			return nil, c.fail(http.StatusBadRequest, "url is not valid")
		}
		// Nothing is fetched: the simulator reaches no other host.
		return []byte(`[{"source":"url","row":1},{"source":"url","row":2}]`), nil
	case !data:
		return nil, c.fail(http.StatusBadRequest, "data or url is required")
	}
	return c.checkRows(in["data"])
}

func (c *call) checkRows(raw []byte) ([]byte, *reply) {
	var rows []json.RawMessage
	if json.Unmarshal(raw, &rows) != nil {
		return nil, c.fail(http.StatusBadRequest, "data must be an array of objects")
	}
	for _, r := range rows {
		if len(r) > 0 && r[0] != '{' {
			return nil, c.fail(http.StatusBadRequest, "data must be an array of objects")
		}
		if len(r) > collectionRowBytes {
			return nil, c.fail(http.StatusBadRequest, "a row cannot exceed 10 KB")
		}
	}
	if len(raw) > collectionBytes {
		return nil, c.fail(http.StatusBadRequest, "a collection cannot exceed 10 MB")
	}
	return slices.Clone(raw), nil
}

// fillCollection sets the contents of a collection and what its record says of them.
func (s *Sim) fillCollection(r *row, content []byte) {
	var rows []map[string]json.RawMessage
	if json.Unmarshal(content, &rows) != nil {
		rows = nil // cannot be: contents are checked before
	}
	keys := []string{}
	for _, o := range rows {
		for k := range o {
			if !slices.Contains(keys, k) {
				keys = append(keys, k)
			}
		}
	}
	slices.Sort(keys)
	s.collections[r.id] = content
	r.o.num("bytes", int64(len(content))).num("rows", int64(len(rows))).strs("schema", keys)
}

func createCollection(s *Sim, c *call) *reply {
	in, bad := c.input()
	if bad != nil {
		return bad
	}
	title, isText := in.text("name")
	if !isText || strings.TrimSpace(title) == "" {
		return c.fail(http.StatusBadRequest, "name is required")
	}
	content, bad := c.rowsOf(in, false)
	if bad != nil {
		return bad
	}
	return single("collection", s.addCollection(title, content, c.sec(), c.sec()))
}

func updateCollection(s *Sim, c *call) *reply {
	r, bad := s.lookup(c, "collections", 0)
	if bad != nil {
		return bad
	}
	in, bad := c.input()
	if bad != nil {
		return bad
	}
	title, isText := in.text("name")
	if !isText || in.given("name") && strings.TrimSpace(title) == "" {
		return c.fail(http.StatusBadRequest, "name cannot be blank")
	}
	content, bad := c.rowsOf(in, true)
	if bad != nil {
		return bad
	}
	if title != "" {
		r.o.str("name", title)
	}
	if content != nil {
		s.fillCollection(r, content)
	}
	s.tables["collections"].touch(r, c.sec())
	return single("collection", r)
}

func getCollectionContent(s *Sim, c *call) *reply {
	r, bad := s.lookup(c, "collections", 0)
	if bad != nil {
		return bad
	}
	return ok(s.collections[r.id])
}

func putCollectionContent(s *Sim, c *call) *reply {
	r, bad := s.lookup(c, "collections", 0)
	if bad != nil {
		return bad
	}
	raw := c.body
	if in, refused := c.input(); refused == nil && in.given("data") {
		raw = in["data"]
	}
	content, bad := c.checkRows(raw)
	if bad != nil {
		return bad
	}
	s.fillCollection(r, content)
	s.tables["collections"].touch(r, c.sec())
	return single("collection", r)
}

// webhookFields checks the body of a webhook and puts it into a record. A PUT
// replaces everything, so what is not given falls back to its default.
func (c *call) webhookFields(o *object) *reply {
	in, bad := c.input()
	if bad != nil {
		return bad
	}
	title, isText := in.text("name")
	endpoint, isTextToo := in.text("endpoint")
	u, err := url.Parse(endpoint)
	var events []string
	switch {
	case !isText || title == "":
		return c.fail(http.StatusBadRequest, "name is required")
	case !isTextToo || err != nil || u.Host == "":
		return c.fail(http.StatusBadRequest, "endpoint must be a URL")
	case json.Unmarshal(in["events"], &events) != nil || len(events) == 0:
		return c.fail(http.StatusBadRequest, "events needs at least one event")
	}
	o.str("name", title).str("endpoint", endpoint).flag("disabled", in.truth("disabled")).
		flag("full_resolution", in.truth("full_resolution")).flag("with_content", in.truth("with_content")).strs("events", events)
	return nil
}

func createWebhook(s *Sim, c *call) *reply {
	o := new(object).num("id", s.seq["webhooks"]+1)
	if bad := c.webhookFields(o); bad != nil {
		return bad
	}
	return single("", s.tables["reporting_webhooks"].add(&row{id: s.next("webhooks"), o: o.str("type", "webhook")}))
}

func updateWebhook(s *Sim, c *call) *reply {
	r, bad := s.lookup(c, "reporting_webhooks", 0)
	if bad != nil {
		return bad
	}
	if bad := c.webhookFields(r.o); bad != nil {
		return bad
	}
	return single("", r)
}
