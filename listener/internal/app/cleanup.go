package app

import (
	"context"
	"errors"
	"fmt"
)

// cleanups is a stack of clean-up steps.
type cleanups struct {
	steps []cleanup
}

type cleanup struct {
	name string
	run  func(ctx context.Context) error
}

// push adds a step, which runs before all earlier ones.
func (c *cleanups) push(name string, run func(ctx context.Context) error) {
	c.steps = append(c.steps, cleanup{name: name, run: run})
}

// run runs every step once, even if some of them fail.
func (c *cleanups) run(ctx context.Context) error {
	var failures []error
	for len(c.steps) > 0 {
		last := c.steps[len(c.steps)-1]
		c.steps = c.steps[:len(c.steps)-1]
		if err := last.run(ctx); err != nil {
			failures = append(failures, fmt.Errorf("%s: %w", last.name, err))
		}
	}
	return errors.Join(failures...)
}
