//go:build linux

package queue_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/port-changelog/terraform-provider-port/listener/internal/queue"
)

// TestAFullDisk fills a small disk, once up to the reserve and once completely, and frees space
// again. Acknowledged events must not be lost, and events must be accepted again without a restart.
func TestAFullDisk(t *testing.T) {
	t.Parallel()
	if os.Getenv("LISTENER_SOAK") == "" {
		t.Skip("it mounts a disk; run make soak as root")
	}
	for name, reserve := range map[string]int64{"a reserve is kept": 8 << 20, "nothing is left": 1} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			disk := t.TempDir()
			if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=64m"); err != nil {
				t.Skipf("a disk cannot be mounted: %v", err)
			}
			t.Cleanup(func() { _ = syscall.Unmount(disk, syscall.MNT_DETACH) })
			options := withDir(filepath.Join(disk, "data"))
			options.MaxBytes, options.Reserve = 256<<20, reserve
			options.Logger = slog.New(slog.NewTextHandler(t.Output(), nil))
			opened := open(t, options)
			defer closeQueue(t, opened)

			filler := filepath.Join(disk, "filler")
			if err := os.WriteFile(filler, make([]byte, 40<<20), 0o600); err != nil {
				t.Fatal(err)
			}
			body := bytes.Repeat([]byte("x"), 64<<10)
			var want []string
			for i := range 1000 {
				event := queue.Event{Identity: fmt.Sprint("event-", i), Body: body}
				_, err := opened.Store(t.Context(), event)
				if errors.Is(err, queue.ErrUnavailable) {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
				want = append(want, event.Identity)
			}
			if len(want) == 0 || len(want) == 1000 {
				t.Fatalf("%d events were accepted", len(want))
			}
			if reserve > 1 {
				eventually(t, "it is not ready", func() bool { return opened.Check(t.Context()) != nil })
			}
			if err := os.Remove(filler); err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			eventually(t, "events are taken again", func() bool {
				_, err := opened.Store(t.Context(), queue.Event{Identity: "last", Body: []byte("{}")})
				return err == nil
			})
			t.Logf("%d events were accepted; it recovered after %s", len(want), time.Since(began))

			items := make(chan queue.Item, 2000)
			defer evaluating(t, opened, to("a"))()
			defer serving(t, opened, "a", finishing(items))()
			delivered := map[string]bool{}
			for !delivered["last"] {
				delivered[next(t, items).Identity] = true
			}
			for _, identity := range want {
				if !delivered[identity] {
					t.Errorf("%s was acknowledged but is lost", identity)
				}
			}
		})
	}
}

// TestADiskThatIsFullAtTheStart stops a store with pending alerts, fills the disk completely, and
// starts the store again: the alerts must be delivered and recorded.
func TestADiskThatIsFullAtTheStart(t *testing.T) {
	t.Parallel()
	if os.Getenv("LISTENER_SOAK") == "" {
		t.Skip("it mounts a disk; run make soak as root")
	}
	disk := t.TempDir()
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=64m"); err != nil {
		t.Skipf("a disk cannot be mounted: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(disk, syscall.MNT_DETACH) })
	options := withDir(filepath.Join(disk, "data"))
	options.Logger = slog.New(slog.NewTextHandler(t.Output(), nil))
	opened := open(t, options)
	stop := evaluating(t, opened, to("a"))
	store(t, opened, "one", "two")
	evaluated(t, opened)
	stop()
	store(t, opened, "three")
	closeQueue(t, opened)
	filler, err := os.Create(filepath.Join(disk, "filler"))
	if err != nil {
		t.Fatal(err)
	}
	defer filler.Close()
	for block := make([]byte, 64<<10); len(block) > 0; {
		if _, err := filler.Write(block); err != nil {
			block = block[:len(block)/2]
		}
	}

	opened = open(t, options)
	if _, err := opened.Store(t.Context(), queue.Event{Identity: "four", Body: []byte("{}")}); !errors.Is(err, queue.ErrUnavailable) {
		t.Errorf("an event is accepted: %v", err)
	}
	items := make(chan queue.Item, 10)
	stopEvaluating, stopServing := evaluating(t, opened, to("a")), serving(t, opened, "a", finishing(items))
	expect(t, items, "one", "two", "three")
	if err := filler.Truncate(0); err != nil {
		t.Fatal(err)
	}
	eventually(t, "events are taken again", func() bool {
		_, err := opened.Store(t.Context(), queue.Event{Identity: "five", Body: []byte("{}")})
		return err == nil
	})
	expect(t, items, "five")
	stopEvaluating()
	stopServing()
	closeQueue(t, opened)
	if damage := open(t, options).Damage(); damage != (queue.Damage{}) {
		t.Errorf("damage is reported: %+v", damage)
	}
}
