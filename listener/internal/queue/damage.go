package queue

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/nats-io/nats.go/jetstream"
)

// assess compares what the store holds with our own count, and notes the
// difference for the operator.
func (q *JetStream) assess(ctx context.Context, found inspection) error {
	lost, actual, err := q.compare(ctx)
	if err != nil {
		return err
	}
	q.ledger.reset(actual)
	if q.embedded == nil {
		q.damage = Damage{Lost: lost}
		return nil
	}
	if lost == 0 && found.damaged == 0 && found.aside != "" {
		// A write that the end of the process cut short, and nobody waits for.
		if err := os.RemoveAll(found.aside); err != nil {
			return err
		}
		found.aside = ""
	}
	if lost > 0 || found.aside != "" {
		if err := q.report(ctx, lost, found); err != nil {
			return err
		}
	}
	return q.readReports()
}

// compare counts what is missing. Events follow one another without a gap, so
// that one among those that wait for their evaluation shows; the ledger knows
// about the end of the stream, and about deliveries.
func (q *JetStream) compare(ctx context.Context) (lost int, actual counts, err error) {
	events, err := q.events.Info(ctx, jetstream.WithDeletedDetails(true))
	if err != nil {
		return 0, counts{}, fmt.Errorf("asking for the events: %w", err)
	}
	deliver, err := q.deliver.Info(ctx)
	if err != nil {
		return 0, counts{}, fmt.Errorf("asking for the deliveries: %w", err)
	}
	at, err := q.loadPosition(ctx)
	if err != nil {
		return 0, counts{}, err
	}
	actual = counts{Events: events.State.LastSeq, Pending: int64(deliver.State.Msgs)} //nolint:gosec // A stream holds far fewer messages.
	evaluated := at.sequence
	if at.revision == 0 {
		// How far the evaluation had come is not known, and what was discarded
		// is not lost.
		evaluated = max(events.State.FirstSeq, 1) - 1
	}
	lost = missing(events.State, evaluated)
	if q.ledger != nil && q.ledger.known {
		lost += int(max(0, q.ledger.Pending-actual.Pending))
		if q.ledger.Events > max(actual.Events, at.sequence) {
			lost += int(q.ledger.Events - max(actual.Events, at.sequence)) //nolint:gosec // As above.
		}
	}
	if at.sequence > actual.Events {
		// Numbers are given anew; a position beyond them would pass over events.
		at.sequence = actual.Events
		if _, err := q.savePosition(ctx, at); err != nil {
			return 0, counts{}, err
		}
	}
	return lost, actual, nil
}

// missing counts the gaps among the events that have not been evaluated.
func missing(state jetstream.StreamState, evaluated uint64) int {
	gone := 0
	if state.FirstSeq > evaluated+1 && state.LastSeq > evaluated {
		gone += int(min(state.FirstSeq, state.LastSeq+1) - evaluated - 1) //nolint:gosec // A stream holds far fewer messages.
	}
	for _, sequence := range state.Deleted {
		if sequence > evaluated && sequence > state.FirstSeq {
			gone++
		}
	}
	return gone
}

// report is what reportFile holds.
type report struct {
	Lost           int `json:"lost"`
	DamagedRecords int `json:"damaged_records"`
}

func (q *JetStream) report(ctx context.Context, lost int, found inspection) error {
	dir := found.aside
	if dir == "" {
		dir = newAside(q.options.Dir)
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return fmt.Errorf("reporting damage: %w", err)
		}
	}
	content, err := json.Marshal(report{Lost: lost, DamagedRecords: found.damaged})
	if err != nil {
		return err
	}
	if err := writeSynced(filepath.Join(dir, reportFile), content); err != nil {
		return fmt.Errorf("reporting damage: %w", err)
	}
	q.options.Logger.ErrorContext(ctx, "event store: it was damaged", "lost", lost, "aside", dir)
	return nil
}

// readReports adds up every report that the operator has not removed yet.
func (q *JetStream) readReports() error {
	reports, err := filepath.Glob(filepath.Join(q.options.Dir, asideDir, "*", reportFile))
	if err != nil {
		return err
	}
	for _, path := range reports {
		content, err := os.ReadFile(path) //nolint:gosec // A file of the data directory.
		if err != nil {
			return fmt.Errorf("reading a report of damage: %w", err)
		}
		var read report
		if err := json.Unmarshal(content, &read); err != nil {
			q.options.Logger.Warn("event store: a report of damage cannot be read", "file", path, "cause", err)
		}
		q.damage.Lost += read.Lost
		q.damage.Aside = filepath.Join(q.options.Dir, asideDir)
	}
	return nil
}
