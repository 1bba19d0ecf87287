package queue

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"
)

// ErrLocked says that another process uses the data directory.
var ErrLocked = errors.New("another listener is using it")

// makeDirectory creates the data directory if it is missing.
func makeDirectory(options Options) error {
	if err := os.MkdirAll(options.Dir, 0o700); err != nil {
		return fmt.Errorf("creating the data directory: %w", err)
	}
	return nil
}

// lockDirectory takes the data directory for this process alone: two servers
// writing to one store would destroy it. The operating system releases the lock
// also when the process is killed.
func lockDirectory(options Options) (*embedded, error) {
	lock := flock.New(filepath.Join(options.Dir, "lock"), flock.SetPermissions(0o600))
	locked, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("locking the data directory: %w", err)
	}
	if !locked {
		return nil, fmt.Errorf("the data directory %s is taken: %w; stop it, or give this one its own -data-dir", options.Dir, ErrLocked)
	}
	return &embedded{options: options, lock: lock}, nil
}
