package queue

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// The streams of the store. Each is a part of the whole of Options.MaxBytes.
const (
	eventsStream  = "EVENTS"
	deliverStream = "DELIVER"
	deadStream    = "DLQ"
	sentStream    = "SENT"
	stateStream   = "STATE"
	leaseStream   = "LEASE"
)

// The subjects of the store.
const (
	eventsSubject = "listener.events"
	deliverPrefix = "listener.deliver."
	deadPrefix    = "listener.dlq."
	sentPrefix    = "listener.sent."
	statePrefix   = "listener.state."
	leasePrefix   = "listener.lease."
	wakePrefix    = "listener.wake."
)

const (
	// duplicateWindow is how long a second copy of an event is recognised by
	// the stream. A signature is valid for minutes; senders that sign anew retry
	// for hours. What was sent is remembered for longer.
	duplicateWindow = 24 * time.Hour
	// deliverWindow covers an event that is evaluated again after a crash.
	deliverWindow = time.Hour
	// stateBytes is ample for one small record per lane.
	stateBytes = 16 << 20
)

// ownerKey marks the streams that are ours: their names may be taken in a cluster
// that others use, and a stream of somebody else must not be touched.
const (
	ownerKey  = "port-listener"
	ownerMark = "1"
)

// streamConfigs describes every stream. Reads are answered by the leader of a
// stream alone: a follower that lags behind would show what is gone already.
func (o Options) streamConfigs() []jetstream.StreamConfig {
	whole := o.MaxBytes
	configs := []jetstream.StreamConfig{
		{
			Name: eventsStream, Subjects: []string{eventsSubject}, MaxBytes: whole / 2,
			// The stream refuses what does not fit; makeRoom decides what may go.
			Discard: jetstream.DiscardNew, Duplicates: min(duplicateWindow, o.MaxAge),
		},
		{
			Name: deliverStream, Subjects: []string{deliverPrefix + "*"}, MaxBytes: whole / 4,
			Discard: jetstream.DiscardNew, Duplicates: deliverWindow,
		},
		{
			Name: deadStream, Subjects: []string{deadPrefix + "*"}, MaxBytes: whole / 8,
			Discard: jetstream.DiscardOld, Duplicates: deliverWindow,
		},
		{
			Name: sentStream, Subjects: []string{sentPrefix + ">"}, MaxBytes: whole / 8,
			Discard: jetstream.DiscardOld, MaxAge: o.SentFor, MaxMsgsPerSubject: 1,
		},
		{
			Name: stateStream, Subjects: []string{statePrefix + ">"}, MaxBytes: stateBytes,
			Discard: jetstream.DiscardNew, MaxMsgsPerSubject: 1,
		},
		{
			Name: leaseStream, Subjects: []string{leasePrefix + ">"}, MaxBytes: stateBytes,
			Discard: jetstream.DiscardNew, MaxMsgsPerSubject: 1,
		},
	}
	for i := range configs {
		configs[i].Storage = jetstream.FileStorage
		configs[i].Retention = jetstream.LimitsPolicy
		configs[i].Replicas = o.replicas()
		configs[i].MaxMsgs = -1
		configs[i].MaxMsgSize = int32(o.maxPayload()) //nolint:gosec // complete has checked MaxEvent.
		configs[i].Metadata = map[string]string{ownerKey: ownerMark}
	}
	if o.embedded() {
		// The lock of the directory admits one process; leases of one that has
		// died would only delay the next.
		configs[len(configs)-1].Storage = jetstream.MemoryStorage
		configs[0].AllowAtomicPublish = true
	}
	return configs
}

// makeStreams makes the streams, or brings them up to date.
func (q *JetStream) makeStreams(ctx context.Context) (map[string]jetstream.Stream, error) {
	made := make(map[string]jetstream.Stream)
	for _, config := range q.options.streamConfigs() {
		if err := q.checkOwner(ctx, config.Name); err != nil {
			return nil, err
		}
		stream, err := q.js.CreateOrUpdateStream(ctx, config)
		if err != nil {
			return nil, fmt.Errorf("opening the stream %s: %w", config.Name, err)
		}
		made[config.Name] = stream
	}
	return made, nil
}

// openStreams makes the streams and takes them into use.
func (q *JetStream) openStreams(ctx context.Context) error {
	opened, err := q.makeStreams(ctx)
	if err != nil {
		return err
	}
	q.useStreams(opened)
	return nil
}

func (q *JetStream) useStreams(opened map[string]jetstream.Stream) {
	q.events, q.deliver, q.dead = opened[eventsStream], opened[deliverStream], opened[deadStream]
	q.sent = records{js: q.js, stream: opened[sentStream]}
	q.states = records{js: q.js, stream: opened[stateStream]}
	q.leases = records{js: q.js, stream: opened[leaseStream]}
}

// checkOwner refuses a stream of somebody else. One that does not exist may be
// made.
func (q *JetStream) checkOwner(ctx context.Context, name string) error {
	_, err := q.findStream(ctx, name)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return nil
	}
	return err
}

// findStream returns a stream that exists and is ours. Its error may wrap
// jetstream.ErrStreamNotFound.
func (q *JetStream) findStream(ctx context.Context, name string) (jetstream.Stream, error) {
	existing, err := q.js.Stream(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("looking for the stream %s: %w", name, err)
	}
	if existing.CachedInfo().Config.Metadata[ownerKey] != ownerMark {
		return nil, fmt.Errorf("the stream %s exists and is not the listener's; give the listener a NATS account of its own", name)
	}
	return existing, nil
}
