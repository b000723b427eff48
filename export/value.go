package export

import (
	"encoding/hex"
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"

	"ciomirror/internal/canon"
)

// appendJSON appends a value as JSON.
func appendJSON(b []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		return append(b, "null"...)
	case bool:
		return strconv.AppendBool(b, v)
	case int64:
		return strconv.AppendInt(b, v, 10)
	case json.RawMessage:
		return append(b, v...)
	case float64:
		if !math.IsInf(v, 0) && !math.IsNaN(v) {
			return append(b, floatText(v)...)
		}
	}
	return canon.AppendString(b, text(v))
}

// text is a value as plain text: a JSON string without its quotes, null as nothing,
// bytes in hexadecimal.
func text(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case int64:
		return strconv.FormatInt(v, 10)
	case bool:
		return strconv.FormatBool(v)
	case float64:
		return floatText(v)
	case []byte:
		return hex.EncodeToString(v)
	case json.RawMessage:
		switch {
		case string(v) == "null":
			return ""
		case len(v) > 1 && v[0] == '"':
			return canon.Text(string(v))
		}
		return string(v)
	}
	return ""
}

// readable is a value as UTF-8 text.
func readable(v any) string { return strings.ToValidUTF8(text(v), "\uFFFD") }

// floatText is the shortest text that reads back as x, as a search writes it.
func floatText(x float64) string {
	s := strconv.FormatFloat(x, 'g', -1, 64)
	if number, err := canon.Number(s); err == nil {
		return number
	}
	return s // an infinity
}

// timeText is Unix seconds as a time in UTC.
func timeText(seconds int64) string {
	return time.Unix(seconds, 0).UTC().Format("2006-01-02 15:04:05")
}
