package queue

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
)

// schemaVersions returns the steps from an empty database to the current schema. A released step is
// never changed; changes are added as new steps. Times are texts in UTC, so that they read and sort
// the same in both databases.
//
// Operators read these tables with sqlite3 and psql; the guide explains the columns.
func schemaVersions() [][]string {
	return [][]string{{
		// Received events. evaluated_at is NULL until the event is evaluated. explanation is a JSON
		// Explanation. Its column precedes the body, so that it can be read without reading the
		// body.
		`CREATE TABLE events (
			number {number},
			identity TEXT NOT NULL UNIQUE,
			stored_at TEXT NOT NULL,
			evaluated_at TEXT,
			explanation TEXT NOT NULL,
			body {bytes} NOT NULL,
			checksum BIGINT NOT NULL
		)`,
		`CREATE INDEX events_not_evaluated ON events (number) WHERE evaluated_at IS NULL`,
		// Pending deliveries, in the lane of each destination.
		`CREATE TABLE deliveries (
			number {number},
			destination TEXT NOT NULL,
			rule TEXT NOT NULL,
			event BIGINT NOT NULL REFERENCES events (number),
			overtaken BOOLEAN NOT NULL,
			stored_at TEXT NOT NULL,
			replayed BIGINT NOT NULL DEFAULT 0,
			checksum BIGINT NOT NULL,
			failures BIGINT NOT NULL DEFAULT 0,
			retry_at TEXT,
			uncertain BOOLEAN NOT NULL DEFAULT FALSE,
			plain BOOLEAN NOT NULL DEFAULT FALSE,
			single BOOLEAN NOT NULL DEFAULT FALSE,
			aside BOOLEAN NOT NULL DEFAULT FALSE,
			UNIQUE (event, destination, rule, replayed)
		)`,
		`CREATE INDEX deliveries_lane ON deliveries (destination, number)`,
		// Sent deliveries, kept longer than events are kept and retried.
		`CREATE TABLE sent (
			destination TEXT NOT NULL,
			rule TEXT NOT NULL,
			identity TEXT NOT NULL,
			sent_at TEXT NOT NULL,
			PRIMARY KEY (destination, rule, identity)
		)`,
		`CREATE TABLE dead_letters (
			number {number},
			destination TEXT NOT NULL,
			rule TEXT NOT NULL,
			event BIGINT NOT NULL REFERENCES events (number),
			overtaken BOOLEAN NOT NULL,
			reason TEXT NOT NULL,
			stored_at TEXT NOT NULL,
			buried_at TEXT NOT NULL,
			checksum BIGINT NOT NULL
		)`,
		`CREATE INDEX dead_letters_event ON dead_letters (event)`,
		// One row for each destination that is, or was, failing or parked.
		`CREATE TABLE lanes (
			destination TEXT PRIMARY KEY,
			parked_since TEXT,
			failing_since TEXT,
			cause TEXT NOT NULL,
			retry_at TEXT,
			paused BOOLEAN NOT NULL,
			resumed_at TEXT,
			webhook TEXT NOT NULL
		)`,
		// Which process evaluates events, and which serves each lane, if several share the
		// database.
		`CREATE TABLE leases (
			task TEXT PRIMARY KEY,
			holder TEXT NOT NULL,
			expires_at {time} NOT NULL
		)`,
	}, {
		// Which source reported which change, kept longer than the events. copy_of is the number of
		// the first report of the change, and 0 in that report itself.
		`CREATE TABLE reports (
			number {number},
			noted_at TEXT NOT NULL,
			change TEXT NOT NULL,
			source TEXT NOT NULL,
			copy_of BIGINT NOT NULL,
			identity TEXT NOT NULL,
			properties {bytes} NOT NULL,
			UNIQUE (change, identity)
		)`,
		`ALTER TABLE events ADD COLUMN doubtful BOOLEAN NOT NULL DEFAULT FALSE`,
		// How far each query of the audit log has been read.
		`CREATE TABLE positions (
			query TEXT PRIMARY KEY,
			since TEXT NOT NULL,
			position TEXT NOT NULL,
			doubtful_until TEXT
		)`,
	}}
}

// errNewerSchema reports that a newer version of the listener has used the store.
var errNewerSchema = errors.New("the event store was created by a newer version of the listener")

// migrate updates the schema in the transaction tx. types replaces the placeholders in the schema.
func migrate(ctx context.Context, tx querier, types *strings.Replacer) error {
	if _, err := tx.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL)`); err != nil {
		return fmt.Errorf("reading the schema version: %w", err)
	}
	version := 0
	err := tx.QueryRowContext(ctx, `SELECT version FROM schema_version`).Scan(&version)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("reading the schema version: %w", err)
	}
	steps := schemaVersions()
	if version > len(steps) {
		return fmt.Errorf("%w: its schema version is %d, and this listener supports %d", errNewerSchema, version, len(steps))
	}
	if version == len(steps) {
		return nil
	}
	for _, step := range steps[version:] {
		for _, statement := range step {
			if _, err := tx.ExecContext(ctx, types.Replace(statement)); err != nil {
				return fmt.Errorf("creating the tables: %w", err)
			}
		}
	}
	if _, err := tx.ExecContext(ctx, `DELETE FROM schema_version`); err != nil {
		return fmt.Errorf("recording the schema version: %w", err)
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO schema_version VALUES ($1)`, len(steps)); err != nil {
		return fmt.Errorf("recording the schema version: %w", err)
	}
	return nil
}
