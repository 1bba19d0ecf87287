package app

import (
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/port-changelog/terraform-provider-port/listener/internal/arrivals"
	"github.com/port-changelog/terraform-provider-port/listener/internal/config"
	"github.com/port-changelog/terraform-provider-port/listener/internal/ingest"
	"github.com/port-changelog/terraform-provider-port/listener/internal/metrics"
)

// smeeWorker receives from a Smee channel.
type smeeWorker struct {
	// worker is nil until it is started.
	*worker
	// channel is "" if there is none, and source is nil then.
	channel string
	source  *ingest.Smee
}

// smeeLink shows the state of the channel to Prometheus and to the operator.
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
	l.arrivals.Report(ingest.SourceSmee, "disconnected", "it is connected again by itself")
}

// newSmee returns a worker that does nothing yet. It needs the store.
func (a *App) newSmee(loaded *config.Config) (*smeeWorker, error) {
	made := &smeeWorker{channel: loaded.Smee.URL.Reveal()}
	if made.channel == "" {
		return made, nil
	}
	source, err := ingest.NewSmee(ingest.SmeeOptions{
		URL:       made.channel,
		UserAgent: "port-listener/" + a.options.Version,
		MaxBody:   min(ingest.SmeeMaxBody, int(loaded.Webhook.MaxBody)),
		Verifier:  &a.verifier,
		Store:     a.queue,
		Memory:    a.memory,
		Recorder:  a.metrics,
		Arrivals:  a.arrivals,
		Link:      &smeeLink{Smee: a.metrics.Smee(), arrivals: a.arrivals},
		Logger:    a.options.Logger,
		Jitter:    rand.Float64,
	})
	if err != nil {
		return nil, fmt.Errorf("the Smee channel: %w", err)
	}
	made.source = source
	return made, nil
}

// enter begins to receive, if there is a channel, once the worker before has
// ended. before is nil when the listener starts.
func (a *App) enter(ctx context.Context, next, before *smeeWorker) {
	a.smee = next
	ended := make(chan struct{})
	if before != nil {
		before.stop()
		ended = before.ended
	} else {
		close(ended)
	}
	if next.source != nil {
		a.metrics.Smee().Enter()
	}
	next.worker = a.startWorker(ctx, func(ctx context.Context) {
		<-ended
		if next.source == nil {
			a.metrics.Smee().Leave()
			a.arrivals.Leave(ingest.SourceSmee)
			return
		}
		a.metrics.Smee().Enter()
		next.source.Run(ctx)
	})
}

// startSmee receives from the Smee channel, if there is one. The channel is left
// first when the listener stops: after that nothing new arrives.
func (a *App) startSmee(ctx context.Context) error {
	unlock, err := a.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	made, err := a.newSmee(a.options.Config)
	if err != nil {
		return err
	}
	a.enter(ctx, made, nil)
	a.cleanups.push("leaving the Smee channel", func(ctx context.Context) error {
		unlock, err := a.lock(ctx)
		if err != nil {
			return err
		}
		defer unlock()
		a.smee.stop()
		select {
		case <-a.smee.ended:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
	return nil
}
