//go:build !linux

package sandbox

// limitMemory has the process watch itself: no other system counts what Go's runtime
// takes.
func limitMemory(limit int64) (watch func() (stop func())) { return watchMemory(limit) }
