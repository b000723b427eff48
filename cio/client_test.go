package cio

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ciomirror/catalog"
)

func gzipped(t *testing.T, s string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := io.WriteString(z, s); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestNewRefusesWhatIsNoAppKey(t *testing.T) {
	for key, want := range map[string]string{
		"": "empty", " k": "white space", "k\n": "white space", "a b": "white space", "k\x00": "white space", "ké": "white space",
		"0123456789abcdef0123:0123456789abcdef0123": "Track API key",
	} {
		_, err := New(key, Options{})
		if err == nil || !strings.Contains(err.Error(), want) || len(key) > 2 && strings.Contains(err.Error(), key) {
			t.Errorf("%q: %v", key, err)
		}
	}
}

func TestNewReportsAllFaults(t *testing.T) {
	_, err := New("", Options{BaseURL: "ftp://x", Region: "mars", Rate: -1, Timeout: -1, Version: "a\nb"})
	for _, want := range []string{"key is empty", "base URL", "mars", "rate", "negative", "version"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in %v", want, err)
		}
	}
	for _, o := range []Options{{}, {Rate: math.Inf(1)}, {Limiter: NewLimiter(0)}, {BaseURL: "HTTP://localhost:1/x"}} {
		if _, err := New(canary, o); err != nil {
			t.Error(err)
		}
	}
	for _, o := range []Options{{Rate: math.NaN()}, {Rate: 1, Limiter: NewLimiter(1)}, {BaseURL: "//x"}, {BaseURL: "http://"}, {BaseURL: "http://u:p@x"}, {BaseURL: "http://x?"}} {
		if _, err := New(canary, o); err == nil || strings.Contains(err.Error(), "u:p") {
			t.Errorf("%+v: %v", o, err)
		}
	}
}

func TestBaseAddressIsTakenAsPeopleWriteIt(t *testing.T) {
	for base, want := range map[string]string{
		"http://h:1": "http://h:1/v1/things", "http://h:1/": "http://h:1/v1/things", "http://h:1/v1": "http://h:1/v1/things",
		"http://h:1/v1/": "http://h:1/v1/things", "http://h/proxy//": "http://h/proxy/v1/things", "http://h/proxy/v1": "http://h/proxy/v1/things",
	} {
		s := inTurn(says(200, `{"things":[]}`))
		e := things()
		e.List.Size, e.List.Sort = 0, ""
		if _, err := collect(t.Context(), newClient(t, s, func(o *Options) { o.BaseURL = base }), catalog.Walk{Entity: e}); err != nil {
			t.Fatal(err)
		}
		if got := s.requests[0].URL.String(); got != want {
			t.Errorf("%s: asked %s", base, got)
		}
	}
}

