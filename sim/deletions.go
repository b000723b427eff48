package sim

import (
	"fmt"
	"strconv"
)

// Delete removes a record as a person at the vendor's screen would: a campaign
// goes with its actions, a newsletter and a transactional message with their
// contents, a segment also while it is in use. Deliveries stay. The id is the
// record's key; parent is needed for nested entities only and may be empty where
// the id is unique. It fails when there is no such record.
func (s *Sim) Delete(entity, parent, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settle()
	ok := false
	switch entity {
	case "messages":
		ok = s.removeMessage(id)
	case "activities":
		ok = s.log.find(s, id)
		s.refs[id] = s.refs[id] || ok
	case "snippets":
		ok = s.removeNamed(id)
	default:
		if s.tables[entity] == nil {
			return fmt.Errorf("delete from %q: the simulator has no such entity", entity)
		}
		n, err := strconv.ParseInt(id, 10, 64)
		if err != nil {
			return fmt.Errorf("delete from %s: the id %q is no number", entity, id)
		}
		up, err := strconv.ParseInt(parent, 10, 64)
		if parent != "" && err != nil {
			return fmt.Errorf("delete from %s: the parent %q is no number", entity, parent)
		}
		ok = s.remove(entity, n, up)
	}
	if !ok {
		return fmt.Errorf("delete from %s: there is no record %q", entity, id)
	}
	return nil
}

// remove deletes a configuration record with what belongs to it. The caller holds
// mu alone.
func (s *Sim) remove(entity string, id, parent int64) bool {
	t := s.tables[entity]
	r := t.find(id)
	if r == nil || parent != 0 && r.parent != parent {
		return false
	}
	t.remove(id)
	switch entity {
	case "campaigns":
		s.tables["campaign_actions"].orphan(id)
		s.endSources(s.now, func(src *source) bool { return src.campaign == id })
	case "broadcasts":
		s.tables["broadcast_actions"].orphan(id)
		delete(s.triggers, id)
		s.endSources(s.now, func(src *source) bool { return src.broadcast == id })
	case "campaign_actions":
		if c := s.tables["campaigns"].find(r.parent); c != nil {
			s.relist("campaigns", entity, c)
		}
		s.endSources(s.now, func(src *source) bool { return src.action == id })
	case "broadcast_actions":
		if b := s.tables["broadcasts"].find(r.parent); b != nil {
			s.relist("broadcasts", entity, b)
		}
		s.endSources(s.now, func(src *source) bool { return src.action == id })
	case "newsletters":
		s.tables["newsletter_contents"].orphan(id)
		s.tables["test_groups"].orphan(id)
		for i := range s.line.segments {
			if g := &s.line.segments[i]; g.mail != nil && g.mail.newsletter == id && g.from > s.now {
				g.mail = nil // it will not go out
			}
		}
		s.log.forget()
	case "newsletter_contents":
		if n := s.tables["newsletters"].find(r.parent); n != nil {
			s.relistContents(n)
		}
	case "transactional_messages":
		s.tables["transactional_message_contents"].orphan(id)
		s.endSources(s.now, func(src *source) bool { return src.transactional == id })
	case "collections":
		delete(s.collections, id)
	}
	return true
}

// endSources marks the sources that match as deleted at a time. What was worked
// out of the deliveries of this day is then no longer true.
func (s *Sim) endSources(at int64, match func(*source) bool) {
	for _, src := range s.sources.all {
		if match(src) {
			src.until = min(src.until, at)
		}
	}
	s.log.forget()
}

func (s *Sim) relistContents(n *row) {
	ids := []int64{}
	for _, c := range s.tables["newsletter_contents"].of(n.id) {
		ids = append(ids, c.id)
	}
	n.o.nums("content_ids", ids)
}

func (s *Sim) removeNamed(title string) bool {
	t := s.tables["snippets"]
	r := t.named(title)
	return r != nil && t.remove(r.id)
}

func (s *Sim) removeMessage(id string) bool {
	for i, d := range s.sent {
		if string(d.appendID(nil)) == id {
			s.sent = append(s.sent[:i:i], s.sent[i+1:]...)
			return true
		}
	}
	d, ok := s.findDelivery(id, s.now)
	if !ok || d.index < 0 {
		return false
	}
	s.gone[d.index] = true
	return true
}
