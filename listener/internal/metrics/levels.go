package metrics

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/port-changelog/terraform-provider-port/listener/internal/queue"
)

// scrapeTimeout limits reading from the queue; Prometheus gives up after ten seconds by default.
const scrapeTimeout = 5 * time.Second

// Source is the part of the queue that levels need.
type Source interface {
	Stats(ctx context.Context) (queue.Stats, error)
	Status(ctx context.Context, lane string) (queue.Status, error)
	Damage() queue.Damage
}

// levels reads the queue when the metrics are collected. Every process that shares the queue
// reports the same levels.
type levels struct {
	source       Source
	destinations func() []string
	logger       *slog.Logger
	now          func() time.Time

	unevaluated, lost, pending, oldest, dead, parked, failing, paused *prometheus.Desc
}

// Watch adds the levels of a queue to the metrics. destinations returns the names of the configured
// destinations.
func (m *Metrics) Watch(source Source, destinations func() []string, logger *slog.Logger, now func() time.Time) {
	describe := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc(prometheus.BuildFQName(namespace, "", name), help, labels, nil)
	}
	m.registry.MustRegister(&levels{
		source: source, destinations: destinations, logger: logger, now: now,
		unevaluated: describe("events_unevaluated", "Stored events that wait for evaluation."),
		lost:        describe("store_lost", "Stored events and alerts that a damaged store has lost."),
		pending:     describe("alerts_pending", "Alerts that wait for delivery.", "destination"),
		oldest:      describe("alerts_oldest_seconds", "Age of the oldest waiting alert; 0 when no alert waits.", "destination"),
		dead:        describe("dead_letters", "Dead letters.", "destination"),
		parked:      describe("destination_parked", "1 while the destination is parked: fix its webhook.", "destination"),
		failing:     describe("destination_failing", "1 while requests to the destination fail and are retried.", "destination"),
		paused:      describe("destination_paused", "1 while the destination has asked for a pause.", "destination"),
	})
}

// Describe implements prometheus.Collector.
func (l *levels) Describe(descriptions chan<- *prometheus.Desc) {
	for _, description := range []*prometheus.Desc{l.unevaluated, l.lost, l.pending, l.oldest, l.dead, l.parked, l.failing, l.paused} {
		descriptions <- description
	}
}

// Collect implements prometheus.Collector. Levels that cannot be read are absent.
func (l *levels) Collect(into chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
	defer cancel()
	gauge := func(description *prometheus.Desc, value float64, labels ...string) {
		into <- prometheus.MustNewConstMetric(description, prometheus.GaugeValue, value, labels...)
	}
	gauge(l.lost, float64(l.source.Damage().Lost))
	stats, err := l.source.Stats(ctx)
	if err != nil {
		l.logger.WarnContext(ctx, "reading the levels of the queue failed", "cause", err)
		return
	}
	gauge(l.unevaluated, float64(stats.Unevaluated))
	for _, destination := range l.known(stats) {
		lane := stats.Lanes[destination]
		gauge(l.pending, float64(lane.Pending), destination)
		gauge(l.dead, float64(lane.DeadLetters), destination)
		gauge(l.oldest, l.age(lane.Oldest), destination)
		status, err := l.source.Status(ctx, destination)
		if err != nil {
			l.logger.WarnContext(ctx, "reading the state of a destination failed", "destination", destination, "cause", err)
			continue
		}
		gauge(l.parked, truth(!status.ParkedSince.IsZero()), destination)
		gauge(l.failing, truth(!status.FailingSince.IsZero() && status.ParkedSince.IsZero()), destination)
		gauge(l.paused, truth(status.Paused && status.RetryAt.After(l.now())), destination)
	}
}

// known returns the configured destinations, and removed ones that still have data.
func (l *levels) known(stats queue.Stats) []string {
	names := slices.AppendSeq(l.destinations(), maps.Keys(stats.Lanes))
	slices.Sort(names)
	return slices.Compact(names)
}

func (l *levels) age(oldest time.Time) float64 {
	if oldest.IsZero() {
		return 0
	}
	return max(0, l.now().Sub(oldest).Seconds())
}

func truth(holds bool) float64 {
	if holds {
		return 1
	}
	return 0
}
