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

// wire carries requests to the simulator and notes when each one arrives. It asks
// for small pages, so that a small workspace takes many requests.
type wire struct {
	http.RoundTripper
	page int

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

func TestExplore(t *testing.T) {
	for _, latency := range []time.Duration{150, 900} {
		for _, walks := range []int{4, 8,10,12, 16,24, 32} {
			for _, page := range []int{100} {
				t.Run(fmt.Sprint(latency, " ", walks, " ", page), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						s, err := sim.New(sim.Options{Seed: 1, Size: sim.Medium, Now: time.Now, Start: start, Rate: 10, Latency: latency * time.Millisecond})
						if err != nil {
							t.Fatal(err)
						}
						w := &wire{RoundTripper: s.Transport(), page: page}
						c, err := cio.New("sim-key", cio.Options{BaseURL: "http://sim.test", Transport: w, Now: time.Now})
						if err != nil {
							t.Fatal(err)
						}
						dst, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "m.db"), sqlite.Options{Create: true, Now: s.Now})
						if err != nil {
							t.Fatal(err)
						}
						defer dst.Close()
						y, err := syncer.New(c, dst, syncer.Options{Catalog: catalog.Default(), Now: s.Now, Walks: walks})
						if err != nil {
							t.Fatal(err)
						}
						began := time.Now()
						report, err := y.Run(t.Context(), "campaign_actions","broadcast_actions","newsletter_contents","transactional_message_contents","segments","sender_identities")
						if err != nil || report.Status != store.Complete {
							t.Fatal(err, show(report))
						}
						took := time.Since(began)
						n := len(w.accepted) + len(w.refused)
						t.Logf("%d requests in %v: %.3f of ideal; %d refused; %d in a second", n, took, took.Seconds()*10/float64(n), len(w.refused), mostInASecond(w.accepted))
						if latency == 20 && walks == 4 {
							for _, e := range report.Entities {
								t.Log(e.Entity, e.Requests)
							}
						}
					})
				})
			}
		}
	}
}
