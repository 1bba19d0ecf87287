package queue

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/gofrs/flock"
)

// ErrLocked reports that another process uses the data directory.
var ErrLocked = errors.New("another listener is using it")

// lockDirectory locks the data directory for this process: two listeners would send every alert
// twice. The operating system releases the lock even if the process is killed.
func lockDirectory(dir string) (*flock.Flock, error) {
	lock := flock.New(filepath.Join(dir, "lock"), flock.SetPermissions(0o600))
	locked, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("locking the data directory: %w", err)
	}
	if !locked {
		return nil, fmt.Errorf("the data directory %s is in use: %w; stop it, or give this one its own -data-dir", dir, ErrLocked)
	}
	return lock, nil
}
