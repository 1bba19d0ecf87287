package courier

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/port-changelog/terraform-provider-port/listener/internal/message"
	"github.com/port-changelog/terraform-provider-port/listener/internal/queue"
	"github.com/port-changelog/terraform-provider-port/listener/internal/slack"
)

// deliver sends a message and records what became of it. suspect is the message
// in whose place it is tried, or nil.
func (r *round) deliver(ctx context.Context, chosen, suspect *attempt) error {
	content, items, err := r.render(ctx, chosen)
	if err != nil {
		return err
	}
	if len(items) == 0 {
		r.state.drop(chosen)
		return nil
	}
	uncertain := chosen.Uncertain
	chosen.Uncertain = true
	if err := r.save(ctx); err != nil {
		return err
	}
	err = r.Outlet.Send(r.lane.Held(), content) //nolint:contextcheck // A request outlives ctx, and ends with the lane.
	r.notBefore = r.Now().Add(r.Interval)
	chosen.Uncertain = uncertain
	if err == nil {
		return r.delivered(ctx, chosen, suspect, items)
	}
	failure, ok := errors.AsType[*slack.Failure](err)
	if !ok {
		return err
	}
	r.Recorder.Failed(r.Destination, string(failure.Reason))
	if err := r.failed(ctx, chosen, suspect, failure); err != nil {
		return err
	}
	return r.save(ctx)
}

// render reads the items of a message again and makes the message of them. Items
// that are gone, and those of which nothing can be made, fall out of it.
func (r *round) render(ctx context.Context, chosen *attempt) (message.Message, []queue.Item, error) {
	notes := message.Notes{Now: r.Now(), PossiblySent: chosen.Uncertain}
	var items []queue.Item
	var held []reference
	var content message.Message
	var digest message.Digest
	for _, wanted := range chosen.Items {
		item, found, err := r.lane.Peek(ctx, wanted.Sequence-1)
		if err != nil {
			return content, nil, err
		}
		if !found || item.ID() != wanted.ID {
			continue
		}
		if len(chosen.Items) == 1 {
			notes.Overtaken = item.Overtaken
			content, err = r.Renderer.Alert(item.Delivery, notes)
		} else {
			err = r.addLine(&digest, item)
		}
		if errors.Is(err, errDigestFull) {
			break
		}
		if err != nil {
			if err := r.bury(ctx, item, queue.ReasonUnreadable, err); err != nil {
				return content, nil, err
			}
			continue
		}
		items, held = append(items, item), append(held, wanted)
	}
	if len(chosen.Items) > 1 {
		content = digest.Message(notes)
	}
	chosen.Items = held
	if chosen.Plain {
		content = content.Plain()
	}
	return content, items, nil
}

// errDigestFull says that the rest is told by the next message.
var errDigestFull = errors.New("the digest is full")

func (r *round) addLine(digest *message.Digest, item queue.Item) error {
	line, err := r.Renderer.Line(item.Delivery)
	if err == nil && !digest.Add(line) {
		err = errDigestFull
	}
	return err
}

// delivered notes that a message was sent before it removes its items.
func (r *round) delivered(ctx context.Context, chosen, suspect *attempt, items []queue.Item) error {
	chosen.Sent = true
	r.moveAside(ctx, suspect)
	r.resume(ctx, "a message was delivered")
	if err := r.save(ctx); err != nil {
		return err
	}
	for _, item := range items {
		r.Recorder.Delivered(r.Destination, r.Now().Sub(item.StoredAt))
	}
	if len(items) > 1 {
		r.Recorder.Digested(r.Destination)
		r.Logger.InfoContext(ctx, "digest delivered", "alerts", len(items))
	} else {
		r.Logger.InfoContext(ctx, "alert delivered", "event", items[0].ShortIdentity(), "about", r.Renderer.About(items[0].Delivery))
	}
	if chosen.Plain {
		r.Recorder.SentPlain(r.Destination)
	}
	return r.finish(ctx, chosen)
}

// moveAside has others wait no longer for a message, since the destination has
// answered to another one.
func (r *round) moveAside(ctx context.Context, suspect *attempt) {
	if suspect == nil {
		return
	}
	suspect.Aside = true
	r.Logger.WarnContext(ctx, "an alert that keeps failing is moved aside: others are delivered", "event", shortID(suspect.Items[0]), "failures", suspect.Failures)
}

// finish removes the items of a message that was sent.
func (r *round) finish(ctx context.Context, sent *attempt) error {
	items := make([]queue.Item, len(sent.Items))
	for i, held := range sent.Items {
		items[i] = queue.Item{Sequence: held.Sequence, Delivery: deliveryOf(held.ID)}
	}
	if err := r.lane.Finish(ctx, items); err != nil {
		return err
	}
	r.state.drop(sent)
	return nil
}

// bury makes a dead letter of an item.
func (r *round) bury(ctx context.Context, item queue.Item, reason queue.Reason, cause error) error {
	if err := r.lane.Bury(ctx, item, reason); err != nil {
		return err
	}
	r.Recorder.Buried(r.Destination, reason)
	r.Logger.ErrorContext(ctx, "alert given up; it is among the dead letters", "event", item.ShortIdentity(), "about", r.Renderer.About(item.Delivery),
		"reason", reason, "cause", cause)
	return nil
}

// log tells of a failure.
func (r *round) log(ctx context.Context, level slog.Level, text string, failed *attempt, failure *slack.Failure, more ...any) {
	attributes := append([]any{"event", shortID(failed.Items[0]), "alerts", len(failed.Items), "cause", failure}, more...)
	r.Logger.Log(ctx, level, text, attributes...)
}

// age is how long an alert has waited, without the time in which its destination
// was parked.
func (r *round) age(item reference) time.Duration {
	since := item.StoredAt
	if r.state.ResumedAt.After(since) {
		since = r.state.ResumedAt
	}
	return r.Now().Sub(since)
}
