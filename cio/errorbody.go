package cio

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// maxDetail bounds what we quote of an answer, in bytes; maxText what we quote of
// one that is not JSON.
const (
	maxDetail = 1000
	maxText   = 200
)

// failure is what an error body says.
type failure struct{ detail, code, pointer string }

// parseFailure reads an error body. The API has five shapes, chosen per endpoint
// and not per status, so one parser reads them all, in this order: errors[0].detail,
// meta.error, meta.errors joined, message, and the beginning of the text.
func parseFailure(body []byte) failure {
	top, ok := object(body)
	if !ok {
		return failure{detail: quote(string(body), maxText)}
	}
	if first, ok := firstOf(top["errors"]); ok {
		if f, ok := readFailure(first); ok {
			return f
		}
	}
	if meta, ok := object(top["meta"]); ok {
		if text := asText(meta["error"]); text != "" {
			return failure{detail: quote(text, maxDetail)}
		}
		var all []string
		for _, v := range list(meta["errors"]) {
			if text := asText(v); text != "" {
				all = append(all, text)
			} else if f, ok := readFailure(v); ok {
				all = append(all, f.detail)
			}
		}
		if len(all) > 0 {
			return failure{detail: quote(strings.Join(all, "; "), maxDetail)}
		}
	}
	if text := asText(top["message"]); text != "" {
		return failure{detail: quote(text, maxDetail)}
	}
	return failure{detail: quote(string(body), maxText)}
}

// isFailure reports whether a body that came with a 200 is an error all the same.
func isFailure(body []byte) bool {
	top, ok := object(body)
	if !ok {
		return false
	}
	first, ok := firstOf(top["errors"])
	if !ok {
		return false
	}
	_, ok = readFailure(first)
	return ok
}

// readFailure reads one entry of errors: an object with a detail, or a bare text.
func readFailure(v jsontext.Value) (failure, bool) {
	if text := asText(v); text != "" {
		return failure{detail: quote(text, maxDetail)}, true
	}
	entry, ok := object(v)
	if !ok {
		return failure{}, false
	}
	detail := asText(entry["detail"])
	if detail == "" {
		return failure{}, false
	}
	f := failure{detail: quote(detail, maxDetail), code: quote(asText(entry["code"]), maxText)}
	if source, ok := object(entry["source"]); ok {
		f.pointer = quote(asText(source["pointer"]), maxText)
	}
	return f, true
}

// object is the members of a JSON object.
func object(v []byte) (map[string]jsontext.Value, bool) {
	m := map[string]jsontext.Value{}
	ok := elements(trimBOM(v), '{', func(dec *jsontext.Decoder) error {
		name, err := dec.ReadToken()
		if err != nil {
			return err
		}
		key := name.String()
		value, err := dec.ReadValue()
		m[key] = value.Clone()
		return err
	})
	return m, ok
}

func list(v jsontext.Value) []jsontext.Value {
	var l []jsontext.Value
	if !elements(v, '[', func(dec *jsontext.Decoder) error {
		value, err := dec.ReadValue()
		l = append(l, value.Clone())
		return err
	}) {
		return nil
	}
	return l
}

// elements calls next for each element of the JSON object or array that v is; false
// when it is none.
func elements(v []byte, open jsontext.Kind, next func(dec *jsontext.Decoder) error) bool {
	// It is taken as it comes: an error about an error helps nobody.
	dec := jsontext.NewDecoder(bytes.NewReader(v), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	if first, err := dec.ReadToken(); err != nil || first.Kind() != open {
		return false
	}
	for dec.PeekKind() != open+2 { // the brace or bracket that closes it
		if err := next(dec); err != nil {
			return false
		}
	}
	if _, err := dec.ReadToken(); err != nil {
		return false
	}
	_, err := dec.ReadToken()
	return errors.Is(err, io.EOF)
}

func firstOf(v jsontext.Value) (jsontext.Value, bool) {
	l := list(v)
	if len(l) == 0 {
		return nil, false
	}
	return l[0], true
}

// asText is a string's text, or a number's digits; empty for anything else.
func asText(v jsontext.Value) string {
	switch v.Kind() {
	case '"':
		b, _ := jsontext.AppendUnquote(nil, bytes.TrimSpace(v))
		return strings.ToValidUTF8(string(b), "\uFFFD")
	case '0':
		return string(bytes.TrimSpace(v))
	}
	return ""
}

// quote makes a text from outside fit to stand in one line of a log or a terminal:
// no control characters, at most n bytes, cut between characters.
func quote(s string, n int) string {
	if len(s) > n {
		for s = s[:n]; len(s) > 0; s = s[:len(s)-1] {
			if r, size := utf8.DecodeLastRuneInString(s); r != utf8.RuneError || size != 1 {
				break
			}
		}
	}
	s = strings.ToValidUTF8(s, "\uFFFD")
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || !unicode.IsPrint(r) && !unicode.IsSpace(r) {
			return ' '
		}
		return r
	}, s)
	return strings.Join(strings.Fields(s), " ")
}
