//go:build !linux

package sandbox

import "time"

// processorTime is not known.
func processorTime(int) (used time.Duration, known bool) { return 0, false }

// limitMemory makes the process watch itself: no other system counts what Go's runtime takes.
func limitMemory(limit int64) (watch func() (stop func())) { return watchMemory(limit) }
