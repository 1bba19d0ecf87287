package rule

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/changelog"
	"github.com/port-changelog/terraform-provider-port/internal/jq"
)

const (
	// conditionTime is after what time a condition is stopped: the next event
	// waits meanwhile.
	conditionTime = 100 * time.Millisecond
	// abandonTime is after what time a condition that cannot be stopped is left
	// alone: it may be in a step of minutes.
	abandonTime = 2 * conditionTime
	// mostAbandoned bounds the evaluations of one condition that go on although
	// nobody waits for them.
	mostAbandoned = 2
	// mostOutputs is how many values an expression may put out without any of
	// them deciding it.
	mostOutputs = 1000
)

// ErrTime and ErrOutputs say why an expression was stopped.
var (
	ErrTime    = fmt.Errorf("it took longer than %s", conditionTime)
	ErrOutputs = fmt.Errorf("it put out more than %d values", mostOutputs)
)

// Condition is a list of jq expressions over the normalised event, as in the
// conditions of Port's automations. It is safe for concurrent use.
type Condition struct {
	programs []*jq.Program
	any      bool
	// running counts the evaluations that go on.
	running atomic.Int32
}

// All returns a condition that holds when every expression does.
func All(expressions ...string) (*Condition, error) {
	return newCondition(expressions, false)
}

// Any returns a condition that holds when one of the expressions does.
func Any(expressions ...string) (*Condition, error) {
	return newCondition(expressions, true)
}

func newCondition(expressions []string, either bool) (*Condition, error) {
	made := &Condition{any: either}
	for _, expression := range expressions {
		program, err := jq.Compile(expression)
		if err != nil {
			return nil, err
		}
		if program.Assigns() {
			return nil, errors.New("a condition cannot change anything (=, |=, setpath): as a whole it would always hold; compare with ==")
		}
		if program.Constant() {
			return nil, errors.New("a condition must depend on the event, such as .diff.after.properties.cpuUtil > 80; leave it out if it always holds")
		}
		made.programs = append(made.programs, program)
	}
	return made, nil
}

// check evaluates the condition for an event. An expression that fails does not
// hold.
//
// A step of a program cannot be interrupted. Over a large event one may take
// minutes: its evaluation has a goroutine, and nobody waits for one that goes on for
// too long.
func (c *Condition) check(event *changelog.Event) Verdict {
	if c == nil {
		return Verdict{Matches: true}
	}
	document := event.Document()
	if remaining(smallEvent, document) >= 0 {
		return c.decide(document)
	}
	if c.running.Load() >= mostAbandoned {
		return unevaluated(ErrTime)
	}
	decided := make(chan Verdict, 1)
	c.running.Add(1)
	go func() {
		verdict := c.decide(document)
		c.running.Add(-1)
		decided <- verdict
	}()
	abandon := time.NewTimer(abandonTime)
	defer abandon.Stop()
	select {
	case verdict := <-decided:
		return verdict
	case <-abandon.C:
		return unevaluated(ErrTime)
	}
}

func unevaluated(cause error) Verdict {
	return Verdict{Reason: "its condition (when) cannot be evaluated for this event", Err: cause}
}

// decide evaluates one expression after the other until the condition is decided.
func (c *Condition) decide(document map[string]any) Verdict {
	ctx, cancel := context.WithTimeout(context.Background(), conditionTime)
	defer cancel()
	input := rooted(computable(document))
	holds := !c.any
	var failure error
	for _, program := range c.programs {
		var err error
		if holds, err = evaluate(ctx, program, input); err != nil {
			failure = err
		}
		// One that holds decides "or", one that does not decides "and".
		if holds == c.any {
			break
		}
	}
	switch {
	case holds:
		return Verdict{Matches: true}
	case failure != nil:
		return unevaluated(failure)
	}
	return Verdict{Reason: "its condition (when) does not hold"}
}

// evaluate reports whether an expression puts out anything that is true: any
// value but false and null. One that yields nothing does not hold.
func evaluate(ctx context.Context, program *jq.Program, input any) (bool, error) {
	outputs := 0
	for output, err := range program.Outputs(ctx, input) {
		switch {
		case errors.Is(err, context.DeadlineExceeded):
			return false, ErrTime
		case err != nil:
			return false, err
		case output != nil && output != false:
			return true, nil
		}
		if outputs++; outputs >= mostOutputs {
			return false, ErrOutputs
		}
	}
	return false, nil
}
