package sync_test

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	sq "github.com/Masterminds/squirrel"

	"ciomirror/catalog"
	"ciomirror/cio"
	"ciomirror/sim"
	"ciomirror/store"
	syncer "ciomirror/sync"
)

// spoiler carries requests to the simulator and spoils one page of one list: the
// first that the fault fits. With later it is not a walk's first page.
type spoiler struct {
	http.RoundTripper
	entity *catalog.Entity
	fault  *fault // nil spoils nothing
	later  bool
	path   *regexp.Regexp

	mu     sync.Mutex
	target string // the address that was spoilt
	struck int
	tokens bool // a page with records was asked for with a token
}

func newSpoiler(rt http.RoundTripper, e *catalog.Entity) *spoiler {
	template := regexp.MustCompile(`\{[^}]*\}`).ReplaceAllString(e.List.Path, `[^/]+`)
	return &spoiler{RoundTripper: rt, entity: e, path: regexp.MustCompile("^" + template + "$")}
}

// few are the records on a page where the list would fit on one otherwise.
var few = map[string]string{"newsletters": "2", "sender_identities": "3", "messages": "300"}

func (s *spoiler) RoundTrip(r *http.Request) (*http.Response, error) {
	if !s.path.MatchString(r.URL.Path) {
		return s.RoundTripper.RoundTrip(r)
	}
	q := r.URL.Query()
	if n := few[s.entity.Name]; n != "" {
		q.Set("limit", n)
	}
	body, err := s.ask(r, q)
	if err != nil {
		return nil, err
	}
	var members map[string]json.RawMessage
	p := &page{ctx: r.Context(), entity: s.entity, start: q.Get("start")}
	if err := errors.Join(json.Unmarshal(body, &members), json.Unmarshal(members[s.entity.List.Items], &p.items)); err != nil {
		return answer(http.StatusBadRequest, string(body)) // a token that the fault made up
	}
	for i, item := range p.items {
		p.items[i] = json.RawMessage("{" + tamper + string(item[1:]))
	}
	p.next = members["next"]
	p.again = func(start string) []byte {
		other := url.Values{}
		for k, v := range q {
			other[k] = v
		}
		if other.Del("start"); start != "" {
			other.Set("start", start)
		}
		body, err := s.ask(r, other)
		if err != nil {
			panic(err)
		}
		return body
	}
	if !s.strikes(r.URL.Path+"?"+q.Encode(), p) {
		return answer(http.StatusOK, string(body))
	}
	return s.fault.make(p)
}

func (s *spoiler) ask(r *http.Request, q url.Values) ([]byte, error) {
	r = r.Clone(r.Context())
	r.URL.RawQuery = q.Encode()
	resp, err := s.RoundTripper.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	return io.ReadAll(resp.Body)
}

func (s *spoiler) strikes(address string, p *page) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens = s.tokens || p.start != "" && len(p.items) > 0
	switch {
	case s.fault == nil:
		return false
	case s.target == "" && s.later && p.start == "":
		return false
	case s.target == "" && (s.fault.fits == nil || s.fault.fits(s.entity, p)):
		s.target = address
	}
	if s.target != address || s.fault.times > 0 && s.struck >= s.fault.times {
		return false
	}
	s.struck++
	return true
}

