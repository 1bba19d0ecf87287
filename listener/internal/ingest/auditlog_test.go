package ingest_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/listener/internal/metrics"
	"github.com/port-changelog/terraform-provider-port/listener/internal/queue"
)

// TestCrowdedWindowsAreHalved reads more entries than fit into a response, in any order.
func TestCrowdedWindowsAreHalved(t *testing.T) {
	t.Parallel()
	for name, order := range map[string]func([][]byte){
		"newest first": nil,
		"oldest first": slices.Reverse[[][]byte],
		"in no order": func(entries [][]byte) {
			for i := range entries {
				j := i * 7919 % len(entries)
				entries[i], entries[j] = entries[j], entries[i]
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newReading(t, 2*time.Hour)
			r.log.order = order
			r.log.spread(2500, time.Hour, noon, 0)
			r.mustRead(t)
			r.expectAll(t)
			if r.log.crowded > 3 {
				t.Errorf("%d of %d responses were incomplete", r.log.crowded, r.log.requests)
			}
			// Everything is read again after the late entries have appeared.
			r.log.add(noon.Add(time.Millisecond), 0)
			r.now = noon.Add(5 * time.Minute)
			r.mustRead(t)
			r.expectAll(t)
		})
	}
}

// TestCrowdIsFoundQuickly reads a burst of entries within hours without other changes.
func TestCrowdIsFoundQuickly(t *testing.T) {
	t.Parallel()
	r := newReading(t, 8*time.Hour)
	r.log.spread(2000, time.Second, noon.Add(-4*time.Hour-17*time.Minute), 0)
	r.mustRead(t)
	r.expectAll(t)
	// About twelve requests to halve an hour down to a second, as many to widen again, and one per
	// hour.
	if r.log.requests > 50 {
		t.Errorf("%d requests", r.log.requests)
	}
}

// TestWidthIsRemembered reads a crowded minute repeatedly, as polling does.
func TestWidthIsRemembered(t *testing.T) {
	t.Parallel()
	r := newReading(t, time.Minute)
	r.log.spread(1600, time.Minute, noon, 0)
	r.mustRead(t)
	for range 3 {
		before := r.log.requests
		r.log.crowded = 0
		r.log.spread(400, 15*time.Second, r.now.Add(15*time.Second), 0)
		r.now = r.now.Add(15 * time.Second)
		r.mustRead(t)
		r.expectAll(t)
		if requests := r.log.requests - before; r.log.crowded > 0 || requests > 15 {
			t.Errorf("%d of %d responses were incomplete", r.log.crowded, requests)
		}
	}
	// The window widens again after the burst: ten requests to reach an hour, five hours, and the
	// burst itself.
	r.now = r.now.Add(5 * time.Hour)
	before := r.log.requests
	r.mustRead(t)
	if requests := r.log.requests - before; requests > 30 {
		t.Errorf("%d requests for hours without a change", requests)
	}
}

// TestCrowdedMillisecond reads more entries of one millisecond than fit into a response: as many as
// possible are stored, and all entries around them.
func TestCrowdedMillisecond(t *testing.T) {
	t.Parallel()
	r := newReading(t, time.Hour)
	r.journal.lossy = true
	const crowd, lone = 1500, 20
	crowded := noon.Add(-30 * time.Minute)
	r.log.spread(lone, 20*time.Minute, crowded, 0)
	for range crowd {
		r.log.add(crowded, 0)
	}
	r.log.spread(lone, 20*time.Minute, noon, 0)
	r.mustRead(t)
	if got := len(r.journal.times); got != 1000+2*lone {
		t.Errorf("%d entries are stored", got)
	}
	expectTruncated(t, r)
	if got := r.journal.positions[everything].Until; got != noon {
		t.Errorf("the position is %s", got)
	}
}

func expectTruncated(t *testing.T, r *reading) {
	t.Helper()
	if r.counted.skipped[metrics.SkippedTruncated] == 0 {
		t.Error("it is not counted")
	}
	if log := r.messages.String(); !strings.Contains(log, "level=ERROR") || !strings.Contains(log, "share a millisecond") {
		t.Errorf("it is not logged:\n%s", log)
	}
}

// TestResponsesOverTheByteLimit reads few, large entries.
func TestResponsesOverTheByteLimit(t *testing.T) {
	t.Parallel()
	const limit, size = 64 << 10, 10 << 10
	t.Run("spread over time", func(t *testing.T) {
		t.Parallel()
		r := newReading(t, time.Hour, port.WithMaxResponseSize(limit))
		r.log.spread(100, time.Hour, noon, size)
		r.mustRead(t)
		r.expectAll(t)
		if r.log.requests > 80 {
			t.Errorf("%d requests", r.log.requests)
		}
	})
	t.Run("in one millisecond", func(t *testing.T) {
		t.Parallel()
		r := newReading(t, time.Hour, port.WithMaxResponseSize(limit))
		r.journal.lossy = true
		for range 20 {
			r.log.add(noon.Add(-30*time.Minute), size)
		}
		r.log.add(noon.Add(-time.Minute), size)
		r.mustRead(t)
		// The limit is 3 when they fit: 1,000 halved eight times.
		if got := len(r.journal.times); got != 3+1 {
			t.Errorf("%d entries are stored", got)
		}
		expectTruncated(t, r)
	})
	t.Run("one alone", func(t *testing.T) {
		t.Parallel()
		r := newReading(t, time.Hour, port.WithMaxResponseSize(limit))
		r.journal.lossy = true
		r.log.add(noon.Add(-30*time.Minute), limit)
		r.log.add(noon.Add(-time.Minute), size)
		r.mustRead(t)
		if got := len(r.journal.times); got != 1 {
			t.Errorf("%d entries are stored", got)
		}
		expectTruncated(t, r)
	})
}

