//nolint:thelper // The entries of the tables are parts of the tests.
package queue_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/port-changelog/terraform-provider-port/listener/internal/queue"
)

// TestACrashKeepsWhatIsStored opens a copy of the data directory that was made
// while the store was in use: what a kill would have left behind.
func TestACrashKeepsWhatIsStored(t *testing.T) {
	t.Parallel()
	dir, image := t.TempDir(), filepath.Join(t.TempDir(), "data")
	opened := open(t, withDir(dir))
	defer closeQueue(t, opened)
	var want []string
	for i := range 20 {
		want = append(want, fmt.Sprint("event-", i))
	}
	store(t, opened, want...)
	if err := os.CopyFS(image, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}

	crashed := open(t, withDir(image))
	defer closeQueue(t, crashed)
	items := make(chan queue.Item, 100)
	defer evaluating(t, crashed, to("a"))()
	defer serving(t, crashed, "a", finishing(items))()
	expect(t, items, want...)
	if !store(t, crashed, "event-7") {
		t.Error("after the crash a copy is not recognised")
	}
	if damage := crashed.Damage(); damage != (queue.Damage{}) {
		t.Errorf("damage is reported: %+v", damage)
	}
}

func TestTheDirectoryIsLocked(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	opened := open(t, withDir(dir))
	_, err := queue.Open(t.Context(), withDir(dir))
	if !errors.Is(err, queue.ErrLocked) || !strings.Contains(err.Error(), dir) {
		t.Errorf("got %v, want an ErrLocked that names the directory", err)
	}
	closeQueue(t, opened)
	closeQueue(t, open(t, withDir(dir)))
}

func TestOpenFails(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	blocked := t.TempDir()
	if err := os.WriteFile(filepath.Join(blocked, "jetstream"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name   string
		change func(*queue.Options)
		want   string
	}{
		{"the directory is a file", func(o *queue.Options) { o.Dir = file }, "creating the data directory"},
		{"the directory cannot be written to", func(o *queue.Options) { o.Dir = "/proc/listener" }, "creating the data directory"},
		{"the store is a file", func(o *queue.Options) { o.Dir = blocked }, "opening the event store"},
		{"events without a size", func(o *queue.Options) { o.MaxEvent = 0 }, "the largest event"},
		{"events too large for the server", func(o *queue.Options) { o.MaxEvent = 64 << 20 }, "the largest event"},
		{"no room", func(o *queue.Options) { o.MaxBytes = 1 }, "must have at least"},
		{"what was sent is forgotten early", func(o *queue.Options) { o.SentFor = o.MaxAge }, "remembered for longer"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			options := withDir(t.TempDir())
			test.change(&options)
			opened, err := queue.Open(t.Context(), options)
			if err == nil {
				closeQueue(t, opened)
			}
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want an error about %q", err, test.want)
			}
		})
	}
}

func TestAReserveOfTheDiskIsKept(t *testing.T) {
	t.Parallel()
	options := withDir(t.TempDir())
	options.Reserve = 1 << 60
	opened := open(t, options)
	defer closeQueue(t, opened)
	_, err := opened.Store(t.Context(), queue.Event{Identity: "one", Body: []byte("{}")})
	if !errors.Is(err, queue.ErrUnavailable) || !strings.Contains(err.Error(), "the disk is full") {
		t.Errorf("Store: %v", err)
	}
	if err := opened.Check(t.Context()); !errors.Is(err, queue.ErrUnavailable) {
		t.Errorf("Check: %v", err)
	}
}

// TestTheEmbeddedServerIsStartedAgain stops it under a queue that is at work, as
// happens to one that has met a full disk.
func TestTheEmbeddedServerIsStartedAgain(t *testing.T) {
	t.Parallel()
	opened := open(t, withDir(t.TempDir()))
	defer closeQueue(t, opened)
	items := make(chan queue.Item, 100)
	defer evaluating(t, opened, to("a"))()
	defer serving(t, opened, "a", finishing(items))()
	store(t, opened, "one")
	expect(t, items, "one")
	if err := opened.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "events are taken again", func() bool {
		_, err := opened.Store(t.Context(), queue.Event{Identity: "two", Body: []byte("{}")})
		return err == nil
	})
	expect(t, items, "two")
	// Also when the leases from before have ended.
	ended := time.NewTimer(leaseTime)
	<-ended.C
	store(t, opened, "three")
	expect(t, items, "three")
}