// patient is a client that repeats as in earnest; the bubble's clock makes it cost
// nothing.
func patient(t *testing.T, rt http.RoundTripper) *cio.Client {
	t.Helper()
	c, err := cio.New("sim-key", cio.Options{BaseURL: "http://sim.test", Transport: rt, Rate: 1e6, MaxBody: largest,
		Now: time.Now, Jitter: func() float64 { return 0.5 }})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// content is what the mirror holds: each entity's live rows, and how many old ones.
func content(t *testing.T, dst store.Reader) (live map[string]string, old map[string]int64) {
	t.Helper()
	live, old = map[string]string{}, map[string]int64{}
	for _, e := range catalog.Default().Mirrored() {
		query := `select group_concat(hex(_hash), ' ' order by hex(_hash)), (select count(*) from "` + e.Name + `_history") from "` + e.Name + `"`
		for cells, err := range dst.Rows(t.Context(), sq.Expr(query)) {
			if err != nil {
				t.Fatal(err)
			}
			live[e.Name], old[e.Name] = fmt.Sprint(cells[0]), cells[1].(int64)
		}
	}
	return live, old
}

// TestEveryFaultOfTheAPIOnEveryList strikes a mirror that is complete (API-1 to
// API-11): one page of one list goes wrong, and everything else is as it was.
func TestEveryFaultOfTheAPIOnEveryList(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("start value %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	good := setup(t, sim.Options{Seed: 4})
	good.mustSync(syncer.Options{})
	good.wantTruth(good.dst)
	full := good.copyOf()
	choice := 12
	if testing.Short() {
		choice = 3
	}
	struck, lists := map[string]int{}, 0
	for _, e := range catalog.Default().Mirrored() {
		list := faultList()
		slices.SortFunc(list, func(a, b fault) int { return cmp.Compare(a.name, b.name) })
		r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		if *soak == 0 {
			list = list[:choice]
		}
		t.Run(e.Name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { strikeAll(t, e, good.sim, full(), list, struck) })
			lists++
		})
	}
	if *soak > 0 && lists == len(catalog.Default().Mirrored()) {
		for _, f := range faultList() {
			if struck[f.name] == 0 {
				t.Errorf("%s never struck", f.name)
			}
		}
	}
}

func strikeAll(t *testing.T, e *catalog.Entity, workspace *sim.Sim, file string, list []fault, struck map[string]int) {
	b := &bundle{T: t, sim: workspace}
	dst := b.open(file)
	// Bystanders of each kind of list; all of them would take three times as long.
	scope := []string{e.Name, "campaign_actions", "newsletters", "segments"}
	for _, other := range catalog.Default().Mirrored() {
		if other.Parent != nil && other.Parent.Entity == e.Name {
			scope = append(scope, other.Name)
		}
	}
	run := func(f *fault, later bool) (*spoiler, store.RunReport, error) {
		s := newSpoiler(b.sim.Transport(), e)
		s.fault, s.later = f, later
		report, err := b.run(t.Context(), patient(t, s), dst, syncer.Options{Full: true}, scope...)
		return s, report, err
	}
	dry, plain, err := run(nil, false)
	if err != nil || plain.Status != store.Complete {
		t.Fatalf("%v\n%s", err, show(plain))
	}
	usual := reportOf(plain, e.Name).Requests
	live, old := content(t, dst)
	for _, f := range list {
		s, report, err := run(&f, dry.tokens)
		if s.struck == 0 {
			continue
		}
		struck[f.name]++
		fail := func(format string, args ...any) {
			t.Helper()
			t.Errorf("%s at %.80s: %s\n%s", f.name, s.target, fmt.Sprintf(format, args...), show(report))
		}
		if n := reportOf(report, e.Name).Requests; n > usual-1+int64(f.tries) {
			fail("%d requests, usually %d", n, usual)
		}
		judge(e, f, report, err, fail)
		now, history := content(t, dst)
		if f.want == changes {
			if strings.Contains(f.name, "new field") && drift(t, dst, e, report.Run) == 0 {
				fail("no drift is recorded")
			}
			if _, healed, err := run(nil, false); err != nil || healed.Status != store.Complete {
				fail("the next sync: %v\n%s", err, show(healed))
			}
			now, history = content(t, dst)
			old[e.Name] = history[e.Name]
		}
		for name := range live {
			if live[name] != now[name] || old[name] != history[name] {
				fail("%s is not what it was: %d old versions, were %d", name, history[name], old[name])
			}
		}
		if t.Failed() {
			return
		}
	}
}

// drift is how many kinds of unknown fields a run noted for an entity.
func drift(t *testing.T, dst store.Reader, e *catalog.Entity, run int64) (n int64) {
	t.Helper()
	for cells, err := range dst.Rows(t.Context(), sq.Expr(`select count(*) from drift where entity = ? and path <> 'tampered' and run = ?`, e.Name, run)) {
		if err != nil {
			t.Fatal(err)
		}
		n = cells[0].(int64)
	}
	return n
}

