package sim

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
)

var audienceRoutes = []route{
	{method: "GET", path: "/v1/customers", entity: "customers", do: customersByEmail},
	{method: "POST", path: "/v1/customers", entity: "customers", tokens: tokensCustomers, do: searchCustomers},
	{method: "POST", path: "/v1/customers/attributes", entity: "customers", do: customersAttributes},
	{method: "GET", path: "/v1/customers/{id}/attributes", entity: "customers", do: customerAttributes},
	{method: "GET", path: "/v1/customers/{id}/segments", entity: "customers", do: customerSegments},
	{method: "GET", path: "/v1/customers/{id}/messages", entity: "customers", tokens: tokensMessages, do: customerMessages},
	{method: "GET", path: "/v1/customers/{id}/activities", entity: "customers", tokens: tokensActivities, do: customerActivities},
	{method: "GET", path: "/v1/customers/{id}/relationships", entity: "customers", do: customerRelationships},
	{method: "GET", path: "/v1/customers/{id}/subscription_preferences", entity: "customers", do: customerPreferences},
	{method: "GET", path: "/v1/subscription_center/{id}/token", entity: "customers", do: func(s *Sim, c *call) *reply {
		return ok(new(object).str("token", "sc-"+c.reference()).append(nil))
	}},
	{method: "POST", path: "/v1/objects", entity: "objects", tokens: tokensCustomers, do: findObjects},
	{method: "GET", path: "/v1/objects/{type}/{id}/attributes", entity: "objects", do: objectAttributes},
	{method: "GET", path: "/v1/objects/{type}/{id}/relationships", entity: "objects", do: objectRelationships},
	{method: "GET", path: "/v1/esp/suppression/{type}", entity: "esp_suppressions", do: listSuppressions},
	{method: "POST", path: "/v1/esp/suppression/{type}/{email}", entity: "esp_suppressions", do: createSuppression},
	{method: "DELETE", path: "/v1/esp/suppression/{type}/{email}", entity: "esp_suppressions", do: deleteSuppression},
	{method: "GET", path: "/v1/esp/search_suppression/{email}", entity: "esp_suppressions", do: searchSuppression},
	{method: "GET", path: "/v1/esp/domains/{domain}/suppression/{type}", entity: "esp_suppressions", do: domainSuppressions},
	{method: "GET", path: "/v1/info/ip_addresses", entity: "ip_addresses", do: func(s *Sim, c *call) *reply {
		return ok([]byte(`{"ip_addresses":["192.0.2.10","192.0.2.11","198.51.100.7"]}`))
	}},
}

// filter is the audience filter of searches, exports and triggers: and, or, not,
// segment, attribute, one key an object.
type filter func(p int64) bool

var errFilter = errors.New("Invalid filter spec") //nolint:staticcheck // the API's own words

func (s *Sim) parseFilter(raw json.RawMessage) (filter, error) {
	var in input
	if json.Unmarshal(raw, &in) != nil || len(in) != 1 {
		return nil, errFilter
	}
	for key, value := range in {
		switch key {
		case "and", "or":
			var parts []json.RawMessage
			if json.Unmarshal(value, &parts) != nil || len(parts) == 0 {
				return nil, errFilter
			}
			var fs []filter
			for _, part := range parts {
				f, err := s.parseFilter(part)
				if err != nil {
					return nil, err
				}
				fs = append(fs, f)
			}
			all := key == "and"
			return func(p int64) bool {
				return !slices.ContainsFunc(fs, func(f filter) bool { return f(p) != all }) == all
			}, nil
		case "not":
			f, err := s.parseFilter(value)
			if err != nil {
				return nil, err
			}
			return func(p int64) bool { return !f(p) }, nil
		case "segment":
			var g struct{ ID int64 }
			if json.Unmarshal(value, &g) != nil || s.tables["segments"].find(g.ID) == nil {
				return nil, fmt.Errorf("%w: unknown segment", errFilter)
			}
			return func(p int64) bool { return s.member(g.ID, p) }, nil
		case "attribute":
			var a struct {
				Field, Operator string
				Value           any
			}
			if json.Unmarshal(value, &a) != nil || a.Field == "" || a.Operator != "eq" && a.Operator != "exists" {
				return nil, errFilter
			}
			want := fmt.Sprint(a.Value)
			return func(p int64) bool {
				got := s.attribute(p, a.Field)
				return got != "" && (a.Operator == "exists" || got == want)
			}, nil
		}
	}
	return nil, errFilter
}

func (s *Sim) peopleWho(f filter) []int64 {
	var people []int64
	for p := range int64(s.size.people) {
		if f(p) {
			people = append(people, p)
		}
	}
	return people
}

// member says whether a person is in a segment, by chance of the segment's share.
func (s *Sim) member(segment, p int64) bool {
	g := draw(s.o.Seed, saltMember, segment)
	share := 0.02 + 0.5*g.unit()
	r := draw(s.o.Seed, saltMember+uint64(segment)<<8, p)
	return r.chance(share)
}

// attribute is the value of one of a person's attributes, "" for one that the
// person does not have.
func (s *Sim) attribute(p int64, field string) string {
	first, last := s.namesOf(p)
	r := draw(s.o.Seed, saltPerson, p)
	r.next()
	r.next()
	switch field {
	case "id":
		return string(s.appendPersonID(nil, who{number: p}))
	case "email":
		return string(s.appendEmail(nil, who{number: p}))
	case "cio_id":
		return string(appendCioID(nil, who{number: p}))
	case "first_name":
		return first.shown
	case "last_name":
		return last.shown
	case "phone":
		return string(appendPhone(nil, p))
	case "plan":
		return pick(&r, []string{"free", "free", "free", "team", "premium", "enterprise"})
	case "country":
		r.next()
		return pick(&r, []string{"AT", "BR", "FR", "JP", "US", "GB", "SA"})
	case "created_at":
		return strconv.FormatInt(s.base()-86400*r.between(1, 900), 10)
	}
	return ""
}

var attributeNames = []string{"first_name", "last_name", "email", "phone", "plan", "country", "created_at"}
