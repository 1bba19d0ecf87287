//go:build linux

package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"sync"
	"testing"
)

// BenchmarkMemory reports the memory of the listener while idle, and with 10,000 pending alerts for
// a parked destination.
func BenchmarkMemory(b *testing.B) {
	const waiting = 10_000
	for b.Loop() {
		gone := httptest.NewServer(http.NotFoundHandler())
		dir := b.TempDir()
		measured := &mortal{t: b, dir: filepath.Join(dir, "data"), config: filepath.Join(dir, "listener.yaml")}
		config := fmt.Sprintf("port: {client_secrets: [k7-client-secret]}\nstore: {sync: 10s}\ndestinations: {default: {webhook_url: %q}}\n", gone.URL+"/services/x")
		if err := os.WriteFile(measured.config, []byte(config), 0o600); err != nil {
			b.Fatal(err)
		}
		measured.start()
		b.ReportMetric(resident(b, measured), "idle-MiB")
		numbers := make(chan int)
		var posting sync.WaitGroup
		for range 4 {
			posting.Go(func() {
				for number := range numbers {
					measured.deliver(b.Context(), number)
				}
			})
		}
		for number := range waiting {
			numbers <- number
		}
		close(numbers)
		posting.Wait()
		b.ReportMetric(resident(b, measured), "10000-pending-MiB")
		measured.kill()
		gone.Close()
	}
}

// resident returns the resident memory of the process in MiB.
func resident(b *testing.B, measured *mortal) float64 {
	b.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", measured.process.Process.Pid))
	if err != nil {
		b.Fatal(err)
	}
	match := regexp.MustCompile(`VmRSS:\s+(\d+) kB`).FindSubmatch(status)
	if match == nil {
		b.Fatal("the kernel does not say how much memory the process has")
	}
	kilobytes, err := strconv.ParseFloat(string(match[1]), 64)
	if err != nil {
		b.Fatal(err)
	}
	return kilobytes / 1024
}
