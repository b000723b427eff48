package main

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"ciomirror/server/page"
)

// asOf is the address of a record at a time.
func asOf(link string, at time.Time) string {
	return link + "?as_of=" + url.QueryEscape(at.Format(time.RFC3339Nano))
}

// A version that the page does not list is found all the same.
func TestAnOldVersionIsFoundBehindManyNewerOnes(t *testing.T) {
	v := newVisitor(t, "campaigns")
	before := v.sim.Now()
	var times []time.Time
	for i := range 3 * pageVersions / 2 {
		v.sim.Advance(time.Hour)
		v.write("campaigns", fmt.Sprintf(`{"id":90,"name":"Name %d."}`, i))
		times = append(times, v.sim.Now())
	}
	for _, i := range []int{0, 1, len(times) - pageVersions, len(times) - pageVersions + 1, len(times) - 1} {
		root := v.see(asOf("/t/campaigns/90", times[i].Add(time.Minute)), "As it was")
		if got, want := heading(root), fmt.Sprintf("Name %d.", i); got != want {
			t.Errorf("the record is called %q, want %q", got, want)
		}
	}
	if code, root := v.get(asOf("/t/campaigns/90", before)); code != http.StatusNotFound || !strings.Contains(textOf(root), "was not there at that time") {
		t.Errorf("before the record was there: %d: %s", code, textOf(root))
	}
	if root := v.see("/t/campaigns/90", "There are older versions"); strings.Contains(textOf(root), "first seen") {
		t.Error("the oldest version that is listed passes for the first")
	}
}

func heading(root *html.Node) string {
	for n := range root.Descendants() {
		if n.Data == "h1" {
			return textOf(n)
		}
	}
	return ""
}

// Whatever is written meanwhile, each version ends when the next one begins.
func TestTheVersionsOfARecordAreOfOneInstant(t *testing.T) {
	v := newVisitor(t, "segments")
	v.write("segments", `{"id":90,"name":"begun"}`)
	m := &pageMirror{a: &app{now: v.sim.Now}, open: v.open}
	written, read := make(chan struct{}), make(chan error, 1)
	go func() {
		for {
			if err := unbroken(m.Past(t.Context(), "segments", []string{"90"}, "")); err != nil {
				read <- err
				return
			}
			select {
			case <-written:
				read <- nil
				return
			default:
			}
		}
	}()
	for i := range 60 {
		v.write("segments", fmt.Sprintf(`{"id":90,"name":"Name %d"}`, i))
	}
	close(written)
	if err := <-read; err != nil {
		t.Error(err)
	}
}

func unbroken(past page.Past, err error) error {
	if err != nil {
		return err
	}
	for i, version := range past.Versions[1:] {
		if began := past.Versions[i].From; !version.To.Equal(began) {
			return fmt.Errorf("a version ended at %s, the next began at %s", version.To, began)
		}
	}
	return nil
}

// What stands around a record is of the same time as the record.
func TestWhatIsAroundARecordIsOfItsTime(t *testing.T) {
	v := newVisitor(t, "campaigns", "messages")
	v.write("campaigns", `{"id":90,"name":"Ninety"}`)
	v.sim.Advance(time.Hour)
	v.write("messages", `{"id":"m1","campaign_id":90,"type":"email","metrics":{"delivered":1790000000}}`)
	then := v.sim.Now().Add(time.Minute)
	v.sim.Advance(time.Hour)
	v.write("messages", `{"id":"m1","campaign_id":90,"type":"email","metrics":{"delivered":1790000000,"opened":1790000001}}`,
		`{"id":"m2","campaign_id":90,"type":"email","metrics":{"delivered":1790000000}}`)
	v.see("/t/campaigns/90", "messages by campaign id 2 ", "messages in the mirror: 2")
	v.see(asOf("/t/campaigns/90", then), "messages by campaign id 1 ", "messages in the mirror: 1")
	root := v.see(asOf("/t/campaigns/90", then), "with what referred to it then")
	if got := rowsOn(v.see(linked(root, "messages")), 0); len(got) == 0 {
		t.Error("the link to the messages leads to none")
	}
	for n := range root.Descendants() {
		if href := attribute(n, "href"); strings.HasPrefix(href, "/t/messages?") {
			if got := rowsOn(v.see(href), 0); len(got) != 1 || got[0] != "m1" {
				t.Errorf("%s shows %v, want the message of then", href, got)
			}
		}
	}
}
