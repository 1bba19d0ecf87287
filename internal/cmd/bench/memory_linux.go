package main

import (
	"os"
	"syscall"
)

// peakMemory is the peak resident memory of an ended process in bytes.
func peakMemory(state *os.ProcessState) int64 {
	const unit = 1 << 10 // Linux counts in KiB.
	used, isKnown := state.SysUsage().(*syscall.Rusage)
	if !isKnown {
		return 0
	}
	return used.Maxrss * unit
}
