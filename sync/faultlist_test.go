package sync_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"ciomirror/catalog"
)

// outcome is what a sync must make of a fault.
type outcome int

const (
	recovers outcome = iota // complete, after asking again
	fails                   // not complete, and nothing of it stored
	skips                   // the key may not: not read, and no fault of the run
	refuses                 // the key is unknown: the run ends
	vanishes                // a parent is gone: its children stay until its own list says so
	changes                 // complete; one page's rows are stored as they came
	holds                   // complete, but too much would be deleted
)

// fault is one way in which the answer to one request goes wrong.
type fault struct {
	name  string
	want  outcome
	times int // how often; 0 without end
	tries int // the most requests for the page, the good one included
	// fits tells the lists that it can strike; nil: all.
	fits func(e *catalog.Entity, p *page) bool
	make func(p *page) (*http.Response, error)
}

// page is the good answer that a fault spoils. Its records carry a mark, so that
// one that is stored although the page is broken shows.
type page struct {
	ctx    context.Context
	entity *catalog.Entity
	start  string // the token it was asked with
	items  []json.RawMessage
	next   json.RawMessage // nil when absent
	again  func(start string) []byte
}

// body is the page as JSON.
func (p *page) body() []byte {
	members := []string{fmt.Sprintf("%q:[%s]", p.entity.List.Items, bytes.Join(raw(p.items), []byte(",")))}
	if p.next != nil {
		members = append(members, `"next":`+string(p.next))
	}
	return []byte("{" + strings.Join(members, ",") + "}")
}

func raw(items []json.RawMessage) [][]byte {
	var all [][]byte
	for _, i := range items {
		all = append(all, i)
	}
	return all
}

func answer(status int, body string, headers ...string) (*http.Response, error) {
	h := http.Header{"Content-Type": {"application/json"}}
	for i := 0; i < len(headers); i += 2 {
		h.Set(headers[i], headers[i+1])
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body))}, nil
}

// broken is a 200 whose body ends with an error.
func broken(body []byte, err error) (*http.Response, error) {
	resp, _ := answer(200, "")
	resp.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body), failing{err}))
	return resp, nil
}

type failing struct{ error }

func (f failing) Read([]byte) (int, error) { return 0, f.error }

// dripping brings a byte a second.
type dripping struct{ ctx context.Context }

func (d dripping) Read(p []byte) (int, error) {
	select {
	case <-time.After(time.Second):
		p[0] = ' '
		return 1, nil
	case <-d.ctx.Done():
		return 0, d.ctx.Err()
	}
}

// largest is the largest body that the client of these tests takes.
const largest = 4 << 20

// numbered are the lists whose records have an id that is a number.
func numbered(e *catalog.Entity, p *page) bool {
	f, _ := e.Field("id")
	return slices.Contains(e.Key, "id") && f.Kind() == catalog.Integer && len(p.items) > 0
}

func hasRecords(_ *catalog.Entity, p *page) bool { return len(p.items) > 0 }

// record is the first record as members, and puts it back changed.
func (p *page) record(change func(m map[string]json.RawMessage)) []byte {
	var m map[string]json.RawMessage
	if err := json.Unmarshal(p.items[0], &m); err != nil {
		panic(err)
	}
	change(m)
	b, err := json.Marshal(m)
	if err != nil {
		panic(err)
	}
	p.items[0] = b
	return p.body()
}

func (p *page) ownKey() string { return p.entity.Key[len(p.entity.Key)-1] }

const tries, brokenTries = 6, 3 // of the client, for what may pass and for what is no JSON

