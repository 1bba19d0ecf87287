package queue

import (
	"context"
	"database/sql"
	"encoding/binary"
	"hash/crc64"
	"time"
)

// querier runs statements on a database or in a transaction. Parameters are $1, $2 and so on, which
// both databases accept.
type querier interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// timeFormat has a fixed width, so that texts sort like times.
const timeFormat = "2006-01-02T15:04:05.000000Z"

// timestamp formats a time for a column; the zero time is NULL.
func timestamp(at time.Time) any {
	if at.IsZero() {
		return nil
	}
	return at.UTC().Format(timeFormat)
}

// moment scans a column written with timestamp.
type moment struct{ time.Time }

// Scan implements sql.Scanner. Invalid text yields the zero time: rows whose content matters have a
// checksum.
func (m *moment) Scan(value any) error {
	var text sql.NullString
	if err := text.Scan(value); err != nil {
		return err
	}
	m.Time, _ = time.Parse(timeFormat, text.String)
	return nil
}

// checksum returns a checksum of the fields of a row, because neither database detects a flipped
// bit in a value.
func checksum(fields ...[]byte) int64 {
	sum := crc64.New(crc64.MakeTable(crc64.ECMA))
	var size [8]byte
	for _, field := range fields {
		binary.BigEndian.PutUint64(size[:], uint64(len(field)))
		_, _ = sum.Write(size[:])
		_, _ = sum.Write(field)
	}
	return int64(sum.Sum64()) //nolint:gosec // The databases only have signed numbers.
}

// eventChecksum covers the content of an event.
func eventChecksum(identity, storedAt string, body []byte) int64 {
	return checksum([]byte(identity), []byte(storedAt), body)
}

// deliveryChecksum covers the content of a delivery or a dead letter.
func deliveryChecksum(event uint64, destination, rule, storedAt string) int64 {
	return checksum(binary.BigEndian.AppendUint64(nil, event), []byte(destination), []byte(rule), []byte(storedAt))
}
