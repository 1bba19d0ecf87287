package sandbox

import (
	"errors"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// limitMemory limits the memory of the process with RLIMIT_DATA, which counts all writable memory
// since Linux 4.7. RLIMIT_AS would also count the gigabytes of address space that Go's runtime
// reserves and never uses. When the system refuses memory, Go's runtime exits.
func limitMemory(limit int64) (watch func() (stop func())) {
	// If a whole container runs out of memory nevertheless, this process should be killed first.
	_ = os.WriteFile("/proc/self/oom_score_adj", []byte("1000"), 0)
	taken, err := dataSize()
	bound := uint64(taken + limit) //nolint:gosec // Both are positive.
	if err != nil || syscall.Setrlimit(syscall.RLIMIT_DATA, &syscall.Rlimit{Cur: bound, Max: bound}) != nil {
		return watchMemory(limit)
	}
	return func() func() { return func() {} }
}

// processorTime returns the processor time that a process has used, if the system reports it.
func processorTime(pid int) (used time.Duration, known bool) {
	// See clock_getcpuclockid(3) for the id of the CPU clock of another process.
	const clock, bits = 2, 3
	var spent unix.Timespec
	err := unix.ClockGettime(int32(^pid<<bits|clock), &spent) //nolint:gosec // The kernel computes it this way.
	return time.Duration(spent.Nano()), err == nil
}

// dataSize returns how much writable memory the process already has. Most of it is unused thread
// stacks.
func dataSize() (int64, error) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(status)) {
		if size, ok := strings.CutPrefix(line, "VmData:"); ok {
			kilobytes, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(size), "kB")), 10, 64)
			return kilobytes << 10, err
		}
	}
	return 0, errors.New("the system does not report the memory of the process")
}
