package sim

import (
	"encoding/base64"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// The kinds of page token. A token is a position in a list that moves, and one
// kind is not taken for another. That of messages is known from the real API, the
// others are made up in its image.
const (
	tokensMessages    = "v20"
	tokensActions     = "ac1"
	tokensNewsletters = "nl1"
	tokensSenders     = "si1"
	tokensActivities  = "av1"
	tokensCustomers   = "cu1"
	tokensNumbers     = "#" // a bare number: membership, trigger errors
)

func encodeToken(kind string, offset int) string {
	if kind == tokensNumbers {
		return strconv.Itoa(offset)
	}
	return base64.StdEncoding.EncodeToString([]byte(kind + ":" + strconv.Itoa(offset)))
}

// decodeToken reads the query parameter start. An absent one is the beginning.
func decodeToken(kind, start string) (offset int, ok bool) {
	if start == "" {
		return 0, true
	}
	if kind != tokensNumbers {
		raw, err := base64.StdEncoding.DecodeString(start)
		if err != nil {
			return 0, false
		}
		prefix, rest, _ := strings.Cut(string(raw), ":")
		if prefix != kind {
			return 0, false
		}
		start = rest
	}
	n, err := strconv.Atoi(start)
	return n, err == nil && n >= 0
}

// slice is the part of a list that a request asks for.
type slice struct{ offset, limit int }

// paging reads start and limit. The reply is non-nil when they are bad.
func (s *Sim) paging(c *call, usual, most int) (slice, *reply) {
	p := slice{limit: usual}
	var ok bool
	if p.offset, ok = decodeToken(c.route.tokens, c.query.Get("start")); !ok {
		return p, c.fail(http.StatusBadRequest, "invalid start token")
	}
	if text := c.query.Get("limit"); text != "" && usual != most {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > most && s.o.StrictLimits {
			return p, c.fail(http.StatusBadRequest, "limit must be between 1 and "+strconv.Itoa(most))
		}
		p.limit = min(n, most)
	}
	return p, nil
}

// cut is the part of rows that a slice takes, and whether more follow.
func cut[T any](rows []T, p slice) (part []T, more bool) {
	from := min(p.offset, len(rows))
	to := min(from+p.limit, len(rows))
	return rows[from:to], to < len(rows)
}

// appendNext appends the member next, with its comma. An empty token is the end.
func (s *Sim) appendNext(b []byte, kind, token string) []byte {
	if kind == tokensNumbers && token != "" {
		return append(append(b, `,"next":`...), token...)
	}
	if token == "" && kind != tokensNewsletters && kind != tokensNumbers {
		switch s.o.EndMarker {
		case EndAbsent:
			return b
		case EndNull:
			return append(b, `,"next":null`...)
		}
	}
	return append(append(append(b, `,"next":"`...), token...), '"')
}

// appendRows appends a list of records; whether an empty one is null depends on
// the endpoint and on Options.NullLists.
func (s *Sim) appendRows(b []byte, rows []*row, null bool) []byte {
	if len(rows) == 0 && (null || s.o.NullLists) {
		return append(b, "null"...)
	}
	b = append(b, '[')
	for i, r := range rows {
		if i > 0 {
			b = append(b, ',')
		}
		b = r.o.append(b)
	}
	return append(b, ']')
}

// listPage answers a paged list of records. The walk of the newsletters ends in
// its own way: the last full page still has a token, which leads to an empty page.
func (s *Sim) listPage(c *call, key string, rows []*row, usual, most int) *reply {
	p, bad := s.paging(c, usual, most)
	if bad != nil {
		return bad
	}
	part, more := cut(rows, p)
	if c.route.tokens == tokensNewsletters && len(part) > 0 {
		more = true
	}
	next := ""
	if more {
		next = encodeToken(c.route.tokens, p.offset+len(part))
	}
	b := s.appendRows([]byte(`{"`+key+`":`), part, false)
	return ok(append(s.appendNext(b, c.route.tokens, next), '}'))
}

// sorted applies the query parameter sort, asc or desc by id.
func sorted(c *call, rows []*row, usual string) ([]*row, *reply) {
	order := c.query.Get("sort")
	if order == "" {
		order = usual
	}
	rows = slices.Clone(rows)
	slices.SortStableFunc(rows, func(a, b *row) int { return int(a.id - b.id) })
	switch order {
	case "asc":
	case "desc":
		slices.Reverse(rows)
	default:
		return nil, c.fail(http.StatusBadRequest, "sort must be asc or desc")
	}
	return rows, nil
}
