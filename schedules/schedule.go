package schedules

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // a scratch image has no zone files

	"github.com/robfig/cron/v3"
)

// Floor is the shortest time between two firings of @every.
const Floor = time.Minute

// Schedule says when something fires.
type Schedule struct {
	expr  string
	zone  *time.Location
	every time.Duration      // of @every, otherwise 0
	spec  *cron.SpecSchedule // otherwise; in UTC when it means clock times
}

// Error says what is wrong with an expression, and what to write instead.
type Error struct{ Expr, Msg, Hint string }

func (e *Error) Error() string { return fmt.Sprintf("schedule %q: %s", e.Expr, e.Msg) }

// Parse reads an expression. Fields without a zone are in UTC. The error is an
// *Error.
func Parse(expr string) (s Schedule, err error) {
	refuse := func(msg, hint string) (Schedule, error) { return Schedule{}, &Error{expr, msg, hint} }
	// The parser slices a zone out of text that may have none.
	defer func() {
		if r := recover(); r != nil {
			s, err = refuse("it cannot be read", "for example: 15 */6 * * *")
		}
	}()
	zone, fields := time.UTC, strings.TrimSpace(expr)
	if name, rest, ok := cutZone(fields); ok {
		if zone, err = time.LoadLocation(name); err != nil || name == "" || name == "Local" {
			return refuse(fmt.Sprintf("there is no time zone %q", name), "for example: CRON_TZ=Europe/Berlin 15 6 * * *")
		}
		if fields = rest; fields == "" {
			return refuse("a time zone alone does not say when", "for example: CRON_TZ="+name+" 15 6 * * *")
		}
	}
	if msg, hint := trap(fields); msg != "" {
		return refuse(msg, hint)
	}
	const example = "for example: 15 */6 * * * (minute, hour, day, month, weekday), @daily, @every 6h"
	when, err := cron.ParseStandard(fields)
	if err != nil {
		if strings.HasPrefix(fields, "@") {
			return refuse("there is no "+fields, example)
		}
		if msg, hint := wrongField(fields); msg != "" {
			return refuse(msg, hint)
		}
		return refuse("it cannot be read", example)
	}
	s = Schedule{expr: expr, zone: zone}
	switch when := when.(type) {
	case cron.ConstantDelaySchedule:
		s.every = when.Delay
	case *cron.SpecSchedule:
		s.spec = when
		s.spec.Location = zone
		if !s.hourly() {
			s.spec.Location = time.UTC
		}
	}
	// A leap day comes within eight years; what has not come by then never comes.
	if s.Next(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero() {
		return refuse("it never fires", "no month has such a day")
	}
	return s, nil
}

// cutZone takes CRON_TZ=Zone or TZ=Zone off the front.
func cutZone(expr string) (zone, rest string, ok bool) {
	for _, prefix := range []string{"CRON_TZ=", "TZ="} {
		if after, found := strings.CutPrefix(expr, prefix); found {
			zone, rest, _ = strings.Cut(after, " ")
			return zone, strings.TrimSpace(rest), true
		}
	}
	return "", expr, false
}

// trap recognises what people write and cron does not do.
func trap(expr string) (msg, hint string) {
	fields := strings.Fields(expr)
	switch {
	case len(fields) == 0:
		return "it is empty", "for example: 15 */6 * * *"
	case fields[0] == "@reboot":
		return "there is no @reboot", "the daemon catches up on what it missed when it starts"
	case fields[0] == "@every":
		return everyTrap(fields)
	case strings.HasPrefix(fields[0], "@"):
		return "", ""
	case len(fields) == 6 && strings.Contains(fields[5], "/") && !strings.HasPrefix(fields[5], "*"):
		return "it ends with a time zone", "the zone stands in front: CRON_TZ=" + fields[5] + " " + strings.Join(fields[:5], " ")
	case len(fields) == 6:
		return "it has six fields", "seconds are not supported; leave the first field out: " + strings.Join(fields[1:], " ")
	case len(fields) != 5:
		return fmt.Sprintf("it has %d fields, not five", len(fields)), "minute, hour, day, month, weekday: 15 */6 * * *"
	}
	for _, f := range fields[2:] {
		if f == "L" || strings.ContainsAny(f, "W#") && !strings.ContainsAny(strings.ToUpper(f), "EN") || len(f) > 1 && strings.HasSuffix(f, "L") && f[0] >= '0' && f[0] <= '9' {
			return fmt.Sprintf("%q is not supported", f), "L, W and # are of other crons; name the days"
		}
	}
	for i, f := range fields {
		if msg, hint := stepTrap(f, [...]int{60, 24, 31, 12, 7}[i], [...]string{"minutes", "hours", "days", "months", "weekdays"}[i]); msg != "" {
			return msg, hint
		}
	}
	for _, part := range strings.FieldsFunc(fields[4], func(r rune) bool { return r == ',' || r == '-' }) {
		if part == "7" {
			return "there is no weekday 7", "Sunday is 0"
		}
	}
	return "", ""
}

// wrongField is the first of five fields that cannot be read, and what may stand there.
func wrongField(expr string) (msg, hint string) {
	what := [...]struct{ name, holds string }{
		{"minute", "minutes are 0 to 59"}, {"hour", "hours are 0 to 23"}, {"day of the month", "days are 1 to 31"},
		{"month", "months are 1 to 12, or jan to dec"}, {"weekday", "weekdays are 0 (Sunday) to 6, or sun to sat"},
	}
	for i, field := range strings.Fields(expr) {
		alone := [...]string{"*", "*", "*", "*", "*"}
		if i == len(alone) {
			return "", ""
		}
		alone[i] = field
		if _, err := cron.ParseStandard(strings.Join(alone[:], " ")); err != nil {
			return fmt.Sprintf("%q is no %s", field, what[i].name), what[i].holds + "; also a list 1,2, a range 1-5, a step */5"
		}
	}
	return "", ""
}

// stepTrap recognises a step that is as long as its field: */90 minutes is once an
// hour.
func stepTrap(field string, length int, unit string) (msg, hint string) {
	for part := range strings.SplitSeq(field, ",") {
		_, step, ok := strings.Cut(part, "/")
		if n, err := strconv.Atoi(step); ok && err == nil && n >= length {
			return fmt.Sprintf("%q takes a step of %d in %d %s", field, n, length, unit), "steps begin anew with the next hour, day or month; for an even distance write @every 90m"
		}
	}
	return "", ""
}

func everyTrap(fields []string) (msg, hint string) {
	if len(fields) != 2 {
		return "@every takes one length of time", "for example: @every 6h"
	}
	if number, ok := strings.CutSuffix(fields[1], "d"); ok {
		if n, err := strconv.Atoi(number); err == nil {
			return "@every does not know days", fmt.Sprintf("write @every %dh, or @daily", n*24)
		}
	}
	d, err := time.ParseDuration(fields[1])
	if err != nil {
		return fmt.Sprintf("%q is no length of time", fields[1]), "for example: @every 90m, @every 6h"
	}
	if d < Floor {
		return fmt.Sprintf("every %s is too often", d), fmt.Sprintf("the shortest is @every %s", Floor)
	}
	return "", ""
}

// String is the expression as it was written.
func (s Schedule) String() string { return s.expr }

// Zone is the zone in which the fields are meant.
func (s Schedule) Zone() *time.Location { return s.zone }
