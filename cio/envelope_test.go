package cio

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ciomirror/catalog"
)

// API-4, API-9, API-10: what may pass for an empty list must not.
func TestEnvelopeFaults(t *testing.T) {
	for name, tc := range map[string]struct {
		body   string
		broken bool
		says   string
	}{
		"empty":             {"", true, "empty"},
		"white space":       {" \n", true, "empty"},
		"web page":          {"<html>\n<b>502</b></html>", true, "a web page: <html> <b>502</b></html>"},
		"text":              {"upstream connect error", true, "upstream connect error"},
		"null":              {"null", false, "null instead of an object"},
		"a list":            {`[{"id":1}]`, false, "a list instead of an object"},
		"a number":          {"17", false, "a number instead"},
		"a text":            {`"x"`, false, "a text instead"},
		"key missing":       {`{"next":"","meta":{}}`, false, `no key "things" in the answer, which has next, meta`},
		"key renamed":       {`{"Things":[]}`, false, "which has Things"},
		"no keys":           {`{}`, false, "no keys"},
		"an object as list": {`{"things":{"id":1}}`, false, "an object instead of a list"},
		"a text as list":    {`{"things":""}`, false, "a text instead of a list"},
		"a number as list":  {`{"things":0}`, false, "a number instead of a list"},
		"list twice":        {`{"things":[],"things":[{"id":1}]}`, false, "twice"},
		"record is null":    {`{"things":[{"id":1},null]}`, false, "record 1"},
		"record is a list":  {`{"things":[[]]}`, false, "record 0"},
		"errors A":          {`{"errors":[{"detail":"bad","status":"400"}]}`, false, "status 200: bad"},
		"errors and list":   {`{"things":[],"errors":[{"detail":"half"}]}`, false, "status 200: half"},
		"errors as text":    {`{"things":[],"errors":"half"}`, false, "status 200"},
		"meta.error D":      {`{"meta":{"error":"off"}}`, false, `no key "things"`},
		"two values":        {`{"things":[]}{"things":[]}`, true, "broken JSON"},
		"trailing comma":    {`{"things":[{"id":1},]}`, true, "broken JSON"},
		"a raw NUL":         {"{\"things\":[{\"id\":\"a\x00b\"}]}", true, "broken JSON"},
	} {
		t.Run(name, func(t *testing.T) {
			page, err := splitEnvelope([]byte(tc.body), "things", 0)
			fault, ok := errors.AsType[*bodyFault](err)
			if !ok || !errors.Is(err, catalog.ErrContract) {
				t.Fatalf("page %v, error %v", page, err)
			}
			if fault.broken != tc.broken || !strings.Contains(fault.msg, tc.says) {
				t.Errorf("broken %v, %q; want %v, %q", fault.broken, fault.msg, tc.broken, tc.says)
			}
		})
	}
}

