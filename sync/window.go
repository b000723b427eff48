package sync

import (
	"time"

	"ciomirror/catalog"
)

// span is a closed window of time: both bounds belong to it. Unix seconds.
type span struct{ From, To int64 }

// window is how much time one walk of a windowed list covers.
const window = 30 * 24 * time.Hour

func windowLength(w *catalog.Window) time.Duration {
	return min(window, time.Duration(w.MaxDays)*24*time.Hour)
}

// windows cuts [from, to] into spans of length, the oldest shorter, newest first.
// They touch but do not overlap: every second lies in exactly one.
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
