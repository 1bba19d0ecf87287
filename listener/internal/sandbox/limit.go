package sandbox

import (
	"os"
	"runtime/metrics"
	"time"
)

// watchInterval is how often the process looks at its own memory, where the system does not limit
// it.
const watchInterval = 10 * time.Millisecond

// watchMemory returns what watches the memory of the process until stop is called, and ends it
// beyond a limit.
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
				if int64(samples[0].Value.Uint64()-samples[1].Value.Uint64()) > limit { //nolint:gosec // It is no memory's size.
					os.Exit(exitMemory)
				}
			}
		}()
		return func() { close(stopped) }
	}
}
