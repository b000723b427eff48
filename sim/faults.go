package sim

import (
	"bytes"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// Fault is one way in which answers go wrong; see the package's documentation.
type Fault struct {
	Kind        string
	Probability float64 // above 0, at most 1
	Path        string  // only requests whose path begins with it; empty for all
	Times       int     // at most so often; 0 without end

	struck *atomic.Int64
}

// Faults are tried in order; the first that strikes wins.
type Faults []Fault

var faultKinds = []string{"429", "500", "502", "503", "504", "html", "truncate", "reset", "hang", "slow", "duplicate", "loop"}

// slowness is how late a slow answer comes.
const slowness = 2 * time.Second

// ParseFaults reads a list such as "429=0.05,reset=0.01@/v1/messages,truncate=1@/v1/segments#2".
// The grammar stands in the package's documentation. An empty text is no fault.
func ParseFaults(spec string) (Faults, error) {
	var fs Faults
	for part := range strings.SplitSeq(spec, ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		var f Fault
		head, times, limited := strings.Cut(part, "#")
		head, f.Path, _ = strings.Cut(head, "@")
		kind, probability, given := strings.Cut(head, "=")
		f.Kind = strings.TrimSpace(kind)
		var err error
		if f.Probability, err = strconv.ParseFloat(strings.TrimSpace(probability), 64); !given || err != nil {
			return nil, fmt.Errorf("parse fault %q: want kind=probability[@path][#times], as in 500=0.1@/v1/messages#3", part)
		}
		if limited {
			if f.Times, err = strconv.Atoi(times); err != nil || f.Times < 1 {
				return nil, fmt.Errorf("parse fault %q: what follows # is how often it may happen, at least 1", part)
			}
		}
		if bad := (Faults{f}).validate(); len(bad) > 0 {
			return nil, bad[0]
		}
		fs = append(fs, f)
	}
	return fs, nil
}

// String is the list in the form that ParseFaults reads.
func (fs Faults) String() string {
	var parts []string
	for _, f := range fs {
		part := f.Kind + "=" + strconv.FormatFloat(f.Probability, 'g', -1, 64)
		if f.Path != "" {
			part += "@" + f.Path
		}
		if f.Times > 0 {
			part += "#" + strconv.Itoa(f.Times)
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, ",")
}

func (fs Faults) validate() []error {
	var bad []error
	for i := range fs {
		f := &fs[i]
		if !slices.Contains(faultKinds, f.Kind) {
			bad = append(bad, fmt.Errorf("unknown fault %q (known: %s)", f.Kind, strings.Join(faultKinds, ", ")))
		}
		if !(f.Probability > 0 && f.Probability <= 1) {
			bad = append(bad, fmt.Errorf("fault %s: the probability %v must be above 0 and at most 1", f.Kind, f.Probability))
		}
	}
	return bad
}

// strike chooses the fault that hits a request, nil for none.
func (s *Sim) strike(c *call) *Fault {
	for i := range s.o.Faults {
		f := &s.o.Faults[i]
		if !strings.HasPrefix(c.path, f.Path) {
			continue
		}
		r := draw(s.o.Seed, saltFault+uint64(i)<<8, c.serial)
		if !r.chance(f.Probability) {
			continue
		}
		if n := f.struck.Add(1); f.Times > 0 && n > int64(f.Times) {
			continue
		}
		return f
	}
	return nil
}

// instead is the answer of a fault that comes before the request is looked at.
func (f *Fault) instead(c *call, g *gate) *reply {
	if f == nil {
		return nil
	}
	switch f.Kind {
	case "429":
		return g.limited(c, 10, "1s", "1")
	case "500", "502", "503", "504":
		status, _ := strconv.Atoi(f.Kind) // one of the four
		return c.fail(status, strings.ToLower(http.StatusText(status)))
	case "html":
		return &reply{status: http.StatusBadGateway, kind: "text/html; charset=utf-8",
			body: []byte("<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center></body></html>\n")}
	case "hang":
		return &reply{hang: true, status: http.StatusGatewayTimeout}
	}
	return nil
}

var nextKey = regexp.MustCompile(`"next":("[^"]*"|null|\d+)`)

// spoil changes an answer that was already made.
func (f *Fault) spoil(c *call, p *reply) {
	if f == nil {
		return
	}
	switch f.Kind {
	case "truncate":
		p.body = p.body[:len(p.body)/2]
	case "reset":
		p.reset = true
	case "slow":
		p.delay += slowness
	case "duplicate":
		p.body = twice(p.body)
	case "loop":
		back := c.query.Get("start")
		if back == "" && c.route != nil {
			back = encodeToken(c.route.tokens, 0)
		}
		p.body = nextKey.ReplaceAllLiteral(p.body, []byte(`"next":"`+back+`"`))
	}
}

// twice repeats the last record of a list answer; other answers stay as they are.
func twice(body []byte) []byte {
	open := bytes.IndexByte(body, '[')
	if open < 0 || open+1 >= len(body) || body[open+1] != '{' {
		return body
	}
	depth, quoted, from := 0, false, open+1
	for i := open + 1; i < len(body); i++ {
		switch ch := body[i]; {
		case quoted && ch == '\\':
			i++
		case ch == '"':
			quoted = !quoted
		case quoted:
		case ch == '{' || ch == '[':
			if depth == 0 && ch == '{' {
				from = i
			}
			depth++
		case ch == '}' || ch == ']':
			if depth == 0 { // the list ends
				return slices.Concat(body[:i], []byte{','}, body[from:i], body[i:])
			}
			depth--
		}
	}
	return body
}
