package sim

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// admin answers the paths outside /v1. They need no key and count as no request:
// bind the simulator to loopback.
func (s *Sim) admin(c *call) *reply {
	switch c.method + " " + c.path {
	case "GET /admin/requests":
		b, err := json.Marshal(s.Requests())
		if err != nil {
			return adminError(http.StatusInternalServerError, err)
		}
		return ok(b)
	case "GET /admin/now":
		return s.adminNow()
	case "POST /admin/advance":
		n, err := strconv.ParseFloat(c.query.Get("seconds"), 64)
		if err != nil || n < 0 || n > math.MaxInt64/float64(time.Second) {
			return adminError(http.StatusBadRequest, fmt.Errorf("seconds must be a number of seconds, not below 0"))
		}
		s.Advance(time.Duration(n * float64(time.Second)))
		return s.adminNow()
	case "POST /admin/rate":
		n, err := strconv.Atoi(c.query.Get("per_second"))
		if err == nil {
			err = s.SetRate(n)
		}
		if err != nil {
			return adminError(http.StatusBadRequest, errors.New("per_second must be a whole number, not below 0; 0 is unlimited"))
		}
		return ok([]byte(`{"changed":true}`))
	case "POST /admin/delete":
		if err := s.Delete(c.query.Get("entity"), c.query.Get("parent"), c.query.Get("id")); err != nil {
			return adminError(http.StatusNotFound, err)
		}
		return ok([]byte(`{"deleted":true}`))
	case "GET /admin/records":
		var b []byte
		for r := range s.Records(c.query.Get("entity")) {
			b = append(append(b, r...), '\n')
		}
		p := ok(b)
		p.kind = "application/x-ndjson"
		return p
	}
	if strings.HasPrefix(c.path, "/files/") && c.method == http.MethodGet {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.settle()
		return s.exportFile(c)
	}
	return unrouted()
}

func (s *Sim) adminNow() *reply {
	return ok(new(object).str("now", s.Now().Format(time.RFC3339)).append(nil))
}

func adminError(status int, err error) *reply {
	return &reply{status: status, body: new(object).str("error", err.Error()).append(nil)}
}
