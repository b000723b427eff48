package cio

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"ciomirror/catalog"
)

// maxToken bounds a page token: it goes back in an address.
const maxToken = 4096

// envelope is one page of a list.
type envelope struct {
	items []json.RawMessage // parts of the body, not copies
	next  string            // the token of the next page; empty at the end
}

// bodyFault is an answer that we cannot take. broken: it is no JSON, as if cut or
// written by somebody else; otherwise it is JSON that breaks the agreement.
type bodyFault struct {
	msg    string
	broken bool
}

func (f *bodyFault) Error() string { return f.msg }

// Unwrap makes every such fault a breach of contract.
func (f *bodyFault) Unwrap() error { return catalog.ErrContract }

func breach(format string, args ...any) error {
	return &bodyFault{msg: fmt.Sprintf(format, args...)}
}

// splitEnvelope cuts a page into its records, which stand under the key items. It is
// strict about the envelope: no such key, another type there, a key given twice or
// an error in place of a list is a fault, because each of them could pass for an
// empty list. A list that is null is empty.
//
// It is lax about what stands inside a record: names given twice, invalid UTF-8 and
// lone surrogates are the business of who reads it, and one odd record must not hold
// back a thousand. What is no JSON at all fails the page. The records are parts of
// body, byte for byte; expect is a guess at their number.
func splitEnvelope(body []byte, items string, expect int) (envelope, error) {
	var page envelope
	body = trimBOM(body)
	d, err := openObject(body)
	if err != nil {
		return page, err
	}
	var keys []string
	seen := map[string]bool{}
	for d.PeekKind() == '"' {
		name, err := d.ReadToken()
		if err != nil {
			return page, notJSON(body, err)
		}
		key := name.String()
		keys = append(keys, key)
		switch key {
		case items, "next", "errors":
			if seen[key] {
				return page, breach("the key %q stands there twice", key)
			}
			seen[key] = true
		}
		switch key {
		case items:
			page.items, err = readItems(d, body, items, expect)
		case "next":
			page.next, err = readNext(d)
		case "errors":
			err = readErrors(d, body)
		default:
			err = d.SkipValue()
		}
		if err != nil {
			return page, notJSON(body, err)
		}
	}
	if err := closeObject(d); err != nil {
		return page, notJSON(body, err)
	}
	if !seen[items] {
		return page, breach("no key %q in the answer, which has %s", items, nameKeys(keys))
	}
	return page, nil
}

func readItems(d *jsontext.Decoder, body []byte, key string, expect int) ([]json.RawMessage, error) {
	switch kind := d.PeekKind(); kind {
	case 'n':
		return nil, d.SkipValue()
	case '[':
	case jsontext.KindInvalid:
		return nil, d.SkipValue()
	default:
		return nil, breach("the key %q holds %s instead of a list", key, kindName(kind))
	}
	if _, err := d.ReadToken(); err != nil {
		return nil, err
	}
	list := make([]json.RawMessage, 0, expect+1)
	for d.PeekKind() != ']' {
		v, err := d.ReadValue()
		if err != nil {
			return nil, err
		}
		if v.Kind() != '{' {
			return nil, breach("record %d of %q is %s instead of an object", len(list), key, kindName(v.Kind()))
		}
		// The value's own memory is the decoder's; the same bytes stand in the body.
		end := int(d.InputOffset())
		list = append(list, json.RawMessage(body[end-len(v):end:end]))
	}
	_, err := d.ReadToken()
	return list, err
}

// readNext reads the token of the next page: text or digits. Absent, null and empty
// are the end of the list.
func readNext(d *jsontext.Decoder) (string, error) {
	switch kind := d.PeekKind(); kind {
	case 'n', jsontext.KindInvalid:
		return "", d.SkipValue()
	case '"', '0':
		t, err := d.ReadToken()
		if err != nil {
			return "", err
		}
		token := t.String()
		if len(token) > maxToken {
			return "", breach("a page token of %d bytes", len(token))
		}
		return token, nil
	default:
		return "", breach("the page token is %s", kindName(kind))
	}
}

