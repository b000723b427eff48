package sim

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

var metricRoutes = []route{
	{method: "GET", path: "/v1/campaigns/{id}/metrics", entity: "metrics", do: metricsOf("campaigns", "")},
	{method: "GET", path: "/v1/campaigns/{id}/metrics/links", entity: "metrics", do: linksOf("campaigns", "")},
	{method: "GET", path: "/v1/campaigns/{id}/journey_metrics", entity: "metrics", do: journeyMetrics},
	{method: "GET", path: "/v1/campaigns/{id}/actions/{action}/metrics", entity: "metrics", do: metricsOf("campaigns", "campaign_actions")},
	{method: "GET", path: "/v1/campaigns/{id}/actions/{action}/metrics/links", entity: "metrics", do: linksOf("campaigns", "campaign_actions")},
	{method: "GET", path: "/v1/broadcasts/{id}/metrics", entity: "metrics", do: metricsOf("broadcasts", "")},
	{method: "GET", path: "/v1/broadcasts/{id}/metrics/links", entity: "metrics", do: linksOf("broadcasts", "")},
	{method: "GET", path: "/v1/broadcasts/{id}/actions/{action}/metrics", entity: "metrics", do: metricsOf("broadcasts", "broadcast_actions")},
	{method: "GET", path: "/v1/broadcasts/{id}/actions/{action}/metrics/links", entity: "metrics", do: linksOf("broadcasts", "broadcast_actions")},
	{method: "GET", path: "/v1/newsletters/{id}/metrics", entity: "metrics", do: metricsOf("newsletters", "")},
	{method: "GET", path: "/v1/newsletters/{id}/metrics/links", entity: "metrics", do: linksOf("newsletters", "")},
	{method: "GET", path: "/v1/newsletters/{id}/contents/{content}/metrics", entity: "metrics", do: metricsOf("newsletters", "newsletter_contents")},
	{method: "GET", path: "/v1/newsletters/{id}/contents/{content}/metrics/links", entity: "metrics", do: linksOf("newsletters", "newsletter_contents")},
	{method: "GET", path: "/v1/newsletters/{id}/content/{content}/metrics", entity: "metrics", do: metricsOf("newsletters", "newsletter_contents")},
	{method: "GET", path: "/v1/newsletters/{id}/content/{content}/metrics/links", entity: "metrics", do: linksOf("newsletters", "newsletter_contents")},
	{method: "GET", path: "/v1/transactional/{id}/metrics", entity: "metrics", do: metricsOf("transactional_messages", "")},
	{method: "GET", path: "/v1/transactional/{id}/metrics/links", entity: "metrics", do: linksOf("transactional_messages", "")},
}

// period is how long a step of a metric series lasts, and how many steps there
// may be.
type period struct {
	seconds int64
	most    int
	plain   string // the word of version 2
}

var periods = map[string]period{
	"hours": {3600, 24, "hourly"}, "days": {86400, 45, "daily"}, "weeks": {7 * 86400, 12, "weekly"}, "months": {30 * 86400, 120, "monthly"},
}

// steps is the time that a metric series covers.
type steps struct {
	from, each int64
	n          int
	version2   bool
	res        string
}

// steps reads period and steps (version 1), or start, end and res (version 2).
func (c *call) steps() (steps, *reply) {
	start, end := c.query.Get("start"), c.query.Get("end")
	if start == "" && end == "" {
		name := c.query.Get("period")
		if name == "" {
			name = "days"
		}
		p, known := periods[name]
		n, err := strconv.Atoi(c.query.Get("steps"))
		if c.query.Get("steps") == "" {
			n, err = min(p.most, 12), nil
		}
		if !known || err != nil || n < 1 || n > p.most {
			return steps{}, c.fail(http.StatusBadRequest, "period must be hours, days, weeks or months, with as many steps as it allows")
		}
		to := c.sec() - c.sec()%p.seconds + p.seconds
		return steps{from: to - int64(n)*p.seconds, each: p.seconds, n: n}, nil
	}
	from, ok1 := moment(start)
	to, ok2 := moment(end)
	res := c.query.Get("res") + c.query.Get("resolution") // which of the two it is, sources disagree
	if res == "" {
		res = "daily"
	}
	for name, p := range periods {
		if (p.plain == res || name == res) && ok1 && ok2 && from < to && (to-from)/p.seconds < 2000 {
			return steps{from: from, each: p.seconds, n: int((to - from + p.seconds - 1) / p.seconds), version2: true, res: res}, nil
		}
	}
	return steps{}, c.fail(http.StatusBadRequest, "start and end must be times, and the resolution hourly, daily, weekly or monthly")
}

// moment reads Unix seconds or an ISO 8601 time.
func moment(text string) (int64, bool) {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n, true
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.Unix(), true
		}
	}
	return 0, false
}

