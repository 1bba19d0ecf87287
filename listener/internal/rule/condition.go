package rule

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/changelog"
	"github.com/port-changelog/terraform-provider-port/internal/jq"
)

const (
	// conditionTime is after what time a condition is stopped: the next event waits meanwhile.
	conditionTime = 100 * time.Millisecond
	// mostOutputs is how many values an expression may put out without any of them deciding it.
	maxOutputs = 1000
)

// ErrTime and ErrOutputs say why an expression was stopped.
var (
	ErrTime    = fmt.Errorf("it took longer than %s", conditionTime)
	ErrOutputs = fmt.Errorf("it produced more than %d values", maxOutputs)
)

// Condition is a list of jq expressions over the normalised event, as in the conditions of Port's
// automations. It is safe for concurrent use.
type Condition struct {
	programs []*jq.Program
	any      bool
	text     []byte
}

// source is the text of a condition, which is made a condition again by ParseCondition.
type source struct {
	Expressions []string `json:"expressions"`
	Any         bool     `json:"any,omitempty"`
}

// ParseCondition returns the condition whose Text it was given.
func ParseCondition(text []byte) (*Condition, error) {
	var read source
	if err := json.Unmarshal(text, &read); err != nil {
		return nil, fmt.Errorf("reading a condition: %w", err)
	}
	return newCondition(read.Expressions, read.Any)
}

// Text returns the condition as a JSON text.
func (c *Condition) Text() []byte { return c.text }

// String returns the expressions in a line.
func (c *Condition) String() string {
	var read source
	_ = json.Unmarshal(c.text, &read) // It was written here.
	separator := " and "
	if read.Any {
		separator = " or "
	}
	return strings.Join(read.Expressions, separator)
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
	text, err := json.Marshal(source{expressions, either})
	if err != nil {
		return nil, fmt.Errorf("writing a condition: %w", err)
	}
	made := &Condition{any: either, text: text}
	for _, expression := range expressions {
		program, err := jq.Compile(expression)
		if err != nil {
			return nil, err
		}
		if program.Assigns() {
			return nil, errors.New("a condition cannot assign (=, |=, setpath): an assignment always holds; compare with ==")
		}
		if program.Constant() {
			return nil, errors.New("a condition must depend on the event, such as .diff.after.properties.cpuUtil > 80; leave it out if it always holds")
		}
		made.programs = append(made.programs, program)
	}
	return made, nil
}

// Unevaluated is the verdict of a condition that cannot be evaluated. part says how it failed.
func Unevaluated(part Part, cause error) Verdict {
	return Verdict{Part: part, Reason: "its condition (when) cannot be evaluated for this event", Err: cause}
}

// Decide evaluates one expression after the other until the condition is decided. An expression
// that fails does not hold.
//
// A step of a program cannot be interrupted, and may take any time and any memory: see the package
// sandbox.
func (c *Condition) Decide(event *changelog.Event) Verdict {
	input := rooted(computable(event.Document()))
	ctx, cancel := context.WithTimeout(context.Background(), conditionTime)
	defer cancel()
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
	case errors.Is(failure, ErrTime):
		return Unevaluated(PartWhenTime, failure)
	case errors.Is(failure, ErrOutputs):
		return Unevaluated(PartWhenOutputs, failure)
	case failure != nil:
		return Unevaluated(PartWhenFailed, failure)
	}
	return Verdict{Part: PartWhen, Reason: PartWhen.Explain("")}
}

// evaluate reports whether an expression puts out anything that is true: any value but false and
// null. One that yields nothing does not hold.
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
		if outputs++; outputs >= maxOutputs {
			return false, ErrOutputs
		}
	}
	return false, nil
}