// readErrors refuses a page that is an error. An errors key that is null or empty
// says that there were none.
func readErrors(d *jsontext.Decoder, body []byte) error {
	v, err := d.ReadValue()
	if err != nil {
		return err
	}
	if k := v.Kind(); k == 'n' || (k == '[' || k == '{') && len(bytes.Trim(v, "[]{} \t\r\n")) == 0 {
		return nil
	}
	return breach("an error with status 200: %s", parseFailure(body).detail)
}

// checkObject refuses what is not one JSON object, or, unless errors are what was
// asked for, an error that came as a success.
func checkObject(body []byte, errorsAsked bool) error {
	body = trimBOM(body)
	d, err := openObject(body)
	if err != nil {
		return err
	}
	for d.PeekKind() == '"' {
		if err := d.SkipValue(); err != nil {
			return notJSON(body, err)
		}
		if err := d.SkipValue(); err != nil {
			return notJSON(body, err)
		}
	}
	if err := closeObject(d); err != nil {
		return notJSON(body, err)
	}
	if !errorsAsked && isFailure(body) {
		return breach("an error with status 200: %s", parseFailure(body).detail)
	}
	return nil
}

// checkJSON refuses what is not one JSON value.
func checkJSON(body []byte) error {
	body = trimBOM(body)
	d := decoder(body)
	if err := d.SkipValue(); err != nil {
		return notJSON(body, err)
	}
	if err := atEnd(d); err != nil {
		return notJSON(body, err)
	}
	return nil
}

func decoder(body []byte) *jsontext.Decoder {
	return jsontext.NewDecoder(bytes.NewBuffer(body), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
}

func openObject(body []byte) (*jsontext.Decoder, error) {
	d := decoder(body)
	switch kind := d.PeekKind(); kind {
	case '{':
		_, err := d.ReadToken()
		return d, err
	case jsontext.KindInvalid:
		_, err := d.ReadToken()
		return nil, notJSON(body, err)
	default:
		if err := checkJSON(body); err != nil {
			return nil, err
		}
		return nil, breach("the answer is %s instead of an object", kindName(kind))
	}
}

func closeObject(d *jsontext.Decoder) error {
	if _, err := d.ReadToken(); err != nil {
		return err
	}
	return atEnd(d)
}

func atEnd(d *jsontext.Decoder) error {
	if _, err := d.ReadToken(); err != io.EOF {
		if err == nil {
			err = fmt.Errorf("more than one value")
		}
		return err
	}
	return nil
}

// notJSON turns an error of the decoder into a fault that says what came instead.
func notJSON(body []byte, err error) error {
	if _, ok := err.(*bodyFault); ok {
		return err
	}
	trimmed := bytes.TrimSpace(body)
	f := &bodyFault{broken: true}
	switch {
	case len(trimmed) == 0:
		f.msg = "the answer is empty"
	case trimmed[0] == '<':
		f.msg = "the answer is a web page: " + quote(string(trimmed), maxText)
	case trimmed[0] != '{' && trimmed[0] != '[':
		f.msg = "the answer is no JSON: " + quote(string(trimmed), maxText)
	default:
		// The decoder's own text may quote the record, and with it people's data.
		f.msg = "the answer is broken JSON of " + strconv.Itoa(len(body)) + " bytes"
	}
	return f
}

func trimBOM(b []byte) []byte { return bytes.TrimPrefix(b, []byte("\xef\xbb\xbf")) }

// nameKeys lists the keys of an answer, so that a reader sees what it was.
func nameKeys(keys []string) string {
	const most = 10
	if len(keys) == 0 {
		return "no keys"
	}
	var names []string
	for _, k := range keys[:min(len(keys), most)] {
		names = append(names, quote(k, 40))
	}
	if len(keys) > most {
		names = append(names, fmt.Sprintf("and %d more", len(keys)-most))
	}
	return strings.Join(names, ", ")
}

func kindName(k jsontext.Kind) string {
	switch k {
	case 'n':
		return "null"
	case 't', 'f':
		return "a boolean"
	case '"':
		return "a text"
	case '0':
		return "a number"
	case '{':
		return "an object"
	case '[':
		return "a list"
	}
	return "no JSON"
}
