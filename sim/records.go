package sim

import (
	"encoding/json"
	"iter"
	"slices"
)

// recordsAtOnce is how many deliveries Records makes under one lock.
const recordsAtOnce = 256

// Records is the present truth of an entity, each record as the API would list it:
// children without their parent's id where the API leaves it out, hidden senders
// and the activities of deleted people included, deliveries without drafts and
// however old. An unknown entity has no records. The sequence may be ranged over
// again and then shows the truth of that time; deliveries and activities that
// appear during the walk are not in it.
func (s *Sim) Records(entity string) iter.Seq[json.RawMessage] {
	return func(yield func(json.RawMessage) bool) {
		s.mu.Lock()
		now := s.settle()
		s.mu.Unlock()
		switch entity {
		case "messages":
			s.eachMessage(now, yield)
			return
		case "activities":
			var all []json.RawMessage
			s.mu.RLock()
			s.log.each(s, now/1000, func(a *activity) bool {
				if o := s.activity(a); !s.refs[o.text("id")] {
					all = append(all, o.append(nil))
				}
				return true
			})
			s.mu.RUnlock()
			each(all, yield)
			return
		}
		var all []json.RawMessage
		s.mu.RLock()
		if t := s.tables[entity]; t != nil {
			for _, r := range t.rows {
				if entity == "workspaces" {
					all = append(all, s.workspace(r, now).append(nil))
					continue
				}
				all = append(all, r.o.append(nil))
			}
		}
		s.mu.RUnlock()
		each(all, yield)
	}
}

func each(all []json.RawMessage, yield func(json.RawMessage) bool) {
	for _, r := range all {
		if !yield(r) {
			return
		}
	}
}

// eachMessage makes the deliveries in portions, so that the caller may use the
// simulator meanwhile.
func (s *Sim) eachMessage(now int64, yield func(json.RawMessage) bool) {
	s.mu.RLock()
	walk := s.span(0, now+1, false)
	walk.made = slices.Clone(walk.made) // a send between two portions may move the original
	s.mu.RUnlock()
	var d delivery
	for {
		var part []json.RawMessage
		s.mu.RLock()
		for range recordsAtOnce {
			m, more := walk.next(&d)
			if !more {
				break
			}
			part = append(part, s.appendDelivery(nil, m, now/1000, plainLook))
		}
		s.mu.RUnlock()
		if len(part) == 0 {
			return
		}
		for _, r := range part {
			if !yield(r) {
				return
			}
		}
	}
}
