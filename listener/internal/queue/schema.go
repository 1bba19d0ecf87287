package queue

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
)

// schemaVersions are the steps from an empty database to today's schema. A step that was released
// is never changed; a change is another step. Times are texts in UTC, so that they read and sort
// alike in both databases.
//
// sqlite3 and psql show what the columns say; the guide explains them.
func schemaVersions() [][]string {
	return [][]string{{
		// What arrived. evaluated_at is the mark of an event whose deliveries were made; what lacks
		// it is still to be evaluated. explanation is JSON, and says what became of the event. It
		// stands before the body, so that it is read without it.
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
		// What waits, in the lane of each destination.
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
		// What was delivered, for longer than events and retries live.
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
		// One row per destination that is, or was, in trouble.
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
		// Who evaluates and who serves a lane, where several processes share the database.
		`CREATE TABLE leases (
			task TEXT PRIMARY KEY,
			holder TEXT NOT NULL,
			expires_at {time} NOT NULL
		)`,
	}, {
		// Who has reported which change: longer than the events are there. copy_of is the first
		// report of the change, 0 for that itself.
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

// errNewerSchema says that a later version of the listener has used the store.
var errNewerSchema = errors.New("the event store was created by a newer version of the listener")

// migrate brings the schema up to date, in the transaction of tx. types are what the placeholders
// of the schema stand for.
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
