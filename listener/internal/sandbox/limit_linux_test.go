package sandbox

import (
	"os/exec"
	"testing"
	"time"
)

// TestAProcessThatGetsNoProcessorTimeIsNotKilledAtOnce limits a process that only waits.
func TestAProcessThatGetsNoProcessorTimeIsNotKilledAtOnce(t *testing.T) {
	t.Parallel()
	const limit = 20 * time.Millisecond
	waits := exec.CommandContext(t.Context(), "cat")
	if _, err := waits.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := waits.Start(); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	expired := (&process{command: waits}).expires(limit, make(chan struct{}))
	if took := time.Since(began); !expired || took < starved*limit {
		t.Errorf("%t after %s", expired, took)
	}
	_ = waits.Wait()
}
