package query

import (
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/document"
)

const day = 24 * time.Hour

// spanPresets returns the presets that extend from now by a length: into the future, or into the
// past if it is negative.
func spanPresets() map[string]time.Duration {
	return map[string]time.Duration{
		"lastDay":      -day,
		"lastWeek":     -7 * day,
		"last2Weeks":   -14 * day,
		"lastMonth":    -30 * day,
		"last3Months":  -90 * day,
		"last6Months":  -180 * day,
		"last12Months": -365 * day,
		"last2Years":   -2 * 365 * day,
		"last3Years":   -3 * 365 * day,
		"nextDay":      day,
		"nextWeek":     7 * day,
		"next2Weeks":   14 * day,
		"nextMonth":    30 * day,
		"next3Months":  90 * day,
		"next6Months":  180 * day,
		"next12Months": 365 * day,
	}
}

// dayPresets returns the presets for a calendar day, as days from today. [?time-presets] Days are
// in UTC.
func dayPresets() map[string]int {
	return map[string]int{"yesterday": -1, "today": 0, "tomorrow": 1}
}

// timeRange reads {from, to} or {preset}.
func timeRange(value *document.Object, now time.Time) (from, to time.Time, ok bool) {
	if preset := value.Text("preset"); preset != "" {
		return presetRange(preset, now)
	}
	from, okFrom := parseInstant(value.Value("from"))
	to, okTo := parseInstant(value.Value("to"))
	return from, to, okFrom && okTo
}

func presetRange(preset string, now time.Time) (from, to time.Time, ok bool) {
	if length, ok := spanPresets()[preset]; ok {
		return now.Add(min(length, 0)), now.Add(max(length, 0)), true
	}
	distance, ok := dayPresets()[preset]
	start := time.Date(now.Year(), now.Month(), now.Day()+distance, 0, 0, 0, 0, time.UTC)
	return start, start.Add(day - time.Nanosecond), ok
}
