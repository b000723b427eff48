package sim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// trigger is one sending of a broadcast.
type trigger struct {
	id, broadcast      int64
	created, processed int64 // Unix seconds; processed is 0 until it is done
	recipients         int64
	filter             string
	errors             []string
}

// The limits of triggers.
const (
	triggerPeople = 10_000
	triggerQueue  = 5
	triggerData   = 50_000
	triggerBytes  = 25 << 20
	// triggerTakes is how long a trigger waits in the queue, in seconds.
	triggerTakes = 30
)

// flagsOf are the flags that an audience variant takes. Others are refused.
var flagsOf = map[string][]string{
	"": nil, "recipients": nil, "ids": {"id_ignore_missing"}, "emails": {"email_ignore_missing", "email_add_duplicates"},
	"per_user_data": {"id_ignore_missing", "email_ignore_missing", "email_add_duplicates"},
	"data_file_url": {"id_ignore_missing", "email_ignore_missing", "email_add_duplicates"},
}

func attribute(name string) string { return "/data/attributes/" + name }

func triggerBroadcast(s *Sim, c *call) *reply {
	b, bad := s.lookup(c, "broadcasts", 0)
	if bad != nil {
		return bad
	}
	if len(c.body) > triggerBytes {
		return c.fail(http.StatusRequestEntityTooLarge, "the request exceeds 25 MB")
	}
	in := input{}
	if len(c.body) > 0 {
		if in, bad = c.input(); bad != nil {
			return bad
		}
	}
	variant, bad := c.audience(in)
	if bad != nil {
		return bad
	}
	waiting := 0
	for _, t := range s.triggers[b.id] {
		if t.processed == 0 {
			waiting++
		}
	}
	if waiting >= triggerQueue {
		return c.fail(http.StatusTooManyRequests, fmt.Sprintf("at most %d triggers may be queued", triggerQueue)).with("Retry-After", "10")
	}
	t := &trigger{id: int64(len(s.triggers[b.id])) + 1, broadcast: b.id, created: c.sec()}
	people, bad := s.recipients(c, in, variant, t)
	if bad != nil {
		return bad
	}
	s.triggers[b.id] = append(s.triggers[b.id], t)
	if len(t.errors) > 0 && !in.truth("id_ignore_missing") && !in.truth("email_ignore_missing") {
		t.processed = c.sec() // it fails as a whole
		return c.invalid(fmt.Sprintf("some people were not found, see the errors endpoint for trigger %d", t.id), attribute(variant))
	}
	t.recipients = int64(len(people))
	s.plan(c.now+triggerTakes*second, func(at int64) {
		t.processed = at / 1000
		s.deliverTrigger(t, people, at)
	})
	return ok(new(object).num("id", t.id).append(nil))
}

// audience checks that there is one variant at most and only flags that fit it.
func (c *call) audience(in input) (variant string, bad *reply) {
	for _, v := range []string{"recipients", "ids", "emails", "per_user_data", "data_file_url"} {
		if !in.given(v) {
			continue
		}
		if v == "recipients" && !in.has(v) {
			return "", c.invalid("empty recipients filter is not valid", attribute(v))
		}
		if variant != "" {
			return "", c.invalid("only one kind of audience is allowed", attribute(v))
		}
		variant = v
	}
	if len(in["data"]) > triggerData {
		return "", c.invalid("data exceeds 50000 bytes", attribute("data"))
	}
	for key := range in {
		known := key == "data" || key == variant || slices.Contains(flagsOf[variant], key)
		if !known {
			return "", c.invalid(key+" is not allowed here", attribute(key))
		}
	}
	return variant, nil
}

