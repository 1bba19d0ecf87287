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
	// conditionTime is the time limit of a condition. Other events wait while it runs.
	conditionTime = 100 * time.Millisecond
	// maxOutputs is how many values an expression may output before it decides.
	maxOutputs = 1000
)

// ErrTime and ErrOutputs are the reasons why an expression was stopped.
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

// source is the JSON form of a condition, which ParseCondition reads.
type source struct {
	Expressions []string `json:"expressions"`
	Any         bool     `json:"any,omitempty"`
}

// ParseCondition parses the output of Condition.Text.
func ParseCondition(text []byte) (*Condition, error) {
	var read source
	if err := json.Unmarshal(text, &read); err != nil {
		return nil, fmt.Errorf("reading a condition: %w", err)
	}
	return newCondition(read.Expressions, read.Any)
}

// Text returns the condition as JSON.
func (c *Condition) Text() []byte { return c.text }

// String returns the expressions on one line.
func (c *Condition) String() string {
	var read source
	_ = json.Unmarshal(c.text, &read) // newCondition wrote it.
	separator := " and "
	if read.Any {
		separator = " or "
	}
	return strings.Join(read.Expressions, separator)
}

// All returns a condition that is true if every expression is.
func All(expressions ...string) (*Condition, error) {
	return newCondition(expressions, false)
}

// Any returns a condition that is true if one of the expressions is.
func Any(expressions ...string) (*Condition, error) {
	return newCondition(expressions, true)
}

func newCondition(expressions []string, either bool) (*Condition, error) {
	text, err := json.Marshal(source{expressions, either})
	if err != nil {
		return nil, fmt.Errorf("writing a condition: %w", err)
	}
	result := &Condition{any: either, text: text}
	for _, expression := range expressions {
		program, err := jq.Compile(expression)
		if err != nil {
			return nil, err
		}
		if program.Assigns() {
			return nil, errors.New("a condition cannot assign (=, |=, setpath), because an assignment is always true; compare with ==")
		}
		if program.Constant() {
			return nil, errors.New("a condition must depend on the event, such as .diff.after.properties.cpuUtil > 80; leave it out if it is always true")
		}
		result.programs = append(result.programs, program)
	}
	return result, nil
}

// Unevaluated returns the verdict of a condition that could not be evaluated. part is the reason.
func Unevaluated(part Part, cause error) Verdict {
	return Verdict{Part: part, Reason: "its condition (when) cannot be evaluated for this event", Err: cause}
}

// Decide evaluates the expressions in order until the condition is decided. An expression that
// fails is false.
//
// A single step cannot be interrupted, and may take unlimited time and memory: see package sandbox.
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
		// A true expression decides "or", a false one decides "and".
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

// evaluate reports whether an expression outputs any value except false and null. An expression
// without output is false.
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
