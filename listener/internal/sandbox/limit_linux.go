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

// limitMemory makes the system refuse the process more than so many bytes. RLIMIT_DATA counts what
// the process may write to, from Linux 4.7 on; RLIMIT_AS would also count the gigabytes that Go's
// runtime sets apart and never touches. When a request is refused, Go's runtime ends the process.
func limitMemory(limit int64) (watch func() (stop func())) {
	// Where a whole container is short of memory after all, this process is worth least.
	_ = os.WriteFile("/proc/self/oom_score_adj", []byte("1000"), 0)
	taken, err := dataSize()
	bound := uint64(taken + limit) //nolint:gosec // It is positive.
	if err != nil || syscall.Setrlimit(syscall.RLIMIT_DATA, &syscall.Rlimit{Cur: bound, Max: bound}) != nil {
		return watchMemory(limit)
	}
	return func() func() { return func() {} }
}

// processorTime returns how long a process has used processors, if that is known.
func processorTime(pid int) (used time.Duration, known bool) {
	// See clock_getcpuclockid(3) for how the clock of another process is named.
	const clock, bits = 2, 3
	var spent unix.Timespec
	err := unix.ClockGettime(int32(^pid<<bits|clock), &spent) //nolint:gosec // It is what the kernel does.
	return time.Duration(spent.Nano()), err == nil
}

// dataSize returns how many bytes the process may write to already: most of them are the stacks of
// threads, which it does not use.
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
