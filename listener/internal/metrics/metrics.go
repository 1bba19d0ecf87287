// Package metrics counts what the listener does, for Prometheus. The values of every label are a
// closed set or come from the configuration.
package metrics

import (
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/port-changelog/terraform-provider-port/internal/changelog"
	"github.com/port-changelog/terraform-provider-port/listener/internal/directory"
	"github.com/port-changelog/terraform-provider-port/listener/internal/queue"
	"github.com/port-changelog/terraform-provider-port/listener/internal/rule"
	"github.com/port-changelog/terraform-provider-port/listener/internal/slack"
)

const namespace = "port_listener"

// Result is the result of receiving an event.
type Result string

// The results of receiving.
const (
	ResultStored       Result = "stored"
	ResultDuplicate    Result = "duplicate"
	ResultTest         Result = "test"
	ResultUnauthorized Result = "unauthorized"
	ResultInvalid      Result = "invalid"
	ResultTooLarge     Result = "too_large"
	ResultUnsupported  Result = "unsupported_encoding"
	ResultUnavailable  Result = "unavailable"
	ResultFailed       Result = "failed"
)

// Metrics are the counters of one listener.
type Metrics struct {
	registry   *prometheus.Registry
	received   *prometheus.CounterVec
	signatures *prometheus.CounterVec
	unmatched  prometheus.Counter
	delivered  *prometheus.CounterVec
	failed     *prometheus.CounterVec
	suppressed *prometheus.CounterVec
	buried     *prometheus.CounterVec
	digests    *prometheus.CounterVec
	plain      *prometheus.CounterVec
	latency    *prometheus.HistogramVec
	matched    *prometheus.CounterVec
	conditions *prometheus.CounterVec
	templates  *prometheus.CounterVec
	reloaded   prometheus.Gauge
	reloadedAt prometheus.Gauge
	names      *prometheus.CounterVec
	smee       *Smee
	catchUp    *CatchUp
}

// Condition is why the condition of a rule could not be evaluated.
type Condition string

// The reasons why a condition could not be evaluated.
const (
	ConditionFailed  Condition = "error"
	ConditionTooLong Condition = "timeout"
	ConditionTooMuch Condition = "output"
	ConditionKilled  Condition = "killed"
)

// ConditionOf returns the reason of a verdict whose condition could not be evaluated.
func ConditionOf(part rule.Part) Condition {
	reasons := map[rule.Part]Condition{rule.PartWhenTime: ConditionTooLong, rule.PartWhenOutputs: ConditionTooMuch, rule.PartWhenKilled: ConditionKilled}
	if reason, ok := reasons[part]; ok {
		return reason
	}
	return ConditionFailed
}

// New returns the counters of a listener.
func New(version string) *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry()}
	m.received = m.counters("events_received_total", "Requests with an event, and events through Smee and from the audit log, by result.", "source", "result")
	m.signatures = m.counters("signature_failures_total", "Events whose signature was refused, by reason.", "reason")
	m.unmatched = m.counters("events_unmatched_total", "Events that no rule matches.").WithLabelValues()
	m.delivered = m.counters("alerts_delivered_total", "Alerts that the destination accepted, alone or in a digest.", "destination")
	m.failed = m.counters("sends_failed_total", "Failed requests to the destination, by reason.", "destination", "reason")
	m.suppressed = m.counters("alerts_suppressed_total", "Alerts that were not sent because they had already been sent.", "destination")
	m.buried = m.counters("dead_letters_total", "Alerts that were given up, by reason.", "destination", "reason")
	m.digests = m.counters("digests_delivered_total", "Digests that the destination accepted.", "destination")
	m.plain = m.counters("plain_text_total", "Messages that were delivered as plain text because their blocks were refused.", "destination")
	m.latency = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Namespace: namespace, Name: "delivery_seconds", Help: "Time from the receipt of an event to the delivery of its alert.",
		Buckets: []float64{.05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900, 3600, 14400, 86400},
	}, []string{"destination"})
	m.matched = m.counters("rule_matches_total", "Events that a rule matches.", "rule")
	m.conditions = m.counters("rule_condition_failures_total", "Events for which evaluating the condition of a rule failed, by reason.", "rule", "reason")
	m.templates = m.counters("template_failures_total", "Failed renderings of a template; the default message or line was used instead.", "rule")
	m.names = m.counters("name_lookup_failures_total", "Failed lookups of names in Port's API, by reason.", "reason")
	m.reloaded = m.gauge("config_last_reload_successful", "1 if the last reload of the configuration succeeded.", nil)
	m.reloadedAt = m.gauge("config_last_reload_success_timestamp_seconds", "Unix time when the configuration in use was loaded.", nil)
	m.Reloaded(true)
	info := m.gauge("build_info", "The version of the listener.", prometheus.Labels{"version": version})
	info.Set(1)
	m.registry.MustRegister(m.latency, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.smee = m.newSmee()
	m.catchUp = m.newCatchUp()
	m.begin()
	return m
}

func (m *Metrics) counters(name, help string, labels ...string) *prometheus.CounterVec {
	created := prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help}, labels)
	m.registry.MustRegister(created)
	return created
}