// faultList is every fault of an answer.
func faultList() []fault {
	var all []fault
	add := func(f fault) { all = append(all, f) }

	// API-1, API-2: what passes.
	for _, status := range []int{408, 429, 500, 502, 503, 504} {
		spoil := func(*page) (*http.Response, error) {
			return answer(status, fmt.Sprintf(`{"errors":[{"detail":"%s (reference a1b2c3)","status":"%d"}]}`, strings.ToLower(http.StatusText(status)), status))
		}
		for n := 1; n < tries; n++ {
			add(fault{name: fmt.Sprintf("%d ×%d", status, n), want: recovers, times: n, tries: n + 1, make: spoil})
		}
		most := tries
		if status == 429 {
			most = 20
		}
		add(fault{name: fmt.Sprintf("%d without end", status), want: fails, tries: most, make: spoil})
	}
	for _, header := range []string{"1", "0", "-5", "abc", "86400", "date"} {
		add(fault{name: "429 with Retry-After " + header, want: recovers, times: 2, tries: 3, make: func(*page) (*http.Response, error) {
			value := header
			if header == "date" {
				value = time.Now().Add(30 * time.Second).UTC().Format(http.TimeFormat)
			}
			return answer(429, `{"errors":[{"detail":"rate limited to 10 requests per 1s (reference a1b2c3)","status":"429"}]}`, "Retry-After", value)
		}})
	}

	// API-3: what does not pass.
	one := func(name string, want outcome, make func(*page) (*http.Response, error)) fault {
		return fault{name: name, want: want, tries: 1, make: make}
	}
	errorsBody := `{"errors":[{"detail":"no (reference a1b2c3)","status":"%d"}]}`
	for status, want := range map[int]outcome{400: fails, 401: refuses, 403: skips, 405: fails, 409: fails, 410: fails, 422: fails} {
		add(one(strconv.Itoa(status), want, func(*page) (*http.Response, error) { return answer(status, fmt.Sprintf(errorsBody, status)) }))
	}
	gone := one("404 as JSON", fails, func(*page) (*http.Response, error) { return answer(404, fmt.Sprintf(errorsBody, 404)) })
	gone.fits = func(e *catalog.Entity, _ *page) bool { return e.Parent == nil }
	add(gone)
	gone.name, gone.want, gone.fits = "404 of a parent", vanishes, func(e *catalog.Entity, _ *page) bool { return e.Parent != nil }
	add(gone)
	add(one("404 of the router", fails, func(*page) (*http.Response, error) {
		return answer(404, "404 page not found\n", "Content-Type", "text/plain")
	}))

	// API-4: a 200 that is none.
	for name, body := range map[string]string{"a web page": "<html><body>Sign in</body></html>", "nothing": "", "a word": "ok", "blanks": " \n"} {
		add(fault{name: "200 with " + name, want: fails, tries: brokenTries, make: func(*page) (*http.Response, error) { return answer(200, body) }})
	}
	for _, body := range []string{
		`null`, `[]`, `{}`, `"ok"`, `{"errors":[{"detail":"no","status":"500"}]}`, `{"errors":[{"detail":"no","source":{"pointer":"/x"},"status":422}]}`,
		`{"errors":[{"detail":"no"}]}`, `{"errors":["no"]}`, `{"meta":{"error":"no"}}`, `{"meta":{"errors":["one","two"]}}`, `{"message":"no"}`,
	} {
		add(one("200 with "+body, fails, func(*page) (*http.Response, error) { return answer(200, body) }))
	}
	add(one("200 with rows and errors", fails, func(p *page) (*http.Response, error) {
		b := p.body()
		return answer(200, string(b[:len(b)-1])+`,"errors":[{"detail":"half of it failed"}]}`)
	}))

	// API-5: half an answer.
	for name, at := range map[string]func(n int) int{"at its start": func(int) int { return 1 }, "in the middle": func(n int) int { return n / 2 }, "at its end": func(n int) int { return n - 1 }} {
		cut := func(p *page) (*http.Response, error) {
			b := p.body()
			return answer(200, string(b[:at(len(b))]))
		}
		add(fault{name: "cut " + name + " twice", want: recovers, times: brokenTries - 1, tries: brokenTries, make: cut})
		add(fault{name: "cut " + name, want: fails, tries: brokenTries, make: cut})
	}
	for name, err := range map[string]error{"reset": syscall.ECONNRESET, "short": io.ErrUnexpectedEOF, "gzip": gzip.ErrChecksum} {
		half := func(p *page) (*http.Response, error) { b := p.body(); return broken(b[:len(b)*2/3], err) }
		add(fault{name: name + " ×5", want: recovers, times: tries - 1, tries: tries, make: half})
		add(fault{name: name, want: fails, tries: tries, make: half})
	}
	add(fault{name: "no connection", want: fails, tries: tries, make: func(*page) (*http.Response, error) { return nil, syscall.ECONNREFUSED }})
	add(fault{name: "garbage after the page", want: fails, tries: brokenTries, make: func(p *page) (*http.Response, error) { return answer(200, string(p.body())+"<!-- -->") }})

	// API-6: no answer in time.
	hang := func(p *page) (*http.Response, error) { <-p.ctx.Done(); return nil, p.ctx.Err() }
	drip := func(p *page) (*http.Response, error) {
		resp, _ := answer(200, "")
		resp.Body = io.NopCloser(dripping{p.ctx})
		return resp, nil
	}
	add(fault{name: "hangs twice", want: recovers, times: 2, tries: 3, make: hang})
	add(fault{name: "hangs", want: fails, tries: tries, make: hang})
	add(fault{name: "drips once", want: recovers, times: 1, tries: 2, make: drip})
	add(fault{name: "drips", want: fails, tries: tries, make: drip})

	return append(all, shapeFaults()...)
}

