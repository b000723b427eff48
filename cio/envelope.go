package cio

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"ciomirror/catalog"
)

// maxToken bounds a page token: it goes back in an address.
const maxToken = 4096

// envelope is one page of a list.
type envelope struct {
	items []json.RawMessage
	next  string // the token of the next page; empty at the end
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

// readEnvelope cuts a page into its records, which stand under the key items. It is
// strict about the envelope: no such key, another type there, a key given twice or
// an error in place of a list is a fault, because each of them could pass for an
// empty list. A list that is null is empty.
//
// It is lax about what stands inside a record: names given twice, invalid UTF-8 and
// lone surrogates are the business of who reads it, and one odd record must not hold
// back a thousand. What is no JSON at all fails the page. The records come through
// byte for byte; expect is a guess at their number.
//
// It reads to the end, and keeps only the records: a page of 100 MB is not held twice.
func readEnvelope(src *source, items string, expect int) (envelope, error) {
	var page envelope
	d, err := openObject(src)
	if err != nil {
		return page, err
	}
	var keys []string
	seen := map[string]bool{}
	for d.PeekKind() == '"' {
		name, err := d.ReadToken()
		if err != nil {
			return page, src.fault(err)
		}
		key := name.String()
		if len(keys) <= maxKeys {
			keys = append(keys, quote(key, 40))
		}
		switch key {
		case items, "next", "errors":
			if seen[key] {
				return page, breach("the key %q stands there twice", key)
			}
			seen[key] = true
		}
		switch key {
		case items:
			page.items, err = readItems(d, items, expect)
		case "next":
			page.next, err = readNext(d)
		case "errors":
			err = readErrors(d)
		default:
			err = d.SkipValue()
		}
		if err != nil {
			return page, src.fault(err)
		}
	}
	if err := closeObject(d); err != nil {
		return page, src.fault(err)
	}
	if !seen[items] {
		return page, breach("no key %q in the answer, which has %s", items, nameKeys(keys))
	}
	return page, nil
}

func readItems(d *jsontext.Decoder, key string, expect int) ([]json.RawMessage, error) {
	switch kind := d.PeekKind(); kind {
	case 'n', jsontext.KindInvalid:
		return nil, d.SkipValue()
	case '[':
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
		list = append(list, json.RawMessage(bytes.Clone(v)))
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
func readErrors(d *jsontext.Decoder) error {
	v, err := d.ReadValue()
	if err != nil {
		return err
	}
	if k := v.Kind(); k == 'n' || (k == '[' || k == '{') && len(bytes.Trim(v, "[]{} \t\r\n")) == 0 {
		return nil
	}
	detail := quote(string(v), maxText)
	if first, ok := firstOf(v); ok {
		if f, ok := readFailure(first); ok {
			detail = f.detail
		}
	}
	return breach("an error with status 200: %s", detail)
}

// checkObject refuses what is not one JSON object, or, unless errors are what was
// asked for, an error that came as a success.
func checkObject(body []byte, errorsAsked bool) error {
	src := newSource(bytes.NewReader(body), int64(len(body)))
	d, err := openObject(src)
	if err != nil {
		return err
	}
	for d.PeekKind() == '"' {
		if err := errors.Join(d.SkipValue(), d.SkipValue()); err != nil {
			return src.fault(err)
		}
	}
	if err := closeObject(d); err != nil {
		return src.fault(err)
	}
	if !errorsAsked && isFailure(body) {
		return breach("an error with status 200: %s", parseFailure(body).detail)
	}
	return nil
}

func openObject(src *source) (*jsontext.Decoder, error) {
	d := jsontext.NewDecoder(src, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	kind := d.PeekKind()
	if kind == '{' {
		_, err := d.ReadToken()
		return d, err
	}
	err := d.SkipValue()
	if err == nil {
		err = atEnd(d)
	}
	if err != nil {
		return nil, src.fault(err)
	}
	return nil, breach("the answer is %s instead of an object", kindName(kind))
}

func closeObject(d *jsontext.Decoder) error {
	if _, err := d.ReadToken(); err != nil {
		return err
	}
	return atEnd(d)
}

func atEnd(d *jsontext.Decoder) error {
	_, err := d.ReadToken()
	switch {
	case errors.Is(err, io.EOF):
		return nil
	case err == nil:
		return errors.New("more than one value")
	}
	return err
}

// maxKeys is how many keys of a strange answer are named.
const maxKeys = 10

// nameKeys lists the keys of an answer, so that a reader sees what it was.
func nameKeys(keys []string) string {
	switch {
	case len(keys) == 0:
		return "no keys"
	case len(keys) > maxKeys:
		return strings.Join(keys[:maxKeys], ", ") + " and more"
	}
	return strings.Join(keys, ", ")
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
