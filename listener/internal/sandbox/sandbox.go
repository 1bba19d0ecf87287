// Package sandbox evaluates the conditions of rules and renders templates in a process of their
// own. What they do with an event cannot be foreseen: a step of jq may take hours, or all memory
// there is. The process is the same program, has a memory limit, and is killed when it takes too
// long; then it alone dies.
package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"golang.org/x/time/rate"

	"github.com/port-changelog/terraform-provider-port/internal/pause"
	"github.com/port-changelog/terraform-provider-port/listener/internal/budget"
	"github.com/port-changelog/terraform-provider-port/listener/internal/message"
	"github.com/port-changelog/terraform-provider-port/listener/internal/rule"
)

const (
	// longest is how long the process may take for a small event; conditions stop by themselves
	// long before, if they can be stopped.
	longest = time.Second
	// decoded is how many bytes of a decoded event it gets a second more for.
	decoded = 20 << 20
	// attempts is how often the process may die of one thing, before that is given up.
	attempts = 2
	// firstDeaths is how many deaths are logged at all events; of others one in a minute is.
	firstDeaths = 10
)

// ErrDied says that the process has died of a condition or a template as often as it may.
var ErrDied = fmt.Errorf("the process that evaluates it was killed %d times: it took longer than %s, or used too much memory", attempts, longest)

// Options describe a sandbox.
type Options struct {
	// Command is the path of the program and its arguments.
	Command []string
	Memory  *budget.Memory
	Logger  *slog.Logger
}

// Sandbox starts the process when it is needed, and again when it has died. It does one thing at a
// time. It is safe for concurrent use.
type Sandbox struct {
	options Options
	// turn is full while the process is used.
	turn chan struct{}
	// process is nil while there is none. Who has the turn may use it.
	process *process
	// deaths keeps an expression that kills at every event from filling the log.
	deaths rate.Sometimes
}

// New returns a sandbox without a process.
func New(options Options) *Sandbox {
	return &Sandbox{options: options, turn: make(chan struct{}, 1), deaths: rate.Sometimes{First: firstDeaths, Interval: time.Minute}}
}

// Start starts the process, so that a failure is seen at once, and the first event does not wait
// for it.
func (s *Sandbox) Start(ctx context.Context) error {
	s.turn <- struct{}{}
	defer func() { <-s.turn }()
	return s.start(ctx)
}

func (s *Sandbox) start(ctx context.Context) (err error) {
	if s.process != nil {
		return nil
	}
	if s.process, err = startProcess(ctx, s.options.Command, s.options.Memory.ProcessMemory()); err != nil {
		return fmt.Errorf("starting the process that evaluates conditions and templates: %w", err)
	}
	return nil
}

// Renew ends the process when it is not used, so that nothing of an earlier configuration is kept.
// The next use starts another one.
func (s *Sandbox) Renew() {
	s.turn <- struct{}{}
	defer func() { <-s.turn }()
	s.end()
}

// Close ends the process once it is not used any more, but waits no longer than ctx.
func (s *Sandbox) Close(ctx context.Context) error {
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-s.turn }()
	s.end()
	return nil
}

func (s *Sandbox) end() {
	if s.process != nil {
		s.process.end()
		s.process = nil
	}
}

// Decide evaluates conditions for an event. At a condition of which the process has died twice the
// verdict has the error ErrDied.
func (s *Sandbox) Decide(ctx context.Context, event []byte, conditions []*rule.Condition) ([]rule.Verdict, error) {
	if len(conditions) == 0 {
		return nil, nil
	}
	asked := request{}
	for _, condition := range conditions {
		asked.Conditions = append(asked.Conditions, condition.Text())
	}
	// Of several conditions it is not known which one the process died of.
	most := attempts
	if len(conditions) > 1 {
		most = 1
	}
	answered, err := s.ask(ctx, asked, event, most)
	switch {
	case err == nil && len(answered.Verdicts) == len(conditions):
		verdicts := make([]rule.Verdict, len(conditions))
		for i, one := range answered.Verdicts {
			verdicts[i] = one.verdict()
		}
		return verdicts, nil
	case err == nil:
		return nil, errors.New("the process has not evaluated every condition")
	case !errors.Is(err, ErrDied):
		return nil, err
	case len(conditions) == 1:
		return []rule.Verdict{rule.Unevaluated(rule.PartWhenKilled, ErrDied)}, nil
	}
	var verdicts []rule.Verdict
	for i := range conditions {
		one, err := s.Decide(ctx, event, conditions[i:i+1])
		if err != nil {
			return nil, err
		}
		verdicts = append(verdicts, one...)
	}
	return verdicts, nil
}

