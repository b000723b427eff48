package packaging_test

import (
	"encoding/xml"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"ciomirror/packaging"
)

func TestTheServiceFilesNameTheProgram(t *testing.T) {
	for name, text := range map[string]string{"systemd": packaging.Systemd, "launchd": packaging.Launchd} {
		if n := strings.Count(text, packaging.Binary); n != 1 {
			t.Errorf("%s has %s %d times", name, packaging.Binary, n)
		}
		if !strings.Contains(text, "schedule run") || !strings.Contains(text, "CIO_APP_KEY_FILE") {
			t.Errorf("%s runs no daemon, or has no key", name)
		}
	}
}

func TestTheImageHasAPlaceForAProfile(t *testing.T) {
	if n := strings.Count(packaging.Dockerfile, packaging.Profile); n != 1 {
		t.Errorf("%d places", n)
	}
}

func TestTheAgentIsXML(t *testing.T) {
	d := xml.NewDecoder(strings.NewReader(packaging.Launchd))
	for {
		if _, err := d.Token(); err == io.EOF {
			return
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

// TestEveryAlertIsTried and says what to do. What it does is tried by promtool.
func TestEveryAlertIsTried(t *testing.T) {
	read := func(name string) string {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	rules, tests := read("alerts.yaml"), read("alerts_test.yaml")
	found := regexp.MustCompile(`(?m)- alert: (\w+)`).FindAllStringSubmatch(rules, -1)
	if len(found) < 4 || strings.Count(rules, "action: ") != len(found) {
		t.Errorf("%d alerts, %d actions", len(found), strings.Count(rules, "action: "))
	}
	for _, alert := range found {
		if !strings.Contains(tests, "alertname: "+alert[1]+"\n        exp_alerts") {
			t.Errorf("no test has %s go off", alert[1])
		}
	}
	// Those that the program has. A rule on another would never go off.
	known := []string{"ciomirror_sync_last_success_timestamp_seconds", "ciomirror_sync_runs_total", "ciomirror_api_rate_limit_wait_seconds_total"}
	for _, metric := range regexp.MustCompile(`ciomirror_\w+`).FindAllString(rules, -1) {
		if !slices.Contains(known, metric) {
			t.Errorf("nothing counts %s", metric)
		}
	}
}
