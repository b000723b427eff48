package sim

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

const (
	exportTakes   = 5   // seconds from pending to done
	downloadLasts = 900 // seconds that a download link is valid
)

func exportCustomers(s *Sim, c *call) *reply {
	in, bad := c.input()
	if bad != nil {
		return bad
	}
	f, err := s.parseFilter(in["filters"])
	if err != nil {
		return c.fail(http.StatusBadRequest, "filters: "+err.Error())
	}
	e := s.addExport("customers", "Customers", c.sec())
	s.plan(c.now+exportTakes*second, func(at int64) { s.finishExport(e.id, at/1000, int64(len(s.peopleWho(f)))) })
	return single("export", e)
}

// exportDeliveries counts the deliveries of one parent.
func exportDeliveries(s *Sim, c *call) *reply {
	in, bad := c.input()
	if bad != nil {
		return bad
	}
	var w wanted
	given := 0
	for key, into := range map[string]*int64{"newsletter_id": &w.newsletter, "campaign_id": &w.campaign,
		"transactional_message_id": &w.transactional, "action_id": &w.action} {
		if n, number := in.integer(key); number {
			*into = n
			given++
		}
	}
	if given != 1 {
		return c.fail(http.StatusBadRequest, "give one of newsletter_id, campaign_id, transactional_message_id and action_id")
	}
	from, to := int64(0), c.now+1
	if n, number := in.integer("start"); number {
		from = n * 1000
	}
	if n, number := in.integer("end"); number {
		to = min(to, (n+1)*1000)
	}
	e := s.addExport("deliveries", "Deliveries", c.sec())
	s.plan(c.now+exportTakes*second, func(at int64) {
		total := int64(0)
		s.count(from, to, at/1000, &w, func(*delivery, *fate) { total++ })
		s.finishExport(e.id, at/1000, total)
	})
	return single("export", e)
}

// count walks the deliveries of a span that match, with their fates.
func (s *Sim) count(from, to, now int64, w *wanted, each func(*delivery, *fate)) {
	var d delivery
	var f fate
	for walk := s.span(from, to, false); ; {
		m, more := walk.next(&d)
		if !more {
			return
		}
		if w.match(m, now) {
			m.fate(&f)
			each(m, &f)
		}
	}
}

// downloadExport answers a link that is valid for a quarter of an hour.
func downloadExport(s *Sim, c *call) *reply {
	e, bad := s.lookup(c, "exports", 0)
	if bad != nil {
		return bad
	}
	if status := e.o.text("status"); status != "done" {
		return c.fail(http.StatusBadRequest, "the export is "+status)
	}
	t := s.tables["exports"]
	e.o.num("downloads", e.o.integer("downloads")+1)
	t.touch(e, c.sec())
	link := fmt.Sprintf("http://%s/files/exports/%d.csv?expires=%d", c.host, e.id, c.sec()+downloadLasts)
	return ok(new(object).str("url", link).append(nil))
}

// exportFile is what a download link leads to.
func (s *Sim) exportFile(c *call) *reply {
	text, isFile := strings.CutPrefix(c.path, "/files/exports/")
	id, err := strconv.ParseInt(strings.TrimSuffix(text, ".csv"), 10, 64)
	e := s.tables["exports"].find(id)
	if !isFile || err != nil || e == nil {
		return unrouted()
	}
	if until, err := strconv.ParseInt(c.query.Get("expires"), 10, 64); err != nil || until < s.now/1000 {
		return &reply{status: http.StatusForbidden, kind: "text/plain", body: []byte("the link has expired\n")}
	}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	total := e.o.integer("total")
	if e.o.text("type") == "customers" {
		w.Write([]string{"id", "email", "cio_id", "plan"})
		for p := range min(total, int64(s.size.people)) {
			w.Write([]string{string(s.appendPersonID(nil, who{number: p})), string(s.appendEmail(nil, who{number: p})),
				string(appendCioID(nil, who{number: p})), s.attribute(p, "plan")})
		}
	} else {
		w.Write([]string{"delivery_id", "created"})
		left := total
		var d delivery
		for walk := s.span(0, s.now+1, false); left > 0; left-- {
			m, more := walk.next(&d)
			if !more {
				break
			}
			w.Write([]string{string(m.appendID(nil)), strconv.FormatInt(m.created/1000, 10)})
		}
	}
	w.Flush() // a buffer takes everything
	return &reply{status: http.StatusOK, kind: "text/csv; charset=utf-8", body: b.Bytes()}
}
