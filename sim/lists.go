package sim

import (
	"net/http"
	"strconv"
)

// list answers all records of an entity at once. limit, start and sort are
// ignored without a word.
func list(entity, key string) handler {
	return func(s *Sim, c *call) *reply {
		return ok(append(s.appendRows([]byte(`{"`+key+`":`), s.tables[entity].rows, false), '}'))
	}
}

// listOrNull is list for the entities whose empty list is null.
func listOrNull(entity, key string) handler {
	return func(s *Sim, c *call) *reply {
		return ok(append(s.appendRows([]byte(`{"`+key+`":`), s.tables[entity].rows, true), '}'))
	}
}

// lookup finds the record that a variable of the path names.
func (s *Sim) lookup(c *call, entity string, i int) (*row, *reply) {
	id, valid := c.id(i)
	if !valid {
		if entity == "campaigns" || entity == "campaign_actions" {
			return nil, c.fail(http.StatusBadRequest, "the campaignID or actionID is invalid")
		}
		return nil, c.fail(http.StatusBadRequest, strconv.Quote(c.vars[i])+" is not a valid id")
	}
	if r := s.tables[entity].find(id); r != nil {
		return r, nil
	}
	return nil, c.notFound()
}

// get answers one record under its key, or bare when the key is empty.
func get(entity, key string) handler {
	return func(s *Sim, c *call) *reply {
		r, bad := s.lookup(c, entity, 0)
		if bad != nil {
			return bad
		}
		return single(key, r)
	}
}

func single(key string, r *row) *reply {
	if key == "" {
		return ok(r.o.append(nil))
	}
	return ok(new(object).obj(key, r.o).append(nil))
}

// children answers all records under a parent at once.
func children(parents, entity, key string) handler {
	return func(s *Sim, c *call) *reply {
		p, bad := s.lookup(c, parents, 0)
		if bad != nil {
			return bad
		}
		return ok(append(s.appendRows([]byte(`{"`+key+`":`), s.tables[entity].of(p.id), false), '}'))
	}
}

// remove deletes a record.
func remove(entity string, status int) handler {
	return func(s *Sim, c *call) *reply {
		r, bad := s.lookup(c, entity, 0)
		if bad != nil {
			return bad
		}
		s.remove(entity, r.id, 0)
		return nothing(status)
	}
}

// actionsAPage is how many actions a page holds; nothing changes it.
const actionsAPage = 10

func actions(parents, entity string) handler {
	return func(s *Sim, c *call) *reply {
		p, bad := s.lookup(c, parents, 0)
		if bad != nil {
			return bad
		}
		return s.listPage(c, "actions", s.tables[entity].of(p.id), actionsAPage, actionsAPage)
	}
}

// actionRow finds the action, or its language variant, that a path names.
func (s *Sim) actionRow(c *call, parents, entity string) (*row, *reply) {
	p, bad := s.lookup(c, parents, 0)
	if bad != nil {
		return nil, bad
	}
	a, bad := s.lookup(c, entity, 1)
	if bad != nil {
		return nil, bad
	}
	if a.parent != p.id {
		return nil, c.fail(http.StatusBadRequest, "the campaignID or actionID is invalid")
	}
	if len(c.vars) < 3 || a.o.text("language") == c.vars[2] {
		return a, nil
	}
	for _, v := range s.tables[entity].of(p.id) {
		if v.o.integer("parent_action_id") == a.id && v.o.text("language") == c.vars[2] {
			return v, nil
		}
	}
	return nil, c.fail(http.StatusBadRequest, "the action has no such language")
}

func action(parents, entity string) handler {
	return func(s *Sim, c *call) *reply {
		a, bad := s.actionRow(c, parents, entity)
		if bad != nil {
			return bad
		}
		return single("action", a)
	}
}

func updateAction(parents, entity string) handler {
	return func(s *Sim, c *call) *reply {
		a, bad := s.actionRow(c, parents, entity)
		if bad != nil {
			return bad
		}
		in, bad := c.input()
		if bad != nil {
			return bad
		}
		in.merge(a.o, "body", "body_amp", "body_plain", "subject", "preheader_text", "from_id", "reply_to_id", "recipient",
			"sending_state", "url", "method", "headers", "name", "image_url")
		s.tables[entity].touch(a, c.sec())
		return single("action", a)
	}
}

func listNewsletters(s *Sim, c *call) *reply {
	rows, bad := sorted(c, s.tables["newsletters"].rows, "desc")
	if bad != nil {
		return bad
	}
	return s.listPage(c, "newsletters", rows, 50, 100)
}

// listSenders leaves hidden senders out unless they are asked for.
func listSenders(s *Sim, c *call) *reply {
	rows, bad := sorted(c, s.tables["sender_identities"].rows, "asc")
	if bad != nil {
		return bad
	}
	var shown []*row
	for _, r := range rows {
		if string(r.o.get("hidden")) != "true" || c.query.Get("hidden") == "true" {
			shown = append(shown, r)
		}
	}
	return s.listPage(c, "sender_identities", shown, 50, 100)
}

// listWorkspaces counts the polls: the counters are live and differ at each.
func listWorkspaces(s *Sim, c *call) *reply {
	s.polls++
	b := []byte(`{"workspaces":[`)
	for i, r := range s.tables["workspaces"].rows {
		if i > 0 {
			b = append(b, ',')
		}
		b = s.workspace(r, c.now).append(b)
	}
	return ok(append(b, "]}"...))
}

func (s *Sim) workspace(r *row, now int64) *object {
	o, share := r.o.clone(), int64(1)
	if r.id != firstWorkspace {
		share = 20
	}
	sent := s.line.before(now) / share
	return o.num("people", (int64(s.size.people)+s.polls)/share+s.polls%3).num("messages_sent", sent+s.polls).
		num("billable_messages_sent", sent*9/10).num("object_types", 2).num("objects", int64(s.size.people)/40/share)
}

// messagesOf answers the deliveries of one parent.
func messagesOf(parents string) handler {
	return func(s *Sim, c *call) *reply {
		p, bad := s.lookup(c, parents, 0)
		if bad != nil {
			return bad
		}
		w, l := wanted{}, plainLook
		switch parents {
		case "campaigns":
			w.campaign = p.id
		case "broadcasts":
			w.broadcast = p.id
		case "newsletters":
			w.newsletter = p.id
		default:
			w.transactional = p.id
			l.identifiers = "identifiers"
		}
		return s.listMessages(c, w, monthsOfParent, l)
	}
}
