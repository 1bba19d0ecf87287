package metrics

import (
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// PollFailure is why the audit log could not be read.
type PollFailure string

// The reasons why the audit log could not be read.
const (
	PollUnauthorized PollFailure = "unauthorized"
	PollForbidden    PollFailure = "forbidden"
	PollRateLimited  PollFailure = "rate_limited"
	PollUnavailable  PollFailure = "unavailable"
	PollMalformed    PollFailure = "malformed"
	PollRefused      PollFailure = "refused"
	PollStore        PollFailure = "store"
)

// Skipped is why an entry of the audit log was skipped.
type Skipped string

// The reasons why entries of the audit log are skipped.
const (
	SkippedExpired   Skipped = "too_old"
	SkippedTruncated Skipped = "truncated"
	SkippedInvalid   Skipped = "invalid"
)

// CatchUp are the metrics of reading the audit log. The lag is 0 if this listener does not read it,
// because it has no client id or another listener that shares the store reads it.
type CatchUp struct {
	// sure is the time up to which everything was read, in Unix nanoseconds by our clock; 0 while
	// this process does not read the log.
	sure     atomic.Int64
	now      func() time.Time
	lag      *prometheus.Desc
	failures *prometheus.CounterVec
	skipped  *prometheus.CounterVec
}

func (m *Metrics) newCatchUp() *CatchUp {
	created := &CatchUp{
		now:      time.Now,
		lag:      prometheus.NewDesc(prometheus.BuildFQName(namespace, "", "catch_up_lag_seconds"), "Seconds since the time up to which the audit log has been read; 0 in a process that does not read it.", nil, nil),
		failures: m.counters("catch_up_failures_total", "Failed reads of the audit log, by reason.", "reason"),
		skipped:  m.counters("catch_up_skipped_total", "Entries of the audit log that were skipped, by reason; truncated counts responses that stayed incomplete.", "reason"),
	}
	for _, reason := range []PollFailure{PollUnauthorized, PollForbidden, PollRateLimited, PollUnavailable, PollMalformed, PollRefused, PollStore} {
		created.failures.WithLabelValues(string(reason))
	}
	for _, reason := range []Skipped{SkippedExpired, SkippedTruncated, SkippedInvalid} {
		created.skipped.WithLabelValues(string(reason))
	}
	m.registry.MustRegister(created)
	return created
}

// CatchUp returns the metrics of reading the audit log.
func (m *Metrics) CatchUp() *CatchUp { return m.catchUp }

// Describe implements prometheus.Collector.
func (c *CatchUp) Describe(descriptions chan<- *prometheus.Desc) { descriptions <- c.lag }

// Collect implements prometheus.Collector.
func (c *CatchUp) Collect(into chan<- prometheus.Metric) {
	lag := 0.0
	if sure := c.sure.Load(); sure != 0 {
		lag = max(0, c.now().Sub(time.Unix(0, sure)).Seconds())
	}
	into <- prometheus.MustNewConstMetric(c.lag, prometheus.GaugeValue, lag)
}

// Sure records the time, by our clock, up to which everything was read.
func (c *CatchUp) Sure(until time.Time) { c.sure.Store(until.UnixNano()) }

// Leave records that this process does not read the audit log.
func (c *CatchUp) Leave() { c.sure.Store(0) }

// Failed counts a failed read.
func (c *CatchUp) Failed(reason PollFailure) { c.failures.WithLabelValues(string(reason)).Inc() }

// Skipped counts a skipped entry.
func (c *CatchUp) Skipped(reason Skipped) { c.skipped.WithLabelValues(string(reason)).Inc() }
