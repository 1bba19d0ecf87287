package admin

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/port-changelog/terraform-provider-port/listener/internal/config"
	"github.com/port-changelog/terraform-provider-port/listener/internal/queue"
)

// Opened is a Local with its own store.
type Opened struct {
	*Local
	store queue.Inspector
}

// Open opens the store of a listener that is not running. If the configuration does not list the
// destinations, those in the store count as configured. Its errors are those of queue.OpenExisting.
func Open(ctx context.Context, stored config.Stored, logger *slog.Logger, now func() time.Time) (*Opened, error) {
	return open(ctx, stored, false, logger, now)
}

// OpenReadOnly is like Open but only for reading, which is also possible while another process uses
// the store.
func OpenReadOnly(ctx context.Context, stored config.Stored, logger *slog.Logger, now func() time.Time) (*Opened, error) {
	return open(ctx, stored, true, logger, now)
}

func open(ctx context.Context, stored config.Stored, readOnly bool, logger *slog.Logger, now func() time.Time) (*Opened, error) {
	store, err := queue.OpenExisting(ctx, queue.Location{
		Dir:         stored.Store.Dir,
		PostgresURL: stored.Store.PostgresURL.Reveal(),
		ReadOnly:    readOnly,
		Logger:      logger,
	})
	if err != nil {
		return nil, err
	}
	opened := &Opened{store: store}
	names := stored.Destinations
	if names == nil {
		if names, err = store.Lanes(ctx); err != nil {
			return nil, errors.Join(err, store.Close())
		}
	}
	opened.Local = NewLocal(Options{Store: store, Destinations: func() []string { return names }, Logger: logger, Now: now})
	return opened, nil
}

// Close releases the store.
func (o *Opened) Close() error { return o.store.Close() }
