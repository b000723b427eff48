package server

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics are what Prometheus reads: the requests as they were counted, and the mirror
// as it is at that moment. Labels are names of ours alone, never an id or an address.
type metrics struct {
	requests *prometheus.HistogramVec
	handler  http.Handler
}

func newMetrics(s *Server) *metrics {
	m := &metrics{requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "ciomirror_http_request_duration_seconds", Help: "Time until the last byte of an answer.",
		Buckets: []float64{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120},
	}, []string{"route", "method", "code"})}
	build := prometheus.NewGauge(prometheus.GaugeOpts{Name: "ciomirror_build_info", Help: "Always 1; the label is the version.",
		ConstLabels: prometheus.Labels{"version": s.o.Version}})
	build.Set(1)
	registry := prometheus.NewRegistry()
	registry.MustRegister(build, m.requests, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), &mirrorMetrics{s})
	registry.MustRegister(s.o.Collectors...)
	m.handler = promhttp.HandlerFor(registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError})
	return m
}

func (m *metrics) request(route, method string, status int, took time.Duration) {
	m.requests.WithLabelValues(route, method, strconv.Itoa(status)).Observe(took.Seconds())
}

func (m *metrics) serve(w http.ResponseWriter, r *http.Request) { m.handler.ServeHTTP(w, r) }

// mirrorMetrics reads the mirror when it is asked. What it cannot read is missing from
// the answer, and ciomirror_up says so.
type mirrorMetrics struct{ s *Server }

func describeMetric(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("ciomirror_"+name, help, labels, nil)
}

var (
	upDesc       = describeMetric("up", "1 when the mirror could be read.")
	bytesDesc    = describeMetric("db_size_bytes", "Size of the mirror's file, with what is not yet written into it.")
	rowsDesc     = describeMetric("entity_rows", "Live rows.", "entity")
	lastDesc     = describeMetric("sync_last_success_timestamp_seconds", "When the entity was last read completely.", "entity")
	runsDesc     = describeMetric("sync_runs_total", "Runs that read the entity, by how they ended.", "entity", "status")
	changesDesc  = describeMetric("sync_rows_total", "Rows by what the runs did to them.", "entity", "op")
	durationDesc = describeMetric("sync_duration_seconds", "How long runs took for the entity.", "entity")
	requestsDesc = describeMetric("api_requests_total", "Requests to the Customer.io API.", "entity")
	waitDesc     = describeMetric("api_rate_limit_wait_seconds_total", "Time waited for the API's rate limit and before retries.", "entity")
)

// Describe implements prometheus.Collector.
func (m *mirrorMetrics) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{upDesc, bytesDesc, rowsDesc, lastDesc, runsDesc, changesDesc, durationDesc, requestsDesc, waitDesc} {
		ch <- d
	}
}

// operations are the names of changes as Prometheus users know them.
var operations = map[string]string{"new": "insert", "changed": "update", "gone": "delete", "same": "unchanged"}

// Collect implements prometheus.Collector.
func (m *mirrorMetrics) Collect(ch chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	counter := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, v, labels...)
	}
	st, err := m.s.statusNow(context.Background())
	if err != nil {
		gauge(upDesc, 0)
		return
	}
	gauge(upDesc, 1)
	gauge(bytesDesc, float64(st.Bytes))
	for _, e := range st.Entities {
		gauge(rowsDesc, float64(e.Rows), e.Entity)
		if e.Synced != nil {
			gauge(lastDesc, float64(e.Synced.UnixMilli())/1000, e.Entity)
		}
		runs := uint64(0)
		for status, n := range e.Runs {
			runs += uint64(n)
			counter(runsDesc, float64(n), e.Entity, status)
		}
		for change, n := range e.Changes {
			if op, ok := operations[change]; ok {
				counter(changesDesc, float64(n), e.Entity, op)
			}
		}
		ch <- prometheus.MustNewConstSummary(durationDesc, runs, e.Seconds, nil, e.Entity)
		counter(requestsDesc, float64(e.Requests), e.Entity)
		counter(waitDesc, e.Waited.Seconds(), e.Entity)
	}
}
