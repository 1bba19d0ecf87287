//nolint:thelper // The entries of the tables are parts of the tests.
package queue_test

import (
	"bytes"
	"database/sql"
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

// TestACrashKeepsWhatIsStored opens a copy of the data directory made while the store was in use,
// which is the state after a kill.
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
	if err := os.Mkdir(filepath.Join(blocked, "events.db"), 0o700); err != nil {
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
		{"events too large for the memory", func(o *queue.Options) { o.MaxEvent = 64 << 20 }, "the largest event"},
		{"no room", func(o *queue.Options) { o.MaxBytes = 1 }, "must have at least"},
		{"what was sent is forgotten early", func(o *queue.Options) { o.SentFor = o.MaxAge }, "kept longer"},
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
	// The reserve could not be taken yet.
	want := fmt.Sprintf("events are accepted again once %d are", int64(2<<60))
	if !errors.Is(err, queue.ErrUnavailable) || !strings.Contains(err.Error(), "the disk is full") || !strings.HasSuffix(err.Error(), want) {
		t.Errorf("Store: %v", err)
	}
	if err := opened.Check(t.Context()); !errors.Is(err, queue.ErrUnavailable) {
		t.Errorf("Check: %v", err)
	}
}

// damagedStore creates a store with unevaluated events and three pending deliveries that no process
// uses.
func damagedStore(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	opened := open(t, withDir(dir))
	fillStore(t, opened)
	closeQueue(t, opened)
	return dir
}

func fillStore(t *testing.T, opened *queue.SQL) {
	t.Helper()
	stop := evaluating(t, opened, to("a"))
	store(t, opened, "d-1", "d-2", "d-3")
	eventually(t, "all are evaluated", func() bool { return pending(t, opened, "a") == 3 })
	evaluated(t, opened)
	stop()
	store(t, opened, "e-1", "e-2", "e-3", "e-4")
}

// crashedStore is like damagedStore after a kill: everything is still in the write-ahead log.
func crashedStore(t *testing.T) (dir string) {
	t.Helper()
	running, dir := t.TempDir(), filepath.Join(t.TempDir(), "data")
	opened := open(t, withDir(running))
	defer closeQueue(t, opened)
	fillStore(t, opened)
	// The marks are written with the next event, at most once a second.
	eventually(t, "the marks know of all events", func() bool {
		content, err := os.ReadFile(filepath.Join(running, "high-water"))
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(content, []byte(`"event":7,"waiting":7`)) {
			return true
		}
		store(t, opened, "e-4")
		return false
	})
	if err := os.CopyFS(dir, os.DirFS(running)); err != nil {
		t.Fatal(err)
	}
	return dir
}

// spoil changes a byte of a file at the end of a text.
func spoil(t *testing.T, path, text string) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(content, []byte(text))
	if at < 0 {
		t.Fatalf("%s is not in the file", text)
	}
	content[at+len(text)-1] ^= 0x40
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

func overwrite(t *testing.T, path string, at int64, with []byte) {
	t.Helper()
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := file.WriteAt(with, at); err != nil {
		t.Fatal(err)
	}
}

// TestADamagedStore damages the files of a store, and checks what is left, what is reported as
// lost, and where the damaged store is.
func TestADamagedStore(t *testing.T) {
	t.Parallel()
	everything := []string{"d-1", "d-2", "d-3", "e-1", "e-2", "e-3", "e-4"}
	without := func(gone ...string) []string {
		var identities []string
		for _, identity := range everything {
			if !strings.Contains(strings.Join(gone, " "), identity) {
				identities = append(identities, identity)
			}
		}
		return identities
	}
	database := func(dir string) string { return filepath.Join(dir, "events.db") }
	journal := func(dir string) string { return filepath.Join(dir, "events.db-wal") }
	tests := []struct {
		name  string
		make  func(t *testing.T) (dir string)
		spoil func(t *testing.T, dir string)
		want  []string
		lost  int
		aside bool
	}{
		{"an event", damagedStore, func(t *testing.T, dir string) { spoil(t, database(dir), `"name":"e-2"`) }, without("e-2"), 1, true},
		{"the newest event", damagedStore, func(t *testing.T, dir string) { spoil(t, database(dir), `"name":"e-4"`) }, without("e-4"), 1, true},
		{"the event of a delivery", damagedStore, func(t *testing.T, dir string) { spoil(t, database(dir), `"name":"d-2"`) }, without("d-2"), 1, true},
		{"a delivery", damagedStore, func(t *testing.T, dir string) { spoil(t, database(dir), "ahealth") }, without("d-3"), 1, true},
		{"the database cut off", damagedStore, func(t *testing.T, dir string) {
			if err := os.Truncate(database(dir), 3*4096); err != nil {
				t.Fatal(err)
			}
		}, nil, 7, true},
		{"an invalid database", damagedStore, func(t *testing.T, dir string) {
			if err := os.WriteFile(database(dir), []byte("nonsense"), 0o600); err != nil {
				t.Fatal(err)
			}
		}, nil, 7, true},
		{"a database that is gone", damagedStore, func(t *testing.T, dir string) {
			if err := os.Remove(database(dir)); err != nil {
				t.Fatal(err)
			}
		}, nil, 7, true},
		{"the log is gone", crashedStore, func(t *testing.T, dir string) {
			if err := os.Remove(journal(dir)); err != nil {
				t.Fatal(err)
			}
		}, nil, 7, true},
		{"a byte of the log", crashedStore, func(t *testing.T, dir string) { spoil(t, journal(dir), `"name":"e-3"`) }, without("e-3", "e-4"), 2, true},
		{"the log cut off", crashedStore, func(t *testing.T, dir string) {
			content, err := os.ReadFile(journal(dir))
			if err != nil {
				t.Fatal(err)
			}
			if err := os.Truncate(journal(dir), int64(bytes.Index(content, []byte(`"name":"e-2"`)))); err != nil {
				t.Fatal(err)
			}
		}, without("e-2", "e-3", "e-4"), 3, true},
		{"nothing after a crash", crashedStore, func(*testing.T, string) {}, everything, 0, false},
		{"the marks", damagedStore, func(t *testing.T, dir string) {
			if err := os.WriteFile(filepath.Join(dir, "high-water"), []byte("nonsense"), 0o600); err != nil {
				t.Fatal(err)
			}
		}, everything, 0, false},
		{"the reserve", damagedStore, func(t *testing.T, dir string) {
			if err := os.Remove(filepath.Join(dir, "reserve")); err != nil {
				t.Fatal(err)
			}
		}, everything, 0, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dir := test.make(t)
			test.spoil(t, dir)
			options := withDir(dir)
			log := &bytes.Buffer{}
			options.Logger = slog.New(slog.NewTextHandler(log, nil))
			opened := open(t, options)
			damage := opened.Damage()
			if damage.Lost != test.lost || (damage.Aside != "") != test.aside {
				t.Errorf("reported: %+v, want %d lost and a report: %t\n%s", damage, test.lost, test.aside, log)
			}
			if test.lost > 0 && !strings.Contains(log.String(), fmt.Sprintf("lost=%d", test.lost)) {
				t.Errorf("the log reads\n%s", log)
			}
			items := make(chan queue.Item, 100)
			stopEvaluating, stopServing := evaluating(t, opened, to("a")), serving(t, opened, "a", finishing(items))
			expect(t, items, test.want...)
			store(t, opened, "new")
			expect(t, items, "new")
			stopEvaluating()
			stopServing()
			closeQueue(t, opened)

			// It is reported until the operator removes the report.
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

// TestADamagedPageLosesNoOtherRow overwrites one page of a larger store, where a scan would end.
func TestADamagedPageLosesNoOtherRow(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	opened := open(t, withDir(dir))
	body := bytes.Repeat([]byte("x"), 1000)
	for i := range 500 {
		if _, err := opened.Store(t.Context(), queue.Event{Identity: fmt.Sprintf("event-%03d", i), Body: body}); err != nil {
			t.Fatal(err)
		}
	}
	closeQueue(t, opened)
	path := filepath.Join(dir, "events.db")
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	page := int64(bytes.Index(content, []byte("event-250"+time.Now().UTC().Format("2006"))) / 4096)
	overwrite(t, path, page*4096, bytes.Repeat([]byte{0xff}, 4096))

	opened = open(t, withDir(dir))
	defer closeQueue(t, opened)
	items := make(chan queue.Item, 1000)
	defer evaluating(t, opened, to("a"))()
	defer serving(t, opened, "a", finishing(items))()
	store(t, opened, "last")
	delivered := map[string]bool{}
	for !delivered["last"] {
		delivered[next(t, items).Identity] = true
	}
	damage := opened.Damage()
	if lost := 501 - len(delivered); lost < 1 || lost > 8 || damage.Lost != lost {
		t.Errorf("%d events are lost, and the report says %+v", lost, damage)
	}
}

// TestAnOldCopyIsNoticed restores a copy of the store from before some events were stored.
func TestAnOldCopyIsNoticed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	opened := open(t, withDir(dir))
	store(t, opened, "one")
	closeQueue(t, opened)
	old, err := os.ReadFile(filepath.Join(dir, "events.db"))
	if err != nil {
		t.Fatal(err)
	}
	opened = open(t, withDir(dir))
	store(t, opened, "two", "three")
	closeQueue(t, opened)
	if err := os.WriteFile(filepath.Join(dir, "events.db"), old, 0o600); err != nil {
		t.Fatal(err)
	}
	opened = open(t, withDir(dir))
	defer closeQueue(t, opened)
	if damage := opened.Damage(); damage.Lost != 2 {
		t.Errorf("reported: %+v", damage)
	}

	// A crash right after that does not report it again.
	crashed := t.TempDir()
	if err := os.CopyFS(crashed, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(crashed, "damaged")); err != nil {
		t.Fatal(err)
	}
	again := open(t, withDir(crashed))
	defer closeQueue(t, again)
	if damage := again.Damage(); damage.Lost != 0 {
		t.Errorf("reported again: %+v", damage)
	}
}

// TestTheDamagedStoreIsSetAside checks the copy and the report.
func TestTheDamagedStoreIsSetAside(t *testing.T) {
	t.Parallel()
	dir := damagedStore(t)
	path := filepath.Join(dir, "events.db")
	spoil(t, path, `"name":"e-2"`)
	damaged, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	closeQueue(t, open(t, withDir(dir)))
	copies, err := filepath.Glob(filepath.Join(dir, "damaged", "*", "events.db"))
	if err != nil || len(copies) != 1 {
		t.Fatalf("copies: %v (%v)", copies, err)
	}
	aside, err := os.ReadFile(copies[0])
	if err != nil || !bytes.Equal(aside, damaged) {
		t.Errorf("the copy differs (%v)", err)
	}
	content, err := os.ReadFile(filepath.Join(filepath.Dir(copies[0]), "report.json"))
	if err != nil {
		t.Fatal(err)
	}
	var report map[string]int
	if err := json.Unmarshal(content, &report); err != nil || report["lost"] != 1 || report["damaged_rows"] != 1 {
		t.Errorf("the report is %s (%v)", content, err)
	}
}

// TestAStoreOfANewerVersionIsLeftAlone opens a store with a newer schema.
func TestAStoreOfANewerVersionIsLeftAlone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	closeQueue(t, open(t, withDir(dir)))
	database, err := sql.Open("sqlite", filepath.Join(dir, "events.db"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := database.ExecContext(t.Context(), `UPDATE schema_version SET version = 99`); err != nil {
		t.Fatal(err)
	}
	if err := database.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := queue.Open(t.Context(), withDir(dir)); err == nil || !strings.Contains(err.Error(), "newer version of the listener") {
		t.Errorf("got %v", err)
	}
}
