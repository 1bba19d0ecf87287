package ingest

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/tmaxmax/go-sse"

	"github.com/port-changelog/terraform-provider-port/listener/internal/metrics"
)

const (
	// SmeeMaxBody is the maximum size of a body from a Smee source. smee.io itself accepts less.
	SmeeMaxBody = 2 << 20
	// envelopeLimit is for everything in a server-sent event except the body.
	envelopeLimit = 128 << 10
	// streamBuffer is how much is read at a time.
	streamBuffer = 64 << 10
)

var (
	errSilent = fmt.Errorf("nothing arrived for %s, not even a ping", maxSilence)
	errEnded  = errors.New("the server closed the connection")
)

// read receives events until the stream ends, and returns the reason.
func (s *Smee) read(ctx context.Context, stream io.Reader) error {
	// A body may occur twice: as JSON and in base64.
	limit := s.options.MaxBody + s.options.MaxBody*4/3 + envelopeLimit
	whole := &frames{source: bufio.NewReaderSize(stream, streamBuffer), limit: limit, tooLarge: func() {
		s.reject(ctx, tooLarge("a server-sent event", limit))
	}}
	id := ""
	for event, err := range sse.Read(whole, &sse.ReadConfig{MaxEventSize: limit + 1}) {
		if err != nil {
			return fmt.Errorf("reading the channel: %w", err)
		}
		s.take(ctx, event)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		// Until this connection sends an id, the id of the previous connection remains valid.
		if event.LastEventID != id {
			id = event.LastEventID
			s.remember(id)
		}
	}
	return errEnded
}

func tooLarge(what string, limit int) error {
	return unsigned(
		metrics.ResultTooLarge, http.StatusRequestEntityTooLarge, "The event is too large.",
		fmt.Errorf("%s has more than %d bytes", what, limit),
	)
}

// watched is a stream that calls silent if a read takes too long. The time between reads does not
// count, because nothing is read while an event is being stored.
type watched struct {
	stream  io.Reader
	longest time.Duration
	silent  func()
}

func (w *watched) Read(p []byte) (int, error) {
	timer := time.AfterFunc(w.longest, w.silent)
	defer timer.Stop()
	return w.stream.Read(p)
}

// frames is a stream of server-sent events that passes on only complete ones up to a size limit.
// Otherwise, the parser would end the stream at an oversized event, which a resuming server would
// send again on every connection.
type frames struct {
	source *bufio.Reader
	limit  int
	// tooLarge is called for each event that is skipped.
	tooLarge func()
	frame    bytes.Buffer
	// size is the size of the event so far, even beyond the limit.
	size int
	// afterCR means that a following line feed belongs to the previous line end.
	afterCR bool
}

func (f *frames) Read(p []byte) (int, error) {
	for f.frame.Len() == 0 {
		if err := f.next(); err != nil {
			f.frame.Reset()
			return 0, err
		}
	}
	return f.frame.Read(p)
}

// next reads an event up to and including the blank line that ends it, and normalises line ends to
// line feeds. It skips lone blank lines and oversized events.
func (f *frames) next() error {
	f.frame.Reset()
	f.size = 0
	for blank := true; ; {
		text, ends, err := f.readLine()
		if err != nil {
			return err
		}
		f.add(text)
		blank = blank && len(text) == 0
		if !ends {
			continue
		}
		if blank {
			f.finish()
			return nil
		}
		f.add([]byte{'\n'})
		blank = true
	}
}

// readLine returns the part of a line that has arrived, without its end, and whether the line is
// complete. The text is valid until the next call.
func (f *frames) readLine() (text []byte, ends bool, err error) {
	if _, err := f.source.Peek(1); err != nil {
		return nil, false, err
	}
	arrived, err := f.source.Peek(f.source.Buffered())
	if err != nil {
		return nil, false, err
	}
	skip := 0
	if f.afterCR && arrived[0] == '\n' {
		skip = 1
	}
	f.afterCR = false
	text, used := arrived[skip:], len(arrived)
	if end := lineEnd(text); end >= 0 {
		f.afterCR = text[end] == '\r'
		text, ends, used = text[:end], true, skip+end+1
	}
	_, err = f.source.Discard(used)
	return text, ends, err
}

// lineEnd returns the index of the first line feed or carriage return, or -1.
func lineEnd(text []byte) int {
	feed := bytes.IndexByte(text, '\n')
	if feed >= 0 {
		text = text[:feed]
	}
	if carriage := bytes.IndexByte(text, '\r'); carriage >= 0 {
		return carriage
	}
	return feed
}

// add appends a part of an event, unless the event has become too large.
func (f *frames) add(part []byte) {
	if f.size += len(part); f.size <= f.limit {
		f.frame.Write(part)
	}
}

// finish ends an event with its blank line.
func (f *frames) finish() {
	switch {
	case f.size > f.limit:
		f.frame.Reset()
		f.tooLarge()
	case f.size > 0:
		f.frame.WriteByte('\n')
	}
}
