package cio

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"ciomirror/catalog"
)

func TestFiveShapesOfErrorsAreRead(t *testing.T) {
	long := strings.Repeat("é", 500)
	for body, want := range map[string]failure{
		// A: with status, as text or as number
		`{"errors":[{"detail":"bad request (reference a1b2c3)","status":"400"}]}`:                   {detail: "bad request (reference a1b2c3)"},
		`{"errors":[{"detail":"no","status":401,"code":"invalid_credentials","meta":{"error":1}}]}`: {detail: "no", code: "invalid_credentials"},
		`{"errors":[{"detail":"first"},{"detail":"second"}]}`:                                       {detail: "first"},
		// B: with a pointer
		`{"errors":[{"detail":"name cannot be blank","source":{"pointer":"/name"},"status":"422"}]}`: {detail: "name cannot be blank", pointer: "/name"},
		// C: without status
		`{"errors":[{"detail":"subscription_topic_id is required"}]}`: {detail: "subscription_topic_id is required"},
		`{"errors":["plain"]}`: {detail: "plain"},
		// D: meta
		`{"meta":{"error":"SMS messaging is not enabled for your workspace."}}`: {detail: "SMS messaging is not enabled for your workspace."},
		`{"meta":{"errors":["one","two"]}}`:                                     {detail: "one; two"},
		`{"meta":{"error":"","errors":["one"]}}`:                                {detail: "one"},
		// E: none, or no JSON
		``:                          {},
		`404 page not found` + "\n": {detail: "404 page not found"},
		"<html>\n\t<h1>502</h1>":    {detail: "<html> <h1>502</h1>"},
		`{"message":"gone"}`:        {detail: "gone"},
		`{"other":"gone"}`:          {detail: `{"other":"gone"}`},
		`{"errors":[{"detail":"cut`: {detail: `{"errors":[{"detail":"cut`},
		`null`:                      {detail: "null"},
		`[1]`:                       {detail: "[1]"},
		`{"errors":{"detail":"x"},"message":"m"}`:                          {detail: "m"},
		`{"errors":[],"meta":{"error":"d"},"message":"m"}`:                 {detail: "d"},
		`{"errors":[{"status":"400"}],"meta":{"errors":[]},"message":"m"}`: {detail: "m"},
		`{"errors":[{"detail":"a\u001b[31mb\nc\u0000d"}]}`:                 {detail: "a [31mb c d"},
		"\xef\xbb\xbf{\"message\":\"\xff\"}":                               {detail: "\uFFFD"},
		long:                                                               {detail: strings.Repeat("é", 100)},
	} {
		if diff := cmp.Diff(want, parseFailure([]byte(body)), cmp.AllowUnexported(failure{})); diff != "" {
			t.Errorf("%.80q: %s", body, diff)
		}
	}
}

