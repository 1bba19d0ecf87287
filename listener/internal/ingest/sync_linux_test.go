package ingest_test

import (
	"os"
	"syscall"
)

// syncData waits until the content of a file is on disk.
func syncData(file *os.File) error { return syscall.Fdatasync(int(file.Fd())) }