func reportOf(r store.RunReport, entity string) store.EntityReport {
	for _, e := range r.Entities {
		if e.Entity == entity {
			return e
		}
	}
	return store.EntityReport{}
}

// judge holds a run against what its fault asks for.
func judge(e *catalog.Entity, f fault, report store.RunReport, err error, fail func(string, ...any)) {
	want, child, run := []string{store.Complete}, []string{store.Complete}, store.Complete
	switch f.want {
	case fails:
		want, child, run = []string{store.Failed, store.Partial}, []string{store.Failed, store.Partial}, store.Partial
	case skips:
		want, child = []string{store.Skipped}, []string{store.Skipped}
		if !slices.ContainsFunc(report.Entities, func(r store.EntityReport) bool { return r.Status != store.Skipped }) {
			run = store.Failed // of nothing
		}
	case holds:
		want, child, run = []string{store.Held}, []string{store.Partial}, store.Partial
	case refuses:
		if !errors.Is(err, catalog.ErrUnauthorized) || report.Status == store.Complete || reportOf(report, e.Name).Status != store.Failed {
			fail("%s, %v", report.Status, err)
		}
		return
	}
	if err != nil || report.Status != run {
		fail("the run is %s, %v", report.Status, err)
	}
	for _, r := range report.Entities {
		entity, _ := catalog.Default().Entity(r.Entity)
		wanted := []string{store.Complete}
		switch {
		case r.Entity == e.Name:
			wanted = want
		case entity.Parent != nil && entity.Parent.Entity == e.Name:
			wanted = child
		}
		if !slices.Contains(wanted, r.Status) {
			fail("%s is %s, want %s", r.Entity, r.Status, strings.Join(wanted, " or "))
		}
		if (r.Error == nil) != (r.Status == store.Complete) {
			fail("%s is %s and says %v", r.Entity, r.Status, cmp.Or(r.Error, new(string)))
		}
		if r.Gone != 0 || r.New != 0 || r.Changed != 0 && f.want != changes {
			fail("%s: %d new, %d changed, %d gone", r.Entity, r.New, r.Changed, r.Gone)
		}
	}
}

// API-9: an id that no float holds is stored digit by digit, on every list whose
// ids are numbers, and the next sync finds the mirror in order.
func TestIDsBeyondTheReachOfFloatsStayExact(t *testing.T) {
	good := setup(t, sim.Options{Seed: 4})
	good.mustSync(syncer.Options{})
	full := good.copyOf()
	const id = "9007199254740993" // 2^53+1
	huge := fault{name: "2^53+1", fits: numbered, make: func(p *page) (*http.Response, error) {
		return answer(http.StatusOK, string(p.record(func(m map[string]json.RawMessage) { m["id"] = json.RawMessage(id) })))
	}}
	struck := 0
	for _, e := range catalog.Default().Mirrored() {
		synctest.Test(t, func(t *testing.T) {
			b := &bundle{T: t, sim: good.sim}
			dst := b.open(full())
			s := newSpoiler(b.sim.Transport(), e)
			s.fault = &huge
			report, err := b.run(t.Context(), patient(t, s), dst, syncer.Options{Full: true}, e.Name)
			if s.struck == 0 {
				return
			}
			struck++
			if err != nil || reportOf(report, e.Name).New != 1 {
				t.Errorf("%s: %v\n%s", e.Name, err, show(report))
			}
			for cells, err := range dst.Rows(t.Context(), sq.Expr(`select count(*) from "`+e.Name+`" where id = 9007199254740993 and cast(id as text) = ?`, id)) {
				if err != nil || cells[0] != int64(1) {
					t.Errorf("%s: %v rows with that id, %v", e.Name, cells, err)
				}
			}
		})
	}
	if struck < 10 {
		t.Errorf("only %d lists were struck", struck)
	}
}
