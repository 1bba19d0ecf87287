package app

import (
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/port-changelog/terraform-provider-port/listener/internal/config"
	"github.com/port-changelog/terraform-provider-port/listener/internal/ingest"
)

// smeeWorker receives from a Smee channel.
type smeeWorker struct {
	// worker is nil until it is started, and always if there is no channel.
	*worker
	// channel is "" if there is none.
	channel string
	source  *ingest.Smee
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
		Recorder:  a.metrics,
		Link:      a.metrics.WatchSmee(),
		Logger:    a.options.Logger,
		Jitter:    rand.Float64,
	})
	if err != nil {
		return nil, fmt.Errorf("the Smee channel: %w", err)
	}
	made.source = source
	return made, nil
}

// enter begins to receive, if there is a channel.
func (s *smeeWorker) enter(ctx context.Context) {
	if s.source != nil {
		s.worker = startWorker(ctx, s.source.Run)
	}
}

// leave ends what enter has begun.
func (s *smeeWorker) leave(ctx context.Context) error {
	if s.worker == nil {
		return nil
	}
	return s.finish(ctx)
}

// startSmee receives from the Smee channel, if there is one. The channel is left
// first when the listener stops: after that nothing new arrives.
func (a *App) startSmee(ctx context.Context) error {
	a.loading.Lock()
	defer a.loading.Unlock()
	made, err := a.newSmee(a.options.Config)
	if err != nil {
		return err
	}
	a.smee = made
	a.smee.enter(ctx)
	a.cleanups.push("leaving the Smee channel", func(ctx context.Context) error {
		a.loading.Lock()
		defer a.loading.Unlock()
		return a.smee.leave(ctx)
	})
	return nil
}
