package cio

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"ciomirror/catalog"
)

func TestDoSendsAndReturnsTheBareCall(t *testing.T) {
	for name, body := range map[string]any{
		"raw":   json.RawMessage(`{"a":"<&>"}`),
		"bytes": []byte(`{"a":"<&>"}`),
		"map":   map[string]any{"a": "<&>"},
	} {
		s := inTurn(says(200, " \n{\"segment\": {\"id\":7}}\n"))
		got, err := newClient(t, s, fast).Do(t.Context(), "POST", "/v1/segments", query("x", "a b+c@d"), body)
		if err != nil || string(got) != `{"segment": {"id":7}}` {
			t.Errorf("%s: %s, %v", name, got, err)
		}
		r := s.requests[0]
		sent, _ := io.ReadAll(r.Body)
		if r.Method != "POST" || r.URL.String() != testBase+"/v1/segments?x=a+b%2Bc%40d" || string(sent) != `{"a":"<&>"}` ||
			r.ContentLength != int64(len(sent)) || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s: %s %s %s", name, r.Method, r.URL, sent)
		}
	}
}

func TestDoKeepsThePathAsItIsEscaped(t *testing.T) {
	s := inTurn(says(200, `{}`))
	if _, err := newClient(t, s, fast).Do(t.Context(), "GET", "/v1/messages/a%2Fb%3D", nil, nil); err != nil {
		t.Fatal(err)
	}
	if got := s.requests[0].URL.EscapedPath(); got != "/v1/messages/a%2Fb%3D" {
		t.Errorf("asked %s", got)
	}
}

func TestDoRefusesWhatIsNoCall(t *testing.T) {
	s := inTurn(says(200, `{}`))
	c := newClient(t, s, fast)
	for _, path := range []string{"", "v1/x", "/v2/x", "//evil.test/v1/", "https://evil.test/v1/x", "/v1/../x", "/v1/%2e%2e/x", "/v1/x?y=1", "/v1/x#y", "/v1/%zz"} {
		if _, err := c.Do(t.Context(), "GET", path, nil, nil); err == nil {
			t.Errorf("%q went out", path)
		}
	}
	for _, body := range []any{json.RawMessage(`{`), make(chan int)} {
		if _, err := c.Do(t.Context(), "POST", "/v1/segments", nil, body); err == nil {
			t.Errorf("%v went out", body)
		}
	}
	if s.count() != 0 {
		t.Errorf("%d requests", s.count())
	}
}

func TestAnswerOfNothing(t *testing.T) {
	for _, tc := range []struct {
		method   string
		status   int
		contract bool
	}{{"DELETE", 204, false}, {"DELETE", 200, false}, {"PUT", 200, false}, {"POST", 200, false}, {"GET", 200, true}, {"GET", 204, true}} {
		synctest.Test(t, func(t *testing.T) {
			got, err := newClient(t, inTurn(says(tc.status, ""))).Do(t.Context(), tc.method, "/v1/snippets/x", nil, nil)
			if got != nil || errors.Is(err, catalog.ErrContract) != tc.contract {
				t.Errorf("%s %d: %s, %v", tc.method, tc.status, got, err)
			}
		})
	}
}

func TestErrorListIsAnErrorExceptWhereItWasAskedFor(t *testing.T) {
	s := inTurn(says(200, `{"errors":[{"detail":"no such person"}],"next":""}`))
	c := newClient(t, s, fast)
	if _, err := c.Do(t.Context(), "GET", "/v1/campaigns/1/triggers/2/errors", nil, nil); err != nil {
		t.Error(err)
	}
	if _, err := c.Do(t.Context(), "GET", "/v1/campaigns/1", nil, nil); !errors.Is(err, catalog.ErrContract) {
		t.Error(err)
	}
}

