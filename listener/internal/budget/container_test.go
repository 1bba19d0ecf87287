package budget

import (
	"testing"
	"testing/fstest"
)

// TestTheProcessTakesLessThanTheContainerHas reads the limits of containers and services in the
// formats of the kernel.
func TestTheProcessTakesLessThanTheContainerHas(t *testing.T) {
	t.Parallel()
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	for name, test := range map[string]struct {
		files fstest.MapFS
		want  int64
	}{
		"no limit":                 {fstest.MapFS{"sys/fs/cgroup/memory.max": file("max\n")}, 320 << 20},
		"nothing to read":          {fstest.MapFS{}, 320 << 20},
		"the container's":          {fstest.MapFS{"sys/fs/cgroup/memory.max": file("268435456\n")}, 160 << 20},
		"that of the example":      {fstest.MapFS{"sys/fs/cgroup/memory.max": file("536870912\n")}, 320 << 20},
		"a large container's":      {fstest.MapFS{"sys/fs/cgroup/memory.max": file("8589934592\n")}, 320 << 20},
		"a tiny container's":       {fstest.MapFS{"sys/fs/cgroup/memory.max": file("67108864\n")}, 96 << 20},
		"a service's":              {fstest.MapFS{"proc/self/cgroup": file("0::/system.slice/x.service\n"), "sys/fs/cgroup/system.slice/x.service/memory.max": file("268435456\n")}, 160 << 20},
		"the older control groups": {fstest.MapFS{"proc/self/cgroup": file("4:memory:/x\n"), "sys/fs/cgroup/memory/memory.limit_in_bytes": file("268435456\n")}, 160 << 20},
		"an older one without":     {fstest.MapFS{"sys/fs/cgroup/memory/memory.limit_in_bytes": file("9223372036854771712\n")}, 320 << 20},
	} {
		if got := processMemory(containerMemory(test.files)); got != test.want {
			t.Errorf("%s: %d MiB, want %d", name, got>>20, test.want>>20)
		}
	}
}
