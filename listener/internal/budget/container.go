package budget

import (
	"io/fs"
	"math"
	"path"
	"strconv"
	"strings"
)

const (
	// maxProcessMemory is the memory limit of the process that evaluates jq and templates: an event
	// of 4 MiB needs up to 280 MiB.
	maxProcessMemory = 320 << 20
	// minProcessMemory is the minimum with which a Go program works at all.
	minProcessMemory = 96 << 20
)

// processMemory returns the limit of that process: at most five eighths of the container's memory,
// so that it never causes the container to be killed.
func processMemory(container int64) int64 {
	return max(minProcessMemory, min(maxProcessMemory, container/8*5))
}

// containerMemory returns the memory limit of the control group of the container or service, or
// math.MaxInt64 if there is none.
func containerMemory(root fs.FS) int64 {
	paths := []string{"sys/fs/cgroup/memory.max", "sys/fs/cgroup/memory/memory.limit_in_bytes"}
	// On the host's file system, the control group is in a subdirectory.
	groups, _ := fs.ReadFile(root, "proc/self/cgroup")
	for line := range strings.Lines(string(groups)) {
		if group, ok := strings.CutPrefix(strings.TrimSpace(line), "0::"); ok {
			paths = append(paths, path.Join("sys/fs/cgroup", group, "memory.max"))
		}
	}
	limit := int64(math.MaxInt64)
	for _, file := range paths {
		text, err := fs.ReadFile(root, file)
		if err != nil {
			continue
		}
		if given, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err == nil && given > 0 {
			limit = min(limit, given)
		}
	}
	return limit
}
