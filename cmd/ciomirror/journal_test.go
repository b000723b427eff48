package main

import (
	"testing"
	"time"

	"ciomirror/schedules"
)

func TestTheFiringThatMakesTheMirrorIsNotedInIt(t *testing.T) {
	now := time.Date(2026, 11, 22, 18, 0, 5, 0, time.UTC)
	a := &app{now: func() time.Time { return now }}
	a.settings.DB = newScript(t, nil).path("mirror.db")
	j := &journal{a: a}
	f := schedules.Firing{Job: "hourly", Kind: "sync", Due: now.Add(-5 * time.Second), Started: now, Status: schedules.Running}
	if err := j.Begin(t.Context(), f); err != nil {
		t.Fatal(err)
	}
	m, err := a.openMirror(t.Context(), true)
	if err != nil {
		t.Fatal(err)
	}
	m.Close()
	f.Finished, f.Status = now.Add(time.Second), schedules.OK
	if err := j.End(t.Context(), f); err != nil {
		t.Fatal(err)
	}
	last, err := j.Last(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got := last["hourly"]; got.Status != schedules.OK || !got.Due.Equal(f.Due) {
		t.Errorf("the journal has %+v", got)
	}
}