func (m *Metrics) gauges(name, help string, labels ...string) *prometheus.GaugeVec {
	created := prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: namespace, Name: name, Help: help}, labels)
	m.registry.MustRegister(created)
	return created
}

func (m *Metrics) gauge(name, help string, labels prometheus.Labels) prometheus.Gauge {
	created := prometheus.NewGauge(prometheus.GaugeOpts{Namespace: namespace, Name: name, Help: help, ConstLabels: labels})
	m.registry.MustRegister(created)
	return created
}

// begin creates the series that do not depend on the configuration, because a missing series cannot
// be distinguished from a broken one.
func (m *Metrics) begin() {
	for _, result := range []Result{ResultStored, ResultDuplicate, ResultTest, ResultUnauthorized, ResultInvalid, ResultTooLarge, ResultUnsupported, ResultUnavailable, ResultFailed} {
		for _, source := range Sources() {
			m.received.WithLabelValues(source, string(result))
		}
	}
	for _, reason := range directory.Reasons() {
		m.names.WithLabelValues(string(reason))
	}
	for _, reason := range []changelog.Rejection{changelog.RejectedMissing, changelog.RejectedMalformed, changelog.RejectedWrong, changelog.RejectedStale} {
		m.signatures.WithLabelValues(string(reason))
	}
}

// Expect creates the series of all destinations and rules.
func (m *Metrics) Expect(destinations, rules []string) {
	for _, destination := range destinations {
		for _, vector := range []*prometheus.CounterVec{m.delivered, m.suppressed, m.digests, m.plain} {
			vector.WithLabelValues(destination)
		}
		m.latency.WithLabelValues(destination)
		for _, reason := range []slack.Reason{slack.ReasonUnavailable, slack.ReasonIntercepted, slack.ReasonRateLimited, slack.ReasonDestination, slack.ReasonRefused} {
			m.failed.WithLabelValues(destination, string(reason))
		}
		for _, reason := range []queue.Reason{queue.ReasonRefused, queue.ReasonExpired, queue.ReasonRemoved, queue.ReasonUnreadable} {
			m.buried.WithLabelValues(destination, string(reason))
		}
	}
	for _, rule := range rules {
		m.matched.WithLabelValues(rule)
		m.templates.WithLabelValues(rule)
		for _, reason := range []Condition{ConditionFailed, ConditionTooLong, ConditionTooMuch, ConditionKilled} {
			m.conditions.WithLabelValues(rule, string(reason))
		}
	}
}

// Handler serves the metrics.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError})
}

// The names of the sources of events.
const (
	SourceWebhook  = "webhook"
	SourceSmee     = "smee"
	SourceAuditLog = "audit_log"
)

// Sources are the names of all sources.
func Sources() []string { return []string{SourceWebhook, SourceSmee, SourceAuditLog} }

// Received counts an event from a source.
func (m *Metrics) Received(source string, result Result) {
	m.received.WithLabelValues(source, string(result)).Inc()
}

// SignatureFailed counts an invalid signature.
func (m *Metrics) SignatureFailed(reason changelog.Rejection) {
	m.signatures.WithLabelValues(string(reason)).Inc()
}

// Unmatched counts an event that no rule matches.
func (m *Metrics) Unmatched() { m.unmatched.Inc() }

// Delivered records a delivered alert and the time since its event.
func (m *Metrics) Delivered(destination string, after time.Duration) {
	m.delivered.WithLabelValues(destination).Inc()
	m.latency.WithLabelValues(destination).Observe(after.Seconds())
}

// Failed counts a failed request.
func (m *Metrics) Failed(destination, reason string) {
	m.failed.WithLabelValues(destination, reason).Inc()
}

// Suppressed counts an alert that was skipped because it had been sent before.
func (m *Metrics) Suppressed(destination string) { m.suppressed.WithLabelValues(destination).Inc() }

// Buried counts a new dead letter.
func (m *Metrics) Buried(destination string, reason queue.Reason) {
	m.buried.WithLabelValues(destination, string(reason)).Inc()
}

// Digested counts a delivered digest.
func (m *Metrics) Digested(destination string) { m.digests.WithLabelValues(destination).Inc() }

// SentPlain counts a message that was delivered as plain text.
func (m *Metrics) SentPlain(destination string) { m.plain.WithLabelValues(destination).Inc() }

// Matched counts an event that a rule matches.
func (m *Metrics) Matched(rule string) { m.matched.WithLabelValues(rule).Inc() }

// ConditionFailed counts an event for which the condition of a rule could not be evaluated.
func (m *Metrics) ConditionFailed(rule string, reason Condition) {
	m.conditions.WithLabelValues(rule, string(reason)).Inc()
}

// TemplateFailed counts a failed rendering of a template.
func (m *Metrics) TemplateFailed(rule string) { m.templates.WithLabelValues(rule).Inc() }

// NameLookupFailed counts a failed lookup of names in Port.
func (m *Metrics) NameLookupFailed(reason directory.Reason) {
	m.names.WithLabelValues(string(reason)).Inc()
}

// Reloaded records the result of a reload.
func (m *Metrics) Reloaded(successful bool) {
	m.reloaded.Set(truth(successful))
	if successful {
		m.reloadedAt.SetToCurrentTime()
	}
}
