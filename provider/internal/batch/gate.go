package batch

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/port"
)

const (
	// defaultParallelism is Terraform's default for -parallelism.
	defaultParallelism = 10
	// fewCalls is the number of concurrent calls that are made without waiting, among the first
	// firstCalls of a run and whenever no more concurrent calls are expected: combining so few does
	// not pay.
	fewCalls   = 3
	firstCalls = 20
	// A round that is not full waits until no call has come for longestPauses times the longest
	// recent pause between two calls, within these bounds: Terraform needs processor time for
	// each call, and the machine may be busy.
	longestPauses = 4
	shortestQuiet = 40 * time.Millisecond
	longestQuiet  = 2 * time.Second
	// quietPerCall limits the wait in a run that has made few calls so far, and may end soon.
	quietPerCall = 5 * time.Millisecond
	// longRound is how long a round can delay the next one.
	longRound = 2 * time.Second
)

// kind is the operation of a call.
type kind int

const (
	read kind = iota
	create
	remove
)

// call is the call of one caller.
type call struct {
	kind                  kind
	ctx                   context.Context //nolint:containedctx // A call is the context of its caller.
	blueprint, identifier string
	sent                  *port.Entity
	creating              port.CreateEntityOptions
	deleting              port.DeleteEntityOptions
	// isDelayed says that a round has started without the call.
	isDelayed bool

	// created is closed after a create in bulk. Then unread is the entity as it was sent.
	created chan struct{}
	unread  *port.Entity

	// done is closed after the round of the call. Then the following fields contain the result.
	done   chan struct{}
	entity *port.Entity
	err    error
	// isDone says that a delete needs no further request.
	isDone bool
}

// requestKey is what calls must have in common to share a request.
type requestKey struct {
	kind      kind
	blueprint string
	creating  port.CreateEntityOptions
	deleting  port.DeleteEntityOptions
}

func (c *call) requestKey() requestKey {
	if c.kind == read {
		return requestKey{} // A search finds entities of any blueprint.
	}
	return requestKey{c.kind, c.blueprint, c.creating, c.deleting}
}

// gate gathers calls into rounds. A round starts when the maximum number of callers so far is
// present, because no further caller can come before one of them gets a response; otherwise it
// starts when no call has come for a while. The next round waits for the end of the current one,
// unless that takes long: a round that starts earlier would be small.
type gate struct {
	// run makes the requests of a round.
	run func(calls []*call)

	mutex sync.Mutex
	// present is the number of callers, expected the number with which a round is full.
	present, expected int
	// calls is the number of calls so far.
	calls   int
	waiting []*call
	// current is the round that the next one waits for, or nil.
	current *round
	// lastSize is the number of calls in the last round.
	lastSize int
	// silence ends the gathering of a round.
	silence *time.Timer
	// idleSince is when the last call came or the last round ended, whichever is later.
	idleSince time.Time
	// pause is the longest recent pause between two calls. During a full round of shorter ones it
	// loses about 40 %.
	pause time.Duration
}

// round is a round in progress.
type round struct {
	limit *time.Timer
	// present is the number of callers at its start, peak the maximum number since.
	present, peak int
}

func newGate(run func(calls []*call)) gate {
	return gate{run: run, expected: defaultParallelism}
}

// enter registers a call. If isAlone, the caller makes the request itself, immediately. Otherwise
// the call becomes part of a round, unless it is withdrawn. The caller must call leave in the end.
func (g *gate) enter(c *call) (isAlone bool, leave func()) {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	g.arrive()
	isFew := g.present <= fewCalls && g.lastSize <= 1 && (g.calls <= firstCalls || g.expected <= fewCalls)
	if isFew && len(g.waiting) == 0 && g.current == nil {
		return true, g.depart
	}
	g.waiting = append(g.waiting, c)
	g.consider()
	return false, g.depart
}

// visit registers a caller that waits for something other than a round.
func (g *gate) visit() (leave func()) {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	g.arrive()
	g.consider()
	return g.depart
}

func (g *gate) arrive() {
	g.present++
	g.calls++
	now := time.Now()
	if pause := now.Sub(g.idleSince); g.current == nil && pause < longestQuiet {
		g.pause = max(pause, g.pause-g.pause/time.Duration(2*g.expected))
	}
	g.idleSince = now
	if g.current != nil {
		g.current.peak = max(g.current.peak, g.present)
	}
}

// quiet is how long no call has to come before the round starts without further callers.
func (g *gate) quiet() time.Duration {
	longest := min(time.Duration(g.calls)*quietPerCall, longestQuiet)
	return max(min(longestPauses*g.pause, longest), shortestQuiet)
}

func (g *gate) depart() {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	g.present--
}

// withdraw removes a call that is not yet part of a round.
func (g *gate) withdraw(c *call) bool {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	before := len(g.waiting)
	g.waiting = slices.DeleteFunc(g.waiting, func(other *call) bool { return other == c })
	return len(g.waiting) < before
}

// consider starts a round if it is full. With more callers than expected, even more may come. The
// caller holds the mutex.
func (g *gate) consider() {
	if len(g.waiting) == 0 || g.current != nil {
		return
	}
	if g.present == g.expected {
		g.start(g.shared())
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

// endSilence starts a round with the calls that have come. Fewer callers than expected may be a
// coincidence; with each such round fewer are expected.
func (g *gate) endSilence() {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	if len(g.waiting) > 0 && g.current == nil {
		g.expected = max(g.expected-1, g.present)
		g.start(g.waiting, nil)
	}
}

// shared splits the waiting calls into those of a round after which others can be expected, and
// those that wait for the next one: a call whose request would combine fewer calls than the average
// request of the round is delayed once, since some of the next calls may share its request. The
// caller holds the mutex.
func (g *gate) shared() (calls, delayed []*call) {
	sizes, isDue := map[requestKey]int{}, map[requestKey]bool{}
	for _, c := range g.waiting {
		key := c.requestKey()
		sizes[key]++
		isDue[key] = isDue[key] || c.isDelayed
	}
	for _, c := range g.waiting {
		if key := c.requestKey(); isDue[key] || sizes[key]*len(sizes) >= len(g.waiting) {
			calls = append(calls, c)
		} else {
			delayed = append(delayed, c)
		}
	}
	return calls, delayed
}

// start starts a round. The delayed calls stay. The caller holds the mutex.
func (g *gate) start(calls, delayed []*call) {
	started := &round{present: g.present}
	g.waiting = delayed
	for _, c := range delayed {
		c.isDelayed = true
	}
	g.current, g.lastSize = started, len(calls)
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

// end allows the next round. Callers that came during the ended one would stay out of step with the
// others, so the next round is full only with all of them, unless they were so many that more must
// be on the way.
func (g *gate) end(ended *round) {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	if g.current != ended {
		return
	}
	g.current, g.idleSince = nil, time.Now()
	if ended.peak < 2*ended.present {
		g.expected = max(g.expected, ended.peak)
	}
	if len(g.waiting) > 0 {
		// The callers whose calls are done are still present, and about to come again.
		g.listen()
	}
}
