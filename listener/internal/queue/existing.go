package queue

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/nats-io/nats.go/jetstream"
)

// ErrNoStore says that there is no event store where one was to be opened.
var ErrNoStore = errors.New("there is no event store")

// ErrDamaged says that a store must be opened by the listener first, which puts
// damaged files aside and says what is lost.
var ErrDamaged = errors.New("a file of the event store is damaged, or was not written to its end")

// Location says where a store is.
type Location struct {
	// Dir is the data directory of an embedded store. It is not used with
	// External.
	Dir      string
	External External
	Logger   *slog.Logger
}

// OpenExisting opens the desk of a store that a listener has made, and leaves it
// as that listener has set it up: no stream is made or changed, nothing is
// repaired, and what the listener will find missing later it still finds.
//
// Its error wraps ErrNoStore where there is none, ErrLocked when a process has the
// data directory open, and ErrDamaged when opening would lose what only the
// listener puts aside.
func OpenExisting(ctx context.Context, location Location) (Desk, error) {
	options := Options{
		Dir: location.Dir, External: location.External, Logger: location.Logger, Reserve: defaultReserve,
		// The embedded server must take back the largest event that any listener
		// has stored.
		MaxEvent: largestEvent,
	}
	queue := &JetStream{options: options}
	if err := queue.startExisting(ctx); err != nil {
		return nil, errors.Join(err, queue.Close())
	}
	return queue, nil
}

func (q *JetStream) startExisting(ctx context.Context) error {
	if q.options.embedded() {
		if err := q.startExistingEmbedded(); err != nil {
			return err
		}
	}
	if err := q.connect(ctx); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	return q.findStreams(ctx)
}

// startExistingEmbedded starts the server only on a directory that has streams,
// and whose files it would not cut off.
func (q *JetStream) startExistingEmbedded() error {
	if err := checkExists(q.options.Dir); err != nil {
		return err
	}
	embedded, err := lockDirectory(q.options)
	if err != nil {
		return err
	}
	q.embedded = embedded
	err = eachDamaged(q.options.Dir, func(path, _ string, _ []byte, _ block) error {
		return fmt.Errorf("%w (%s): start the listener once, which puts it aside and says what is lost", ErrDamaged, path)
	})
	if err != nil {
		return err
	}
	if q.ledger, err = openLedger(q.options.Dir); err != nil {
		return err
	}
	return embedded.start()
}

// checkExists looks for the streams of an embedded store, and touches nothing.
func checkExists(dir string) error {
	if _, err := os.ReadDir(dir); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("reading the data directory: %w", err)
	}
	found, err := filepath.Glob(filepath.Join(dir, "jetstream", "*", "streams", deadStream))
	if err != nil {
		return err
	}
	if len(found) == 0 {
		return fmt.Errorf("%w in %s", ErrNoStore, dir)
	}
	return nil
}

// findStreams takes the streams into use that the desk works on. The leases are
// none of them.
func (q *JetStream) findStreams(ctx context.Context) error {
	found := make(map[string]jetstream.Stream)
	for _, name := range []string{eventsStream, deliverStream, deadStream, stateStream} {
		stream, err := q.findStream(ctx, name)
		if errors.Is(err, jetstream.ErrStreamNotFound) {
			return fmt.Errorf("%w of a listener here, or it is not whole: the stream %s is missing", ErrNoStore, name)
		}
		if err != nil {
			return err
		}
		found[name] = stream
	}
	q.useStreams(found)
	return nil
}
