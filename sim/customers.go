package sim

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

func (s *Sim) identifiers(p int64) *object {
	w := who{number: p}
	return new(object).str("cio_id", string(appendCioID(nil, w))).str("email", string(s.appendEmail(nil, w))).str("id", string(s.appendPersonID(nil, w)))
}

func (s *Sim) customer(p int64) *object {
	attributes, stamps := new(object), new(object)
	for _, a := range attributeNames {
		attributes.str(a, s.attribute(p, a))
		stamps.num(a, s.base()-86400*(p%300))
	}
	o := new(object).str("id", s.attribute(p, "id")).obj("identifiers", s.identifiers(p)).obj("attributes", attributes).
		obj("timestamps", stamps).flag("unsubscribed", p%50 == 7)
	if p%3 == 0 {
		return o.raw("devices", `[{"id":"device-`+s.attribute(p, "cio_id")+`","last_used":`+strconv.FormatInt(s.base()-3600*(p%700), 10)+`,"platform":"ios","attributes":{}}]`)
	}
	return o.raw("devices", "[]")
}

// customerOf finds the person that a path names, by the query's id_type.
func (s *Sim) customerOf(c *call) (int64, *reply) {
	kind := c.query.Get("id_type")
	if !slices.Contains([]string{"", "id", "email", "phone", "cio_id"}, kind) {
		return 0, c.fail(http.StatusBadRequest, "id_type must be id, email, phone or cio_id")
	}
	if p, known := s.person(kind, c.vars[0]); known {
		return p, nil
	}
	return 0, c.notFound()
}

func customersByEmail(s *Sim, c *call) *reply {
	p, known := s.person("email", c.query.Get("email"))
	if !known {
		return ok([]byte(`{"results":[]}`))
	}
	return ok(append(s.identifiers(p).append([]byte(`{"results":[`)), "]}"...))
}

func searchCustomers(s *Sim, c *call) *reply {
	in, bad := c.input()
	if bad != nil {
		return bad
	}
	f, err := s.parseFilter(in["filter"])
	if err != nil {
		return c.fail(http.StatusBadRequest, err.Error())
	}
	page, bad := s.paging(c, 50, 1000)
	if bad != nil {
		return bad
	}
	people, more := cut(s.peopleWho(f), page)
	return s.peoplePage(people, page, more, tokensCustomers, false)
}

// peoplePage answers people as identifiers and ids.
func (s *Sim) peoplePage(people []int64, page slice, more bool, tokens string, null bool) *reply {
	next := ""
	if more {
		next = encodeToken(tokens, page.offset+len(people))
	}
	var rows []*row
	ids := []string{}
	for _, p := range people {
		rows = append(rows, &row{o: s.identifiers(p)})
		ids = append(ids, s.attribute(p, "id"))
	}
	b := append(s.appendRows([]byte(`{"identifiers":`), rows, null), `,"ids":`...)
	if len(ids) == 0 && null {
		b = append(b, "null"...)
	} else {
		b = appendStrings(b, ids)
	}
	return ok(append(s.appendNext(b, tokens, next), '}'))
}

// customersAttributes leaves people out who do not exist.
func customersAttributes(s *Sim, c *call) *reply {
	in, bad := c.input()
	if bad != nil {
		return bad
	}
	var ids []string
	if json.Unmarshal(in["ids"], &ids) != nil || len(ids) == 0 || len(ids) > 100 {
		return c.fail(http.StatusBadRequest, "ids must be an array of 1 to 100 strings")
	}
	var rows []*row
	for _, id := range ids {
		if p, known := s.person("id", id); known {
			rows = append(rows, &row{o: new(object).obj("customer", s.customer(p))})
		}
	}
	return ok(append(s.appendRows([]byte(`{"customers":`), rows, false), '}'))
}

func customerAttributes(s *Sim, c *call) *reply {
	p, bad := s.customerOf(c)
	if bad != nil {
		return bad
	}
	return ok(new(object).obj("customer", s.customer(p)).append(nil))
}

func customerSegments(s *Sim, c *call) *reply {
	p, bad := s.customerOf(c)
	if bad != nil {
		return bad
	}
	var in []*row
	for _, g := range s.tables["segments"].rows {
		if s.member(g.id, p) {
			in = append(in, g)
		}
	}
	return ok(append(s.appendRows([]byte(`{"segments":`), in, false), '}'))
}

func customerMessages(s *Sim, c *call) *reply {
	p, bad := s.customerOf(c)
	if bad != nil {
		return bad
	}
	return s.listMessages(c, wanted{ofPerson: true, person: p}, monthsOfParent, plainLook)
}

func customerRelationships(s *Sim, c *call) *reply {
	p, bad := s.customerOf(c)
	if bad != nil {
		return bad
	}
	return ok([]byte(`{"cio_relationships":[{"identifiers":{"object_type_id":"1","object_id":"acme-` + strconv.FormatInt(p%97, 10) + `"}}],"next":""}`))
}

func customerPreferences(s *Sim, c *call) *reply {
	p, bad := s.customerOf(c)
	if bad != nil {
		return bad
	}
	topics := new(object).obj("customer", new(object).str("id", s.attribute(p, "id")).flag("unsubscribed", p%50 == 7).
		put("topics", s.appendRows(nil, s.tables["subscription_topics"].rows, false)))
	return ok(topics.append(nil))
}

// Objects exist as names only: their ids are made up from what is asked.

func findObjects(s *Sim, c *call) *reply {
	return ok([]byte(`{"identifiers":[{"cio_object_id":"cob1","object_id":"acme-1","object_type_id":"1"},{"cio_object_id":"cob2","object_id":"acme-2","object_type_id":"1"}],"ids":["acme-1","acme-2"],"next":""}`))
}

func objectAttributes(s *Sim, c *call) *reply {
	return ok(new(object).obj("object", new(object).
		obj("attributes", new(object).str("name", strings.ToUpper(c.vars[1])).num("seats_left", 3)).
		obj("identifiers", new(object).str("object_type_id", c.vars[0]).str("object_id", c.vars[1]))).append(nil))
}

func objectRelationships(s *Sim, c *call) *reply {
	return ok(append(s.identifiers(1).append([]byte(`{"cio_relationships":[{"identifiers":`)), `}],"next":""}`...))
}
