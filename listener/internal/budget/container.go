package budget

import (
	"io/fs"
	"math"
	"path"
	"strconv"
	"strings"
)

const (
	// processMost is what the process that evaluates jq and templates may take: an event of 4 MiB
	// needs up to 280 MiB.
	maxProcessMemory = 320 << 20
	// processLeast is below what no program of Go does anything sensible.
	minProcessMemory = 96 << 20
)

// processMemory returns the limit of that process: five eighths of the container's, so that it
// never is what the container dies of.
func processMemory(container int64) int64 {
	return max(minProcessMemory, min(maxProcessMemory, container/8*5))
}

// containerMemory returns the memory limit of the control group, which is that of a container or of
// a service; math.MaxInt64 if there is none.
func containerMemory(root fs.FS) int64 {
	paths := []string{"sys/fs/cgroup/memory.max", "sys/fs/cgroup/memory/memory.limit_in_bytes"}
	// Where the file system is that of the host, the group has a path of its own.
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
