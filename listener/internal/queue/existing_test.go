package queue_test

import (
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/port-changelog/terraform-provider-port/listener/internal/queue"
)

// TestOpenExistingCreatesNothing opens directories without a store.
func TestOpenExistingCreatesNothing(t *testing.T) {
	t.Parallel()
	parent := t.TempDir()
	file := filepath.Join(parent, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	empty := filepath.Join(parent, "empty")
	if err := os.MkdirAll(filepath.Join(empty, "other"), 0o700); err != nil {
		t.Fatal(err)
	}
	tests := map[string]string{filepath.Join(parent, "missing"): "there is no event store in ", empty: "there is no event store in ", file: "reading the data directory"}
	for dir, want := range tests {
		_, err := queue.OpenExisting(t.Context(), locate(withDir(dir)))
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), dir) {
			t.Errorf("%s: %v", dir, err)
		}
	}
	var paths []string
	if err := filepath.WalkDir(parent, func(path string, _ fs.DirEntry, err error) error {
		paths = append(paths, strings.TrimPrefix(path, parent))
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(paths, " "); got != " /empty /empty/other /file" {
		t.Errorf("afterwards there are%s", got)
	}
}

// TestOpenExistingLocks opens a store that is already open, in either order.
func TestOpenExistingLocks(t *testing.T) {
	t.Parallel()
	options := withDir(t.TempDir())
	opened := open(t, options)
	if _, err := queue.OpenExisting(t.Context(), locate(options)); !errors.Is(err, queue.ErrLocked) {
		t.Errorf("while a listener is running: %v", err)
	}
	closeQueue(t, opened)
	inspector, err := queue.OpenExisting(t.Context(), locate(options))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := queue.Open(t.Context(), options); !errors.Is(err, queue.ErrLocked) {
		t.Errorf("a listener while a command runs: %v", err)
	}
	if err := inspector.Close(); err != nil {
		t.Error(err)
	}
	closeQueue(t, open(t, options))
}

// TestOpenExistingAfterACrash opens a store in the state after a kill.
func TestOpenExistingAfterACrash(t *testing.T) {
	t.Parallel()
	dir, image := t.TempDir(), filepath.Join(t.TempDir(), "data")
	opened := open(t, withDir(dir))
	defer closeQueue(t, opened)
	bury(t, opened, "a", "one", "two")
	if err := os.CopyFS(image, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	inspector, err := queue.OpenExisting(t.Context(), locate(withDir(image)))
	if err != nil {
		t.Fatal(err)
	}
	letters(t, inspector, "one", "two")
	if err := inspector.Close(); err != nil {
		t.Error(err)
	}
}

// TestOpenExistingRepairsNothing damages a store in ways that Open would repair, and checks that
// the listener still detects the loss.
func TestOpenExistingRepairsNothing(t *testing.T) {
	t.Parallel()
	t.Run("a file that is not a database is left to the listener", func(t *testing.T) {
		t.Parallel()
		dir := damagedStore(t)
		if err := os.WriteFile(filepath.Join(dir, "events.db"), []byte("nonsense"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := queue.OpenExisting(t.Context(), locate(withDir(dir))); !errors.Is(err, queue.ErrDamaged) || !strings.Contains(err.Error(), "events.db") {
			t.Errorf("got %v", err)
		}
		opened := open(t, withDir(dir))
		defer closeQueue(t, opened)
		if damage := opened.Damage(); damage.Lost != 7 || damage.Aside == "" {
			t.Errorf("the listener finds %+v", damage)
		}
	})
	t.Run("a loss is still reported", func(t *testing.T) {
		t.Parallel()
		dir := crashedStore(t)
		if err := os.Remove(filepath.Join(dir, "events.db-wal")); err != nil {
			t.Fatal(err)
		}
		inspector, err := queue.OpenExisting(t.Context(), queue.Location{Dir: dir, ReadOnly: true, Logger: slog.New(slog.DiscardHandler)})
		if err == nil {
			err = inspector.Close()
		}
		if err != nil && !errors.Is(err, queue.ErrNoStore) {
			t.Error(err)
		}
		opened := open(t, withDir(dir))
		defer closeQueue(t, opened)
		if damage := opened.Damage(); damage.Lost != 7 {
			t.Errorf("the listener finds %+v", damage)
		}
	})
}

// TestOpenReadOnly opens stores for reading: one in use, one after a crash, and one in a read-only
// directory.
func TestOpenReadOnly(t *testing.T) {
	t.Parallel()
	look := func(t *testing.T, dir string, identities ...string) {
		t.Helper()
		inspector, err := queue.OpenExisting(t.Context(), queue.Location{Dir: dir, ReadOnly: true, Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		stored := letters(t, inspector, identities...)
		if err := inspector.Drop(t.Context(), stored[0].Sequence); err == nil {
			t.Error("it was changed")
		}
		if err := inspector.Close(); err != nil {
			t.Error(err)
		}
	}
	dir, image := t.TempDir(), filepath.Join(t.TempDir(), "data")
	opened := open(t, withDir(dir))
	bury(t, opened, "a", "one", "two")
	look(t, dir, "one", "two")
	if err := os.CopyFS(image, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	look(t, image, "one", "two")
	closeQueue(t, opened)
	look(t, dir, "one", "two")
}
