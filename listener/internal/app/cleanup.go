package app

import (
	"context"
	"errors"
	"fmt"
)

// cleanups is what has to be undone, in the reverse order of its making.
type cleanups struct {
	steps []cleanup
}

type cleanup struct {
	name string
	run  func(ctx context.Context) error
}

// push adds a step that is to be run before all that are there.
func (c *cleanups) push(name string, run func(ctx context.Context) error) {
	c.steps = append(c.steps, cleanup{name: name, run: run})
}

// run undoes everything once. A step that fails does not keep the others from being run.
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
