//go:build !linux

package sandbox

import "time"

// processorTime reports that the processor time is unknown here; the limit counts elapsed time.
func processorTime(int) (used time.Duration, known bool) { return 0, false }

// limitMemory makes the process watch itself, because only Linux has a suitable limit.
func limitMemory(limit int64) (watch func() (stop func())) { return watchMemory(limit) }
