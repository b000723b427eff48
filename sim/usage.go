package sim

import (
	"encoding/json"
	"slices"
)

func customerCount(s *Sim, c *call) *reply {
	g, bad := s.lookup(c, "segments", 0)
	if bad != nil {
		return bad
	}
	n := len(s.peopleWho(func(p int64) bool { return s.member(g.id, p) }))
	return ok(new(object).num("count", int64(n)).append(nil))
}

func membership(s *Sim, c *call) *reply {
	g, bad := s.lookup(c, "segments", 0)
	if bad != nil {
		return bad
	}
	page, bad := s.paging(c, 1000, 30_000)
	if bad != nil {
		return bad
	}
	people, more := cut(s.peopleWho(func(p int64) bool { return s.member(g.id, p) }), page)
	return s.peoplePage(people, page, more, tokensNumbers, true)
}

// using are the campaigns that a segment triggers or filters.
func (s *Sim) using(segment int64) []int64 {
	ids := []int64{}
	for _, r := range s.tables["campaigns"].rows {
		for _, key := range []string{"trigger_segment_ids", "filter_segment_ids"} {
			var in []int64
			if json.Unmarshal(r.o.get(key), &in) == nil && slices.Contains(in, segment) && !slices.Contains(ids, r.id) {
				ids = append(ids, r.id)
			}
		}
	}
	return ids
}

func segmentUsedBy(s *Sim, c *call) *reply {
	g, bad := s.lookup(c, "segments", 0)
	if bad != nil {
		return bad
	}
	sent, drafts := []int64{}, []int64{}
	for _, n := range s.tables["newsletters"].rows {
		var in []int64
		if json.Unmarshal(n.o.get("recipient_segment_ids"), &in) != nil || !slices.Contains(in, g.id) {
			continue
		}
		if n.o.text("send_state") == newsletterSent {
			sent = append(sent, n.id)
		} else {
			drafts = append(drafts, n.id)
		}
	}
	used := new(object).nums("campaigns", s.using(g.id)).nums("sent_newsletters", sent).nums("draft_newsletters", drafts)
	return ok(new(object).obj("used_by", used).append(nil))
}

// senderUsedBy is flat, where the same question about a segment is wrapped.
func senderUsedBy(s *Sim, c *call) *reply {
	n, bad := s.lookup(c, "sender_identities", 0)
	if bad != nil {
		return bad
	}
	campaigns := []int64{}
	for _, a := range s.tables["campaign_actions"].rows {
		if a.o.integer("from_id") == n.id && !slices.Contains(campaigns, a.parent) {
			campaigns = append(campaigns, a.parent)
		}
	}
	sent, drafts := []int64{}, []int64{}
	for _, r := range s.tables["newsletter_contents"].rows {
		if r.o.integer("from_id") != n.id {
			continue
		}
		into := &drafts
		if p := s.tables["newsletters"].find(r.parent); p != nil && p.o.text("send_state") == newsletterSent {
			into = &sent
		}
		if !slices.Contains(*into, r.parent) {
			*into = append(*into, r.parent)
		}
	}
	return ok(new(object).nums("campaigns", campaigns).nums("sent_newsletters", sent).nums("draft_newsletters", drafts).append(nil))
}
