package directory

import (
	"context"
	"errors"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/port"
)

// shelf is what is known of one kind.
type shelf struct {
	source
	answers *cache
	// underway are the requests on their way, by what they ask for.
	underway map[string]*request
	// resting is until when no name of this kind is asked for.
	resting time.Time
	// readAt is when Port has answered last.
	readAt time.Time
}

// request is one request to Port, for all who wait for its answer.
type request struct {
	key  string
	done chan struct{}
}

// look returns the texts of a key: those that are remembered, or Port's answer if it comes before
// ctx ends.
func (d *Directory) look(ctx context.Context, of kind, key string) []string {
	if key == "" {
		return nil
	}
	texts, waiting := d.consult(of, key) //nolint:contextcheck // A request serves others who wait, and later messages.
	if waiting == nil {
		return texts
	}
	select {
	case <-waiting.done:
	case <-ctx.Done():
		d.failed(of, ReasonSlow, pause)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	texts, _ = d.kinds[of].answers.get(key, d.options.Now())
	return texts
}

// consult returns what is remembered, and a request to wait for if that is not enough.
func (d *Directory) consult(of kind, key string) (texts []string, waiting *request) {
	d.mu.Lock()
	defer d.mu.Unlock()
	client, now := d.options.Client(), d.options.Now()
	if client != d.client {
		d.forget()
		d.client = client
	}
	consulted := d.kinds[of]
	texts, fresh := consulted.answers.get(key, now)
	if fresh || consulted.isComplete(now) || now.Before(d.resting) || now.Before(consulted.resting) || d.living.Err() != nil {
		return texts, nil
	}
	name := key
	if consulted.whole {
		name = ""
	}
	if there := consulted.underway[name]; there != nil {
		return texts, there
	}
	if client == nil || d.underway >= maxRequests {
		return texts, nil
	}
	started := &request{key: key, done: make(chan struct{})}
	consulted.underway[name] = started
	d.underway++
	d.requests.Go(func() {
		d.ask(client, consulted, started)
		d.mu.Lock()
		defer d.mu.Unlock()
		delete(consulted.underway, name)
		d.underway--
		close(started.done)
	})
	return texts, started
}

// isComplete reports whether Port has just said all that there is of the kind.
func (s *shelf) isComplete(now time.Time) bool {
	return s.whole && !s.readAt.IsZero() && now.Sub(s.readAt) < completeFor
}

// ask asks Port and remembers the answer.
func (d *Directory) ask(client *port.Client, of *shelf, asked *request) {
	ctx, cancel := context.WithTimeout(d.living, requestTime)
	defer cancel()
	answers, err := of.ask(ctx, client, asked.key)
	if err != nil {
		if d.living.Err() == nil {
			d.failed(of.kind, reasonOf(err), pauseAfter(err))
		}
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.options.Now()
	of.readAt = now
	for key, texts := range answers {
		of.answers.put(key, texts, now)
	}
	// The one that was asked for is the last to be forgotten. That there is no such thing is an
	// answer as well.
	of.answers.put(asked.key, answers[asked.key], now)
}

// pauseAfter is how long Port is not asked after an error.
func pauseAfter(err error) time.Duration {
	if answered, ok := errors.AsType[*port.Error](err); ok {
		return min(max(pause, answered.RetryAfter), longestPause)
	}
	return pause
}

// failed counts a failure, unless one is being waited out already, and lets Port rest.
func (d *Directory) failed(of kind, reason Reason, rest time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.options.Now()
	resting := &d.resting
	if reason.isAboutOneKind() {
		resting = &d.kinds[of].resting
	}
	if now.Before(*resting) {
		return
	}
	*resting = now.Add(rest)
	d.options.Recorder.NameLookupFailed(reason)
	d.options.Logger.Warn("looking up names in Port failed, so messages show ids", "names", of, "reason", reason, "again_in", rest)
}
