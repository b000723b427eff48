package schedules_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"ciomirror/schedules"
)

func TestParseRefusesTrapsWithAdvice(t *testing.T) {
	for expr, advice := range map[string]string{
		"":                             "for example",
		"CRON_TZ=Europe/Berlin":        "CRON_TZ=Europe/Berlin 15",
		"TZ=0":                         "CRON_TZ=",
		"TZ=":                          "CRON_TZ=",
		"CRON_TZ=Mars/Base 1 * * * *":  "CRON_TZ=",
		"@every 0s":                    "@every 1m",
		"@every -5m":                   "@every 1m",
		"@every 500ms":                 "@every 1m",
		"@every 59s":                   "@every 1m",
		"@every 1d":                    "24h",
		"@every":                       "@every 6h",
		"@every soon":                  "@every",
		"0 0 30 2 *":                   "no month",
		"0 6 * * 7":                    "Sunday is 0",
		"0 6 * * 5-7":                  "Sunday is 0",
		"0 0 * * * *":                  "0 * * * *",
		"0 0 * *":                      "minute, hour",
		"@reboot":                      "catches up",
		"0 0 L * *":                    "name the days",
		"0 0 15W * *":                  "name the days",
		"0 0 * * 5#2":                  "name the days",
		"61 * * * *":                   "minutes are 0 to 59",
		"0 24 * * *":                   "hours are 0 to 23",
		"0 0 0 * *":                    "days are 1 to 31",
		"0 0 * 13 *":                   "months are 1 to 12",
		"CRON_TZ=Asia/Tokyo 0 0 * * 8": "weekdays are 0",
		"0 9-6 * * *":                  "hours are 0 to 23",
		"@fortnightly":                 "for example",
		"a b c d e":                    "minutes are 0 to 59",
		"H * * * *":                    "minutes are 0 to 59",
		"*/90 * * * *":                 "@every 90m",
		"0 */24 * * *":                 "@every",
		"0 9 * * 1-5 Europe/Berlin":    "CRON_TZ=Europe/Berlin 0 9",
	} {
		_, err := schedules.Parse(expr)
		var wrong *schedules.Error
		if !errors.As(err, &wrong) {
			t.Errorf("%q: got %v, want an error", expr, err)
			continue
		}
		if strings.Contains(wrong.Msg, "maximum") || strings.Contains(wrong.Msg, "descriptor") {
			t.Errorf("%q: %q are the library's words", expr, wrong.Msg)
		}
		if !strings.Contains(wrong.Hint, advice) {
			t.Errorf("%q: the hint %q does not say %q", expr, wrong.Hint, advice)
		}
	}
}

func TestNextIsInTheSchedulesZone(t *testing.T) {
	at := func(s string) time.Time {
		t.Helper()
		v, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, c := range []struct{ expr, after, want string }{
		{"15 */6 * * *", "2026-11-22T18:15:00Z", "2026-11-23T00:15:00Z"},
		{"CRON_TZ=Europe/Berlin 15 6 * * *", "2026-11-22T06:00:00Z", "2026-11-23T05:15:00Z"},
		{"CRON_TZ=Europe/Berlin 15 6 * * *", "2026-07-01T00:00:00Z", "2026-07-01T04:15:00Z"},
		{"TZ=Asia/Tokyo 0 0 * * *", "2026-11-22T15:00:00Z", "2026-11-23T15:00:00Z"},
		{"@daily", "2026-11-22T18:15:00Z", "2026-11-23T00:00:00Z"},
		{"@every 90m", "2026-11-22T18:00:00Z", "2026-11-22T19:30:00Z"},
		{"0 0 29 2 *", "2026-11-22T00:00:00Z", "2028-02-29T00:00:00Z"},
		{"0 9 * * MON-FRI", "2026-11-20T10:00:00Z", "2026-11-23T09:00:00Z"},
		{"0 9 * JAN WED", "2026-11-20T10:00:00Z", "2027-01-06T09:00:00Z"},
		// On 28 March 2027 Berlin has no half past two, on 25 October 2026 it has two.
		{"CRON_TZ=Europe/Berlin 30 2 * * *", "2027-03-27T12:00:00Z", "2027-03-28T01:00:00Z"},
		{"CRON_TZ=Europe/Berlin 30 2 * * *", "2027-03-28T01:00:00Z", "2027-03-29T00:30:00Z"},
		{"CRON_TZ=Europe/Berlin 30 2 * * *", "2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z"},
		{"CRON_TZ=Europe/Berlin 30 2 * * *", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"},
		// A schedule of every hour fires every hour.
		{"CRON_TZ=Europe/Berlin 30 * * * *", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"},
		{"CRON_TZ=Europe/Berlin 30 * * * *", "2027-03-28T00:30:00Z", "2027-03-28T01:30:00Z"},
		// 2100 is no leap year.
		{"0 0 29 2 *", "2097-01-01T00:00:00Z", "2104-02-29T00:00:00Z"},
		{"@every 6h", "2038-01-19T03:14:07Z", "2038-01-19T06:00:00Z"},
	} {
		s, err := schedules.Parse(c.expr)
		if err != nil {
			t.Errorf("%q: %v", c.expr, err)
			continue
		}
		if got := s.Next(at(c.after)); !got.Equal(at(c.want)) {
			t.Errorf("%q after %s: %s, want %s", c.expr, c.after, got.UTC().Format(time.RFC3339), c.want)
		}
	}
}

func TestSkippedNamesTheDayTheClocksGoForward(t *testing.T) {
	from := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	for expr, want := range map[string]string{
		"CRON_TZ=Europe/Berlin 30 2 * * *": "2027-03-28",
		"CRON_TZ=Europe/Berlin 30 3 * * *": "",
		"30 2 * * *":                       "",
		"@every 24h":                       "",
	} {
		s, err := schedules.Parse(expr)
		if err != nil {
			t.Fatal(err)
		}
		var days []string
		for _, d := range s.Skipped(from, from.AddDate(1, 0, 0)) {
			days = append(days, d.Format(time.DateOnly))
		}
		if got := strings.Join(days, " "); got != want {
			t.Errorf("%q skips %q, want %q", expr, got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"15 */6 * * *", "CRON_TZ=Europe/Berlin 1 2 3 4 5", "TZ=0", "@every 1h", "* * * * *"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, expr string) {
		s, err := schedules.Parse(expr)
		if err != nil {
			var wrong *schedules.Error
			if !errors.As(err, &wrong) || wrong.Hint == "" {
				t.Errorf("%q: an error without advice: %v", expr, err)
			}
			return
		}
		now := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
		if next := s.Next(now); !next.After(now) {
			t.Errorf("%q fires at %s, which is not after %s", expr, next, now)
		}
	})
}
