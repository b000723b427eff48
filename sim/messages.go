package sim

import (
	"math"
	"net/http"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"
)

// How far back lists of deliveries reach, in months before the end of what was
// asked for. A wider range is narrowed without a word.
const (
	monthsOfAll    = 6
	monthsOfParent = 12
)

// filterable are the metrics by which a list can be filtered.
var filterable = []metric{mCreated, mAttempted, mSent, mDelivered, mOpened, mClicked, mConverted, mBounced, mSpammed,
	mUnsubscribed, mDropped, mFailed, mUndeliverable}

// messageParams reads the filters of a list of deliveries.
func (c *call) messageParams(w *wanted) *reply {
	for key, into := range map[string]*int64{"campaign_id": &w.campaign, "newsletter_id": &w.newsletter, "action_id": &w.action} {
		if text := c.query.Get(key); text != "" {
			n, err := strconv.ParseInt(text, 10, 64)
			if err != nil {
				return c.fail(http.StatusBadRequest, key+" must be a number")
			}
			if *into != 0 && *into != n {
				n = -1 // the path names another parent
			}
			*into = n
		}
	}
	w.kind = c.query.Get("type")
	if w.kind != "" && ratesOf[w.kind] == nil && w.kind != "live_notification" && w.kind != "urban_airship" {
		return c.fail(http.StatusBadRequest, "unknown type")
	}
	name := c.query.Get("metric")
	if name == "" {
		name = c.query.Get("state") // of the transactional list, in its words
	}
	if name != "" {
		w.hasMetric = true
		i := slices.IndexFunc(filterable, func(m metric) bool { return metricNames[m] == name })
		switch {
		case i >= 0:
			w.metric = filterable[i]
		case name == "drafted":
			w.metric = mDrafted
		default:
			return c.fail(http.StatusBadRequest, "unknown metric")
		}
	}
	return nil
}

// window reads start_ts and end_ts, both inclusive, and narrows them to what is
// served. The result is in milliseconds, the end exclusive.
func (c *call) window(months int) (from, to int64, bad *reply) {
	at := func(key string, absent int64) int64 {
		text := c.query.Get(key)
		if text == "" {
			return absent
		}
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			bad = c.fail(http.StatusBadRequest, key+" must be Unix seconds")
		}
		return n
	}
	end := at("end_ts", c.sec())
	start := at("start_ts", math.MinInt64)
	end = min(end, c.sec())
	start = max(start, time.Unix(end, 0).UTC().AddDate(0, -months, 0).Unix())
	return start * 1000, min((end+1)*1000, c.now+1), bad
}

// listMessages answers a list of deliveries. Its tokens restart at page one when
// they lie beyond the end.
func (s *Sim) listMessages(c *call, w wanted, months int, l look) *reply {
	if bad := c.messageParams(&w); bad != nil {
		return bad
	}
	from, to, bad := c.window(months)
	if bad != nil {
		return bad
	}
	l.responses = c.query.Get("get_tracked_responses") == "true"
	start, blank := c.query.Get("start"), false
	if s.o.EmptyPages && start != "" {
		start, blank = trimBlank(start)
	}
	offset, valid := decodeToken(tokensMessages, start)
	if !valid {
		return c.fail(http.StatusBadRequest, "invalid start token")
	}
	p, bad := s.limitOf(c, offset)
	if bad != nil {
		return bad
	}
	if blank {
		return ok([]byte(`{"messages":[],"next":"` + encodeToken(tokensMessages, offset) + `"}`))
	}
	drafts := c.query.Get("drafts") == "true"
	b := make([]byte, 0, 700*min(p.limit, 1000)+100)
	b, n, more := s.appendMessages(append(b, `{"messages":`...), s.span(from, to, drafts), &w, p, c.sec(), l)
	if n == 0 && offset > 0 {
		// Beyond the end: the first page again, with the first page's token.
		p.offset = 0
		b, n, more = s.appendMessages(append(b[:0], `{"messages":`...), s.span(from, to, drafts), &w, p, c.sec(), l)
	}
	next := ""
	if more {
		next = encodeToken(tokensMessages, p.offset+n)
		if s.o.EmptyPages {
			next = addBlank(next)
		}
	}
	return ok(append(s.appendNext(b, tokensMessages, next), '}'))
}

