package batch

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/port"
)

const (
	// usualParallelism is how many calls Terraform makes at a time unless it is told otherwise.
	usualParallelism = 10
	// fewCalls go at once: what is asked for by so few is not worth a wait.
	fewCalls = 3
	// A round waits for further calls until none has come for several times as long as they took to
	// come lately: Terraform needs processor time for each, more or less of it. The wait is within
	// these bounds.
	shortestQuiet = 20 * time.Millisecond
	longestQuiet  = 2 * time.Second
	quietGaps     = 6
	// gapWeight is the weight of the last gap between two calls in their mean.
	gapWeight = 8
	// longRound is how long a round holds up the next one.
	longRound = 2 * time.Second
)

// kind is what a call is for.
type kind int

const (
	read kind = iota
	create
	remove
)

// call is one caller's.
type call struct {
	kind                  kind
	ctx                   context.Context //nolint:containedctx // A call is the context of its caller.
	blueprint, identifier string
	sent                  *port.Entity
	creating              port.CreateEntityOptions
	deleting              port.DeleteEntityOptions

	// done is closed when the call has been part of a round. Then the rest tells how it ended.
	done   chan struct{}
	entity *port.Entity
	err    error
	// isDone says that a delete needs no request of its own any more.
	isDone bool
}

// gate gathers calls into rounds. A round goes when as many callers are here as
// ever were, for then no other can come before one of them is answered; or when none
// has come for a while. Only one round is under way at a time, unless it takes long:
// then the next one would be small.
type gate struct {
	// run makes the requests of a round.
	run func(calls []*call)

	mutex sync.Mutex
	// present counts the callers, peak is the most there were.
	present, peak int
	waiting       []*call
	// current is the round that the next one waits for, or nil.
	current *round
	// lastSize is how many calls the last round had.
	lastSize int
	// silence ends the gathering of a round.
	silence *time.Timer
	// arrival is when the last call came, gap the mean time between calls.
	arrival time.Time
	gap     time.Duration
}

// round is one that is under way.
type round struct{ limit *time.Timer }

// enter takes a call in. It is alone if the caller has to make the request itself,
// at once; otherwise it will be part of a round, unless it is withdrawn. The caller
// must call leave at its end.
func (g *gate) enter(c *call) (isAlone bool, leave func()) {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	g.arrive()
	if len(g.waiting) == 0 && g.current == nil && g.present <= fewCalls && g.lastSize <= 1 {
		return true, g.depart
	}
	g.waiting = append(g.waiting, c)
	g.consider()
	return false, g.depart
}

// visit counts a caller who waits for something else than a round.
func (g *gate) visit() (leave func()) {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	g.arrive()
	g.consider()
	return g.depart
}

func (g *gate) arrive() {
	g.present++
	g.peak = max(g.peak, g.present)
	now := time.Now()
	if gap := now.Sub(g.arrival); gap < longestQuiet {
		g.gap += (gap - g.gap) / gapWeight
	}
	g.arrival = now
}

// quiet is for how long no call comes when no more are about to come.
func (g *gate) quiet() time.Duration {
	return min(max(quietGaps*g.gap, shortestQuiet), longestQuiet)
}

func (g *gate) depart() {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	g.present--
}

// withdraw takes back a call that is not yet part of a round.
func (g *gate) withdraw(c *call) bool {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	before := len(g.waiting)
	g.waiting = slices.DeleteFunc(g.waiting, func(other *call) bool { return other == c })
	return len(g.waiting) < before
}

// consider starts a round if it is time. The caller holds the mutex.
func (g *gate) consider() {
	if len(g.waiting) == 0 || g.current != nil {
		return
	}
	if g.present >= g.peak {
		g.start()
		return
	}
	g.listen()
}

// listen waits for silence. The caller holds the mutex.
func (g *gate) listen() {
	if g.silence == nil {
		g.silence = time.AfterFunc(g.quiet(), g.endSilence)
		return
	}
	g.silence.Reset(g.quiet())
}

// endSilence starts a round with those who are there. Terraform may be working on
// fewer at a time than before, which shows when that repeats.
func (g *gate) endSilence() {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	if len(g.waiting) > 0 && g.current == nil {
		g.peak = max(g.peak-1, g.present)
		g.start()
	}
}

// start starts a round. The caller holds the mutex.
func (g *gate) start() {
	calls, started := g.waiting, &round{}
	g.waiting, g.current, g.lastSize = nil, started, len(calls)
	if g.silence != nil {
		g.silence.Stop()
	}
	started.limit = time.AfterFunc(longRound, func() { g.end(started) })
	// The callers wait for it.
	go func() {
		defer g.end(started)
		defer started.limit.Stop()
		g.run(calls)
	}()
}

// end lets the next round come.
func (g *gate) end(ended *round) {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	if g.current != ended {
		return
	}
	g.current = nil
	if len(g.waiting) > 0 {
		// Those who have just been answered are still counted, and about to come again.
		g.listen()
	}
}
