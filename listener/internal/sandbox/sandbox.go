// Package sandbox evaluates conditions and renders templates in a separate process, because their
// cost for an event is unpredictable: a single step of jq may take hours or all memory. The process
// runs the same program with a memory limit, and is killed if it takes too long, without affecting
// the listener.
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
	// longest is the time limit for a small event. Conditions have a much shorter limit, unless
	// they are in a step that cannot be interrupted.
	longest = time.Second
	// decoded is the number of bytes of a decoded event for which the time limit is one second
	// longer.
	decoded = 20 << 20
	// attempts is how often a request is tried if the process dies.
	attempts = 2
	// firstDeaths is how many deaths are always logged; after that, at most one per minute.
	firstDeaths = 10
)

// ErrDied reports that a condition or template killed the process in every attempt.
var ErrDied = fmt.Errorf("the process that evaluates it was killed %d times: it took longer than %s, or used too much memory", attempts, longest)

// Options configure a Sandbox.
type Options struct {
	// Command is the path of the program and its arguments.
	Command []string
	Memory  *budget.Memory
	Logger  *slog.Logger
}

// Sandbox starts the process when it is needed, and restarts it when it has died. It handles one
// request at a time. It is safe for concurrent use.
type Sandbox struct {
	options Options
	// turn is full while the process is in use.
	turn chan struct{}
	// process is nil if none is running. Only the holder of turn may use it.
	process *process
	// deaths limits the log lines about an expression that kills the process for every event.
	deaths rate.Sometimes
}

// New returns a sandbox, without starting the process.
func New(options Options) *Sandbox {
	return &Sandbox{options: options, turn: make(chan struct{}, 1), deaths: rate.Sometimes{First: firstDeaths, Interval: time.Minute}}
}

// Start starts the process, so that a failure is reported at once, and the first event need not
// wait.
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

// Renew ends the process as soon as it is idle, so that nothing of an earlier configuration is
// kept. The next request starts another one.
func (s *Sandbox) Renew() {
	s.turn <- struct{}{}
	defer func() { <-s.turn }()
	s.end()
}

// Close ends the process once it is idle, but does not wait longer than ctx.
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

// Decide evaluates conditions for an event. For a condition that has killed the process twice, the
// verdict has the error ErrDied.
func (s *Sandbox) Decide(ctx context.Context, event []byte, conditions []*rule.Condition) ([]rule.Verdict, error) {
	if len(conditions) == 0 {
		return nil, nil
	}
	req := request{}
	for _, condition := range conditions {
		req.Conditions = append(req.Conditions, condition.Text())
	}
	// With several conditions, it is unknown which one killed the process.
	most := attempts
	if len(conditions) > 1 {
		most = 1
	}
	result, err := s.call(ctx, req, event, most)
	switch {
	case err == nil && len(result.Verdicts) == len(conditions):
		verdicts := make([]rule.Verdict, len(conditions))
		for i, one := range result.Verdicts {
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

// Message renders the message for an event and a rule with a template. Its error is a
// *message.TemplateError, ErrDied, or that of ctx.
func (s *Sandbox) Message(ctx context.Context, event []byte, selected rule.Rule, template *message.Template, names message.Names, notes message.Notes) (message.Message, error) {
	result, err := s.render(ctx, event, rendering{Rule: selected, Template: template.Text(), Names: names, Notes: notes})
	return result.Message, err
}

// Line renders the line of a digest, with the same errors as Message.
func (s *Sandbox) Line(ctx context.Context, event []byte, selected rule.Rule, template *message.Template, names message.Names) (message.Line, error) {
	result, err := s.render(ctx, event, rendering{Rule: selected, Template: template.Text(), Names: names, Line: true})
	return result.Line, err
}

// Try tests a template with sample events, like message.Template.Try.
func (s *Sandbox) Try(ctx context.Context, template *message.Template, selected rule.Rule) error {
	// A second attempt would only delay reading the configuration.
	if err := s.Start(ctx); err != nil {
		return err
	}
	selected.When = nil
	result, err := s.call(ctx, request{Render: &rendering{Rule: selected, Template: template.Text(), Try: true}}, []byte("{}"), 1)
	switch {
	case errors.Is(err, ErrDied):
		return fmt.Errorf("it takes longer than %s, or more than %d MiB of memory", longest, s.options.Memory.ProcessMemory()>>20)
	case err != nil:
		return err
	case result.Mistake != nil:
		return result.Mistake
	}
	return nil
}

func (s *Sandbox) render(ctx context.Context, event []byte, req rendering) (response, error) {
	req.Rule.When = nil
	result, err := s.call(ctx, request{Render: &req}, event, attempts)
	if err == nil && result.Mistake != nil {
		return response{}, result.Mistake
	}
	return result, err
}

// call sends a request to the process, and restarts it if it dies, for at most the given number of
// attempts. It does not give up if the process cannot be started, because the event would remain
// unevaluated.
func (s *Sandbox) call(ctx context.Context, req request, event []byte, most int) (response, error) {
	written, err := json.Marshal(req)
	if err != nil {
		return response{}, fmt.Errorf("encoding a request to the process that evaluates conditions and templates: %w", err)
	}
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return response{}, ctx.Err()
	}
	defer func() { <-s.turn }()
	release, err := s.options.Memory.Process(ctx)
	if err != nil {
		return response{}, err
	}
	defer release()
	for range most {
		if err := s.startAgain(ctx); err != nil {
			return response{}, err
		}
		result, err := s.process.call(written, event, longest+time.Duration(budget.Cost(event))*time.Second/decoded)
		if err == nil {
			return result, nil
		}
		s.deaths.Do(func() {
			s.options.Logger.WarnContext(ctx, "the process that evaluates conditions and templates died; restarting it", "cause", err)
		})
		s.process = nil
	}
	return response{}, ErrDied
}

// startAgain starts the process if there is none, and retries until it succeeds or ctx ends.
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