func (s *Sim) limitOf(c *call, offset int) (slice, *reply) {
	p := slice{offset: offset, limit: 50}
	if text := c.query.Get("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > 1000 && s.o.StrictLimits {
			return p, c.fail(http.StatusBadRequest, "limit must be between 1 and 1000")
		}
		p.limit = min(n, 1000)
	}
	return p, nil
}

// appendMessages appends a page of a span as a JSON array.
func (s *Sim) appendMessages(b []byte, walk spanned, w *wanted, p slice, now int64, l look) (page []byte, n int, more bool) {
	from := len(b)
	b = append(b, '[')
	skip := p.offset
	if w.all() && len(s.gone) == 0 {
		walk.skip(skip)
		skip = 0
	}
	var d delivery
	for {
		m, more := walk.next(&d)
		if !more {
			break
		}
		if !w.match(m, now) {
			continue
		}
		if skip > 0 {
			skip--
			continue
		}
		if n == p.limit {
			return append(b, ']'), n, true
		}
		if n > 0 {
			b = append(b, ',')
		}
		b = s.appendDelivery(b, m, now, l)
		n++
	}
	if n == 0 && s.o.NullLists {
		return append(b[:from], "null"...), 0, false
	}
	return append(b, ']'), n, false
}

// With Options.EmptyPages a token ends in a mark, the page behind it is empty and
// carries the same token without the mark.
const blankMark = "~"

func addBlank(token string) string { return token + blankMark }

func trimBlank(token string) (string, bool) { return strings.CutSuffix(token, blankMark) }

// findDelivery finds a delivery by its id, among drafts too.
func (s *Sim) findDelivery(id string, now int64) (*delivery, bool) {
	at, valid := idTime(id)
	if !valid || at > now {
		return nil, false
	}
	for _, made := range [][]*delivery{s.sent, s.drafts} {
		i := sort.Search(len(made), func(i int) bool { return made[i].created >= at })
		for ; i < len(made) && made[i].created == at; i++ {
			if string(made[i].appendID(nil)) == id && at+visibleAfter <= now {
				return made[i], true
			}
		}
	}
	d := new(delivery)
	for i := s.line.before(at); i < s.line.before(at+1); i++ {
		s.delivery(i, d)
		if !s.gone[i] && string(d.appendID(nil)) == id {
			return d, true
		}
	}
	return nil, false
}

func getMessage(s *Sim, c *call) *reply {
	d, found := s.findDelivery(c.vars[0], c.now)
	if !found {
		return c.notFound()
	}
	l := plainLook
	l.responses = c.query.Get("get_tracked_responses") == "true"
	return ok(append(s.appendDelivery([]byte(`{"message":`), d, c.sec(), l), '}'))
}

func getArchivedMessage(s *Sim, c *call) *reply {
	d, found := s.findDelivery(c.vars[0], c.now)
	if !found {
		return c.notFound()
	}
	o := new(object).str("id", c.vars[0]).str("body", bodyOf(d.src.kind, d.src.action+d.src.content, "")).
		put("recipient", s.appendRecipient(nil, d)).put("subject", s.appendSubject(nil, d)).
		str("from", "Lumen <hello@lumen.example.com>").str("reply_to", "").str("cc", "").str("bcc", "").flag("fake_bcc", false).
		str("preheader_text", "").raw("headers", "[]").str("url", "").str("request_method", "").flag("forgotten", false)
	return ok(new(object).obj("archived_message", o).append(nil)).
		with("X-RateLimit-Limit", strconv.Itoa(archivedADay)).with("X-RateLimit-Remaining", s.gate.remaining())
}