// Message renders the message of an event that a rule has selected with a template. Its error is a
// *message.TemplateError, ErrDied, or that of ctx.
func (s *Sandbox) Message(ctx context.Context, event []byte, selected rule.Rule, template *message.Template, names message.Names, notes message.Notes) (message.Message, error) {
	answered, err := s.render(ctx, event, rendering{Rule: selected, Template: template.Text(), Names: names, Notes: notes})
	return answered.Message, err
}

// Line renders the line of a digest as Message does.
func (s *Sandbox) Line(ctx context.Context, event []byte, selected rule.Rule, template *message.Template, names message.Names) (message.Line, error) {
	answered, err := s.render(ctx, event, rendering{Rule: selected, Template: template.Text(), Names: names, Line: true})
	return answered.Line, err
}

// Try tries a template with sample events as message.Template.Try does.
func (s *Sandbox) Try(ctx context.Context, template *message.Template, selected rule.Rule) error {
	// Whoever reads a configuration needs to know at once.
	if err := s.Start(ctx); err != nil {
		return err
	}
	selected.When = nil
	answered, err := s.ask(ctx, request{Render: &rendering{Rule: selected, Template: template.Text(), Try: true}}, []byte("{}"), 1)
	switch {
	case errors.Is(err, ErrDied):
		return fmt.Errorf("it takes longer than %s, or more than %d MiB of memory", longest, s.options.Memory.ProcessMemory()>>20)
	case err != nil:
		return err
	case answered.Mistake != nil:
		return answered.Mistake
	}
	return nil
}

func (s *Sandbox) render(ctx context.Context, event []byte, asked rendering) (answer, error) {
	asked.Rule.When = nil
	answered, err := s.ask(ctx, request{Render: &asked}, event, attempts)
	if err == nil && answered.Mistake != nil {
		return answer{}, answered.Mistake
	}
	return answered, err
}

// ask makes the process do something, another one if it dies of that, until as many have as may. A
// process that cannot be started is no reason to give up: nothing would be known about the event.
func (s *Sandbox) ask(ctx context.Context, asked request, event []byte, most int) (answer, error) {
	written, err := json.Marshal(asked)
	if err != nil {
		return answer{}, fmt.Errorf("asking the process that evaluates conditions and templates: %w", err)
	}
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return answer{}, ctx.Err()
	}
	defer func() { <-s.turn }()
	release, err := s.options.Memory.Process(ctx)
	if err != nil {
		return answer{}, err
	}
	defer release()
	for range most {
		if err := s.startAgain(ctx); err != nil {
			return answer{}, err
		}
		answered, err := s.process.ask(written, event, longest+time.Duration(budget.Cost(event))*time.Second/decoded)
		if err == nil {
			return answered, nil
		}
		s.deaths.Do(func() {
			s.options.Logger.WarnContext(ctx, "the process that evaluates conditions and templates died; restarting it", "cause", err)
		})
		s.process = nil
	}
	return answer{}, ErrDied
}

// startAgain starts the process if there is none, and tries that until it works.
func (s *Sandbox) startAgain(ctx context.Context) error {
	const first, last = 100 * time.Millisecond, 10 * time.Second
	for after := first; ; after = min(2*after, last) {
		err := s.start(ctx)
		if err == nil {
			return nil
		}
		s.options.Logger.ErrorContext(ctx, "starting the process that evaluates conditions and templates failed; retrying", "cause", err, "again_in", after)
		if err := pause.Wait(ctx, after); err != nil {
			return err
		}
	}
}
