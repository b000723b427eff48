package sim

import "testing"

func TestTheRateMayChangeAtAnyTime(t *testing.T) {
	passed := func(w *world) (n int) {
		for range 20 {
			if w.get("/v1/segments").status == 200 {
				n++
			}
		}
		return n
	}
	w := newWorld(t)
	for _, step := range []struct {
		path string
		want int
	}{
		{"", 20},
		{"/admin/rate?per_second=10", 10},
		{"/admin/rate?per_second=2", 0},
		{"/admin/advance?seconds=5", 2},
		{"/admin/rate?per_second=10", 0},
		{"/admin/advance?seconds=1", 10},
		{"/admin/rate?per_second=0", 20},
	} {
		if step.path != "" {
			w.do("POST", step.path, "").want(t, 200)
		}
		if n := passed(w); n != step.want {
			t.Errorf("after %q %d of 20 requests passed, want %d", step.path, n, step.want)
		}
	}
	w.do("POST", "/admin/rate?per_second=-1", "").want(t, 400, "whole number")
	w.do("POST", "/admin/rate", "").want(t, 400)
}
