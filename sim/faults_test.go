package sim

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

func httpClient(s *Sim) *http.Client { return &http.Client{Transport: s.Transport()} }

func withFaults(t testing.TB, spec string) *world {
	t.Helper()
	f, err := ParseFaults(spec)
	if err != nil {
		t.Fatal(err)
	}
	if f.String() != spec {
		t.Errorf("%q reads back as %q", spec, f.String())
	}
	return newWorld(t, func(o *Options) { o.Faults = f })
}

func TestParseFaultsNamesWhatIsWrong(t *testing.T) {
	for spec, names := range map[string]string{"500": "kind=probability", "500=x": "kind=probability", "teapot=1": "known:",
		"429=1.5": "at most 1", "429=0": "above 0", "429=1#0": "at least 1", "html=1,reset=-1": "above 0"} {
		if _, err := ParseFaults(spec); err == nil || !strings.Contains(err.Error(), names) {
			t.Errorf("%q: %v, want something with %q", spec, err, names)
		}
	}
	if f, err := ParseFaults(" "); len(f) != 0 || err != nil {
		t.Errorf("nothing parses to %v, %v", f, err)
	}
}

func TestAFaultStrikesItsPathSoOftenAndNoMore(t *testing.T) {
	w := withFaults(t, "truncate=1@/v1/segments#2")
	w.get("/v1/campaigns").want(t, 200)
	for i := range 4 {
		a := w.get("/v1/segments")
		a.want(t, 200)
		if json.Valid([]byte(a.raw)) != (i >= 2) {
			t.Errorf("read %d is valid: %v", i, i < 2)
		}
	}
}

func TestErrorFaults(t *testing.T) {
	for spec, status := range map[string]int{"429=1": 429, "500=1": 500, "502=1": 502, "503=1": 503, "504=1": 504} {
		withFaults(t, spec).get("/v1/segments").want(t, status, `{"errors":[{"detail":`)
	}
	w := withFaults(t, "html=1")
	w.get("/v1/segments").want(t, 502, "<html>")
	if w.Requests()["429"] != 0 || withFaults(t, "429=1").Requests()["429"] != 0 {
		t.Error("a 429 was counted without a request")
	}
}

func TestRandomFaultsComeFromTheSeed(t *testing.T) {
	run := func(seed uint64) (pattern string) {
		f, _ := ParseFaults("500=0.3")
		w := newWorld(t, func(o *Options) { o.Seed, o.Faults = seed, f })
		for range 60 {
			pattern += map[bool]string{true: ".", false: "x"}[w.get("/v1/campaigns").status == 200]
		}
		return pattern
	}
	one, again, other := run(1), run(1), run(2)
	if one != again || one == other || strings.Count(one, "x") < 8 || strings.Count(one, "x") > 30 {
		t.Errorf("patterns\n%s\n%s\n%s", one, again, other)
	}
}

func TestResetBreaksTheBody(t *testing.T) {
	w := withFaults(t, "reset=1")
	r, _ := http.NewRequest("GET", "http://sim.test/v1/segments", nil)
	r.Header.Set("Authorization", "Bearer sim-key")
	res, err := w.http.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(res.Body)
	if !errors.Is(err, syscall.ECONNRESET) || len(b) == 0 {
		t.Errorf("%d bytes, then %v", len(b), err)
	}
}

func TestHangLastsUntilTheCallerGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, _ := ParseFaults("hang=1")
		s, err := New(Options{Now: time.Now, Faults: f})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		began := time.Now()
		r, _ := http.NewRequestWithContext(ctx, "GET", "http://sim.test/v1/segments", nil)
		if _, err = httpClient(s).Do(r); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != 30*time.Second {
			t.Errorf("after %s: %v", time.Since(began), err)
		}
	})
}

func TestDuplicateAndLoop(t *testing.T) {
	w := withFaults(t, "duplicate=1@/v1/segments,loop=1@/v1/messages")
	all := items(t, w.object("/v1/segments"), "segments")
	if len(all) != 16 || num(t, all[15]["id"]) != num(t, all[14]["id"]) {
		t.Errorf("%d segments", len(all))
	}
	next := w.object("/v1/messages")["next"].(string)
	if again := w.object("/v1/messages?start=" + next); again["next"] != next {
		t.Errorf("the token %v leads to %v", next, again["next"])
	}
}

func TestTheRateIsLimitedByTheVirtualClock(t *testing.T) {
	for kind, want := range map[RetryAfter]string{"": "1", RetryAfterPresent: "1", RetryAfterAbsent: "", RetryAfterGarbage: "junk"} {
		w := newWorld(t, func(o *Options) { o.Rate, o.RetryAfter = 10, kind })
		for range 10 {
			w.get("/v1/campaigns").want(t, 200)
		}
		a := w.get("/v1/campaigns")
		a.want(t, 429, "rate limited to 10 requests per 1s (reference ", `"status":"429"`)
		if got := a.header.Get("Retry-After"); got != want && want != "junk" || want == "junk" && got == "1" {
			t.Errorf("%s: Retry-After %q", kind, got)
		}
		w.do("POST", "/v1/send/sms", `{}`).want(t, 400) // sends have a limit of their own
		w.Advance(100 * time.Millisecond)
		w.get("/v1/campaigns").want(t, 200)
		w.get("/v1/campaigns").want(t, 429)
		if n := w.Requests()["429"]; n != 2 {
			t.Errorf("%d answers of 429 were counted", n)
		}
	}
}