// damagedStore makes a store in which events wait for their evaluation, three
// deliveries wait in a lane, and no process is at work.
func damagedStore(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	opened := open(t, withDir(dir))
	stop := evaluating(t, opened, to("a"))
	store(t, opened, "d-1", "d-2", "d-3")
	eventually(t, "all are evaluated", func() bool {
		stats, err := opened.Stats(t.Context())
		return err == nil && stats.Lanes["a"].Pending == 3 && stats.Unevaluated == 0
	})
	stop()
	store(t, opened, "e-1", "e-2", "e-3", "e-4")
	closeQueue(t, opened)
	return dir
}

// spoil changes a byte of the text in the only block of a stream.
func spoil(t *testing.T, dir, stream, text string) {
	t.Helper()
	path := filepath.Join(dir, "jetstream", "$G", "streams", stream, "msgs", "1.blk")
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(content, []byte(text))
	if at < 0 {
		t.Fatalf("%s is not in the block", text)
	}
	content[at+len(text)-1] ^= 0x40
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestADamagedStore damages the files of a store, and looks for what is left, what
// is said to be gone, and where the damaged file was put.
func TestADamagedStore(t *testing.T) {
	t.Parallel()
	everything := []string{"d-1", "d-2", "d-3", "e-1", "e-2", "e-3", "e-4"}
	without := func(gone ...string) []string {
		var kept []string
		for _, identity := range everything {
			if !strings.Contains(strings.Join(gone, " "), identity) {
				kept = append(kept, identity)
			}
		}
		return kept
	}
	stream := func(dir, name string, parts ...string) string {
		return filepath.Join(append([]string{dir, "jetstream", "$G", "streams", name}, parts...)...)
	}
	tests := []struct {
		name  string
		spoil func(t *testing.T, dir string)
		kept  []string
		lost  int
		aside bool
	}{
		{"an event", func(t *testing.T, dir string) { spoil(t, dir, "EVENTS", `"name":"e-2"`) }, without("e-2"), 1, true},
		{"the newest event", func(t *testing.T, dir string) { spoil(t, dir, "EVENTS", `"name":"e-4"`) }, without("e-4"), 1, true},
		{"a delivery", func(t *testing.T, dir string) { spoil(t, dir, "DELIVER", `"name":"d-2"`) }, without("d-2"), 1, true},
		{"an event that is evaluated", func(t *testing.T, dir string) { spoil(t, dir, "EVENTS", `"name":"d-2"`) }, everything, 0, true},
		{"an event cut off", func(t *testing.T, dir string) {
			path := stream(dir, "EVENTS", "msgs", "1.blk")
			info, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.Truncate(path, info.Size()-10); err != nil {
				t.Fatal(err)
			}
		}, without("e-4"), 1, true},
		{"a block that is gone", func(t *testing.T, dir string) {
			if err := os.Remove(stream(dir, "EVENTS", "msgs", "1.blk")); err != nil {
				t.Fatal(err)
			}
		}, without("e-1", "e-2", "e-3", "e-4"), 4, true},
		{"an index", func(t *testing.T, dir string) {
			if err := os.WriteFile(stream(dir, "EVENTS", "msgs", "index.db"), []byte("nonsense"), 0o600); err != nil {
				t.Fatal(err)
			}
		}, everything, 0, false},
		{"the description of a stream", func(t *testing.T, dir string) {
			if err := os.WriteFile(stream(dir, "DELIVER", "meta.inf"), []byte("nonsense"), 0o600); err != nil {
				t.Fatal(err)
			}
		}, everything, 0, false},
		{"the whole stream of events", func(t *testing.T, dir string) {
			if err := os.RemoveAll(stream(dir, "EVENTS")); err != nil {
				t.Fatal(err)
			}
		}, without("e-1", "e-2", "e-3", "e-4"), 4, true},
		{"how far the evaluation had come", func(t *testing.T, dir string) {
			if err := os.RemoveAll(stream(dir, "STATE")); err != nil {
				t.Fatal(err)
			}
		}, everything, 0, false},
		{"the ledger", func(t *testing.T, dir string) {
			if err := os.WriteFile(filepath.Join(dir, "ledger"), []byte("nonsense"), 0o600); err != nil {
				t.Fatal(err)
			}
		}, everything, 0, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dir := damagedStore(t)
			test.spoil(t, dir)
			options := withDir(dir)
			log := &bytes.Buffer{}
			options.Logger = slog.New(slog.NewTextHandler(log, nil))
			opened := open(t, options)
			damage := opened.Damage()
			if damage.Lost != test.lost || (damage.Aside != "") != test.aside {
				t.Errorf("reported: %+v, want %d lost and files aside: %t\n%s", damage, test.lost, test.aside, log)
			}
			if test.lost > 0 && !strings.Contains(log.String(), fmt.Sprintf("lost=%d", test.lost)) {
				t.Errorf("the log reads\n%s", log)
			}
			items := make(chan queue.Item, 100)
			stopEvaluating, stopServing := evaluating(t, opened, to("a")), serving(t, opened, "a", finishing(items))
			expect(t, items, test.kept...)
			store(t, opened, "new")
			expect(t, items, "new")
			stopEvaluating()
			stopServing()
			closeQueue(t, opened)

			// It is said until the operator has removed the report.
			opened = open(t, withDir(dir))
			if again := opened.Damage(); again != damage {
				t.Errorf("after a restart: %+v, want %+v", again, damage)
			}
			closeQueue(t, opened)
			if err := os.RemoveAll(filepath.Join(dir, "damaged")); err != nil {
				t.Fatal(err)
			}
			opened = open(t, withDir(dir))
			if again := opened.Damage(); again != (queue.Damage{}) {
				t.Errorf("after the removal: %+v", again)
			}
			closeQueue(t, opened)
		})
	}
}

