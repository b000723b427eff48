package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"
)

// line is the line of a table that begins with a name.
func line(root *html.Node, name string) *html.Node {
	for n := range root.Descendants() {
		if n.Data == "tr" && strings.HasPrefix(textOf(n), name+" ") {
			return n
		}
	}
	return &html.Node{}
}

// The columns are summed up as SQL does it, and lead to the rows behind each figure.
func TestColumnsAreSummedUp(t *testing.T) {
	v := newVisitor(t, "campaigns")
	then := v.sim.Now().Add(time.Minute)
	v.sim.Advance(time.Hour)
	v.write("campaigns", `{"id":90,"name":"Ж and no state"}`)
	root := v.see("/t/campaigns/columns", v.cell("select count(*) from campaigns")+" rows.")
	for name, want := range map[string]string{
		"state": v.cell(`select printf('%.1f %% 1 %d %s %s string', 100.0 * count(state) / count(*), count(distinct state), min(state), max(state)) from campaigns`),
		"name":  "Ж and no state",
		"id":    v.cell(`select printf('100.0 %% – %d unique %d 90 integer · key', count(*), min(id)) from campaigns`),
		"tags":  "array",
	} {
		if got := textOf(line(root, name)); !strings.Contains(got, want) {
			t.Errorf("%s is told as %q, want %q", name, got, want)
		}
	}
	if got := rowsOn(v.see(linked(line(root, "state"), "1")), 0); len(got) != 1 || got[0] != "90" {
		t.Errorf("the rows without a state are %v", got)
	}
	for n := range line(root, "state").Descendants() {
		if attribute(n, "title") == "count the values" {
			v.see(attribute(n, "href"), "running", "draft", "rows")
		}
	}
	early := v.see(linked(v.see("/t/campaigns?_as_of="+then.Format(time.RFC3339)), "What the columns hold"), "As it was")
	if text := textOf(early); strings.Contains(text, "Ж") {
		t.Errorf("the columns of then hold what came later: %s", text)
	}
	for _, link := range []string{"/t/campaigns/columns?_sotr=x", "/t/campaigns/columns?state=running"} { // it is of all rows
		if code, _ := v.get(link); code != http.StatusBadRequest {
			t.Errorf("%s: %d", link, code)
		}
	}
}

// One value of megabytes does not hide what the columns hold.
func TestColumnsOfLongTextsAreSummedUp(t *testing.T) {
	v := newVisitor(t, "campaigns")
	then := v.sim.Now().Add(2 * time.Hour)
	v.sim.Advance(time.Hour)
	v.write("campaigns", fmt.Sprintf(`{"id":90,"name":"A long one","description":%q,"actions":[%q]}`, strings.Repeat("long ", 500_000), strings.Repeat("x", 2_000_000)))
	v.sim.Advance(2 * time.Hour)
	for _, link := range []string{"/t/campaigns/columns", "/t/campaigns/columns?_as_of=" + then.Format(time.RFC3339)} {
		root := v.see(link)
		for name, count := range map[string]string{"description": "count(description)", "actions": "count(actions)"} {
			want := v.cell("select printf('%.1f %%', 100.0 * " + count + " / count(*)) from campaigns")
			if got := textOf(line(root, name)); !strings.HasPrefix(got, name+" "+want) {
				t.Errorf("%s: %s is told as %.100q, want %q", link, name, got, want)
			}
		}
	}
}

// Of a large table the page looks at a part, says so, and begins with the newest rows.
func TestColumnsOfALargeTableAreThoseOfAPart(t *testing.T) {
	v := newVisitor(t, "messages")
	var records []string
	for i := range 10_001 {
		records = append(records, fmt.Sprintf(`{"id":"n%d","type":"newest","created":%d}`, i, 1_900_000_000+i))
	}
	v.write("messages", records...)
	root := v.see("/t/messages/columns", "in the newest ", "00 rows; there are more") // 500 on a slow machine
	if got := textOf(line(root, "type")); !strings.Contains(got, " 1 newest newest") {
		t.Errorf("the types are told as %q", got)
	}
}