// shapeFaults are answers that are JSON, and yet not what was agreed.
func shapeFaults() []fault {
	var all []fault
	add := func(name string, want outcome, most int, fits func(*catalog.Entity, *page) bool, body func(p *page) []byte) {
		all = append(all, fault{name: name, want: want, tries: most, fits: fits, make: func(p *page) (*http.Response, error) { return answer(200, string(body(p))) }})
	}
	strike := func(name string, want outcome, fits func(*catalog.Entity, *page) bool, body func(p *page) []byte) {
		add(name, want, 1, fits, body)
	}
	next := func(token string) func(*page) []byte {
		return func(p *page) []byte { p.next = json.RawMessage(token); return p.body() }
	}
	last := func(_ *catalog.Entity, p *page) bool {
		return len(p.next) == 0 || string(p.next) == `""` || string(p.next) == "null"
	}

	// API-7: tokens that lead back. More pages are asked for than the list has.
	all = append(all,
		fault{name: "the page's own token", want: fails, tries: 3, fits: hasRecords, make: func(p *page) (*http.Response, error) {
			p.next, _ = json.Marshal(p.start)
			if p.start == "" {
				p.next = json.RawMessage(`"again"`)
			}
			return answer(200, string(p.body()))
		}},
		fault{name: "back to page 1", want: fails, tries: 2, fits: func(_ *catalog.Entity, p *page) bool { return p.start != "" }, make: func(p *page) (*http.Response, error) {
			return answer(200, string(p.again("")))
		}},
	)
	// API-8: odd tokens.
	for _, token := range []string{`true`, `{}`, `[]`, `["x"]`, `{"token":"x"}`, `"` + strings.Repeat("x", 1<<20) + `"`} {
		strike(fmt.Sprintf("next is %.20s", token), fails, nil, next(token))
	}
	for _, token := range []string{`""`, `null`} {
		strike("the end is "+token, recovers, last, func(p *page) []byte { p.next = json.RawMessage(token); return p.good() })
	}
	strike("the end is absent", recovers, last, func(p *page) []byte { p.next = nil; return p.good() })

	// API-9: the envelope and the keys.
	strike("items missing", fails, nil, func(p *page) []byte { return []byte(`{"next":""}`) })
	strike("items renamed", fails, nil, func(p *page) []byte {
		return bytes.Replace(p.body(), []byte(`"`+p.entity.List.Items+`"`), []byte(`"Items"`), 1)
	})
	strike("items an object", fails, nil, func(p *page) []byte { return []byte(`{"` + p.entity.List.Items + `":{"0":{"id":1}}}`) })
	strike("items a text", fails, nil, func(p *page) []byte { return []byte(`{"` + p.entity.List.Items + `":""}`) })
	strike("items twice", fails, nil, func(p *page) []byte {
		b := p.body()
		return append(b[:len(b)-1], []byte(`,"`+p.entity.List.Items+`":[]}`)...)
	})
	strike("a record is a number", fails, nil, func(p *page) []byte { p.items = append(p.items, json.RawMessage("7")); return p.body() })
	strike("a record is null", fails, nil, func(p *page) []byte { p.items = append(p.items, json.RawMessage("null")); return p.body() })
	for _, key := range []string{"", "null", "{}", "[1]", "true", "1.5"} {
		fits := hasRecords
		if key == "1.5" { // as a text it is a key like any other
			fits = numbered
		}
		strike("key "+key, fails, fits, func(p *page) []byte {
			return p.record(func(m map[string]json.RawMessage) {
				if delete(m, p.ownKey()); key != "" {
					m[p.ownKey()] = json.RawMessage(key)
				}
			})
		})
	}
	strike("key as the other of text and number", changes, numbered, func(p *page) []byte {
		return p.record(func(m map[string]json.RawMessage) {
			if text, ok := strings.CutPrefix(string(m["id"]), `"`); ok {
				m["id"] = json.RawMessage(strings.TrimSuffix(text, `"`))
			} else {
				m["id"] = json.RawMessage(`"` + text + `"`)
			}
		})
	})

	// API-10: records that are not as they were.
	field := func(value string) func(*page) []byte {
		return func(p *page) []byte {
			return p.record(func(m map[string]json.RawMessage) { m["brand_new"] = json.RawMessage(value) })
		}
	}
	strike("a new field", changes, hasRecords, field(`{"a":[1,2.50,null]}`))
	strike("64 deep", changes, hasRecords, field(strings.Repeat(`{"a":[`, 32)+strings.Repeat(`]}`, 32)))
	strike("NUL and a lone surrogate", changes, hasRecords, field(`"a\u0000b\ud800c"`))
	strike("a new field without end", fails, hasRecords, func(p *page) []byte {
		b := p.body()
		return append(b[:len(b)-1], []byte(`,"x":"`+strings.Repeat("x", largest)+`"}`)...)
	})
	add("20000 deep", fails, brokenTries, hasRecords, func(p *page) []byte {
		b := p.body()
		return append(b[:len(b)-1], []byte(`,"x":`+strings.Repeat("[", 20000)+strings.Repeat("]", 20000)+`}`)...)
	})
	insert := func(text string) func(*page) []byte {
		return func(p *page) []byte {
			p.items[0] = json.RawMessage("{" + text + "," + string(p.items[0][1:]))
			return p.body()
		}
	}
	strike("invalid UTF-8", changes, hasRecords, insert("\"brand_new\":\"a\xff\xfeb\""))
	strike("a field twice", changes, hasRecords, insert(`"tampered":1,"tampered":2`))
	strike("10000 new fields", changes, hasRecords, func(p *page) []byte {
		var b strings.Builder
		for i := range 10_000 {
			fmt.Fprintf(&b, "%s\"x%d\":%d", map[bool]string{true: ","}[i > 0], i, i)
		}
		return insert(b.String())(p)
	})
	strike("fields removed", changes, hasRecords, func(p *page) []byte {
		return p.record(func(m map[string]json.RawMessage) {
			for k := range m {
				if !slices.Contains(p.entity.Key, k) {
					delete(m, k)
				}
			}
		})
	})
	strike("other types", changes, hasRecords, func(p *page) []byte {
		return p.record(func(m map[string]json.RawMessage) {
			for k := range m {
				if !slices.Contains(p.entity.Key, k) {
					m[k] = json.RawMessage(`{"was":"something else"}`)
				}
			}
		})
	})
	strike("a byte order mark", recovers, nil, func(p *page) []byte { return append([]byte("\xef\xbb\xbf"), p.good()...) })
	add("a NUL byte", fails, brokenTries, nil, func(p *page) []byte { b := p.body(); return append(b[:len(b)-1], 0, '}') })

	// API-11: a list that is suddenly empty.
	full := func(e *catalog.Entity, p *page) bool {
		return e.List.Complete && e.Parent == nil && !e.List.Paged && len(p.items) > 10
	}
	strike("items null", holds, full, func(p *page) []byte { return []byte(`{"` + p.entity.List.Items + `":null}`) })
	strike("no items", holds, full, func(p *page) []byte { return []byte(`{"` + p.entity.List.Items + `":[]}`) })
	return all
}

// good is the page without marks, for what must not be noticed.
func (p *page) good() []byte {
	for i, item := range p.items {
		p.items[i] = bytes.Replace(item, []byte(tamper), nil, 1)
	}
	return p.body()
}

// tamper marks records of a spoilt page.
const tamper = `"tampered":true,`