// API-10: what stands inside a record comes through byte for byte.
func TestEnvelopeKeepsRecordsAsTheyAre(t *testing.T) {
	var wide strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&wide, `"f%d":%d,`, i, i)
	}
	for name, record := range map[string]string{
		"plain":           `{"id":1}`,
		"spaced":          "{ \"id\" :\n1 , \"a\": [ ] }",
		"2^53+1":          `{"id":9007199254740993}`,
		"float id":        `{"id":1.0}`,
		"id as text":      `{"id":"1"}`,
		"no id":           `{}`,
		"huge number":     `{"id":1e999}`,
		"names twice":     `{"id":1,"id":2}`,
		"invalid UTF-8":   "{\"id\":\"\xff\xfe\"}",
		"lone surrogate":  `{"id":"\ud800"}`,
		"an escaped NUL":  `{"id":"\u0000"}`,
		"nested 64 times": `{"id":` + strings.Repeat(`{"a":[`, 32) + strings.Repeat("]}", 32) + "}",
		"10,000 fields":   "{" + wide.String() + `"id":1}`,
		"envelope keys":   `{"things":[],"next":"x","errors":[{"detail":"d"}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			for _, body := range []string{
				`{"things":[` + record + `,` + record + `],"next":"n"}`,
				"\xef\xbb\xbf {\"next\":\"n\",\n\"things\" : [\n" + record + " ,\t" + record + "] , \"new\": {\"things\":[1]} }\n",
			} {
				page, err := splitEnvelope([]byte(body), "things", 0)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff([]json.RawMessage{json.RawMessage(record), json.RawMessage(record)}, page.items); diff != "" || page.next != "n" {
					t.Errorf("next %q, %s", page.next, diff)
				}
			}
		})
	}
}

func TestEnvelopeOfErrorsIsAList(t *testing.T) {
	page, err := splitEnvelope([]byte(`{"errors":[{"detail":"no such person"}]}`), "errors", 0)
	if err != nil || len(page.items) != 1 {
		t.Errorf("%d items, %v", len(page.items), err)
	}
	for _, body := range []string{`{"things":[],"errors":null}`, `{"things":[],"errors":[]}`} {
		if _, err := splitEnvelope([]byte(body), "things", 0); err != nil {
			t.Errorf("%s: %v", body, err)
		}
	}
}

// splitEnvelope reads a page out of memory.
func splitEnvelope(body []byte, items string, expect int) (envelope, error) {
	return readEnvelope(newSource(bytes.NewReader(body), int64(len(body))), items, expect)
}

func TestARecordDoesNotReachIntoTheNext(t *testing.T) {
	page, err := splitEnvelope([]byte(`{"things":[{"id":1},{"id":2}]}`), "things", 0)
	if err != nil {
		t.Fatal(err)
	}
	_ = append(page.items[0], "spoilt"...)
	if got := string(page.items[1]); got != `{"id":2}` {
		t.Errorf("the next record is %s", got)
	}
}

// API-5: no cut of a page passes for a page.
func TestEnvelopeCutAnywhereIsBroken(t *testing.T) {
	body := []byte(`{"things":[{"id":1,"name":"a"},{"id":2,"tags":null}],"next":"MTA="}`)
	for n := range body {
		_, err := splitEnvelope(body[:n], "things", 0)
		if fault, ok := errors.AsType[*bodyFault](err); !ok || !fault.broken {
			t.Errorf("cut at %d: %v", n, err)
		}
	}
}

func TestIdentityIsTheKeyOnly(t *testing.T) {
	keys := identifying(parts())
	if diff := cmp.Diff([]string{"id"}, keys); diff != "" {
		t.Error(diff)
	}
	same := []string{`{"id":1}`, `{"n":5,"id":"1"}`, `{"id": 1 , "metrics":{"id":9}}`}
	for _, record := range same {
		if identity([]byte(record), keys) != identity([]byte(same[0]), keys) {
			t.Errorf("%s is not %s", record, same[0])
		}
	}
	for _, record := range []string{`{"id":2}`, `{"id":null}`, `{"x":1}`, `{}`} {
		if identity([]byte(record), keys) == identity([]byte(same[0]), keys) {
			t.Errorf("%s is %s", record, same[0])
		}
	}
}

func FuzzEnvelope(f *testing.F) {
	for _, s := range []string{
		`{"things":[{"id":1}],"next":"a"}`, `{"things":null}`, `{"next":5,"things":[]}`, `null`, `{"errors":[{"detail":"x"}]}`,
		"\xef\xbb\xbf{\"things\":[]}", `{"things":[{"a":"\ud800"}]}`, `{"things":[{}],"things":[]}`, `<html>`, `{"things":[1]}`, "{\"things\":[{\"\xff\":1}]}",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		kept := bytes.Clone(body)
		page, err := splitEnvelope(body, "things", 0)
		if !bytes.Equal(kept, body) {
			t.Fatal("the body was written to")
		}
		if err != nil {
			if _, ok := errors.AsType[*bodyFault](err); !ok {
				t.Fatalf("an error of another kind: %v", err)
			}
			if strings.ContainsAny(err.Error(), "\n\r\x00\x1b") {
				t.Fatalf("an error of several lines: %q", err)
			}
			return
		}
		if !bytes.Contains(body, []byte("things")) && !bytes.Contains(body, []byte(`\u`)) {
			t.Fatal("a page without its key")
		}
		for _, item := range page.items {
			if item[0] != '{' || item[len(item)-1] != '}' || !bytes.Contains(body, item) {
				t.Fatalf("record %q", item)
			}
			identity(item, []string{"id"})
		}
	})
}

// messages makes a page of n records of about 700 bytes, as deliveries are.
func messages(n int) []byte {
	r := rand.New(rand.NewPCG(1, 2))
	var b bytes.Buffer
	b.WriteString(`{"messages":[`)
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"id":"dgOq6QWq6QUDAAF%021d=","deduplicate_id":"dgOq6QWq6QUDAAF%021d=:%d","msg_template_id":%d,"action_id":%d,`+
			`"subject":"Your order number %d is on its way to you","recipient":"person.%d@example.com","type":"email","created":%d,`+
			`"parent_action_id":null,"content_id":null,"campaign_id":%d,"broadcast_id":null,"newsletter_id":null,"customer_id":"%d",`+
			`"customer_identifiers":{"id":"%d","email":"person.%d@example.com","cio_id":"a3000001%06x"},"forgotten":false,"failure_message":null,`+
			`"metrics":{"created":%d,"sent":%d,"delivered":%d,"opened":%d,"human_opened":%d,"clicked":%d,"link:1":%d}}`,
			i, i, r.IntN(2e9), r.IntN(999), r.IntN(999), r.IntN(1e6), r.IntN(1e6), r.IntN(2e9), r.IntN(500), r.IntN(1e6), r.IntN(1e6), r.IntN(1e6), r.IntN(1<<24),
			r.IntN(2e9), r.IntN(2e9), r.IntN(2e9), r.IntN(2e9), r.IntN(2e9), r.IntN(2e9), r.IntN(2e9))
	}
	b.WriteString(`],"next":"djIwOjEwMDA="}`)
	return b.Bytes()
}

func BenchmarkReadEnvelope(b *testing.B) {
	body := messages(1000)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if page, err := splitEnvelope(body, "messages", 1000); err != nil || len(page.items) != 1000 {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(1000*b.N)/b.Elapsed().Seconds(), "rows/s")
	b.ReportMetric(float64(len(body))/1000, "bytes/row")
}

// BenchmarkPages is a whole walk without the network: pacing, request, read, split.
func BenchmarkPages(b *testing.B) {
	body := messages(1000)
	last := bytes.Replace(body, []byte("djIwOjEwMDA="), nil, 1)
	e := things()
	e.List.Items = "messages"
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		rt := inTurn(says(200, string(last)))
		if pages, err := 0, error(nil); true {
			for _, err = range newClient(b, rt, fast).Pages(b.Context(), catalog.Walk{Entity: e}) {
				pages++
			}
			if err != nil || pages != 1 {
				b.Fatal(err)
			}
			n += 1000
		}
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "rows/s")
}
