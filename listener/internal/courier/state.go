package courier

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/port-changelog/terraform-provider-port/listener/internal/queue"
)

// state is what is known about a lane beyond its items. It is saved in the lane,
// so that it outlives the process.
type state struct {
	// Attempts are the messages that have been begun, in the order of their
	// items.
	Attempts []*attempt `json:"attempts,omitempty"`
	// Parked is set while the destination takes no messages at all.
	Parked *parking `json:"parked,omitempty"`
	// PausedUntil is until when the destination wants to be left alone.
	PausedUntil time.Time `json:"paused_until,omitzero"`
	// ResumedAt is when the destination was parked last: alerts have not aged
	// before it.
	ResumedAt time.Time `json:"resumed_at,omitzero"`
	// Signal is the last of the lane's signals that counts no more.
	Signal uint64 `json:"signal,omitempty"`
}

// parking says why a destination is parked.
type parking struct {
	Since time.Time `json:"since"`
	Cause string    `json:"cause"`
	// Webhook is that of the courier that has parked the destination.
	Webhook string `json:"webhook"`
	// Probe is when the destination is tried again.
	Probe time.Time `json:"probe"`
}

// attempt is one message: an alert, or a digest of several.
type attempt struct {
	Items []reference `json:"items"`
	// Failures counts the outages that it met.
	Failures int `json:"failures,omitempty"`
	// Until is when it is tried again.
	Until time.Time `json:"until,omitzero"`
	// Uncertain says that it may have been delivered: it is being sent, or the
	// answer did not tell.
	Uncertain bool `json:"uncertain,omitempty"`
	// Plain says that its blocks were refused.
	Plain bool `json:"plain,omitempty"`
	// Aside says that it fails while others succeed. They do not wait for it.
	Aside bool `json:"aside,omitempty"`
	// Sent says that it was delivered; its items have only to be removed.
	Sent bool `json:"sent,omitempty"`

	// scouted says that since its last failure another message was tried.
	scouted bool
}

// reference names an item of the lane.
type reference struct {
	Sequence uint64    `json:"sequence"`
	ID       string    `json:"id"`
	StoredAt time.Time `json:"stored_at"`
}

func refer(item queue.Item) reference {
	return reference{Sequence: item.Sequence, ID: item.ID(), StoredAt: item.StoredAt}
}

// drop forgets an attempt.
func (s *state) drop(gone *attempt) {
	s.Attempts = slices.DeleteFunc(s.Attempts, func(known *attempt) bool { return known == gone })
}

// add keeps the attempts in order.
func (s *state) add(begun *attempt) {
	s.Attempts = append(s.Attempts, begun)
	slices.SortStableFunc(s.Attempts, func(a, b *attempt) int {
		return int(a.Items[0].Sequence) - int(b.Items[0].Sequence) //nolint:gosec // Sequence numbers stay far below the limit.
	})
}

// known returns the items that some attempt holds.
func (s *state) known() map[uint64]bool {
	held := make(map[uint64]bool)
	for _, begun := range s.Attempts {
		for _, item := range begun.Items {
			held[item.Sequence] = true
		}
	}
	return held
}

// aside counts the attempts that others do not wait for.
func (s *state) aside() int {
	count := 0
	for _, begun := range s.Attempts {
		if begun.Aside {
			count++
		}
	}
	return count
}

// Status is what the operator may know about a destination.
type Status struct {
	// Parked says that the destination takes no messages; Cause and Since tell
	// more, and Probe when it is tried again.
	Parked bool
	Cause  string
	Since  time.Time
	Probe  time.Time
	// PausedUntil is in the past when the destination is not paused.
	PausedUntil time.Time
}

// ReadStatus reads what a courier has saved in its lane.
func ReadStatus(saved []byte) (Status, error) {
	read, err := decodeState(saved)
	if err != nil {
		return Status{}, err
	}
	status := Status{PausedUntil: read.PausedUntil}
	if read.Parked != nil {
		status.Parked, status.Cause, status.Since, status.Probe = true, read.Parked.Cause, read.Parked.Since, read.Parked.Probe
	}
	return status, nil
}

func decodeState(saved []byte) (state, error) {
	var read state
	if len(saved) == 0 {
		return read, nil
	}
	if err := json.Unmarshal(saved, &read); err != nil {
		return state{}, fmt.Errorf("reading the state of a lane: %w", err)
	}
	read.Attempts = slices.DeleteFunc(read.Attempts, func(begun *attempt) bool { return begun == nil || len(begun.Items) == 0 })
	return read, nil
}

func (r *round) save(ctx context.Context) error {
	encoded, err := json.Marshal(r.state)
	if err != nil {
		return err
	}
	return r.lane.Save(ctx, encoded)
}

// recover reads what an earlier courier has left. What it had sent, and could not
// remove any more, is removed now.
func (r *round) recover(ctx context.Context) error {
	saved, err := r.lane.Load(ctx)
	if err != nil {
		return err
	}
	if r.state, err = decodeState(saved); err != nil {
		r.Logger.WarnContext(ctx, "what was noted about this destination cannot be read; a message may be sent twice", "cause", err)
	}
	if parked := r.state.Parked; parked != nil && parked.Webhook != r.Webhook {
		r.resume(ctx, "it has another webhook")
		if err := r.save(ctx); err != nil {
			return err
		}
	}
	for _, begun := range slices.Clone(r.state.Attempts) {
		if !begun.Sent {
			continue
		}
		if err := r.finish(ctx, begun); err != nil {
			return err
		}
	}
	return nil
}
