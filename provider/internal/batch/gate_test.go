package batch

import (
	"cmp"
	"math/rand/v2"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// run describes a run of Terraform.
type run struct {
	parallelism int
	// think is the mean time that Terraform needs between the response to a call and the next call.
	think time.Duration
	// cores is the number of calls for which Terraform can think at the same time; 0 means all.
	cores int
	// blueprints is the number of blueprints whose entities are created, in random order; 0 means
	// that entities are read.
	blueprints int
	// saving is how long Terraform makes no call after each response, as when it saves the state.
	saving time.Duration
}

// requests makes 1,000 calls and returns the number of rounds and of requests that they took.
func (r run) requests() (rounds, requests int) {
	const calls, latency = 1_000, 100 * time.Millisecond
	var mutex sync.Mutex
	g := newGate(func(calls []*call) {
		keys := map[requestKey]bool{}
		for _, c := range calls {
			keys[c.requestKey()] = true
		}
		mutex.Lock()
		rounds++
		requests += len(keys)
		mutex.Unlock()
		time.Sleep(latency) // Virtual time.
		finish(calls)
	})
	cores := make(chan struct{}, cmp.Or(r.cores, r.parallelism))
	numbers := make(chan int)
	var group sync.WaitGroup
	for worker := range r.parallelism {
		random := rand.New(rand.NewPCG(1, uint64(worker))) // The same in every run.
		group.Go(func() {
			for range numbers {
				cores <- struct{}{}
				time.Sleep(time.Duration(random.ExpFloat64() * float64(r.think))) // Virtual time.
				<-cores
				c := &call{done: make(chan struct{})}
				if r.blueprints > 0 {
					c.kind, c.blueprint = create, strconv.Itoa(random.IntN(r.blueprints))
				}
				isAlone, leave := g.enter(c)
				if isAlone {
					mutex.Lock()
					requests++
					mutex.Unlock()
					time.Sleep(latency)
				} else {
					<-c.done
				}
				leave()
				time.Sleep(r.saving) // Virtual time.
			}
		})
	}
	for i := range calls {
		numbers <- i
	}
	close(numbers)
	group.Wait()
	return rounds, requests
}

func TestGate_gathersConcurrentCalls(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		run
		// maxRounds and maxRequests are limits for 1,000 calls.
		maxRounds, maxRequests int
	}{
		"default parallelism":              {run{10, 10 * time.Millisecond, 0, 0, 0}, 112, 112},
		"quick machine":                    {run{10, time.Millisecond, 0, 0, 0}, 110, 110},
		"slow machine":                     {run{10, 100 * time.Millisecond, 0, 0, 0}, 115, 115},
		"two cores":                        {run{10, 10 * time.Millisecond, 2, 0, 0}, 112, 112},
		"low parallelism":                  {run{4, 10 * time.Millisecond, 0, 0, 0}, 270, 270},
		"high parallelism":                 {run{100, 10 * time.Millisecond, 0, 0, 0}, 12, 16},
		"high parallelism on two cores":    {run{100, 10 * time.Millisecond, 2, 0, 0}, 12, 16},
		"no parallelism":                   {run{1, 10 * time.Millisecond, 0, 0, 0}, 10, 1000},
		"parallelism of two":               {run{2, 10 * time.Millisecond, 0, 0, 0}, 520, 540},
		"one slow core":                    {run{10, 40 * time.Millisecond, 1, 0, 0}, 115, 115},
		"ten blueprints":                   {run{10, 10 * time.Millisecond, 2, 10, 0}, 150, 610},
		"ten blueprints at once":           {run{100, 10 * time.Millisecond, 2, 10, 0}, 17, 100},
		"ten blueprints and a large state": {run{100, 10 * time.Millisecond, 2, 10, 200 * time.Millisecond}, 17, 100},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				rounds, requests := test.requests()
				t.Logf("%d rounds, %d requests", rounds, requests)
				if rounds > test.maxRounds || requests > test.maxRequests {
					t.Errorf("1,000 calls took %d rounds and %d requests, want at most %d and %d", rounds, requests, test.maxRounds, test.maxRequests)
				}
			})
		})
	}
}

