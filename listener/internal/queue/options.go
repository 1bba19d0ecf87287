package queue

import (
	"errors"
	"fmt"
	"log/slog"
	"time"
)

const (
	// DefaultMaxBytes is the default size limit of the store in bytes.
	DefaultMaxBytes = 1 << 30
	// SmallestMaxBytes is the minimum of Options.MaxBytes: the empty tables also take space.
	SmallestMaxBytes = 1 << 20
	// DefaultMaxAge is how long an evaluated event is kept by default.
	DefaultMaxAge = 72 * time.Hour

	// normalOverhead is the maximum that normalising adds to the size of an event.
	normalOverhead = 32 << 10
	// largestEvent limits the memory used for one event.
	largestEvent = 16 << 20

	// defaultLease is how long a dead process prevents others from serving its lanes. It is longer
	// than a request to Slack.
	defaultLease = 30 * time.Second
	// defaultReserve is the disk space in bytes that is reserved for pending alerts.
	defaultReserve = 8 << 20
)

// Options configure a store.
type Options struct {
	// Dir is the data directory of the embedded store. It is created if necessary, and locked.
	Dir string
	// Sync is how often the embedded store syncs acknowledged events to disk; with 0, before each
	// acknowledgement.
	Sync time.Duration
	// PostgresURL is the libpq URL of a PostgreSQL database that is used instead, or "". Dir, Sync
	// and Reserve do not apply to it.
	PostgresURL string
	// MaxEvent is the maximum size of an event as received, in bytes, from 1 to 16 MiB.
	MaxEvent int64
	// MaxBytes limits the size of the store. When space is short, evaluated events are discarded;
	// others never are.
	MaxBytes int64
	// MaxAge is how long evaluated events are kept and duplicates recognised.
	MaxAge time.Duration
	// RecogniseFor is the minimum time for which duplicates are recognised, even if MaxAge is less.
	RecogniseFor time.Duration
	// SentFor is how long sent deliveries are remembered. It must be longer than events are kept
	// and retried.
	SentFor time.Duration
	// Lease is how long a dead process prevents others from serving its lanes; 0 means 30 seconds.
	Lease time.Duration
	// Reserve is the disk space in bytes that is reserved for pending alerts; 0 means 8 MiB.
	Reserve int64
	Logger  *slog.Logger
}

func (o Options) embedded() bool { return o.PostgresURL == "" }

// complete sets the defaults and validates the options.
func (o Options) complete() (Options, error) {
	if o.MaxEvent < 1 || o.MaxEvent > largestEvent {
		return o, fmt.Errorf("the largest event must be between 1 and %d bytes, not %d", largestEvent, o.MaxEvent)
	}
	if o.MaxBytes < SmallestMaxBytes {
		return o, fmt.Errorf("the event store must have at least %d bytes, not %d", SmallestMaxBytes, o.MaxBytes)
	}
	if o.MaxAge <= 0 || o.SentFor <= o.MaxAge {
		return o, errors.New("sent keys must be kept longer than events")
	}
	if o.Lease == 0 {
		o.Lease = defaultLease
	}
	if o.Reserve == 0 {
		o.Reserve = defaultReserve
	}
	return o, nil
}
