package app

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"

	"github.com/port-changelog/terraform-provider-port/listener/internal/ingest"
)

// startSmee receives from the Smee channel, if there is one. The channel is left
// first when the listener stops: after that nothing new arrives.
func (a *App) startSmee(ctx context.Context) error {
	channel := a.options.Config.Smee.URL.Reveal()
	if channel == "" {
		return nil
	}
	source, err := ingest.NewSmee(ingest.SmeeOptions{
		URL:       channel,
		UserAgent: "port-listener/" + a.options.Version,
		MaxBody:   min(ingest.SmeeMaxBody, int(a.options.Config.Webhook.MaxBody)),
		Verifier:  a.verifier,
		Store:     a.queue,
		Recorder:  a.metrics,
		Link:      a.metrics.WatchSmee(),
		Logger:    a.options.Logger,
		Jitter:    rand.Float64,
	})
	if err != nil {
		return fmt.Errorf("the Smee channel: %w", err)
	}
	running, leave := context.WithCancel(context.WithoutCancel(ctx))
	var receiving sync.WaitGroup
	receiving.Go(func() { source.Run(running) })
	a.cleanups.push("leaving the Smee channel", func(ctx context.Context) error {
		leave()
		return waitFor(ctx, &receiving)
	})
	return nil
}
