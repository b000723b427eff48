package main

import (
	"testing"
	"time"
)

// TestATimeFromATableCanBeTypedBack: in UTC, as tables show it.
func TestATimeFromATableCanBeTypedBack(t *testing.T) {
	at := time.Date(2026, 11, 23, 9, 22, 0, 0, time.UTC)
	for _, text := range []string{"2026-11-23 09:22", "2026-11-23 09:22:00", "2026-11-23T09:22", "2026-11-23T09:22:00", "2026-11-23T10:22:00+01:00", clock("1795425720")} {
		if got, err := when(text, time.Time{}); err != nil || !got.Equal(at) {
			t.Errorf("%q is %v (%v), want %v", text, got, err, at)
		}
	}
	for _, text := range []string{"2026-11-23 25:00", "2026-13-23 09:22", "2026-11-23 09"} {
		if got, err := when(text, time.Time{}); err == nil {
			t.Errorf("%q is %v, and no time", text, got)
		}
	}
}