func TestParseRegion(t *testing.T) {
	for text, want := range map[string]Region{"us": US, "EU": EU, " eu ": EU, "": ""} {
		if got, err := ParseRegion(text); got != want || err != nil {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
	if _, err := ParseRegion("asia"); err == nil {
		t.Error("asia is a region")
	}
}

// regions answers for the two hosts.
func regions(us, eu func() (*http.Response, error)) *sequence {
	s := &sequence{}
	return s.serving(func(r *http.Request) (*http.Response, error) {
		switch {
		case r.URL.Path == "/v1/things":
			return reply(200, `{"things":[]}`), nil
		case r.URL.String() == "https://api.customer.io/v1/workspaces":
			return us()
		case r.URL.String() == "https://api-eu.customer.io/v1/workspaces":
			return eu()
		}
		return nil, errors.New("asked " + r.URL.Redacted())
	})
}

func TestDiscoverFindsTheRegion(t *testing.T) {
	no := says(401, `{"errors":[{"detail":"unauthorized"}]}`)
	ok := says(200, `{"workspaces":[{"id":1}]}`)
	scope := says(403, ``)
	down := breaks(&net.OpError{Op: "dial", Err: errors.New("unreachable")})
	for name, tc := range map[string]struct {
		us, eu   func() (*http.Response, error)
		region   Region
		class    string
		requests int
	}{
		"US":             {ok, no, US, "", 1},
		"EU":             {no, ok, EU, "", 2},
		"US by its 403":  {scope, no, US, "", 1},
		"EU by its 403":  {no, scope, EU, "", 2},
		"neither":        {no, no, "", catalog.ErrUnauthorized.Error(), 2},
		"US down":        {down, ok, "", "", maxTries},
		"a login page":   {says(200, "<html>"), ok, "", catalog.ErrContract.Error(), maxBroken},
		"no such thing":  {says(404, "404 page not found"), ok, "", catalog.ErrContract.Error(), 1},
		"US busy, no EU": {says(500, ""), no, "", "", maxTries},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := regions(tc.us, tc.eu)
				c := newClient(t, s, func(o *Options) { o.BaseURL = "" })
				region, err := c.Discover(t.Context())
				if region != tc.region || (err == nil) != (tc.region != "") || s.count() != tc.requests {
					t.Fatalf("%q after %d requests: %v", region, s.count(), err)
				}
				if err != nil {
					if classes(t, err) != tc.class {
						t.Errorf("%v", err)
					}
					return
				}
				if _, err := collect(t.Context(), c, catalog.Walk{Entity: things()}); err != nil {
					t.Error(err)
				}
				if last := s.requests[len(s.requests)-1].URL.Host; "https://"+last != region.base() || s.count() != tc.requests+1 {
					t.Errorf("the walk asked %s, %d requests", last, s.count())
				}
			})
		})
	}
}

func TestUnauthorizedEverywhereNamesTheCauses(t *testing.T) {
	no := says(401, "")
	_, err := newClient(t, regions(no, no), fast, func(o *Options) { o.BaseURL = "" }).Discover(t.Context())
	e := asError(t, err)
	for _, want := range []string{"api.customer.io and api-eu.customer.io", "key", "IP addresses", "Track API key", "App API key"} {
		if !strings.Contains(e.Error()+e.Hint(), want) {
			t.Errorf("%q is not in %q, %q", want, e.Error(), e.Hint())
		}
	}
}

func TestDiscoverAsksOnlyWhereItIsTold(t *testing.T) {
	for _, o := range []Options{{Region: EU}, {BaseURL: "https://api-eu.customer.io/v1"}} {
		s := regions(says(500, ""), says(200, `{"workspaces":[]}`))
		c := newClient(t, s, fast, func(p *Options) { p.BaseURL, p.Region = o.BaseURL, o.Region })
		if region, err := c.Discover(t.Context()); region != EU || err != nil || s.count() != 1 {
			t.Errorf("%q after %d requests: %v", region, s.count(), err)
		}
	}
	s := inTurn(says(200, `{"workspaces":[]}`))
	if region, err := newClient(t, s, fast).Discover(t.Context()); region != "" || err != nil || s.requests[0].URL.Host != "api.test" {
		t.Errorf("%q, %v", region, err)
	}
}

func TestManyWalksFindTheRegionOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := regions(says(401, ""), says(200, `{"workspaces":[]}`))
		c := newClient(t, s, func(o *Options) { o.BaseURL = "" })
		var wg sync.WaitGroup
		for range 5 {
			wg.Go(func() {
				if _, err := collect(t.Context(), c, catalog.Walk{Entity: things()}); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if s.count() != 2+5 {
			t.Errorf("%d requests", s.count())
		}
	})
}