func FuzzErrorBody(f *testing.F) {
	for _, s := range []string{
		`{"errors":[{"detail":"x","status":"400","code":"c","source":{"pointer":"/p"}}]}`, `{"meta":{"error":"x"}}`,
		`{"meta":{"errors":["a",{"detail":"b"},3]}}`, `{"message":5}`, `404 page not found`, "\xff\xfe", `{"errors":[[[[`, `{"errors":["a"]}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		kept := bytes.Clone(body)
		got := parseFailure(body)
		if !bytes.Equal(kept, body) {
			t.Fatal("the body was written to")
		}
		for _, s := range []string{got.detail, got.code, got.pointer} {
			// What cannot be read is replaced by three bytes each.
			if len(s) > 3*maxDetail || !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) {
				t.Fatalf("unfit for a line: %q", s)
			}
		}
		isFailure(body)
	})
}

// API-3: each refusal has its class, and costs one request.
func TestRefusalsAreClassifiedAndNotRepeated(t *testing.T) {
	for _, tc := range []struct {
		name   string
		status int
		body   string
		class  error
		says   string
		hint   string
	}{
		{"400", 400, `{"errors":[{"detail":"malformed","status":"400"}]}`, nil, "400 Bad Request: malformed", ""},
		{"401", 401, `{"errors":[{"detail":"unauthorized","code":"invalid_credentials"}]}`, catalog.ErrUnauthorized, "on api.test: 401 Unauthorized: unauthorized", "CIO_REGION"},
		{"403", 403, `{"meta":{"error":"scope"}}`, catalog.ErrForbidden, "403 Forbidden: scope", "API Credentials"},
		{"404 JSON", 404, `{"errors":[{"detail":"campaign not found"}]}`, catalog.ErrNotFound, "campaign not found", ""},
		{"404 without a body", 404, ``, catalog.ErrNotFound, "404 Not Found", ""},
		{"404 of the router", 404, "404 page not found", catalog.ErrContract, "the endpoint does not exist", "CIOMIRROR_API_URL"},
		{"404 of a proxy", 404, "<html>", catalog.ErrContract, "the endpoint does not exist", "CIOMIRROR_API_URL"},
		{"405", 405, ``, nil, "405", ""},
		{"409", 409, `{"errors":[{"detail":"in use"}]}`, nil, "in use", ""},
		{"410", 410, ``, nil, "410 Gone", ""},
		{"413", 413, `{"meta":{"error":"too big"}}`, nil, "too big", ""},
		{"422", 422, `{"errors":[{"detail":"blank","source":{"pointer":"/name"}}]}`, nil, "blank (at /name)", ""},
		{"505", 505, ``, nil, "505", ""},
		{"304", 304, ``, nil, "304", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := inTurn(says(tc.status, tc.body))
			pages, err := collect(t.Context(), newClient(t, s, fast), catalog.Walk{Entity: things()})
			e := asError(t, err)
			if len(pages) != 0 || s.count() != 1 || e.Attempts != 1 || e.Temporary() || e.Unknown {
				t.Errorf("%d pages, %d requests, %+v", len(pages), s.count(), e)
			}
			want := ""
			if tc.class != nil {
				want = tc.class.Error()
			}
			if got := classes(t, err); got != want {
				t.Errorf("class %q, want %q", got, want)
			}
			if !strings.Contains(err.Error(), tc.says) || !strings.HasPrefix(err.Error(), "list things: GET /v1/things on api.test: ") {
				t.Errorf("says %q, want %q in it", err, tc.says)
			}
			if !strings.Contains(e.Hint(), tc.hint) || tc.hint == "" && e.Hint() != "" && tc.status < 500 {
				t.Errorf("hint %q, want %q in it", e.Hint(), tc.hint)
			}
		})
	}
}

// API-4: a 200 that is none. JSON is believed at once, anything else asked for again.
func TestSuccessThatIsNoneIsAContractError(t *testing.T) {
	for body, requests := range map[string]int{
		"<html>login</html>":  maxBroken,
		"":                    maxBroken,
		`{"things":[{"id":1}`: maxBroken,
		"null":                1,
		`{"rows":[]}`:         1,
		`{"errors":[{"detail":"rate limited to 10 requests per 1s"}]}`: 1,
		`{"meta":{"error":"off"}}`:                                     1,
		`{"errors":["off"]}`:                                           1,
	} {
		synctest.Test(t, func(t *testing.T) {
			s := inTurn(says(200, body))
			pages, err := collect(t.Context(), newClient(t, s), catalog.Walk{Entity: things()})
			if !errors.Is(err, catalog.ErrContract) || len(pages) != 0 || s.count() != requests {
				t.Errorf("%q: %d pages, %d requests, %v", body, len(pages), s.count(), err)
			}
			if hint := asError(t, err).Hint(); hint == "" {
				t.Errorf("%q: no hint", body)
			}
		})
	}
}

func TestBrokenPageThatComesWholeTheNextTimeIsTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := inTurn(says(200, "<html>"), says(200, `{"things":[{"id":`), says(200, `{"things":[{"id":1}]}`))
		pages, err := collect(t.Context(), newClient(t, s), catalog.Walk{Entity: things()})
		if err != nil || len(pages) != 1 || s.count() != 3 {
			t.Errorf("%d requests, %v, %v", s.count(), pages, err)
		}
	})
}

func TestTooLargeABodyIsAnErrorThatNamesTheCap(t *testing.T) {
	for size, want := range map[int]string{1 << 20: "", 1<<20 + 1: "larger than 1048576 bytes"} {
		body := `{"things":[]}` + strings.Repeat(" ", size-13)
		s := inTurn(says(200, body))
		_, err := collect(t.Context(), newClient(t, s, fast, func(o *Options) { o.MaxBody = 1 << 20 }), catalog.Walk{Entity: things()})
		if want == "" && err != nil || want != "" && (!errors.Is(err, catalog.ErrContract) || !strings.Contains(err.Error(), want)) || s.count() != 1 {
			t.Errorf("%d bytes: %v after %d requests", size, err, s.count())
		}
	}
}

func TestEndlessBodyIsCutAtTheCap(t *testing.T) {
	read := 0
	rt := answers(func(*http.Request) (*http.Response, error) {
		resp := reply(200, "")
		resp.Body = io.NopCloser(endless{&read})
		return resp, nil
	})
	_, err := collect(t.Context(), newClient(t, rt, fast), catalog.Walk{Entity: things()})
	if !errors.Is(err, catalog.ErrContract) || read > 101<<20 {
		t.Errorf("%d bytes read, %v", read, err)
	}
}

type endless struct{ n *int }

func (e endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	*e.n += len(p)
	return len(p), nil
}

func TestErrorShowsNobody(t *testing.T) {
	s := inTurn(says(404, `{"errors":[{"detail":"no such person"}]}`))
	c := newClient(t, s, fast)
	for path, want := range map[string]string{
		"/v1/customers/ann%40acme.test/attributes": "/v1/customers/{person}/attributes",
		"/v1/customers/77/messages":                "/v1/customers/{person}/messages",
		"/v1/esp/suppression/ann%40acme.test":      "/v1/esp/suppression/{person}",
		"/v1/messages/dgOq6QWq%3D":                 "/v1/messages/dgOq6QWq%3D",
	} {
		_, err := c.Do(t.Context(), "GET", path, query("email", "ann@acme.test"), nil)
		if got := asError(t, err).Path; got != want || strings.Contains(err.Error(), "ann") {
			t.Errorf("%s is shown as %s: %v", path, got, err)
		}
	}
}

func TestDeadlineOfTheRunIsTheRunsError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := inTurn(says(503, ""))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := collect(ctx, newClient(t, s), catalog.Walk{Entity: things()})
		if !errors.Is(err, ctx.Err()) {
			t.Errorf("error %v", err)
		}
	})
}
