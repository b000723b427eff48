package main

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// sent is what a browser sends of a form. In a line it types no line breaks, and
// those of other fields become CR LF.
func sent(form *html.Node) url.Values {
	q := url.Values{}
	lines := strings.NewReplacer("\r\n", "\r\n", "\r", "\r\n", "\n", "\r\n")
	for n := range form.Descendants() {
		name, value := attribute(n, "name"), attribute(n, "value")
		switch kind := attribute(n, "type"); {
		case name == "" || kind == "checkbox" && !slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == "checked" }):
			continue
		case n.Data == "textarea":
			value = ""
			if n.FirstChild != nil {
				value = n.FirstChild.Data
			}
		case n.Data == "select":
			value = selected(n)
		case kind != "hidden":
			value = strings.NewReplacer("\r", "", "\n", "").Replace(value)
		}
		q.Add(name, lines.Replace(value))
	}
	return q
}

// selected is the value of the option that a person sees.
func selected(menu *html.Node) string {
	value, found := "", false
	for n := range menu.Descendants() {
		if n.Data != "option" {
			continue
		}
		chosen := slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == "selected" })
		if found && !chosen {
			continue
		}
		if value = textOf(n); slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == "value" }) {
			value = attribute(n, "value")
		}
		found = true
	}
	return value
}

// Whoever applies the forms of a table without a change asks the same question again,
// whatever stands in it.
func TestFormsKeepEveryCharacterOfAValue(t *testing.T) {
	v := newVisitor(t, "campaigns")
	for _, value := range []string{"one line", "", "line\nbreak", "\nin front", "behind\n", "of\r\nWindows", "an old\rMac's", "\t tab ", "a\x00NUL", "a,b", "%0A", "a+b", "</textarea>"} {
		link := "/t/campaigns?" + url.Values{"name": {value}, "state__neq": {"draft"}}.Encode()
		forms := 0
		for n := range v.see(link).Descendants() {
			if n.Data != "form" || !strings.HasPrefix(attribute(n, "action"), "/t/") {
				continue
			}
			forms++
			w := httptest.NewRecorder()
			v.h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, attribute(n, "action")+"?"+sent(n).Encode(), nil))
			to, err := url.Parse(w.Header().Get("Location"))
			if err != nil || w.Code != http.StatusSeeOther {
				t.Fatalf("%q: %d, %v", value, w.Code, err)
			}
			if got := to.Query(); got.Get("name") != value || got.Get("state__neq") != "draft" {
				t.Errorf("%q becomes %q, %q", value, got.Get("name"), got.Get("state__neq"))
			}
		}
		if forms != 2 {
			t.Errorf("%s has %d forms, want that of the filter and that of the columns", link, forms)
		}
	}
}

// What a person types into a line is the value, with line breaks as they are written
// everywhere else.
func TestAChangedLineIsTheNewValue(t *testing.T) {
	v := newVisitor(t, "campaigns")
	q := url.Values{"_f": {"name"}, "_op": {"eq"}, "_v": {"new\r\ntext"}, "_was": {"old%0Atext"}}
	w := v.download("/t/campaigns?" + q.Encode())
	if got, want := w.Header().Get("Location"), "/t/campaigns?name=new%0Atext"; got != want {
		t.Errorf("leads to %q, want %q", got, want)
	}
}

// A text of two lines in a statement means what it says, however a browser sends it.
func TestAStatementKeepsItsLineBreaks(t *testing.T) {
	v := newVisitor(t, "campaigns")
	q := url.Values{"sql": {"select hex('a\r\nb')\r\n as text"}}
	if got := rowsOn(v.see("/sql?"+q.Encode()), 0); !slices.Equal(got, []string{"610A62"}) {
		t.Errorf("the text is %v", got)
	}
}

// Neither a form nor a count forgets what it does not ask about.
func TestTheRestOfAnAddressStays(t *testing.T) {
	v := newVisitor(t, "campaigns")
	kept := url.Values{"_sort": {"-name"}, "_limit": {"7"}, "_facet": {"created_by"}}
	root := v.see("/t/campaigns?_counts=1&" + kept.Encode())
	for n := range root.Descendants() {
		if n.Data == "form" && strings.HasPrefix(attribute(n, "action"), "/t/") {
			q := sent(n)
			v.keeps("a form", q, kept)
			v.keeps("a form", q, url.Values{"_counts": {"1"}})
		}
	}
	for _, counts := range []*html.Node{root, v.see("/t/campaigns/facets?" + kept.Encode())} {
		v.keeps("a count", v.query(linked(counts, "running")), kept)
	}
	v.keeps("the place of the counts", v.query(attributeOf(v.see("/t/campaigns?"+kept.Encode()), "data-load")), kept)
	v.keeps("Clear", v.query(linked(v.see("/t/campaigns?state=running&"+kept.Encode()), "Clear")), url.Values{"_sort": {"-name"}, "_limit": {"7"}})
}

func (v *visitor) keeps(what string, q, kept url.Values) {
	v.Helper()
	for name, values := range kept {
		if !slices.Equal(q[name], values) {
			v.Errorf("%s has %s=%q, want %q", what, name, q[name], values)
		}
	}
}

// query is that of a link.
func (v *visitor) query(link string) url.Values {
	v.Helper()
	u, err := url.Parse(link)
	if err != nil {
		v.Fatal(err)
	}
	return u.Query()
}

// attributeOf is the first attribute of that name on a page.
func attributeOf(root *html.Node, name string) string {
	for n := range root.Descendants() {
		if value := attribute(n, name); value != "" {
			return value
		}
	}
	return ""
}

// A value that is not there is a value to be counted, and to be taken away again.
func TestTheCountOfNoValueIsTakenAway(t *testing.T) {
	v := newVisitor(t, "campaigns")
	v.write("campaigns", `{"id":90,"name":"no state","type":"event"}`)
	for _, link := range []string{"/t/campaigns/facets?state__empty=", "/t/campaigns/facets?state__empty=1"} {
		if got := linked(v.see(link), "∅"); got != "/t/campaigns" {
			t.Errorf("%s: no value leads to %q", link, got)
		}
	}
}

// A line that cannot be read is still that line when the form is sent again.
func TestAWrongLineStaysItself(t *testing.T) {
	v := newVisitor(t, "campaigns")
	code, root := v.get("/t/campaigns?nam__equals=x")
	if code != http.StatusBadRequest {
		t.Errorf("a wrong line: %d", code)
	}
	for n := range root.Descendants() {
		if n.Data == "form" && attribute(n, "action") == "/t/campaigns" {
			if q := sent(n); q["_f"][0] != "nam" || q["_op"][0] != "equals" || q["_v"][0] != "x" {
				t.Errorf("it becomes %q", q)
			}
		}
	}
}
