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
	// SmeeMaxBody is the size of the largest body that a Smee source has reason to take: smee.io
	// itself takes less.
	SmeeMaxBody = 2 << 20
	// envelopeLimit is for everything of a server-sent event but the body.
	envelopeLimit = 128 << 10
	// streamBuffer is how much is read at a time.
	streamBuffer = 64 << 10
)

var (
	errSilent = fmt.Errorf("nothing arrived for %s, not even a ping", longestSilence)
	errEnded  = errors.New("the server closed the connection")
)

// read takes events until the stream ends, and returns why it did.
func (s *Smee) read(ctx context.Context, stream io.Reader) error {
	// A body may be there twice: as itself, and in base64.
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
		// Only what this connection has said of ids counts: until then the one of an earlier
		// connection stands.
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

// watched is a stream that tells when it has been silent for too long. Only the time that somebody
// waits for it counts: while an event is being stored nothing is read.
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

// frames is a stream of server-sent events that holds only whole ones, and none beyond a limit. The
// parser behind it would end the stream at one that is too large, and a server that resumes would
// send it again on every connection.
type frames struct {
	source *bufio.Reader
	limit  int
	// tooLarge is called for an event that is left out.
	tooLarge func()
	frame    bytes.Buffer
	// size is that of the event so far, also beyond the limit.
	size int
	// afterCR says that a line feed now would belong to the line end before it.
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

// next reads an event up to the blank line that ends it, and writes every line end as a line feed.
// Of a blank line alone, and of an event that is too large, it leaves nothing.
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

// readLine returns what of a line has arrived, without its end, and whether the line ends there.
// The text is valid until the next call.
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

// lineEnd returns where the first line feed or carriage return is, -1 for none.
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

// add keeps a part of an event, unless it has become too large.
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