// SEC-1, as far as it is the client's: the canary sings nowhere.
func TestKeyIsShownNowhere(t *testing.T) {
	var log bytes.Buffer
	var said []string
	note := func(v any) {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
			said = append(said, fmt.Sprintf(verb, v))
		}
		slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})).Info("x", "v", v)
		j := slog.New(slog.NewJSONHandler(&log, nil))
		j.Info("x", "v", v)
		b, _ := json.Marshal(v)
		said = append(said, string(b))
	}
	echo := func(r *http.Request) string { return r.Header.Get("Authorization") }
	answersTo := map[string]answers{
		"ok": func(r *http.Request) (*http.Response, error) { return reply(200, `{"things":[{"id":1}]}`), nil },
		"echo 401": func(r *http.Request) (*http.Response, error) {
			return reply(401, `{"errors":[{"detail":"`+echo(r)+`","code":"`+echo(r)+`"}]}`), nil
		},
		"echo 500":  func(r *http.Request) (*http.Response, error) { return reply(500, echo(r)), nil },
		"echo page": func(r *http.Request) (*http.Response, error) { return reply(200, "<p>"+echo(r)), nil },
		"echo keys": func(r *http.Request) (*http.Response, error) { return reply(200, `{"`+echo(r)+`":1}`), nil },
		"echo 200": func(r *http.Request) (*http.Response, error) {
			return reply(200, `{"errors":[{"detail":"`+echo(r)+`"}]}`), nil
		},
		"echo host": func(r *http.Request) (*http.Response, error) {
			return reply(302, "", "Location", "https://"+r.Header.Get("Authorization")[7:]+".test/"), nil
		},
		"echo error": func(r *http.Request) (*http.Response, error) { return nil, errors.New("dump: " + echo(r)) },
	}
	for name, rt := range answersTo {
		synctest.Test(t, func(t *testing.T) {
			c := newClient(t, rt, func(o *Options) {
				o.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
			})
			note(c)
			note(*c)
			note(c.opts)
			note(struct{ c any }{c})
			note(struct{ inner Client }{*c})
			_, err := collect(t.Context(), c, catalog.Walk{Entity: things()})
			_, err2 := c.Do(t.Context(), "GET", "/v1/campaigns/1", url.Values{"x": {"1"}}, nil)
			_, err3 := c.Discover(t.Context())
			for _, err := range []error{err, err2, err3} {
				for ; err != nil; err = errors.Unwrap(err) {
					note(err)
					if e, ok := err.(*Error); ok {
						note(*e)
						said = append(said, e.Hint())
					}
				}
			}
			if name == "echo 500" && !strings.Contains(err.Error(), "Bearer [key]") {
				t.Errorf("the echo is not shown as one: %v", err)
			}
		})
	}
	hex := fmt.Sprintf("%x", canary)
	for _, s := range append(said, log.String()) {
		if strings.Contains(s, canary) || strings.Contains(s, hex) {
			t.Fatalf("the key is in %.300q", s)
		}
	}
}

func TestNoFieldOfTheClientHoldsTheKeyAsText(t *testing.T) {
	c := newClient(t, nil)
	v := reflect.ValueOf(c).Elem()
	for i := range v.NumField() {
		if f := v.Field(i); f.Kind() == reflect.String && f.String() == canary {
			t.Errorf("field %s", v.Type().Field(i).Name)
		}
	}
}

func TestLogHasOneLineAPageAndOneARepetition(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		s := inTurn(says(503, ""), says(200, `{"things":[{"id":1}],"next":"a"}`), says(200, `{"things":[]}`))
		c := newClient(t, s, func(o *Options) {
			o.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug, ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
				if a.Key == slog.TimeKey {
					return slog.Attr{}
				}
				return a
			}}))
		})
		if _, err := collect(t.Context(), c, catalog.Walk{Entity: things()}); err != nil {
			t.Fatal(err)
		}
		const want = `level=WARN msg="trying again" op="list things" attempt=1 status=503 wait=250ms path=/v1/things entity=things page=1
level=DEBUG msg="page read" entity=things page=1 rows=1
level=DEBUG msg="page read" entity=things page=2 rows=0
`
		if log.String() != want {
			t.Errorf("log:\n%s", log.String())
		}
	})
}

func TestZeroOptionsWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := regions(says(429, "", "Retry-After", time.Now().Add(time.Hour).Format(http.TimeFormat)), says(200, ""))
		n := 0
		c, err := New(canary, Options{Transport: answers(func(r *http.Request) (*http.Response, error) {
			if n++; n == 2 {
				return reply(200, `{"workspaces":[]}`), nil
			}
			return s.RoundTrip(r)
		})})
		if err != nil {
			t.Fatal(err)
		}
		if region, err := c.Discover(t.Context()); region != US || err != nil {
			t.Errorf("%q, %v", region, err)
		}
	})
}
