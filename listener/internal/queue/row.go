package queue

import (
	"context"
	"database/sql"
	"encoding/binary"
	"hash/crc64"
	"time"
)

// querier runs statements: a database, or a transaction on it. Parameters are $1, $2 and so on,
// which both databases take.
type querier interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// timeFormat has a fixed width, so that texts sort as times do.
const timeFormat = "2006-01-02T15:04:05.000000Z"

// timestamp writes a time for a column; the zero time is NULL.
func timestamp(at time.Time) any {
	if at.IsZero() {
		return nil
	}
	return at.UTC().Format(timeFormat)
}

// moment reads a column that timestamp has written.
type moment struct{ time.Time }

// Scan implements sql.Scanner. A text that is no time is the zero time: rows whose content matters
// have a checksum.
func (m *moment) Scan(value any) error {
	var text sql.NullString
	if err := text.Scan(value); err != nil {
		return err
	}
	m.Time, _ = time.Parse(timeFormat, text.String)
	return nil
}

// checksum tells whether the fields of a row are those that were written. Neither database notices
// a flipped bit in a value by itself.
func checksum(fields ...[]byte) int64 {
	sum := crc64.New(crc64.MakeTable(crc64.ECMA))
	var size [8]byte
	for _, field := range fields {
		binary.BigEndian.PutUint64(size[:], uint64(len(field)))
		_, _ = sum.Write(size[:])
		_, _ = sum.Write(field)
	}
	return int64(sum.Sum64()) //nolint:gosec // The databases know signed numbers only.
}

// eventChecksum covers what an event says.
func eventChecksum(identity, storedAt string, body []byte) int64 {
	return checksum([]byte(identity), []byte(storedAt), body)
}

// deliveryChecksum covers what a delivery or a dead letter says.
func deliveryChecksum(event uint64, destination, rule, storedAt string) int64 {
	return checksum(binary.BigEndian.AppendUint64(nil, event), []byte(destination), []byte(rule), []byte(storedAt))
}
