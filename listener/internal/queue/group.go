package queue

import (
	"context"
	"crypto/rand"
	"errors"
	"strconv"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	// One group holds as many events as this, and few bytes more.
	groupEvents = 64
	groupBytes  = 4 << 20
)

// The headers of an atomic batch, which the server writes to the disk as one.
const (
	batchHeader       = "Nats-Batch-Id"
	batchNumberHeader = "Nats-Batch-Sequence"
	batchCommitHeader = "Nats-Batch-Commit"
)

// group writes events that arrive at the same time together: the disk is waited
// for once per group, not once per event. Events that arrive meanwhile make the
// next group, so that nobody waits for a group to fill.
type group struct {
	queue    *JetStream
	requests chan groupRequest
	// ended is closed when no more groups are written.
	ended chan struct{}
}

func newGroup(queue *JetStream) *group {
	return &group{queue: queue, requests: make(chan groupRequest, groupEvents), ended: make(chan struct{})}
}

// errClosed says that the queue was closed.
var errClosed = errors.New("the event store is closed")

// groupRequest is an event that waits for its answer.
type groupRequest struct {
	event  Event
	answer chan groupAnswer
}

type groupAnswer struct {
	ack *jetstream.PubAck
	err error
}

// store has the event written with the next group.
func (g *group) store(ctx context.Context, event Event) (*jetstream.PubAck, error) {
	request := groupRequest{event: event, answer: make(chan groupAnswer, 1)}
	select {
	case g.requests <- request:
	case <-g.ended:
		return nil, errClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	select {
	case answer := <-request.answer:
		return answer.ack, answer.err
	case <-g.ended:
		return nil, errClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// run writes groups until ctx ends.
func (g *group) run(ctx context.Context) {
	defer close(g.ended)
	for {
		select {
		case first := <-g.requests:
			g.write(ctx, g.gather(first))
		case <-ctx.Done():
			return
		}
	}
}

// gather takes what waits already.
func (g *group) gather(first groupRequest) []groupRequest {
	gathered, size := []groupRequest{first}, len(first.event.Body)
	for len(gathered) < groupEvents && size < groupBytes {
		select {
		case request := <-g.requests:
			gathered, size = append(gathered, request), size+len(request.event.Body)
		default:
			return gathered
		}
	}
	return gathered
}

// write answers every request of a group. A batch is refused as a whole, for a
// copy of an event or a full stream; its events are then written one by one.
func (g *group) write(ctx context.Context, gathered []groupRequest) {
	if len(gathered) > 1 {
		if last, err := g.writeBatch(ctx, gathered); err == nil {
			for i, request := range gathered {
				ack := *last
				ack.Sequence -= uint64(len(gathered) - 1 - i) //nolint:gosec // A batch is shorter than its last number.
				request.answer <- groupAnswer{ack: &ack}
			}
			return
		}
	}
	for _, request := range gathered {
		ack, err := g.writeOne(ctx, request.event)
		request.answer <- groupAnswer{ack, err}
	}
}

func (g *group) writeOne(ctx context.Context, event Event) (*jetstream.PubAck, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	return g.queue.publishEvent(ctx, event)
}

// writeBatch publishes a batch and waits until it is on disk.
func (g *group) writeBatch(ctx context.Context, gathered []groupRequest) (*jetstream.PubAck, error) {
	if err := g.queue.checkSpace(g.queue.options.Reserve); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	name, last := rand.Text(), len(gathered)-1
	for i, request := range gathered {
		message := &nats.Msg{Subject: eventsSubject, Data: request.event.Body, Header: nats.Header{
			batchHeader: {name}, batchNumberHeader: {strconv.Itoa(i + 1)},
			jetstream.MsgIDHeader: {request.event.Identity}, jetstream.ExpectedStreamHeader: {eventsStream},
		}}
		if i == last {
			message.Header.Set(batchCommitHeader, "1")
			return g.queue.js.PublishMsg(ctx, message)
		}
		if err := g.queue.conn.PublishMsg(message); err != nil {
			return nil, err
		}
	}
	return nil, errors.New("an empty group")
}