// TestLateEntriesAreRead adds entries late: within a minute, the next read stores them; within
// fifteen minutes, the next catch-up; each of them once.
func TestLateEntriesAreRead(t *testing.T) {
	t.Parallel()
	r := newReading(t, time.Hour)
	r.log.add(noon.Add(-20*time.Minute), 0)
	r.mustRead(t)
	r.journal.lossy = true
	for _, appear := range []struct{ age, after time.Duration }{{50 * time.Second, 15 * time.Second}, {14 * time.Minute, 5 * time.Minute}} {
		r.log.add(r.now.Add(-appear.age+15*time.Second), 0)
		r.now = r.now.Add(appear.after)
		for range 2 {
			r.mustRead(t)
			if got := len(r.journal.times); got != len(r.log.entries) {
				t.Errorf("%d of %d entries are stored", got, len(r.log.entries))
			}
		}
	}
}

// TestNothingFallsBetweenQueries replaces two queries with another one, while changes continue and
// each request takes two seconds.
func TestNothingFallsBetweenQueries(t *testing.T) {
	t.Parallel()
	r := newReading(t, time.Hour)
	r.journal.positions = make(map[string]queue.Position)
	for _, blueprint := range []string{"service", "team"} {
		r.journal.positions["blueprint="+blueprint+"&"+everything] = queue.Position{Since: noon.Add(-time.Hour), Until: noon}
	}
	r.now = noon.Add(900 * time.Millisecond)
	r.log.fail = func(int) *http.Response {
		r.log.add(r.now.Add(-50*time.Millisecond), 0)
		r.now = r.now.Add(2 * time.Second)
		r.log.add(r.now.Add(-time.Second), 0)
		return nil
	}
	r.journal.lossy = true // An entry appears in a period that was already read.
	for range 2 {
		r.mustRead(t)
	}
	r.log.fail = nil
	r.now = r.now.Add(time.Second)
	r.mustRead(t)
	if got := len(r.journal.times); got != len(r.log.entries) {
		t.Errorf("%d of %d entries are stored", got, len(r.log.entries))
	}
	if got := len(r.journal.positions); got != 1 {
		t.Errorf("%d positions are stored", got)
	}
}

// TestRefusedQueryIsForgotten reads the rest of a query that Port refuses, for example because the
// blueprint was deleted. The other queries continue.
func TestRefusedQueryIsForgotten(t *testing.T) {
	t.Parallel()
	r := newReading(t, time.Hour)
	r.journal.positions["blueprint=gone&"+everything] = queue.Position{Since: noon.Add(-time.Hour), Until: noon.Add(-time.Hour)}
	r.log.spread(10, time.Hour, noon, 0)
	r.log.fail = func(request int) *http.Response {
		// The first request is for the time.
		if request != 2 {
			return nil
		}
		return r.log.respond(nil, http.StatusUnprocessableEntity, []byte(`{"ok":false,"error":"invalid_request"}`))
	}
	if _, err := r.step(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.expectAll(t)
	if _, known := r.journal.positions["blueprint=gone&"+everything]; known || r.counted.failures != 1 {
		t.Errorf("the query still exists: %t, and %d failures are counted", known, r.counted.failures)
	}
}

// TestFailureWhileHalving fails each request of a read in turn, and each write to the store. The
// next read must store everything. Some responses contain more than one batch.
func TestFailureWhileHalving(t *testing.T) {
	t.Parallel()
	start := func(t *testing.T) *reading {
		t.Helper()
		r := newReading(t, 2*time.Hour, port.WithMaxResponseSize(64<<10))
		r.log.spread(400, 100*time.Minute, noon, 0)
		return r
	}
	for name, crash := range map[string]bool{"it goes on": false, "it is started again": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			failing := 0
			for isDone := false; !isDone; {
				failing++
				r := start(t)
				r.log.fail = func(request int) *http.Response {
					if request != failing {
						return nil
					}
					return r.log.respond(nil, http.StatusGatewayTimeout, []byte(`{"ok":false,"error":"timeout"}`))
				}
				isDone = !failsOnce(t, r, crash)
			}
			if failing < 8 {
				t.Errorf("only %d requests could fail", failing-1)
			}
		})
		t.Run(name+" after the store failed", func(t *testing.T) {
			t.Parallel()
			failing := 0
			for isDone := false; !isDone; {
				failing++
				r := start(t)
				r.journal.fail = func(advance int) error {
					if advance != failing {
						return nil
					}
					return fmt.Errorf("%w: the disk is full", queue.ErrUnavailable)
				}
				isDone = !failsOnce(t, r, crash)
			}
			if failing < 8 {
				t.Errorf("only %d steps could fail", failing-1)
			}
		})
	}
}

// failsOnce reads twice, and reports whether the first read failed. After the second, everything
// must be stored.
func failsOnce(t *testing.T, r *reading, crash bool) (failed bool) {
	t.Helper()
	pause, err := r.step(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if failed = r.counted.failures > 0; failed {
		if pause <= 0 {
			t.Error("it does not wait")
		}
		if crash {
			r.restart()
		}
		r.mustRead(t)
	}
	r.expectAll(t)
	return failed
}
