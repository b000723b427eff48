package schedules_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ciomirror/schedules"
)

// TestEveryFiringOfAMonthRunsOnce counts the firings of months in which clocks
// change, or that have a leap day, against a count of their own.
func TestEveryFiringOfAMonthRunsOnce(t *testing.T) {
	for _, month := range []string{"2026-03", "2026-10", "2027-03", "2027-10", "2028-02", "2038-01", "2099-12"} {
		t.Run(month, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, month+"-01T12:00:30Z")
				from := r.now()
				to := from.AddDate(0, 1, 0)
				hours := int(to.Sub(from) / time.Hour)
				days := hours / 24
				r.start(
					r.job("hourly", "0 * * * *", 0, nil),
					r.job("every", "@every 90m", time.Minute, nil),
					r.job("berlin hourly", "CRON_TZ=Europe/Berlin 30 * * * *", 10*time.Minute, nil),
					r.job("berlin night", "CRON_TZ=Europe/Berlin 30 2 * * *", 0, nil),
					r.job("berlin three", "CRON_TZ=Europe/Berlin 0 3 * * *", 0, nil),
					r.job("berlin nights", "CRON_TZ=Europe/Berlin 0,15 2,4 * * *", 0, nil),
					r.job("howe", "CRON_TZ=Australia/Lord_Howe 45 1 * * *", 0, nil),
				)
				r.pass(to.Sub(from))
				r.end()
				want := map[string]int{
					"hourly": hours, "every": hours * 2 / 3, "berlin hourly": hours,
					"berlin night": days, "berlin three": days, "berlin nights": days * 4, "howe": days,
				}
				if strings.HasSuffix(month, "-03") {
					want["berlin nights"]-- // 2:00 and 2:15 do not exist on one day; 3:00 stands for both
				}
				for job, n := range want {
					dues := r.dues(job)
					if len(dues) != n {
						t.Errorf("%s ran %d times, want %d", job, len(dues), n)
					}
					if distinct := len(slices.Compact(slices.Clone(dues))); distinct != len(dues) {
						t.Errorf("%s ran twice for a firing", job)
					}
				}
				for _, run := range r.did() {
					if late := run.at.Sub(run.due); late < 0 || late > 10*time.Minute {
						t.Errorf("%s of %s ran %s late", run.job, run.due, late)
					}
				}
			})
		})
	}
}

// TestJumpsOfTheClockNeitherSkipNorDouble sets the clock a day on or back at random
// moments, stops and starts the loop, and looks at every firing that the clock
// passed: it was answered once, or a later one was, at once, in its stead.
func TestJumpsOfTheClockNeitherSkipNorDouble(t *testing.T) {
	start := uint64(time.Now().UnixNano())
	t.Logf("start value %d", start)
	random := rand.New(rand.NewPCG(start, 1))
	worlds := 40
	if testing.Short() {
		worlds = 10
	}
	for range worlds {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, "2026-10-23T12:00:30Z")
			from := r.now()
			jobs := []schedules.Job{
				r.job("hourly", "0 * * * *", 5*time.Minute, nil),
				r.job("nightly", "CRON_TZ=Europe/Berlin 30 2 * * *", 0, nil),
				r.job("every", "@every 45m", 0, nil),
			}
			for _, j := range jobs { // all of them have fired: a new job would wait
				r.journal.last[j.Name] = schedules.Firing{Job: j.Name, Due: from, Status: schedules.OK}
			}
			r.start(jobs...)
			furthest := from
			for range 12 {
				r.pass(time.Duration(random.Int64N(int64(20 * time.Hour))))
				if r.now().After(furthest) {
					furthest = r.now()
				}
				switch jump := 24 * time.Hour; random.IntN(3) {
				case 0:
					r.jump(jump)
				case 1:
					if furthest.Sub(r.now())+jump <= jump+time.Hour {
						r.jump(-jump)
					}
				case 2:
					r.end()
					r.pass(time.Duration(random.Int64N(int64(5 * time.Hour))))
					r.start(jobs...)
				}
				r.pass(11 * time.Minute)
				if r.now().After(furthest) {
					furthest = r.now()
				}
			}
			r.end()
			for _, j := range jobs {
				var runs []run
				for _, ran := range r.did() {
					if ran.job == j.Name {
						runs = append(runs, ran)
					}
				}
				due, i := j.When.Next(from), 0
				for ; !due.Add(11 * time.Minute).After(furthest); due = j.When.Next(due) {
					if i < len(runs) && runs[i].due.Equal(due) {
						i++
						continue
					}
					// Passed over: then the run in its stead came after that one's time too,
					// and answers the latest firing of its moment.
					if i == len(runs) || runs[i].due.Before(due) {
						t.Fatalf("%s: the firing of %s was neither answered nor made up for", j.Name, due.UTC())
					}
				}
				for n, ran := range runs {
					if n > 0 && !ran.due.After(runs[n-1].due) {
						t.Errorf("%s ran twice for %s", j.Name, ran.due)
					}
					if later := j.When.Next(ran.due); ran.at.Sub(later) > 6*time.Minute {
						t.Errorf("%s ran for %s at %s, when a later firing was due", j.Name, ran.due, ran.at)
					}
				}
			}
		})
	}
}

func TestAClockThatWasWrongByYearsIsNotWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "2099-06-01T12:00:30Z")
		r.start(r.job("hourly", "0 * * * *", 0, nil))
		r.pass(time.Hour)
		r.jump(moment(t, "2026-11-22T12:10:00Z").Sub(r.now()))
		r.pass(2 * time.Hour)
		r.end()
		r.wantDues("hourly", "2099-06-01T13:00", "2026-11-22T13:00", "2026-11-22T14:00")
		if log := r.log.String(); strings.Count(log, "the clock went back") != 1 {
			t.Errorf("the log says:\n%s", log)
		}
	})
}

func TestASleepingMachineIsNoticedWithinAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "2026-11-22T12:00:30Z")
		r.start(r.job("daily", "0 0 * * *", 0, nil))
		r.pass(time.Hour)
		r.jump(14 * time.Hour) // timers stand still while a machine sleeps
		r.pass(time.Minute)
		r.end()
		r.wantDues("daily", "2026-11-23T00:00")
	})
}

func TestLatestIsTheLastFiringThatNextPasses(t *testing.T) {
	start := uint64(time.Now().UnixNano())
	t.Logf("start value %d", start)
	random := rand.New(rand.NewPCG(start, 2))
	for _, expr := range []string{"*/7 * * * *", "CRON_TZ=Europe/Berlin 0,30 1-3 * * *", "0 0 29 2 *", "@every 100m", "CRON_TZ=Europe/Berlin 30 * * * SUN"} {
		s, err := schedules.Parse(expr)
		if err != nil {
			t.Fatal(err)
		}
		for range 100 {
			after := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(random.Int64N(int64(300 * 24 * time.Hour))))
			until := after.Add(time.Duration(random.Int64N(int64(10 * 24 * time.Hour))))
			var want time.Time
			for d := s.Next(after); !d.IsZero() && !d.After(until); d = s.Next(d) {
				want = d
			}
			if got := s.Latest(after, until); !got.Equal(want) {
				t.Errorf("%q from %s to %s: %s, want %s", expr, after, until, got, want)
			}
		}
	}
}