// TestTheDamagedFileIsPutAside looks at the copy and at the report.
func TestTheDamagedFileIsPutAside(t *testing.T) {
	t.Parallel()
	dir := damagedStore(t)
	spoil(t, dir, "EVENTS", `"name":"e-2"`)
	damaged, err := os.ReadFile(filepath.Join(dir, "jetstream", "$G", "streams", "EVENTS", "msgs", "1.blk"))
	if err != nil {
		t.Fatal(err)
	}
	closeQueue(t, open(t, withDir(dir)))
	copies, err := filepath.Glob(filepath.Join(dir, "damaged", "*", "EVENTS", "1.blk"))
	if err != nil || len(copies) != 1 {
		t.Fatalf("copies: %v (%v)", copies, err)
	}
	kept, err := os.ReadFile(copies[0])
	if err != nil || !bytes.Equal(kept, damaged) {
		t.Errorf("the copy differs (%v)", err)
	}
	content, err := os.ReadFile(filepath.Join(filepath.Dir(filepath.Dir(copies[0])), "report.json"))
	if err != nil {
		t.Fatal(err)
	}
	var report map[string]int
	if err := json.Unmarshal(content, &report); err != nil || report["lost"] != 1 || report["damaged_records"] != 1 {
		t.Errorf("the report is %s (%v)", content, err)
	}
}

// TestALostPositionLosesNothing removes the note of how far the evaluation had
// come from a store that has discarded old events: they are not called lost, and
// those that are left are told once.
func TestALostPositionLosesNothing(t *testing.T) {
	t.Parallel()
	options := withDir(t.TempDir())
	options.MaxAge = 100 * time.Millisecond
	opened := open(t, options)
	items := make(chan queue.Item, 100)
	stopEvaluating, stopServing := evaluating(t, opened, to("a")), serving(t, opened, "a", finishing(items))
	store(t, opened, "old-1", "old-2", "old-3")
	expect(t, items, "old-1", "old-2", "old-3")
	eventually(t, "the old ones are discarded", func() bool {
		if err := opened.Tidy(t.Context()); err != nil {
			t.Fatal(err)
		}
		return !store(t, opened, "old-1")
	})
	store(t, opened, "kept")
	expect(t, items, "kept")
	stopEvaluating()
	stopServing()
	closeQueue(t, opened)
	if err := os.RemoveAll(filepath.Join(options.Dir, "jetstream", "$G", "streams", "STATE")); err != nil {
		t.Fatal(err)
	}

	opened = open(t, options)
	defer closeQueue(t, opened)
	if damage := opened.Damage(); damage.Lost != 0 {
		t.Errorf("reported: %+v", damage)
	}
	defer evaluating(t, opened, to("a"))()
	defer serving(t, opened, "a", finishing(items))()
	store(t, opened, "new")
	expect(t, items, "new")
}
