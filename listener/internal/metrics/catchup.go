package metrics

import (
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// PollFailure says why the audit log could not be read.
type PollFailure string

// The reasons for which the audit log could not be read.
const (
	PollUnauthorized PollFailure = "unauthorized"
	PollForbidden    PollFailure = "forbidden"
	PollRateLimited  PollFailure = "rate_limited"
	PollUnavailable  PollFailure = "unavailable"
	PollMalformed    PollFailure = "malformed"
	PollRefused      PollFailure = "refused"
	PollStore        PollFailure = "store"
)

// Skipped says why a change of the audit log was not taken.
type Skipped string

// The reasons for which changes of the audit log are not taken.
const (
	SkippedExpired   Skipped = "too_old"
	SkippedTruncated Skipped = "truncated"
	SkippedInvalid   Skipped = "invalid"
)

// CatchUp are the metrics of the reading of the audit log. A listener that does not read it shows a
// lag of 0: it has no client id, or another one that shares the store reads.
type CatchUp struct {
	// sure is up to when everything has been read, in nanoseconds since 1970 by our clock; 0 while
	// this process does not read.
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
		skipped:  m.counters("catch_up_skipped_total", "Entries of the audit log that were skipped, by reason; truncated counts answers that stayed incomplete.", "reason"),
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

// CatchUp returns the metrics of the reading of the audit log.
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

// Sure notes up to when everything has been read, by our clock.
func (c *CatchUp) Sure(until time.Time) { c.sure.Store(until.UnixNano()) }

// Leave notes that this process does not read the audit log.
func (c *CatchUp) Leave() { c.sure.Store(0) }

// Failed counts a reading that failed.
func (c *CatchUp) Failed(reason PollFailure) { c.failures.WithLabelValues(string(reason)).Inc() }

// Skipped counts entries that were not taken.
func (c *CatchUp) Skipped(reason Skipped) { c.skipped.WithLabelValues(string(reason)).Inc() }
