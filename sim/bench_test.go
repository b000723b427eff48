package sim

import (
	"fmt"
	"net/url"
	"runtime"
	"testing"
	"time"
)

// BenchmarkLargePage reads pages of 1000 deliveries all over a large workspace.
func BenchmarkLargePage(b *testing.B) {
	w := newWorld(b, func(o *Options) { o.Size = Large })
	i := 0
	for b.Loop() {
		token := encodeToken(tokensMessages, i*7919%990*1000)
		i++
		if a := w.get("/v1/messages?limit=1000&start=" + url.QueryEscape(token)); a.status != 200 {
			b.Fatal(a.raw)
		}
	}
	b.ReportMetric(1000*float64(i)/b.Elapsed().Seconds(), "messages/s")
}

// BenchmarkLargeFilteredPage reads pages that have to look for their deliveries.
func BenchmarkLargeFilteredPage(b *testing.B) {
	w := newWorld(b, func(o *Options) { o.Size = Large })
	for b.Loop() {
		end := start.Unix()
		w.get(fmt.Sprintf("/v1/messages?limit=1000&metric=clicked&start_ts=%d&end_ts=%d", end-30*86400, end))
	}
}

// BenchmarkLargeActivities reads the pages of activities one after another.
func BenchmarkLargeActivities(b *testing.B) {
	w := newWorld(b, func(o *Options) { o.Size = Large })
	i := 0
	for b.Loop() {
		w.get("/v1/activities?limit=100&start=" + url.QueryEscape(encodeToken(tokensActivities, i%2000*100)))
		i++
	}
	b.ReportMetric(100*float64(i)/b.Elapsed().Seconds(), "activities/s")
}

func TestLargeIsGeneratedOnTheFly(t *testing.T) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	w := newWorld(t, func(o *Options) { o.Size = Large })
	began, n := time.Now(), 0
	for page := range 200 {
		n += len(w.get("/v1/messages?limit=1000&start="+url.QueryEscape(encodeToken(tokensMessages, page*5000))).raw) / 500
	}
	w.get("/v1/activities?limit=100")
	w.Advance(24 * time.Hour)
	w.get("/v1/activities?limit=100")
	runtime.GC()
	runtime.ReadMemStats(&after)
	held := int64(after.HeapAlloc) - int64(before.HeapAlloc)
	t.Logf("%d MB held, 200 pages in %s", held>>20, time.Since(began))
	if held > 100<<20 || n == 0 {
		t.Errorf("%d MB held", held>>20)
	}
	runtime.KeepAlive(w)
}

func TestSizesHoldWhatTheyPromise(t *testing.T) {
	for size, want := range map[Size][3]int{Small: {4000, 1000, 2000}, Medium: {100_000, 40_000, 60_000}} {
		w := newWorld(t, func(o *Options) { o.Size = size })
		messages, activities := 0, 0
		for range w.Records("messages") {
			messages++
		}
		for range w.Records("activities") {
			activities++
		}
		if messages != want[0] || activities < want[1] || activities > want[2] {
			t.Errorf("%s: %d messages, %d activities", size, messages, activities)
		}
	}
	if _, err := ParseSize("tiny"); err == nil {
		t.Error("tiny is a size")
	}
}
