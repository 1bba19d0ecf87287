package sandbox

import (
	"os"
	"runtime/metrics"
	"time"
)

// watchInterval is how often the process checks its own memory if the system does not limit it.
const watchInterval = 10 * time.Millisecond

// watchMemory returns a function that watches the memory of this process until stop is called, and
// exits if it exceeds the limit.
func watchMemory(limit int64) (watch func() (stop func())) {
	samples := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	return func() func() {
		ticker, stopped := time.NewTicker(watchInterval), make(chan struct{})
		go func() {
			defer ticker.Stop()
			for {
				select {
				case <-ticker.C:
				case <-stopped:
					return
				}
				metrics.Read(samples)
				if int64(samples[0].Value.Uint64()-samples[1].Value.Uint64()) > limit { //nolint:gosec // Memory sizes fit.
					os.Exit(exitMemory)
				}
			}
		}()
		return func() { close(stopped) }
	}
}
