package app

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"

	"github.com/port-changelog/terraform-provider-port/listener/internal/arrivals"
	"github.com/port-changelog/terraform-provider-port/listener/internal/budget"
	"github.com/port-changelog/terraform-provider-port/listener/internal/config"
	"github.com/port-changelog/terraform-provider-port/listener/internal/ingest"
	"github.com/port-changelog/terraform-provider-port/listener/internal/metrics"
	"github.com/port-changelog/terraform-provider-port/listener/internal/queue"
)

// smee receives events from the configured Smee channel.
type smee struct {
	userAgent string
	verifier  ingest.Verifier
	queue     queue.Queue
	memory    *budget.Memory
	metrics   *metrics.Metrics
	arrivals  *arrivals.Log
	logger    *slog.Logger
	workers   *workers
	// current is nil until the first use.
	current *smeeWorker
}

// smeeWorker receives from a Smee channel.
type smeeWorker struct {
	// worker is nil until it is started.
	*worker
	// channel is "" and source nil if no channel is configured.
	channel string
	source  *ingest.Smee
}

// smeeLink reports the state of the channel to Prometheus and to the operator.
type smeeLink struct {
	*metrics.Smee
	arrivals *arrivals.Log
}

// Connected implements ingest.Link.
func (l *smeeLink) Connected() {
	l.Smee.Connected()
	l.arrivals.Report(ingest.SourceSmee, "connected", "")
}

// Disconnected implements ingest.Link.
func (l *smeeLink) Disconnected() {
	l.Smee.Disconnected()
	l.arrivals.Report(ingest.SourceSmee, "disconnected", "reconnecting")
}

// prepare returns an unstarted worker for the channel of a configuration, or the current worker if
// the channel is the same.
func (s *smee) prepare(loaded *config.Config) (*smeeWorker, error) {
	next := &smeeWorker{channel: loaded.Smee.URL.Reveal()}
	if s.current != nil && s.current.channel == next.channel {
		return s.current, nil
	}
	if next.channel == "" {
		return next, nil
	}
	source, err := ingest.NewSmee(ingest.SmeeOptions{
		URL:       next.channel,
		UserAgent: s.userAgent,
		MaxBody:   min(ingest.SmeeMaxBody, int(loaded.Webhook.MaxBody)),
		Verifier:  s.verifier,
		Store:     s.queue,
		Memory:    s.memory,
		Recorder:  s.metrics,
		Arrivals:  s.arrivals,
		Link:      &smeeLink{Smee: s.metrics.Smee(), arrivals: s.arrivals},
		Logger:    s.logger,
		Jitter:    rand.Float64,
	})
	if err != nil {
		return nil, fmt.Errorf("the Smee channel: %w", err)
	}
	next.source = source
	return next, nil
}

// use starts receiving, if there is a channel, once the previous worker has ended.
func (s *smee) use(ctx context.Context, next *smeeWorker) {
	if next == s.current {
		return
	}
	ended := make(chan struct{})
	if s.current != nil {
		s.current.stop()
		ended = s.current.ended
	} else {
		close(ended)
	}
	s.current = next
	if next.source != nil {
		s.metrics.Smee().Enter()
	}
	next.worker = s.workers.start(ctx, func(ctx context.Context) {
		<-ended
		if next.source == nil {
			s.metrics.Smee().Leave()
			s.arrivals.Leave(ingest.SourceSmee)
			return
		}
		s.metrics.Smee().Enter()
		next.source.Run(ctx)
	})
}

// stop leaves the channel, and waits until nothing new can arrive or ctx ends.
func (s *smee) stop(ctx context.Context) error {
	s.current.stop()
	select {
	case <-s.current.ended:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
