package query

import (
	"encoding/hex"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// placeholders finds the variables of a statement, and what only looks like one:
// texts and quoted names.
var placeholders = regexp.MustCompile(`'(?:[^']|'')*'|"(?:[^"]|"")*"|\?`)

// Literal is the statement with its values written in, for people to read and to run
// elsewhere. The mirror itself binds them.
func (s Statement) Literal() (string, error) {
	next := 0
	var failed error
	text := placeholders.ReplaceAllStringFunc(s.SQL, func(found string) string {
		if found != "?" {
			return found
		}
		if next++; next > len(s.Args) {
			return found
		}
		written, err := literal(s.Args[next-1])
		if err != nil {
			failed = err
		}
		return written
	})
	if failed == nil && next != len(s.Args) {
		failed = fmt.Errorf("%d variables for %d values", next, len(s.Args))
	}
	if failed != nil {
		return "", fmt.Errorf("write out the statement of %s: %w", s.Part, failed)
	}
	return text, nil
}

// literal writes a value in SQLite's SQL.
func literal(arg any) (string, error) {
	switch v := arg.(type) {
	case nil:
		return "NULL", nil
	case bool:
		return strings.ToUpper(strconv.FormatBool(v)), nil
	case int64:
		if v == math.MinInt64 { // its digits alone would be beyond int64, and so a float
			return "(-9223372036854775807 - 1)", nil
		}
		return strconv.FormatInt(v, 10), nil
	case float64:
		return strconv.FormatFloat(v, 'e', -1, 64), nil
	case string:
		return textLiteral(v), nil
	}
	return "", fmt.Errorf("a value of type %T has no spelling", arg)
}

// textLiteral writes what would not be seen, or would end the statement, as bytes.
func textLiteral(s string) string {
	unseen := func(r rune) bool { return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) }
	if !utf8.ValidString(s) || strings.ContainsFunc(s, unseen) {
		return "CAST(X'" + hex.EncodeToString([]byte(s)) + "' AS TEXT)"
	}
	return "'" + strings.ReplaceAll(s, "'", "''") + "'"
}
