package rule

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/changelog"
	"github.com/port-changelog/terraform-provider-port/internal/jq"
)

const (
	// conditionTime is how long the expressions of a condition may run for an
	// event: the next event waits meanwhile.
	conditionTime = 100 * time.Millisecond
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
			return nil, errors.New("the jq program assigns a value, so it would always hold; compare with ==")
		}
		made.programs = append(made.programs, program)
	}
	return made, nil
}

// check evaluates the condition for an event. An expression that fails does not
// hold.
func (c *Condition) check(event *changelog.Event) Verdict {
	if c == nil {
		return Verdict{Matches: true}
	}
	ctx, cancel := context.WithTimeout(context.Background(), conditionTime)
	defer cancel()
	verdict := Verdict{Matches: !c.any}
	for _, program := range c.programs {
		holds, err := evaluate(ctx, program, event.Document())
		if err != nil {
			verdict.Err = err
		}
		if holds == c.any {
			verdict.Matches = holds
			break
		}
	}
	switch {
	case verdict.Matches:
		return Verdict{Matches: true}
	case verdict.Err != nil:
		verdict.Reason = "its condition (when) cannot be evaluated for this event"
	default:
		verdict.Reason = "its condition (when) does not hold"
	}
	return verdict
}

// evaluate reports whether an expression puts out anything that is true: any
// value but false and null. One that yields nothing does not hold.
func evaluate(ctx context.Context, program *jq.Program, document map[string]any) (bool, error) {
	outputs := 0
	for output, err := range program.Outputs(ctx, document) {
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
