package sync

import (
	"cmp"
	"slices"
	"time"

	"ciomirror/store"
)

// span is a closed window of time: both bounds belong to it. Unix seconds.
type span struct{ From, To int64 }

func (s span) seconds() int64 { return s.To - s.From + 1 }

// windows cuts [from, to] into spans of at most length, the oldest shorter, newest
// first. They touch but do not overlap: every second lies in exactly one.
func windows(from, to int64, length time.Duration) []span {
	var spans []span
	size := int64(length / time.Second)
	for to >= from {
		at := max(from, to-size+1)
		spans = append(spans, span{From: at, To: to})
		to = at - 1
	}
	return spans
}

// gaps are the spans of [from, to] that no window covers, oldest first. The windows
// come in order and do not overlap.
func gaps(covered []store.Window, from, to int64) []span {
	var open []span
	for _, w := range covered {
		if w.From > to {
			break
		}
		if w.From > from {
			open = append(open, span{From: from, To: w.From - 1})
		}
		from = max(from, w.To+1)
	}
	if from <= to {
		open = append(open, span{From: from, To: to})
	}
	return open
}

// ripe reports whether a window passed one of the ages since it was last read.
// Metrics of a delivery come in for weeks, so a window is read again as it ages.
func ripe(w store.Window, ages []time.Duration, now time.Time) bool {
	read := w.ReadAt
	if read.After(now) {
		read = time.Time{} // a clock that ran ahead wrote it
	}
	for _, age := range ages {
		if then := time.Unix(w.To, 0).Add(age); !now.Before(then) && read.Before(then) {
			return true
		}
	}
	return false
}

// due are the windows to be read again, oldest first. Neighbours become one as long
// as they hold no more than rows records together and last no longer than length.
func due(covered []store.Window, ages []time.Duration, now time.Time, rows int64, length time.Duration) []planned {
	var again []planned
	for _, w := range covered {
		if !ripe(w, ages, now) {
			continue
		}
		if n := len(again) - 1; n >= 0 && again[n].To+1 == w.From && again[n].rows+w.Rows <= rows &&
			w.To-again[n].From < int64(length/time.Second) {
			again[n].To, again[n].rows = w.To, again[n].rows+w.Rows
			continue
		}
		again = append(again, planned{span{w.From, w.To}, w.Rows})
	}
	return again
}

// planned is a span with the number of rows that it is thought to hold.
type planned struct {
	span
	rows int64
}

// frontier hands out the spans that are still to be read, the newest first. How
// long the next one is follows from how dense the last ones were, so that each
// holds about as many rows as wanted.
type frontier struct {
	gaps    []span    // never read; oldest first
	again   []planned // to be read again, as they are; oldest first
	want    int64     // rows in a span
	longest int64     // seconds that the API serves at once
	length  int64     // seconds of the next span
	sure    bool      // the last span held enough rows to tell
}

// A span that held little says little about those before it.
const (
	firstLength = 3600 // seconds
	growth      = 16
)

func newFrontier(gaps []span, again []planned, want int64, longest time.Duration) *frontier {
	return &frontier{gaps: gaps, again: again, want: want, longest: int64(longest / time.Second), length: firstLength}
}

// more reports whether any span is left.
func (f *frontier) more() bool { return len(f.gaps)+len(f.again) > 0 }

// next takes the newest span that is left.
func (f *frontier) next() (s span, fixed, ok bool) {
	g, a := len(f.gaps)-1, len(f.again)-1
	switch {
	case g < 0 && a < 0:
		return span{}, false, false
	case g < 0 || a >= 0 && f.again[a].To > f.gaps[g].To:
		s, f.again = f.again[a].span, f.again[:a]
		return s, true, true
	}
	gap := f.gaps[g]
	s = span{From: max(gap.From, gap.To-min(f.size(), f.longest)+1), To: gap.To}
	if s.From == gap.From {
		f.gaps = f.gaps[:g]
	} else {
		f.gaps[g].To = s.From - 1
	}
	return s, false, true
}

// size is how long the next span is. The last ones are shorter, down to a fifth, so
// that those who read side by side end together: one alone, who asks for a page after
// the other, does not fill the API's limit.
func (f *frontier) size() int64 {
	if !f.sure {
		return f.length
	}
	var left int64
	for _, g := range f.gaps {
		left += g.seconds()
	}
	return min(f.length, max(1, left/3, f.length/5))
}

// held is what a window held: its rows, and those of its largest page.
type held struct{ rows, page int64 }

// learn takes in what a span held.
func (f *frontier) learn(s span, h held) {
	f.length = s.seconds() * growth
	f.know(h)
	if h.rows > 0 {
		f.length = min(f.length, max(1, s.seconds()*f.want/h.rows))
	}
	f.sure = h.rows*wantedPages >= f.want
}

// know takes in how large pages really are: the API may serve smaller ones than it
// was asked for.
func (f *frontier) know(h held) {
	if h.rows > h.page { // more than one page, so that the largest was full
		f.want = min(f.want, wantedPages*h.page)
	}
}

// back returns a span that held far more than wanted, to be handed out in pieces.
func (f *frontier) back(s span, h held) {
	f.know(h)
	f.length, f.sure = max(1, s.seconds()/growth), true
	at, _ := slices.BinarySearchFunc(f.gaps, s, func(a, b span) int { return cmp.Compare(a.From, b.From) })
	f.gaps = slices.Insert(f.gaps, at, s)
}

// requests is how many list pages of a size the rest is thought to be; -1 when
// nobody knows.
func (f *frontier) requests(size int64) (n int64) {
	for _, a := range f.again {
		n += max(1, (a.rows+size-1)/size)
	}
	for _, g := range f.gaps {
		if !f.sure {
			return -1
		}
		n += max(1, g.seconds()*f.want/f.length/size)
	}
	return n
}

// recent reports whether then is less than age before now. A time to come is not: a
// clock that ran ahead wrote it.
func recent(then, now time.Time, age time.Duration) bool {
	return !then.After(now) && now.Sub(then) < age
}
