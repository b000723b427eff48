package sync_test

import (
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ciomirror/catalog"
	"ciomirror/cio"
	"ciomirror/sim"
	"ciomirror/store"
	"ciomirror/store/sqlite"
	syncer "ciomirror/sync"
)

// wire carries requests to the simulator and notes when each one arrives there. It
// asks for small pages, so that a small workspace takes many requests.
type wire struct {
	http.RoundTripper
	page int // records on a page; 0: as asked

	mu       sync.Mutex
	accepted []time.Time
	refused  []time.Time
}

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	if q := r.URL.Query(); w.page > 0 && q.Has("limit") {
		q.Set("limit", strconv.Itoa(w.page))
		r = r.Clone(r.Context())
		r.URL.RawQuery = q.Encode()
	}
	at := time.Now()
	resp, err := w.RoundTripper.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if resp.StatusCode == http.StatusTooManyRequests {
		w.refused = append(w.refused, at)
	} else {
		w.accepted = append(w.accepted, at)
	}
	return resp, nil
}

// mostInASecond is the largest number of times in any window [t, t+1s).
func mostInASecond(times []time.Time) int {
	slices.SortFunc(times, time.Time.Compare)
	most, first := 0, 0
	for i := range times {
		for times[i].Sub(times[first]) >= time.Second {
			first++
		}
		most = max(most, i-first+1)
	}
	return most
}

// timed is a whole sync over w, inside a bubble of testing/synctest: the mirror is
// a real file, whose work takes no time there, so that what is measured is waiting.
func timed(t *testing.T, s *sim.Sim, w *wire, walks int, entities ...string) time.Duration {
	t.Helper()
	c, err := cio.New("sim-key", cio.Options{BaseURL: "http://sim.test", Transport: w, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	dst, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "mirror.db"), sqlite.Options{Create: true, Now: s.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := dst.Close(); err != nil {
			t.Error(err)
		}
	}()
	y, err := syncer.New(c, dst, syncer.Options{Catalog: catalog.Default(), Now: s.Now, Walks: walks})
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	report, err := y.Run(t.Context(), entities...)
	if err != nil || report.Status != store.Complete {
		t.Fatalf("%v\n%s", err, show(report))
	}
	return time.Since(began)
}

// At 10 requests per second a sync takes a tenth of a second a request, and 5 %
// more. The last answer's own way comes on top: nothing can hide it.
func TestTheLimitIsTheOnlyWait(t *testing.T) {
	nested := []string{"campaign_actions", "broadcast_actions", "newsletter_contents", "transactional_message_contents", "segments", "sender_identities"}
	for _, tc := range []struct {
		latency  time.Duration
		size     sim.Size
		page     int
		walks    int // 0: as many as there are by default
		entities []string
	}{
		{latency: 20 * time.Millisecond, size: sim.Small, page: 20},
		{latency: 150 * time.Millisecond, size: sim.Small, page: 20},
		{latency: 150 * time.Millisecond, size: sim.Medium, page: 20, entities: nested},
		// One walk asks for a page after the other, so it takes walks × latency
		// to fill the limit: ten of them at 900 ms.
		{latency: 900 * time.Millisecond, size: sim.Medium, page: 20, walks: 12, entities: nested},
	} {
		t.Run(fmt.Sprintf("%v %s", tc.latency, tc.size), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, err := sim.New(sim.Options{Seed: 1, Size: tc.size, Start: start, Now: time.Now, Rate: 10, Latency: tc.latency})
				if err != nil {
					t.Fatal(err)
				}
				w := &wire{RoundTripper: s.Transport(), page: tc.page}
				took := timed(t, s, w, tc.walks, tc.entities...)
				n := len(w.accepted) + len(w.refused)
				ideal := time.Duration(n) * time.Second / 10
				t.Logf("%d requests in %v, %.3f of the ideal", n, took, took.Seconds()/ideal.Seconds())
				if took > ideal*105/100+tc.latency {
					t.Errorf("%d requests took %v: %.3f of the ideal", n, took, took.Seconds()/ideal.Seconds())
				}
				if most := mostInASecond(w.accepted); most > 10 || len(w.refused) > 0 {
					t.Errorf("%d requests in a second, %d refused", most, len(w.refused))
				}
				if n < 250 {
					t.Errorf("only %d requests", n)
				}
			})
		})
	}
}

// API-13 in a whole sync: three minutes at 10 requests per second, three at 2, and
// the rest at 10 again. (At any other times, longer: see the tests of the client.)
func TestASyncKeepsUpWithALimitThatMoves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const falls, rises = 4 * time.Minute, 8 * time.Minute
		s, err := sim.New(sim.Options{Seed: 1, Size: sim.Small, Start: start, Now: time.Now, Rate: 10, Latency: 100 * time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		for at, rate := range map[time.Duration]int{falls: 2, rises: 10} {
			time.AfterFunc(at, func() {
				if err := s.SetRate(rate); err != nil {
					t.Error(err)
				}
			})
		}
		w := &wire{RoundTripper: s.Transport(), page: 1}
		took := timed(t, s, w, 0)
		if took < rises+3*time.Minute {
			t.Fatalf("the sync took only %v", took)
		}
		in := func(times []time.Time, from, to time.Duration) (n int) {
			for _, at := range times {
				if since := at.Sub(began); since >= from && since < to {
					n++
				}
			}
			return n
		}
		allowed := 10*falls.Seconds() + 2*(rises-falls).Seconds() + 10*(took-rises).Seconds()
		goodput := float64(len(w.accepted)) / allowed
		t.Logf("%d requests in %v, %.1f %% of what was allowed; %d refused", len(w.accepted), took, 100*goodput, len(w.refused))
		if goodput < 0.9 {
			t.Errorf("%.1f %% of what was allowed", 100*goodput)
		}
		for _, p := range [][2]time.Duration{{0, falls}, {falls + 10*time.Second, rises}, {rises + 10*time.Second, took}} {
			yes, no := in(w.accepted, p[0], p[1]), in(w.refused, p[0], p[1])
			if 100*no >= yes+no {
				t.Errorf("from %v to %v %d of %d requests were refused", p[0], p[1], no, yes+no)
			}
		}
		if most := mostInASecond(w.accepted); most > 10 {
			t.Errorf("%d requests were accepted in a second", most)
		}
	})
}
