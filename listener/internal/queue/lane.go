package queue

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// lane is a Lane for the holder of its lease.
type lane struct {
	queue   *SQL
	name    string
	held    context.Context
	changes signal
}

// laneTask returns the name of the lease of a lane, which is also the topic of its signals.
func laneTask(name string) string { return "lane." + name }

// Serve implements Queue. Only one call serves a lane at a time, in this process and all others.
func (q *SQL) Serve(ctx context.Context, name string, serve Server) {
	q.hold(ctx, laneTask(name), func(ctx, held context.Context) error {
		changes, stop := q.signals.subscribe(laneTask(name))
		defer stop()
		err := serve(ctx, &lane{queue: q, name: name, held: held, changes: changes})
		if ctx.Err() != nil && held.Err() == nil {
			return nil
		}
		return err
	})
}

func (l *lane) Held() context.Context { return l.held }

func (l *lane) Wait(ctx context.Context, atMost time.Duration) {
	l.changes.wait(ctx, min(atMost, pollInterval))
}

// until returns a context that ends only with the lease, so that work on an item is completed when
// the listener stops.
func (l *lane) until(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	unlink := context.AfterFunc(l.held, cancel)
	return ctx, func() {
		unlink()
		cancel()
	}
}

// write applies a change if this process still holds the lease.
func (l *lane) write(ctx context.Context, apply change) error {
	ctx, cancel := l.until(ctx)
	defer cancel()
	return l.queue.engine.write(ctx, func(ctx context.Context, tx querier) error {
		if err := l.queue.engine.guard(ctx, tx, laneTask(l.name)); err != nil {
			return err
		}
		return apply(ctx, tx)
	})
}

// itemRow is an item as stored, with the inputs of its checksums.
type itemRow struct {
	Item
	event                   uint64
	storedAt, eventStoredAt string
	sum, eventSum           int64
	retryAt                 moment
}

func (r *itemRow) isSound() bool {
	return r.sum == deliveryChecksum(r.event, r.Destination, r.Rule, r.storedAt) && r.eventSum == eventChecksum(r.Identity, r.eventStoredAt, r.Body)
}

// Items implements Lane. It discards damaged items, which cannot be sent.
func (l *lane) Items(ctx context.Context, after uint64, limit int) ([]Item, error) {
	ctx, cancel := l.until(ctx)
	defer cancel()
	rows, err := l.queue.engine.reader().QueryContext(ctx, `SELECT d.number, d.destination, d.rule, d.event, d.overtaken, d.stored_at, d.replayed, d.checksum,
		d.failures, d.retry_at, d.uncertain, d.plain, d.single, d.aside, e.identity, e.stored_at, e.body, e.checksum,
		EXISTS (SELECT 1 FROM sent s WHERE s.destination = d.destination AND s.rule = d.rule AND s.identity = e.identity)
		FROM deliveries d JOIN events e ON e.number = d.event WHERE d.destination = $1 AND d.number > $2 ORDER BY d.number LIMIT $3`, l.name, after, limit)
	if err != nil {
		return nil, fmt.Errorf("reading a lane: %w", err)
	}
	read, err := collect(rows, func(rows *sql.Rows) (itemRow, int, error) {
		var row itemRow
		err := rows.Scan(&row.Sequence, &row.Destination, &row.Rule, &row.event, &row.Overtaken, &row.storedAt, &row.Replayed, &row.sum,
			&row.Failures, &row.retryAt, &row.Uncertain, &row.Plain, &row.Single, &row.Aside, &row.Identity, &row.eventStoredAt, &row.Body, &row.eventSum, &row.WasSent)
		return row, len(row.Body), err
	})
	if err != nil {
		return nil, err
	}
	items := make([]Item, 0, len(read))
	for _, row := range read {
		if !row.isSound() {
			if err := l.Discard(ctx, row.Item); err != nil {
				return nil, err
			}
			l.queue.recordLoss(ctx, 1, "alerts")
			continue
		}
		row.RetryAt = row.retryAt.Time
		row.StoredAt, _ = time.Parse(timeFormat, row.storedAt) // The checksum is correct.
		items = append(items, row.Item)
	}
	if len(items) == 0 && len(read) > 0 {
		// An empty result would mean that there are no more items.
		return l.Items(ctx, read[len(read)-1].Sequence, limit)
	}
	return items, nil
}

