package document

import "time"

// instantLayout is how Port writes an instant: RFC 3339 in UTC with milliseconds.
const instantLayout = "2006-01-02T15:04:05.000Z"

// Instant writes an instant as Port does.
func Instant(at time.Time) string { return at.UTC().Format(instantLayout) }
