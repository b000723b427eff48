package sim

import "sort"

// visibleAfter is how long a delivery that a send made stays out of the lists.
const visibleAfter = 2 * second

// spanned is a walk over the deliveries created in [from, to), in milliseconds,
// the newest first: generated ones by number, and those that writes made.
type spanned struct {
	s      *Sim
	lo, hi int64       // numbers of generated deliveries
	made   []*delivery // by creation
}

func (s *Sim) span(from, to int64, drafts bool) spanned {
	made := s.sent
	if drafts {
		made = s.drafts
	}
	created := func(at int64) int { return sort.Search(len(made), func(i int) bool { return made[i].created >= at }) }
	p := spanned{s: s}
	if i, j := created(from), created(to); i < j {
		p.made = made[i:j]
		for len(p.made) > 0 && p.made[len(p.made)-1].created+visibleAfter > s.now {
			p.made = p.made[:len(p.made)-1]
		}
	}
	if !drafts && from < to {
		p.lo, p.hi = s.line.before(from), s.line.before(to)
	}
	return p
}

// skip leaves out the n newest without looking at them.
func (p *spanned) skip(n int) {
	made := 0
	for made < len(p.made) {
		d := p.made[len(p.made)-1-made]
		newer := p.hi - min(p.hi, max(p.lo, p.s.line.before(d.created+1)))
		if newer+int64(made) >= int64(n) {
			break
		}
		made++
	}
	p.made = p.made[:len(p.made)-made]
	p.hi = max(p.lo, p.hi-int64(n-made))
}

// next fills d with the next older delivery, or returns false at the end. What it
// returns is d or one of the deliveries kept.
func (p *spanned) next(d *delivery) (*delivery, bool) {
	for p.hi > p.lo || len(p.made) > 0 {
		if n := len(p.made); n > 0 {
			m := p.made[n-1]
			if p.hi == p.lo {
				p.made = p.made[:n-1]
				return m, true
			}
			if at, _ := p.s.line.at(p.hi - 1); m.created >= at {
				p.made = p.made[:n-1]
				return m, true
			}
		}
		p.hi--
		if len(p.s.gone) > 0 && p.s.gone[p.hi] {
			continue
		}
		p.s.delivery(p.hi, d)
		return d, true
	}
	return nil, false
}

// wanted are the conditions of a list of deliveries; zero values want all.
type wanted struct {
	kind                                    string
	campaign, newsletter, broadcast, action int64
	transactional, content                  int64
	metric                                  metric // with now: it has happened by then
	hasMetric                               bool
	person                                  int64 // with ofPerson
	ofPerson                                bool
}

func (w *wanted) all() bool { return *w == wanted{} }

func (w *wanted) match(d *delivery, now int64) bool {
	is := func(want, got int64) bool { return want == 0 || want == got }
	ofParents := is(w.campaign, d.src.campaign) && is(w.newsletter, d.src.newsletter) && is(w.broadcast, d.src.broadcast) &&
		is(w.action, d.src.action) && is(w.transactional, d.src.transactional) && is(w.content, d.src.content)
	if !ofParents || w.kind != "" && w.kind != d.src.kind || w.ofPerson && (d.who.made != nil || d.who.number != w.person) {
		return false
	}
	if !w.hasMetric {
		return true
	}
	var f fate
	d.fate(&f)
	at := f.at[w.metric]
	return at != 0 && at <= now
}