// SEC-8: what may have reached somebody is never sent again.
func TestCallsAreRepeatedByTheirClass(t *testing.T) {
	reset := breaks(&net.OpError{Op: "read", Err: errors.New("connection reset by peer")})
	dial := breaks(&net.OpError{Op: "dial", Err: errors.New("connection refused")})
	noName := breaks(&net.DNSError{Err: "no such host", Name: "api.test"})
	for _, c := range []struct {
		method, path string
		repeatable   bool
	}{
		{"GET", "/v1/campaigns/1", true},
		{"PUT", "/v1/transactional/1/content/2", true},
		{"POST", "/v1/send/email", false},
		{"POST", "/v1/send/sms", false},
		{"POST", "/v1/campaigns/1/triggers", false},
		{"POST", "/v1/newsletters/1/send", false},
		{"POST", "/v1/segments", false},
		{"PATCH", "/v1/segments/1", false},
		{"DELETE", "/v1/segments/1", false},
	} {
		for _, f := range []struct {
			name    string
			failure func() (*http.Response, error)
			sure    bool // that nothing happened
			again   bool // a read is asked again
		}{
			{"dial", dial, true, true}, {"no name", noName, true, true}, {"429", says(429, "", "Retry-After", "1"), true, true},
			{"reset", reset, false, true}, {"eof", breaks(io.EOF), false, true}, {"500", says(500, ""), false, true}, {"503", says(503, ""), false, true},
			{"504", says(504, ""), false, true}, {"408", says(408, ""), false, true}, {"html", says(200, "<html>"), false, true},
			{"cut", func() (*http.Response, error) { r := reply(200, ""); r.Body = io.NopCloser(cut{}); return r, nil }, false, true},
			{"400", says(400, ""), true, false}, {"422", says(422, ""), true, false}, {"error in 200", says(200, `{"errors":[{"detail":"x"}]}`), false, false},
		} {
			t.Run(c.method+c.path+" "+f.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := inTurn(f.failure, says(200, `{"ok":1}`))
					_, err := newClient(t, s).Do(t.Context(), c.method, c.path, nil, map[string]int{"a": 1})
					want := 1
					if f.again && (c.repeatable || f.sure) {
						want = 2
					}
					if s.count() != want || (want == 2) != (err == nil) {
						t.Errorf("%d requests, want %d: %v", s.count(), want, err)
					}
					if err != nil {
						e := asError(t, err)
						if wantUnknown := c.method != "GET" && !f.sure; e.Unknown != wantUnknown {
							t.Errorf("unknown is %v: %v", e.Unknown, err)
						}
						if e.Unknown && !strings.Contains(e.Hint(), "before you do it again") {
							t.Errorf("hint %q", e.Hint())
						}
					}
				})
			})
		}
	}
}

func TestOutcomeStaysUnknownOnceItWas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := inTurn(says(502, ""), says(422, `{"errors":[{"detail":"blank"}]}`))
		_, err := newClient(t, s).Do(t.Context(), "PUT", "/v1/snippets", nil, map[string]int{})
		if e := asError(t, err); !e.Unknown || e.Status != 422 || e.Attempts != 2 {
			t.Errorf("%v", err)
		}
	})
}

func TestGivingUpWhileASendIsUnderWayLeavesItUnknown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rt := answers(func(r *http.Request) (*http.Response, error) { <-r.Context().Done(); return nil, r.Context().Err() })
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		c := newClient(t, rt)
		_, err := c.Do(ctx, "POST", "/v1/send/email", nil, map[string]int{})
		if e := asError(t, err); !e.Unknown || !errors.Is(err, ctx.Err()) || e.Attempts != 1 {
			t.Errorf("%v", err)
		}
		_, err = c.Do(ctx, "POST", "/v1/send/email", nil, map[string]int{})
		if e := asError(t, err); e.Unknown || e.Attempts != 0 {
			t.Errorf("nothing left, yet %v after %d attempts", err, e.Attempts)
		}
	})
}

func TestSendOverSocketsThatWasReadIsUnknown(t *testing.T) {
	var n atomic.Int32
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		n.Add(1)
		_, _ = io.Copy(io.Discard, r.Body)
		if conn, _, err := w.(http.Hijacker).Hijack(); err == nil {
			conn.Close()
		}
	})
	_, err := overSockets(t, s.URL).Do(t.Context(), "POST", "/v1/send/email", nil, map[string]int{})
	if e := asError(t, err); !e.Unknown || n.Load() != 1 {
		t.Errorf("%d requests, %v", n.Load(), err)
	}
}

func TestTriggersKeepTheirOwnLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := inTurn(says(200, `{"id":1}`), says(429, `{"errors":[{"detail":"rate limited to 1 requests per 10s (reference x)"}]}`, "Retry-After", "10"), says(200, `{"id":1}`))
		c := newClient(t, s)
		for range 3 {
			if _, err := c.Do(t.Context(), "POST", "/v1/campaigns/9/triggers", nil, map[string]int{}); err != nil {
				t.Fatal(err)
			}
		}
		for i := range 2 {
			if gap := s.times[i+1].Sub(s.times[i]); gap < 10*time.Second || gap > 16*time.Second {
				t.Errorf("trigger %d after %v", i+1, gap)
			}
		}
		if c.limiter.Rate() != 10*margin {
			t.Errorf("the general rate fell to %v", c.limiter.Rate())
		}
	})
}
