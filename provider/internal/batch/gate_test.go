package batch

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// terraform makes calls as Terraform does, so many at a time, with some time between
// an answer and the next call. It returns how many rounds they took, and the time.
func terraform(calls, parallelism int, think time.Duration) (rounds int, took time.Duration) {
	const answer = 100 * time.Millisecond
	var made atomic.Int64
	g := newGate(func(calls []*call) {
		made.Add(1)
		time.Sleep(answer) // Virtual time.
		finish(calls)
	})
	began, numbers := time.Now(), make(chan int)
	var group sync.WaitGroup
	for worker := range parallelism {
		random := rand.New(rand.NewPCG(1, uint64(worker))) // The same in every run.
		group.Go(func() {
			for range numbers {
				time.Sleep(time.Duration(random.ExpFloat64() * float64(think))) // Virtual time.
				c := &call{done: make(chan struct{})}
				isAlone, leave := g.enter(c)
				if isAlone {
					time.Sleep(answer)
				} else {
					<-c.done
				}
				leave()
			}
		})
	}
	for i := range calls {
		numbers <- i
	}
	close(numbers)
	group.Wait()
	return int(made.Load()), time.Since(began)
}

func TestGate_gathersWhatTerraformAsksFor(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		parallelism int
		think       time.Duration
		// most is how many rounds 1,000 calls take at most.
		most int
	}{
		"as usual":                 {10, 10 * time.Millisecond, 112},
		"on a quick machine":       {10, time.Millisecond, 102},
		"on a slow machine":        {10, 100 * time.Millisecond, 130},
		"with less parallelism":    {4, 10 * time.Millisecond, 290},
		"with more parallelism":    {100, 10 * time.Millisecond, 14},
		"with none":                {1, 10 * time.Millisecond, 0},
		"two at a time, both soon": {2, 10 * time.Millisecond, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				rounds, took := terraform(1_000, test.parallelism, test.think)
				t.Logf("%d rounds in %s", rounds, took)
				if rounds > test.most {
					t.Errorf("1,000 calls took %d rounds, want %d", rounds, test.most)
				}
			})
		})
	}
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
