package page

import (
	"regexp"
	"strings"
)

// mark is the place of an error in a statement.
type mark struct{ Line, Caret string }

var namedSpot = regexp.MustCompile(`(?:near "([^"]+)"|no such (?:column|table|function): ([\w.]+))`)

// markOf finds the spot that an error names; nil when it names none.
func markOf(message, statement string) *mark {
	m := namedSpot.FindStringSubmatch(message)
	if m == nil || statement == "" {
		return nil
	}
	spot := m[1] + m[2]
	found := regexp.MustCompile(`(?i)\b` + regexp.QuoteMeta(spot) + `\b`).FindStringIndex(statement)
	at := strings.Index(statement, spot)
	if found != nil {
		at = found[0]
	}
	if at < 0 {
		return nil
	}
	begin := strings.LastIndexByte(statement[:at], '\n') + 1
	line, _, _ := strings.Cut(statement[begin:], "\n")
	before := []rune(visible(statement[begin:at]))
	return &mark{visible(line), strings.Repeat(" ", len(before)) + "^"}
}
