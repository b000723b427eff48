package cio

import (
	"bytes"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ciomirror/catalog"
)

// API-1 without end: whatever the header says, a call ends within the bound, and
// every wait stands in the log before it is sat out, with its length and the path;
// also the one that is left to the next call.
func TestALongWaitIsInTheLogAndEnds(t *testing.T) {
	for header, longest := range map[string]time.Duration{
		"86400": maxRetryAfter, "30": 30 * time.Second, "date": maxRetryAfter, "1": 0, "0": 0, "-5": 0, "abc": 0, "": 0,
	} {
		t.Run("Retry-After "+header, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				value := header
				if header == "date" {
					value = time.Now().Add(24 * time.Hour).UTC().Format(http.TimeFormat)
				}
				var log bytes.Buffer
				s := inTurn(says(429, "", "Retry-After", value))
				c := newClient(t, s, func(o *Options) { o.Log = slog.New(slog.NewTextHandler(&log, nil)) })
				start := time.Now()
				_, err := collect(t.Context(), c, catalog.Walk{Entity: things()})
				if e := asError(t, err); e.Status != 429 || time.Since(start) > defaultMaxWait+longest {
					t.Errorf("after %v: %v", time.Since(start), err)
				}
				lines := slices.Collect(strings.Lines(log.String()))
				if len(lines) < len(s.times)-1 || longest > 0 && len(lines) < len(s.times) {
					t.Fatalf("%d requests, %d lines:\n%s", len(s.times), len(lines), log.String())
				}
				for i, line := range lines {
					_, rest, _ := strings.Cut(line, " wait=")
					text, _, _ := strings.Cut(rest, " ")
					wait, err := time.ParseDuration(text)
					if err != nil || !strings.Contains(line, "level=WARN") || !strings.Contains(line, " path=/v1/things ") || !strings.Contains(line, " rate=") {
						t.Errorf("the log says %s", line)
					}
					if i+1 < len(s.times) && s.times[i+1].Sub(s.times[i]).Round(time.Second) != wait.Round(time.Second) {
						t.Errorf("asked again after %v, but the log says %s", s.times[i+1].Sub(s.times[i]), line)
					}
				}
				if strings.Contains(log.String(), canary) {
					t.Error("the key is in the log")
				}
			})
		})
	}
}
