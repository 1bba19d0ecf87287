package queue

import (
	"errors"
	"fmt"
	"log/slog"
	"time"
)

const (
	// DefaultMaxBytes is how much disk the store may take.
	DefaultMaxBytes = 1 << 30
	// SmallestMaxBytes leaves room for more than the tables alone.
	SmallestMaxBytes = 1 << 20
	// DefaultMaxAge is how long an evaluated event is kept.
	DefaultMaxAge = 72 * time.Hour

	// normalOverhead is room for what normalising adds to an event.
	normalOverhead = 32 << 10
	// largestEvent bounds what is read into memory for one message.
	largestEvent = 16 << 20

	// defaultLease is how long a process that has died keeps others from serving its lanes. It is
	// longer than a request to Slack.
	defaultLease = 30 * time.Second
	// defaultReserve is how much of the disk is kept for what waits already.
	defaultReserve = 8 << 20
)

// Options say where and how much to store.
type Options struct {
	// Dir is the data directory of the embedded store. It is created when missing, and locked.
	Dir string
	// Sync is how often the embedded store writes to the disk what it has acknowledged; 0 is before
	// each acknowledgement.
	Sync time.Duration
	// PostgresURL is that of a PostgreSQL database that is used instead, in the form of libpq; ""
	// is none. Dir, Sync and Reserve do not apply to it.
	PostgresURL string
	// MaxEvent is the size of the largest event as it arrives, in bytes: at least 1, at most 16
	// MiB.
	MaxEvent int64
	// MaxBytes bounds the store. When events reach their part of it, those that have been evaluated
	// make room; the others never.
	MaxBytes int64
	// MaxAge is how long evaluated events are kept, and copies of events recognised.
	MaxAge time.Duration
	// RecogniseFor is how long copies are recognised at least, also when MaxAge is less.
	RecogniseFor time.Duration
	// SentFor is how long it is remembered that a delivery was sent. It must be longer than an
	// event or a retry lives.
	SentFor time.Duration
	// Lease is how long a process that has died keeps others from its lanes; 0 is half a minute.
	Lease time.Duration
	// Reserve is how much of the disk is kept for what waits already, in bytes; 0 is 8 MiB.
	Reserve int64
	Logger  *slog.Logger
}

func (o Options) embedded() bool { return o.PostgresURL == "" }

// complete fills in what was left open, and refuses what cannot be.
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
