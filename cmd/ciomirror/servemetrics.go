package main

import (
	"github.com/prometheus/client_golang/prometheus"

	"ciomirror/schedules"
)

// newCalls counts the calls of tools by models.
func newCalls() *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "ciomirror_mcp_calls_total", Help: "Calls of tools by models, by how they were answered.",
	}, []string{"tool", "status"})
}

func countedCalls(calls *prometheus.CounterVec) func(tool string, failed bool) {
	return func(tool string, failed bool) {
		status := "ok"
		if failed {
			status = "error"
		}
		calls.WithLabelValues(tool, status).Inc()
	}
}

// jobMetrics tell when each job runs next, where jobs run at all.
func (a *app) jobMetrics(running bool) []prometheus.Collector {
	var all []prometheus.Collector
	if !running {
		return all
	}
	for _, j := range a.plans() {
		all = append(all, prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "ciomirror_schedule_next_run_timestamp_seconds", Help: "When the job is due next.",
			ConstLabels: prometheus.Labels{"job": j.Name},
		}, func() float64 {
			for _, u := range schedules.Next(a.settings.Profile, []schedules.Job{j}, a.now(), 1) {
				return float64(u.At.Unix())
			}
			return 0
		}))
	}
	return all
}
