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
	// SmallestMaxBytes leaves every stream some room.
	SmallestMaxBytes = 1 << 20
	// DefaultMaxAge is how long an evaluated event is kept.
	DefaultMaxAge = 72 * time.Hour
	// DefaultReplicas is for a cluster of three servers.
	DefaultReplicas = 3

	// normalOverhead is room for what normalising adds to an event, and
	// headerOverhead for the headers of its message.
	normalOverhead = 32 << 10
	headerOverhead = 4 << 10
	// largestState is ample for a lane in which hundreds of alerts have failed.
	largestState = 512 << 10
	// largestEvent keeps a record well below the 32 MiB from which on the server
	// takes it for damaged when it reads a block again.
	largestEvent = 16 << 20

	// defaultLease is how long a process that has died keeps others from serving
	// its lanes.
	defaultLease = 15 * time.Second
	// defaultReserve is the disk space that is left to the store's own records.
	defaultReserve = 32 << 20
)

// Options say where and how much to store.
type Options struct {
	// Dir is the data directory of the embedded store. It is created when
	// missing, and locked.
	Dir string
	// Sync is how often the embedded store writes to the disk what it has
	// acknowledged; 0 is before each acknowledgement.
	Sync time.Duration
	// External has the store elsewhere; Dir is not used then.
	External External
	// MaxEvent is the size of the largest event as it arrives, in bytes: at
	// least 1, at most 16 MiB.
	MaxEvent int64
	// MaxBytes bounds the store. When events reach their part of it, those that
	// have been evaluated make room; the others never.
	MaxBytes int64
	// MaxAge is how long evaluated events are kept, and copies recognised.
	MaxAge time.Duration
	// SentFor is how long it is remembered that a delivery was sent. It must be
	// longer than an event or a retry lives.
	SentFor time.Duration
	// Lease is how long a process that has died keeps others from its lanes;
	// 0 is a quarter of a minute.
	Lease time.Duration
	// Reserve is how much of the disk is left free, in bytes; 0 is 32 MiB.
	Reserve int64
	Logger  *slog.Logger
}

// External says how to reach a NATS cluster with JetStream.
type External struct {
	// URL is one or several NATS URLs, separated by commas; "" is none.
	URL string
	// CredentialsFile and CAFile are paths, or "".
	CredentialsFile string
	CAFile          string
	// Replicas is in how many servers each message is kept.
	Replicas int
}

func (o Options) embedded() bool { return o.External.URL == "" }

// maxPayload is the size of the largest message: an event, or the state of a lane.
func (o Options) maxPayload() int64 {
	return max(o.MaxEvent+normalOverhead+headerOverhead, largestState)
}

func (o Options) replicas() int {
	if o.embedded() {
		return 1
	}
	return o.External.Replicas
}

// complete fills in what was left open, and refuses what cannot be.
func (o Options) complete() (Options, error) {
	if o.MaxEvent < 1 || o.MaxEvent > largestEvent {
		return o, fmt.Errorf("the largest event must have between 1 and %d bytes, not %d", largestEvent, o.MaxEvent)
	}
	if o.MaxBytes < SmallestMaxBytes {
		return o, fmt.Errorf("the event store must have at least %d bytes, not %d", SmallestMaxBytes, o.MaxBytes)
	}
	if o.MaxAge <= 0 || o.SentFor <= o.MaxAge {
		return o, errors.New("what was sent must be remembered for longer than events are kept")
	}
	if o.Lease == 0 {
		o.Lease = defaultLease
	}
	if o.Reserve == 0 {
		o.Reserve = defaultReserve
	}
	return o, nil
}