// parentOf makes the conditions for the deliveries of what a path names.
func (s *Sim) parentOf(c *call, parents, children string) (w wanted, bad *reply) {
	p, bad := s.lookup(c, parents, 0)
	if bad != nil {
		return w, bad
	}
	switch parents {
	case "campaigns":
		w.campaign = p.id
	case "broadcasts":
		w.broadcast = p.id
	case "newsletters":
		w.newsletter = p.id
	default:
		w.transactional = p.id
	}
	if children != "" {
		child, bad := s.lookup(c, children, 1)
		if bad != nil {
			return w, bad
		}
		if child.parent != p.id {
			return w, c.notFound()
		}
		if children == "newsletter_contents" {
			w.content = child.id
		} else {
			w.action = child.id
		}
	}
	w.kind = c.query.Get("type")
	return w, nil
}

// series are the metrics that a series shows.
var series = []metric{mAttempted, mBounced, mClicked, mConverted, mCreated, mDelivered, mDrafted, mDropped, mFailed,
	mOpened, mSent, mSpammed, mUndeliverable, mUnsubscribed}

// metricsOf counts what the deliveries really show, so that a mirror of them adds
// up to the same.
func metricsOf(parents, children string) handler {
	return func(s *Sim, c *call) *reply {
		w, bad := s.parentOf(c, parents, children)
		if bad != nil {
			return bad
		}
		t, bad := c.steps()
		if bad != nil {
			return bad
		}
		var counts [mMetrics][]int64
		for _, m := range series {
			counts[m] = make([]int64, t.n)
		}
		s.count(t.from*1000-fateLasts, c.now+1, c.sec(), &w, func(_ *delivery, f *fate) {
			for _, m := range series {
				if i, in := t.index(f.at[m], c.sec()); in {
					counts[m][i]++
				}
			}
		})
		o := new(object)
		for _, m := range series {
			o.nums(metricNames[m], counts[m])
		}
		if strings.HasPrefix(w.kind, "webhook") {
			o.nums("2xx", counts[mSent])
		}
		return ok(t.wrap("metric", o).append(nil))
	}
}

// index is the step in which something falls that has happened by now.
func (t *steps) index(at, now int64) (int, bool) {
	if at == 0 || at > now || at < t.from {
		return 0, false
	}
	i := int((at - t.from) / t.each)
	return i, i < t.n
}

func (t *steps) wrap(key string, series *object) *object {
	if !t.version2 {
		return new(object).obj(key, new(object).obj("series", series))
	}
	iso := func(at int64) string { return time.Unix(at, 0).UTC().Format(time.RFC3339) }
	return new(object).str("start", iso(t.from)).str("end", iso(t.from+int64(t.n)*t.each)).str("res", t.res).
		obj("series", series).raw("language_variants", "[]")
}

func linksOf(parents, children string) handler {
	return func(s *Sim, c *call) *reply {
		w, bad := s.parentOf(c, parents, children)
		if bad != nil {
			return bad
		}
		t, bad := c.steps()
		if bad != nil {
			return bad
		}
		var clicked [4][]int64
		for i := range clicked {
			clicked[i] = make([]int64, t.n)
		}
		s.count(t.from*1000-fateLasts, c.now+1, c.sec(), &w, func(_ *delivery, f *fate) {
			if i, in := t.index(f.at[mLink], c.sec()); in {
				clicked[f.link][i]++
			}
		})
		var links []*row
		for i, href := range []string{"https://lumen.example.com/start", "https://lumen.example.com/docs", "https://lumen.example.com/unsubscribe"} {
			links = append(links, &row{o: new(object).obj("link", new(object).num("id", int64(i+1)).str("href", href)).
				obj("metric", new(object).obj("series", new(object).nums("clicked", clicked[i+1])))})
		}
		return ok(append(s.appendRows([]byte(`{"links":`), links, false), '}'))
	}
}

// journeyMetrics insists on start, end and resolution.
func journeyMetrics(s *Sim, c *call) *reply {
	p, bad := s.lookup(c, "campaigns", 0)
	if bad != nil {
		return bad
	}
	for _, key := range []string{"start", "end", "resolution"} {
		if c.query.Get(key) == "" {
			return c.fail(http.StatusBadRequest, key+" is required")
		}
	}
	t, bad := c.steps()
	if bad != nil {
		return bad
	}
	names := []string{"started", "activated", "exited_early", "finished", "converted", "never_activated", "messaged"}
	counts := make([][]int64, len(names))
	for i := range counts {
		counts[i] = make([]int64, t.n)
	}
	at := func(name string) []int64 { return counts[slices.Index(names, name)] }
	s.count(t.from*1000-fateLasts, c.now+1, c.sec(), &wanted{campaign: p.id}, func(d *delivery, f *fate) {
		if i, in := t.index(f.at[mSent], c.sec()); in {
			at("messaged")[i]++
			at("started")[i] += 1 - d.created%2
			at("activated")[i] += 1 - d.created%2
			at("finished")[i] += d.created % 3 / 2
		}
		if i, in := t.index(f.at[mConverted], c.sec()); in {
			at("converted")[i]++
		}
	})
	o := new(object)
	for i, name := range names {
		o.nums(name, counts[i])
	}
	return ok(new(object).obj("journey_metric", o).append(nil))
}
