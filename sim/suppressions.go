package sim

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// suppression is an address that the e-mail provider refuses.
type suppression struct {
	email   string
	created int64
	reason  string
}

var suppressionTypes = []string{"bounces", "blocks", "spam_reports", "invalid_emails"}

// suppressionLimit is how many suppressions a page holds when nothing is asked for.
const suppressionLimit = 100

// appendSuppressions appends the answer of a list, null when it is empty.
func appendSuppressions(category string, list []suppression) *reply {
	b := append(appendString([]byte(`{"category":`), category), `,"suppressions":`...)
	if len(list) == 0 {
		return ok(append(b, "null}"...))
	}
	b = append(b, '[')
	for i, u := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = new(object).num("created", u.created).str("email", u.email).str("reason", u.reason).str("status", "550").append(b)
	}
	return ok(append(b, "]}"...))
}

func (c *call) suppressionType(i int) *reply {
	if slices.Contains(suppressionTypes, c.vars[i]) {
		return nil
	}
	return c.fail(http.StatusBadRequest, "the suppression type must be one of "+strings.Join(suppressionTypes, ", "))
}

// listSuppressions pages by offset and never says next.
func listSuppressions(s *Sim, c *call) *reply {
	if bad := c.suppressionType(0); bad != nil {
		return bad
	}
	p := slice{limit: suppressionLimit}
	for key, into := range map[string]*int{"offset": &p.offset, "limit": &p.limit} {
		if text := c.query.Get(key); text != "" {
			n, err := strconv.Atoi(text)
			if err != nil || n < 0 {
				return c.fail(http.StatusBadRequest, key+" must be a number")
			}
			*into = n
		}
	}
	part, _ := cut(s.suppressed[c.vars[0]], p)
	return appendSuppressions(c.vars[0], part)
}

func domainSuppressions(s *Sim, c *call) *reply {
	if bad := c.suppressionType(1); bad != nil {
		return bad
	}
	var in []suppression
	for _, u := range s.suppressed[c.vars[1]] {
		if strings.HasSuffix(u.email, "@"+c.vars[0]) {
			in = append(in, u)
		}
	}
	return appendSuppressions(c.vars[1], in)
}

func searchSuppression(s *Sim, c *call) *reply {
	for _, category := range suppressionTypes {
		for _, u := range s.suppressed[category] {
			if u.email == c.vars[0] {
				return appendSuppressions(category, []suppression{u})
			}
		}
	}
	return c.notFound()
}

func createSuppression(s *Sim, c *call) *reply {
	if bad := c.suppressionType(0); bad != nil {
		return bad
	}
	s.suppressed[c.vars[0]] = append(s.suppressed[c.vars[0]], suppression{email: c.vars[1], created: c.sec(), reason: "added by request"})
	return nothing(http.StatusOK)
}

func deleteSuppression(s *Sim, c *call) *reply {
	if bad := c.suppressionType(0); bad != nil {
		return bad
	}
	list := s.suppressed[c.vars[0]]
	rest := slices.DeleteFunc(slices.Clone(list), func(u suppression) bool { return u.email == c.vars[1] })
	if len(rest) == len(list) {
		return c.notFound()
	}
	s.suppressed[c.vars[0]] = rest
	return nothing(http.StatusNoContent)
}
