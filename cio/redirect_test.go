package cio

import (
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"ciomirror/catalog"
)

func TestRedirectsStayWhereTheKeyIsAtHome(t *testing.T) {
	for _, tc := range []struct {
		from, to string
		follow   bool
	}{
		{"https://api.customer.io", "/v1/elsewhere", true},
		{"https://api.customer.io", "https://api.customer.io/v1/elsewhere?start=x", true},
		{"https://api.customer.io", "https://api-eu.customer.io/v1/things", true},
		{"https://api.customer.io", "//api-eu.customer.io/v1/things", true},
		{"https://api.customer.io", "http://api.customer.io/v1/things", false},
		{"https://api.customer.io", "https://customer.io.evil.test/", false},
		{"https://api.customer.io", "https://evilcustomer.io/", false},
		{"https://api.customer.io", "https://api.customer.io@evil.test/", false},
		{"https://api.customer.io", "https://api-eu.customer.io:8443/", false},
		{"https://api.customer.io", "https://169.254.169.254/", false},
		{"https://api.customer.io", "ftp://api.customer.io/", false},
		{"https://api.customer.io", "", false},
		{"https://api.customer.io", "https://", false},
		{"https://api.customer.io", "%zz", false},
		{"http://127.0.0.1:8790", "/v1/elsewhere", true},
		{"http://127.0.0.1:8790", "http://127.0.0.1:8790/v1/x", true},
		{"http://127.0.0.1:8790", "http://127.0.0.1:8791/v1/x", false},
		{"http://127.0.0.1:8790", "https://api.customer.io/v1/things", false},
		{"https://proxy.test", "https://api.customer.io/v1/things", false},
	} {
		for _, status := range []int{301, 302, 307, 308} {
			s := inTurn(says(status, "", "Location", tc.to), says(200, `{"things":[]}`))
			m := &catalog.Meter{}
			_, err := collect(t.Context(), newClient(t, s, fast, func(o *Options) { o.BaseURL = tc.from }), catalog.Walk{Entity: things(), Meter: m})
			want := 1
			if tc.follow {
				want = 2
			}
			if (err == nil) != tc.follow || s.count() != want || m.Requests() != int64(want) {
				t.Errorf("%d %s → %s: %d requests, %v", status, tc.from, tc.to, s.count(), err)
			}
			for _, r := range s.requests {
				if host := r.URL.Hostname(); r.Header.Get("Authorization") != "" && strings.Contains(host, "evil") {
					t.Errorf("the key went to %s", host)
				}
			}
		}
	}
}

func TestRedirectsEnd(t *testing.T) {
	s := inTurn(says(302, "", "Location", "/v1/things"))
	if _, err := collect(t.Context(), newClient(t, s, fast), catalog.Walk{Entity: things()}); err == nil || s.count() != maxHops+1 {
		t.Errorf("%d requests, %v", s.count(), err)
	}
}

func TestWritesAreNotRedirected(t *testing.T) {
	for status, unknown := range map[int]bool{301: false, 302: false, 307: false, 308: false, 303: true} {
		s := inTurn(says(status, "", "Location", "/v1/other"), says(200, `{}`))
		_, err := newClient(t, s, fast).Do(t.Context(), "POST", "/v1/send/email", nil, map[string]int{})
		if e := asError(t, err); s.count() != 1 || e.Unknown != unknown {
			t.Errorf("%d: %d requests, %v", status, s.count(), err)
		}
	}
}

// Over sockets: another port is another program, and must not see the key.
func TestKeyNeverReachesAnotherPort(t *testing.T) {
	stranger := serve(t, func(w http.ResponseWriter, r *http.Request) { t.Errorf("asked with %v", r.Header) })
	home := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, stranger.URL+"/v1/things", http.StatusFound)
	})
	if _, err := collect(t.Context(), overSockets(t, home.URL), catalog.Walk{Entity: things()}); err == nil {
		t.Error("no error")
	}
}

func TestServerThatCannotProveItselfGetsNoKey(t *testing.T) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { t.Errorf("asked with %v", r.Header) }))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.TLS = &tls.Config{}
	s.StartTLS()
	t.Cleanup(s.Close)
	_, err := overSockets(t, s.URL).Do(t.Context(), "POST", "/v1/send/email", nil, nil)
	if e := asError(t, err); e.Unknown || e.Attempts != 1 || e.Temporary() {
		t.Errorf("%+v: %v", e, err)
	}
}

func TestGzipIsUnpacked(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			t.Errorf("asked with %v", r.Header)
		}
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(gzipped(t, fmt.Sprintf(`{"things":[{"id":%d}]}`, 5)))
	})
	pages, err := collect(t.Context(), overSockets(t, s.URL), catalog.Walk{Entity: things()})
	if err != nil || len(pages) != 1 || pages[0][0] != `{"id":5}` {
		t.Errorf("%v, %v", pages, err)
	}
}
