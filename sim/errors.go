package sim

import (
	"fmt"
	"net/http"
	"strconv"
)

// The API's errors have five shapes, chosen by endpoint and not by status.

// reference is the code that the API puts into a detail for its support.
func (c *call) reference() string {
	r := draw(uint64(c.serial), saltReference, c.serial)
	return fmt.Sprintf("%06x", r.next()>>40)
}

// fail is shape A, of most endpoints.
func (c *call) fail(status int, detail string) *reply {
	return &reply{status: status, body: new(object).raw("errors", "["+string(new(object).
		str("detail", detail+" (reference "+c.reference()+")").str("status", strconv.Itoa(status)).append(nil))+"]").append(nil)}
}

func (c *call) notFound() *reply { return c.fail(http.StatusNotFound, "not found") }

func (c *call) badRequest() *reply { return c.fail(http.StatusBadRequest, "bad request") }

// invalid is shape B, with a pointer to the faulty part: snippets and triggers.
func (c *call) invalid(detail, pointer string) *reply {
	return &reply{status: http.StatusUnprocessableEntity, body: new(object).raw("errors", "["+string(new(object).
		str("detail", detail).obj("source", new(object).str("pointer", pointer)).str("status", "422").append(nil))+"]").append(nil)}
}

// refuse is shape C, without a status: newsletters.
func (c *call) refuse(status int, detail string) *reply {
	return &reply{status: status, body: new(object).raw("errors", "["+string(new(object).str("detail", detail).append(nil))+"]").append(nil)}
}

// sendError is shape D: sends and contents of transactional messages. Several
// details make the plural form.
func (c *call) sendError(status int, details ...string) *reply {
	meta := new(object)
	if len(details) == 1 {
		meta.str("error", details[0])
	} else {
		meta.strs("errors", details)
	}
	return &reply{status: status, body: new(object).obj("meta", meta).append(nil)}
}

// nothing is shape E, a status without a body.
func nothing(status int) *reply { return &reply{status: status} }

// unrouted is what the API says of a path that it does not know: bare text.
func unrouted() *reply {
	return &reply{status: http.StatusNotFound, kind: "text/plain; charset=utf-8", body: []byte("404 page not found\n")}
}