func (l *lane) Pending(ctx context.Context) (int, error) {
	ctx, cancel := l.until(ctx)
	defer cancel()
	var count int
	if err := l.queue.engine.reader().QueryRowContext(ctx, `SELECT count(*) FROM deliveries WHERE destination = $1`, l.name).Scan(&count); err != nil {
		return 0, fmt.Errorf("counting pending alerts: %w", err)
	}
	return count, nil
}

func (l *lane) Note(ctx context.Context, items ...Item) error {
	return l.write(ctx, func(ctx context.Context, tx querier) error {
		for _, item := range items {
			_, err := tx.ExecContext(ctx, `UPDATE deliveries SET failures = $1, retry_at = $2, uncertain = $3, plain = $4, single = $5, aside = $6 WHERE number = $7`,
				item.Failures, timestamp(item.RetryAt), item.Uncertain, item.Plain, item.Single, item.Aside, item.Sequence)
			if err != nil {
				return fmt.Errorf("recording the progress of an alert: %w", err)
			}
			if item.Attempt.Outcome == "" {
				continue
			}
			if err := l.explain(ctx, tx, item, func(*DeliveryHistory) {}); err != nil {
				return err
			}
		}
		return nil
	})
}

func (l *lane) Finish(ctx context.Context, items ...Item) error {
	return l.write(ctx, func(ctx context.Context, tx querier) error {
		for _, item := range items {
			_, err := tx.ExecContext(ctx, `INSERT INTO sent (destination, rule, identity, sent_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
				l.name, item.Rule, item.Identity, timestamp(time.Now()))
			if err != nil {
				return fmt.Errorf("recording a delivery: %w", err)
			}
			if err := removeItem(ctx, tx, item); err != nil {
				return err
			}
			if err := l.explain(ctx, tx, item, func(history *DeliveryHistory) { history.enter(StateDelivered, time.Now()) }); err != nil {
				return err
			}
		}
		return nil
	})
}

// explain records with the event of an item what happened to the delivery.
func (l *lane) explain(ctx context.Context, tx querier, item Item, change func(*DeliveryHistory)) error {
	return l.queue.explain(ctx, tx, "identity", item.Identity, func(explanation *Explanation) {
		history := explanation.history(item.Rule, l.name)
		history.attempt(item.Attempt)
		change(history)
	})
}

func (l *lane) Discard(ctx context.Context, item Item) error {
	return l.write(ctx, func(ctx context.Context, tx querier) error {
		if err := removeItem(ctx, tx, item); err != nil || !item.WasSent {
			return err
		}
		return l.explain(ctx, tx, item, func(history *DeliveryHistory) { history.enter(StateAlreadySent, time.Now()) })
	})
}

// removeItem removes an item if it still exists.
func removeItem(ctx context.Context, tx querier, item Item) error {
	if _, err := tx.ExecContext(ctx, `DELETE FROM deliveries WHERE number = $1`, item.Sequence); err != nil {
		return fmt.Errorf("removing an alert: %w", err)
	}
	return nil
}

func (l *lane) Bury(ctx context.Context, item Item, reason Reason) error {
	return l.write(ctx, func(ctx context.Context, tx querier) error {
		if err := bury(ctx, tx, item, reason); err != nil {
			return err
		}
		return l.explain(ctx, tx, item, func(history *DeliveryHistory) {
			history.enter(StateDeadLetter, time.Now())
			history.Reason = reason
		})
	})
}

// bury moves an item to the dead letters, unless that was done before.
func bury(ctx context.Context, tx querier, item Item, reason Reason) error {
	var event uint64
	err := tx.QueryRowContext(ctx, `SELECT event FROM deliveries WHERE number = $1`, item.Sequence).Scan(&event)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading an alert: %w", err)
	}
	storedAt := item.StoredAt.UTC().Format(timeFormat)
	_, err = tx.ExecContext(ctx, `INSERT INTO dead_letters (destination, rule, event, overtaken, reason, stored_at, buried_at, checksum)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		item.Destination, item.Rule, event, item.Overtaken, string(reason), storedAt, timestamp(time.Now()),
		deliveryChecksum(event, item.Destination, item.Rule, storedAt))
	if err != nil {
		return fmt.Errorf("storing a dead letter: %w", err)
	}
	return removeItem(ctx, tx, item)
}

func (l *lane) Status(ctx context.Context) (Status, error) {
	ctx, cancel := l.until(ctx)
	defer cancel()
	return l.queue.Status(ctx, l.name)
}

// Status implements Inspector.
func (q *SQL) Status(ctx context.Context, lane string) (Status, error) {
	var status Status
	var parked, failing, retry, resumed moment
	err := q.engine.reader().QueryRowContext(ctx, `SELECT parked_since, failing_since, cause, retry_at, paused, resumed_at, webhook FROM lanes WHERE destination = $1`, lane).
		Scan(&parked, &failing, &status.Cause, &retry, &status.Paused, &resumed, &status.Webhook)
	if errors.Is(err, sql.ErrNoRows) {
		return Status{}, nil
	}
	if err != nil {
		return Status{}, unavailable(fmt.Errorf("reading the status of a destination: %w", err))
	}
	status.ParkedSince, status.FailingSince, status.RetryAt, status.ResumedAt = parked.Time, failing.Time, retry.Time, resumed.Time
	return status, nil
}

func (l *lane) SetStatus(ctx context.Context, status Status) error {
	return l.write(ctx, func(ctx context.Context, tx querier) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO lanes (destination, parked_since, failing_since, cause, retry_at, paused, resumed_at, webhook)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
			ON CONFLICT (destination) DO UPDATE SET parked_since = excluded.parked_since, failing_since = excluded.failing_since, cause = excluded.cause,
			retry_at = excluded.retry_at, paused = excluded.paused, resumed_at = excluded.resumed_at, webhook = excluded.webhook`,
			l.name, timestamp(status.ParkedSince), timestamp(status.FailingSince), status.Cause, timestamp(status.RetryAt), status.Paused,
			timestamp(status.ResumedAt), status.Webhook)
		if err != nil {
			return fmt.Errorf("storing the status of a destination: %w", err)
		}
		return nil
	})
}

// Unpark implements Inspector. The server of the lane reads the changed status.
func (q *SQL) Unpark(ctx context.Context, lane string) error {
	err := q.engine.write(ctx, func(ctx context.Context, tx querier) error {
		_, err := tx.ExecContext(ctx, `UPDATE lanes SET parked_since = NULL, failing_since = NULL, cause = '', retry_at = NULL, resumed_at = $1
			WHERE destination = $2 AND parked_since IS NOT NULL`, timestamp(time.Now()), lane)
		if err != nil {
			return fmt.Errorf("unparking a destination: %w", err)
		}
		return q.engine.announce(ctx, tx, laneTask(lane))
	})
	q.signals.send(laneTask(lane))
	return unavailable(err)
}

// retireTime is how long Retire waits for a lane that is still being served, for example by a
// listener with an older configuration.
const retireTime = 5 * time.Second

// Retire implements Queue.
func (q *SQL) Retire(ctx context.Context, inUse func(lane string) bool, buried func(lane string)) error {
	names, err := q.names(ctx, `SELECT DISTINCT destination FROM deliveries`)
	if err != nil {
		return err
	}
	for _, name := range names {
		if !inUse(name) {
			q.retire(ctx, name, inUse, buried)
		}
	}
	return nil
}

// retire buries everything in one lane.
func (q *SQL) retire(ctx context.Context, name string, inUse func(lane string) bool, buried func(lane string)) {
	ctx, finished := context.WithTimeout(ctx, retireTime)
	defer finished()
	q.Serve(ctx, name, func(ctx context.Context, lane Lane) error {
		count := 0
		for ctx.Err() == nil {
			items, err := lane.Items(ctx, 0, 1)
			if err != nil {
				return err
			}
			// Check again after reading the item: the lane may be in use again.
			if len(items) == 0 || inUse(name) {
				break
			}
			if err := lane.Bury(ctx, items[0], ReasonRemoved); err != nil {
				return err
			}
			buried(name)
			count++
		}
		if count > 0 {
			q.options.Logger.WarnContext(ctx, "alerts for a removed destination are now dead letters", "destination", name, "alerts", count)
		}
		finished()
		return nil
	})
}
