package connector

import (
	"encoding/base64"
	"fmt"
	"net/mail"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"ciomirror/catalog"
	"ciomirror/internal/canon"
	"ciomirror/query/match"
)

// flaw is what is wrong with a value, and where inside it.
type flaw struct{ at, says string }

// form looks whether a canonical value has a form. size is what totals count.
type form func(v string) (size int, f *flaw)

var forms = map[catalog.Form]form{
	catalog.Digits: digits, catalog.Addresses: addresses, catalog.Phone: phone, catalog.Link: link,
	catalog.Person: person, catalog.Audience: audience, catalog.People: people, catalog.Files: files, catalog.ASCII: ascii,
}

func wrong(at, format string, args ...any) (int, *flaw) {
	return 0, &flaw{at: at, says: fmt.Sprintf(format, args...)}
}

// liquid reports a text that Customer.io makes the value of only when it sends.
func liquid(text string) bool { return strings.Contains(text, "{{") || strings.Contains(text, "{%") }

func digits(v string) (int, *flaw) {
	if catalog.KindOf(v) == catalog.String {
		if text := canon.Text(v); text == "" || strings.Trim(text, "0123456789") != "" {
			return wrong("", "the text holds no whole number")
		}
	}
	return 0, nil
}

func addresses(v string) (int, *flaw) {
	text := canon.Text(v)
	if liquid(text) {
		return 1 + strings.Count(text, ","), nil
	}
	if text == "" {
		return 0, nil
	}
	list, err := mail.ParseAddressList(text)
	if err != nil {
		return wrong("", "it is no list of mail addresses")
	}
	return len(list), nil
}

var e164 = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)

func phone(v string) (int, *flaw) {
	if text := canon.Text(v); !liquid(text) && !e164.MatchString(text) {
		return wrong("", "it is no number in E.164: a plus, the country, the rest, and nothing between")
	}
	return 0, nil
}

func link(v string) (int, *flaw) {
	u, err := url.Parse(canon.Text(v))
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return wrong("", "it is no address that begins with https:// or http://")
	}
	return 0, nil
}

// person is exactly one way to know a person by.
func person(v string) (int, *flaw) {
	n := 0
	for quoted, value := range match.Members(v) {
		name := canon.Text(quoted)
		switch n++; {
		case !slices.Contains([]string{"id", "email", "cio_id"}, name):
			return wrong(pointer(name), "%q is none of id, email and cio_id", name)
		case catalog.KindOf(value) != catalog.String || value == `""`:
			return wrong(pointer(name), "%s is %s; it must be a text that is not empty", name, article(catalog.KindOf(value)))
		}
	}
	if n != 1 {
		return wrong("", "exactly one of id, email and cio_id is needed, not %d", n)
	}
	return 0, nil
}

// people are persons with data of their own.
func people(v string) (int, *flaw) {
	n := 0
	for one := range match.Elements(v) {
		at := fmt.Sprintf("/%d", n)
		n++
		who := 0
		for quoted, value := range match.Members(one) {
			switch name := canon.Text(quoted); {
			case name == "data" && catalog.KindOf(value) == catalog.Object:
			case (name == "id" || name == "email") && catalog.KindOf(value) == catalog.String && value != `""`:
				who++
			case name == "data" || name == "id" || name == "email":
				return wrong(at+pointer(name), "%s is %s; id and email are texts, data is an object", name, article(catalog.KindOf(value)))
			default:
				return wrong(at+pointer(name), "%q is none of id, email and data", name)
			}
		}
		if who != 1 {
			return wrong(at, "exactly one of id and email is needed in each, not %d", who)
		}
	}
	return n, nil
}

// files are base64 texts; their size is that of what they stand for.
func files(v string) (size int, f *flaw) {
	for quoted, value := range match.Members(v) {
		name := canon.Text(quoted)
		if name == "" || catalog.KindOf(value) != catalog.String {
			return wrong(pointer(name), "each file is a name with its content in base64")
		}
		content, err := base64.StdEncoding.DecodeString(canon.Text(value))
		if err != nil {
			return wrong(pointer(name), "the content is no base64")
		}
		size += len(content)
	}
	return size, nil
}

func ascii(v string) (int, *flaw) {
	plain := func(text string) bool {
		return !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r > '~' })
	}
	for quoted, value := range match.Members(v) {
		name := canon.Text(quoted)
		if name == "" || !plain(name) || catalog.KindOf(value) != catalog.String || !plain(canon.Text(value)) {
			return wrong(pointer(name), "each is a name with a text, both in ASCII on one line")
		}
	}
	return 0, nil
}

// deepest is how far a filter of people may nest.
const deepest = 64

// audience is a filter of people: one key an object.
func audience(v string) (int, *flaw) { return 0, filter(v, "", 0) }

func filter(v, at string, depth int) *flaw {
	fail := func(at, format string, args ...any) *flaw { _, f := wrong(at, format, args...); return f }
	if depth > deepest {
		return fail(at, "it nests more than %d deep", deepest)
	}
	n, f := 0, (*flaw)(nil)
	if catalog.KindOf(v) != catalog.Object {
		return fail(at, "a condition is an object, not %s", article(catalog.KindOf(v)))
	}
	for quoted, value := range match.Members(v) {
		name := canon.Text(quoted)
		inner := at + pointer(name)
		n++
		switch name {
		case "and", "or":
			f = conditions(value, inner, depth)
		case "not":
			f = filter(value, inner, depth+1)
		case "segment":
			f = segmentOf(value, inner)
		case "attribute":
			f = attributeOf(value, inner)
		default:
			f = fail(inner, "%q is none of and, or, not, segment and attribute", name)
		}
		if f != nil {
			return f
		}
	}
	if n != 1 {
		return fail(at, "a condition has exactly one of and, or, not, segment and attribute, not %d", n)
	}
	return nil
}

func conditions(v, at string, depth int) *flaw {
	n := 0
	for one := range match.Elements(v) {
		if f := filter(one, fmt.Sprintf("%s/%d", at, n), depth+1); f != nil {
			return f
		}
		n++
	}
	if n == 0 {
		return &flaw{at, "and and or hold an array of conditions that is not empty"}
	}
	return nil
}

func segmentOf(v, at string) *flaw {
	id, ok := match.Member(v, `"id"`)
	if !ok || catalog.KindOf(id) != catalog.Integer {
		return &flaw{at, `a segment is {"id":3}, with the segment's number`}
	}
	return nil
}

func attributeOf(v, at string) *flaw {
	field, hasField := match.Member(v, `"field"`)
	operator, _ := match.Member(v, `"operator"`)
	_, hasValue := match.Member(v, `"value"`)
	switch {
	case !hasField || catalog.KindOf(field) != catalog.String || field == `""`:
		return &flaw{at + "/field", "an attribute needs the name of its field"}
	case operator != `"eq"` && operator != `"exists"`:
		return &flaw{at + "/operator", "the operator of an attribute is eq or exists"}
	case operator == `"eq"` && !hasValue:
		return &flaw{at + "/value", "the operator eq needs a value"}
	}
	return nil
}