// recipients are the people whom a trigger reaches; people who do not exist are
// left out and noted in its errors.
func (s *Sim) recipients(c *call, in input, variant string, t *trigger) ([]int64, *reply) {
	var people []int64
	one := func(line int, kind, value string) {
		if p, known := s.person(kind, value); known {
			people = append(people, p)
			return
		}
		t.errors = append(t.errors, fmt.Sprintf("line %d: no person with %s %s", line, kind, strconv.Quote(value)))
	}
	switch variant {
	case "ids", "emails":
		var values []string
		if json.Unmarshal(in[variant], &values) != nil {
			return nil, c.invalid(variant+" must be an array of strings", attribute(variant))
		}
		if len(values) > triggerPeople {
			return nil, c.invalid(fmt.Sprintf("%s cannot exceed %d", variant, triggerPeople), attribute(variant))
		}
		for i, v := range values {
			one(i+1, strings.TrimSuffix(variant, "s"), v)
		}
	case "per_user_data":
		var users []struct{ ID, Email string }
		if json.Unmarshal(in[variant], &users) != nil {
			return nil, c.invalid("per_user_data must be an array of objects", attribute(variant))
		}
		if len(users) > triggerPeople {
			return nil, c.invalid(fmt.Sprintf("per_user_data cannot exceed %d", triggerPeople), attribute(variant))
		}
		for i, u := range users {
			if u.ID != "" {
				one(i+1, "id", u.ID)
			} else {
				one(i+1, "email", u.Email)
			}
		}
	case "recipients":
		f, err := s.parseFilter(in[variant])
		if err != nil {
			return nil, c.invalid(err.Error(), attribute(variant))
		}
		t.filter = string(in[variant])
		people = s.peopleWho(f)
	default:
		// The audience of the screen, or a file that nobody fetches: one in fifty.
		for p := t.broadcast % 50; p < int64(s.size.people); p += 50 {
			people = append(people, p)
		}
	}
	return people, nil
}

// deliverTrigger makes a delivery for every person from the broadcast's first action.
func (s *Sim) deliverTrigger(t *trigger, people []int64, at int64) {
	i := slices.IndexFunc(s.sources.all, func(src *source) bool { return src.broadcast == t.broadcast })
	if i < 0 || s.tables["broadcasts"].find(t.broadcast) == nil {
		return
	}
	for k, p := range people {
		s.sent = insert(s.sent, &delivery{created: at, src: s.sources.all[i], who: who{number: p}, index: -1,
			chance: draw(s.o.Seed, saltTrigger, t.broadcast<<40|t.id<<20|int64(k))})
	}
}

func listTriggers(s *Sim, c *call) *reply {
	b, bad := s.lookup(c, "broadcasts", 0)
	if bad != nil {
		return bad
	}
	var rows []*row
	for _, t := range s.triggers[b.id] {
		o := new(object).num("id", t.id).num("broadcast_id", t.broadcast).num("created_at", t.created)
		if t.processed > 0 {
			o.num("processed_at", t.processed)
		} else {
			o.null("processed_at")
		}
		rows = append(rows, &row{o: o})
	}
	return ok(append(s.appendRows([]byte(`{"triggers":`), rows, false), '}'))
}

func (s *Sim) trigger(c *call) (*trigger, *reply) {
	b, bad := s.lookup(c, "broadcasts", 0)
	if bad != nil {
		return nil, bad
	}
	id, _ := c.id(1)
	for _, t := range s.triggers[b.id] {
		if t.id == id {
			return t, nil
		}
	}
	return nil, c.notFound()
}

// triggerStatus gives the id as a string, where the trigger itself gave a number.
func triggerStatus(s *Sim, c *call) *reply {
	t, bad := s.trigger(c)
	if bad != nil {
		return bad
	}
	o := new(object).str("id", strconv.FormatInt(t.id, 10)).num("broadcast_id", t.broadcast).num("created_at", t.created)
	if t.processed > 0 {
		o.num("processed_at", t.processed)
	} else {
		o.null("processed_at")
	}
	actions := []int64{}
	for _, a := range s.tables["broadcast_actions"].of(t.broadcast) {
		actions = append(actions, a.id)
	}
	o.num("recipients_count", t.recipients).nums("workflow_action_ids", actions).num("data_file_position", 0).
		flag("data_file_processed", t.processed > 0).num("data_file_error_count", int64(len(t.errors)))
	if t.filter != "" {
		o.str("recipients_filter", t.filter)
	}
	return ok(o.append(nil))
}

func triggerErrors(s *Sim, c *call) *reply {
	t, bad := s.trigger(c)
	if bad != nil {
		return bad
	}
	p, bad := s.paging(c, 50, 1000)
	if bad != nil {
		return bad
	}
	part, more := cut(t.errors, p)
	next := ""
	if more {
		next = encodeToken(tokensNumbers, p.offset+len(part))
	}
	return ok(append(s.appendNext(appendStrings([]byte(`{"errors":`), part), tokensNumbers, next), '}'))
}