// TestGate_waitsBrieflyForFewCalls checks that the time between calls that are alone does not
// lengthen the wait of a call that comes with a few others.
func TestGate_waitsBrieflyForFewCalls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGate(finish)
		for range 10 {
			_, leave := g.enter(&call{done: make(chan struct{})})
			time.Sleep(300 * time.Millisecond) // Virtual time.
			leave()
		}
		var last *call
		for range fewCalls + 1 {
			last = &call{done: make(chan struct{})}
			g.enter(last)
		}
		began := time.Now()
		<-last.done
		if waited := time.Since(began); waited > 100*time.Millisecond {
			t.Errorf("the call waited %s for others", waited)
		}
	})
}

// TestGate_roundThatTakesLong does not hold up the others for long.
func TestGate_roundThatTakesLong(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		var rounds atomic.Int64
		g := newGate(func(calls []*call) {
			defer finish(calls)
			if rounds.Add(1) == 1 {
				<-release
			}
		})
		g.expected, g.lastSize = 2, 2
		enter := func() *call {
			c := &call{done: make(chan struct{})}
			g.enter(c)
			return c
		}
		held := []*call{enter(), enter()}
		began := time.Now()
		<-enter().done
		if took := time.Since(began); took > longRound+longestQuiet {
			t.Errorf("it waited %s for a round that takes long", took)
		}
		close(release)
		for _, c := range held {
			<-c.done
		}
	})
}

// TestGate_endsEveryCall makes random calls, of which some are withdrawn, during rounds of random
// length. None waits for long, and none stays in the gate.
func TestGate_endsEveryCall(t *testing.T) {
	t.Parallel()
	for seed := range uint64(200) {
		synctest.Test(t, func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 0))
			response := []time.Duration{time.Millisecond, 100 * time.Millisecond, time.Second, 5 * time.Second}[random.IntN(4)]
			var mutex sync.Mutex
			began := map[*call]time.Time{}
			g := newGate(func(calls []*call) {
				mutex.Lock()
				for _, c := range calls {
					if waited := time.Since(began[c]); waited > 30*time.Second {
						t.Errorf("seed %d: a call waited %s for its round", seed, waited)
					}
				}
				length := exponential(random, response)
				mutex.Unlock()
				time.Sleep(length) // Virtual time.
				finish(calls)
			})
			var group sync.WaitGroup
			think, blueprints := exponential(random, 50*time.Millisecond), 1+random.IntN(20)
			for worker := range 1 + random.IntN(30) {
				own := rand.New(rand.NewPCG(seed, uint64(worker)))
				group.Go(func() {
					for range 20 {
						time.Sleep(exponential(own, think)) // Virtual time.
						if own.IntN(5) == 0 {
							leave := g.visit()
							time.Sleep(exponential(own, response)) // Virtual time.
							leave()
						}
						c := &call{kind: kind(own.IntN(3)), blueprint: strconv.Itoa(own.IntN(blueprints)), done: make(chan struct{})}
						mutex.Lock()
						began[c] = time.Now()
						mutex.Unlock()
						var patience <-chan time.Time
						if own.IntN(4) == 0 {
							patience = time.After(exponential(own, time.Second)) // Virtual time.
						}
						g.makeCall(c, patience)
					}
				})
			}
			group.Wait()
			if len(g.waiting) > 0 || g.present != 0 {
				t.Errorf("seed %d: in the end %d calls wait, of %d callers", seed, len(g.waiting), g.present)
			}
		})
	}
}

// makeCall makes a call, and withdraws it when patience ends.
func (g *gate) makeCall(c *call, patience <-chan time.Time) {
	isAlone, leave := g.enter(c)
	defer leave()
	if isAlone {
		return
	}
	select {
	case <-c.done:
		return
	case <-patience:
	}
	if !g.withdraw(c) {
		<-c.done
	}
}

func exponential(random *rand.Rand, mean time.Duration) time.Duration {
	return time.Duration(random.ExpFloat64() * float64(mean))
}
