//go:build !linux

package main

import "os"

// peakMemory is 0: this program can read it only on Linux.
func peakMemory(*os.ProcessState) int64 { return 0 }
