package queue

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const (
	// asideDir is where damaged files are put, below the data directory.
	asideDir    = "damaged"
	blockSuffix = ".blk"
	// indexFile is the server's summary of the blocks of a stream. It makes a new
	// one of the blocks when there is none.
	indexFile = "index.db"
	// reportFile says beside the damaged files what was lost.
	reportFile = "report.json"
)

// inspection is what was found in the files of the store before it was opened.
type inspection struct {
	// aside is the directory that holds copies of what is not whole, or "".
	aside string
	// damaged counts records that were there and are not sound any more.
	damaged int
}

// inspect reads every block of the embedded store. The server would cut off a
// block at the first damaged record, or find it only when it is wanted: here a
// copy of the block is put aside, and what is sound of it remains.
func inspect(dir string, logger *slog.Logger) (inspection, error) {
	var found inspection
	aside := newAside(dir)
	err := eachDamaged(dir, func(path, stream string, content []byte, read block) error {
		kept, err := repair(path, filepath.Join(aside, stream), content, read)
		if err != nil {
			return fmt.Errorf("putting a damaged file of the event store aside: %w", err)
		}
		found.aside, found.damaged = aside, found.damaged+read.damaged
		logger.Error("event store: a file is damaged; a copy was put aside, and what is sound is kept", "file", path, "copy", kept, "damaged_records", read.damaged)
		return nil
	})
	return found, err
}

// eachDamaged calls act for every block that is not whole, in a fixed order, until
// an error.
func eachDamaged(dir string, act func(path, stream string, content []byte, read block) error) error {
	blocks, err := filepath.Glob(filepath.Join(dir, "jetstream", "*", "streams", "*", "msgs", "*"+blockSuffix))
	if err != nil {
		return err
	}
	slices.Sort(blocks)
	for _, path := range blocks {
		stream := filepath.Base(filepath.Dir(filepath.Dir(path)))
		content, err := os.ReadFile(path) //nolint:gosec // A file of the data directory.
		if err != nil {
			return fmt.Errorf("reading the event store: %w", pathOf(err, path))
		}
		read, err := readBlock(path, stream, content)
		if err != nil {
			return err
		}
		if read.whole() {
			continue
		}
		if err := act(path, stream, content, read); err != nil {
			return err
		}
	}
	return nil
}

// newAside returns a new directory for what is found now.
func newAside(dir string) string {
	return filepath.Join(dir, asideDir, time.Now().UTC().Format("20060102T150405.000"))
}

// repair copies a block and leaves its sound records in its place.
func repair(path, aside string, content []byte, read block) (kept string, err error) {
	if err := os.MkdirAll(aside, 0o700); err != nil {
		return "", err
	}
	kept = filepath.Join(aside, filepath.Base(path))
	if err := writeSynced(kept, content); err != nil {
		return "", err
	}
	if err := writeSynced(path+".sound", read.sound); err != nil {
		return "", err
	}
	// The server must not believe what it has noted about the block.
	if err := os.Remove(filepath.Join(filepath.Dir(path), indexFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	return kept, os.Rename(path+".sound", path)
}

func writeSynced(path string, content []byte) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600) //nolint:gosec // A file of the data directory.
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	return errors.Join(err, file.Sync(), file.Close())
}

// pathOf makes sure that an error names the file.
func pathOf(err error, path string) error {
	if strings.Contains(err.Error(), path) {
		return err
	}
	return fmt.Errorf("%s: %w", path, err)
}
