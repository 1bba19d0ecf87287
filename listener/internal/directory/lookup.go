package directory

import (
	"context"
	"errors"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/port"
)

// kindCache holds the results of one kind.
type kindCache struct {
	source
	results *cache
	// inProgress are the requests in progress, keyed by what they look up.
	inProgress map[string]*request
	// pausedUntil is the end of the pause for this kind.
	pausedUntil time.Time
	// readAt is when Port last responded.
	readAt time.Time
}

// request is a request to Port, shared by everyone who waits for its result.
type request struct {
	key  string
	done chan struct{}
}

// look returns the texts for a key: cached ones, or Port's response if it arrives before ctx ends.
func (d *Directory) look(ctx context.Context, of kind, key string) []string {
	if key == "" {
		return nil
	}
	texts, waiting := d.consult(of, key) //nolint:contextcheck // A request also serves other messages.
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
	texts, _ = d.kinds[of].results.get(key, d.options.Now())
	return texts
}

// consult returns cached texts, and a request to wait for if they are not fresh.
func (d *Directory) consult(of kind, key string) (texts []string, waiting *request) {
	d.mu.Lock()
	defer d.mu.Unlock()
	client, now := d.options.Client(), d.options.Now()
	if client != d.client {
		d.forget()
		d.client = client
	}
	consulted := d.kinds[of]
	texts, fresh := consulted.results.get(key, now)
	if fresh || consulted.isComplete(now) || now.Before(d.pausedUntil) || now.Before(consulted.pausedUntil) || d.ctx.Err() != nil {
		return texts, nil
	}
	name := key
	if consulted.whole {
		name = ""
	}
	if there := consulted.inProgress[name]; there != nil {
		return texts, there
	}
	if client == nil || d.inProgress >= maxRequests {
		return texts, nil
	}
	started := &request{key: key, done: make(chan struct{})}
	consulted.inProgress[name] = started
	d.inProgress++
	d.requests.Go(func() {
		d.fetch(client, consulted, started)
		d.mu.Lock()
		defer d.mu.Unlock()
		delete(consulted.inProgress, name)
		d.inProgress--
		close(started.done)
	})
	return texts, started
}

// isComplete reports whether Port recently returned all names of the kind.
func (s *kindCache) isComplete(now time.Time) bool {
	return s.whole && !s.readAt.IsZero() && now.Sub(s.readAt) < completeFor
}

// fetch sends a request to Port and caches the result.
func (d *Directory) fetch(client *port.Client, of *kindCache, req *request) {
	ctx, cancel := context.WithTimeout(d.ctx, requestTime)
	defer cancel()
	results, err := of.fetch(ctx, client, req.key)
	if err != nil {
		if d.ctx.Err() == nil {
			d.failed(of.kind, reasonOf(err), pauseAfter(err))
		}
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.options.Now()
	of.readAt = now
	for key, texts := range results {
		of.results.put(key, texts, now)
	}
	// The requested key is stored last, so that it is evicted last. An empty result is cached, too.
	of.results.put(req.key, results[req.key], now)
}

// pauseAfter returns how long to wait after an error.
func pauseAfter(err error) time.Duration {
	if failure, ok := errors.AsType[*port.Error](err); ok {
		return min(max(pause, failure.RetryAfter), maxPause)
	}
	return pause
}

// failed starts a pause. It counts and logs the failure, unless a pause is already in progress.
func (d *Directory) failed(of kind, reason Reason, rest time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.options.Now()
	pausedUntil := &d.pausedUntil
	if reason.isAboutOneKind() {
		pausedUntil = &d.kinds[of].pausedUntil
	}
	if now.Before(*pausedUntil) {
		return
	}
	*pausedUntil = now.Add(rest)
	d.options.Recorder.NameLookupFailed(reason)
	d.options.Logger.Warn("looking up names in Port failed, so messages show ids", "names", of, "reason", reason, "again_in", rest)
}
