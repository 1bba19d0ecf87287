package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"strconv"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/terraform"
)

// bench measures scenarios.
type bench struct {
	cli       terraform.CLI
	folder    string
	providers struct {
		current string
		// baseline is "" if there is nothing to compare with.
		baseline string
	}
	latency time.Duration
	out     io.Writer
	worlds  int
}

// run measures the scenarios whose names match, and compares them.
func (b *bench) run(ctx context.Context, scenarios []scenario, comparisons []comparison, selected *regexp.Regexp) error {
	results := map[string]result{}
	isOver := false
	_, _ = fmt.Fprintf(b.out, "%-40s %8s %8s %9s %9s %11s %9s\n", "scenario", "requests", "at most", "time", "cpu", "cpu/entity", "memory")
	for _, s := range scenarios {
		if !selected.MatchString(s.name()) || (s.isBaseline && b.providers.baseline == "") {
			continue
		}
		measured, err := b.measure(ctx, s)
		if err != nil {
			return fmt.Errorf("%s: %w", s.name(), err)
		}
		results[s.name()] = measured
		isOver = b.report(s, measured) || isOver
	}
	for _, c := range comparisons {
		left, hasLeft := results[c.of.name()]
		right, hasRight := results[c.to.name()]
		if hasLeft && hasRight {
			isOver = b.compare(c, left, right) || isOver
		}
	}
	if isOver {
		return errOverLimit
	}
	return nil
}

// report prints the figures of a scenario and reports whether one is over its limit.
func (b *bench) report(s scenario, r result) (isOver bool) {
	limit, verdict := "", ""
	if s.maxRequests > 0 {
		limit = strconv.Itoa(s.maxRequests)
		isOver = r.requests > s.maxRequests
	}
	if s.maxMemory > 0 && r.memory > s.maxMemory {
		isOver = true
	}
	if isOver {
		verdict = "  OVER"
	}
	_, _ = fmt.Fprintf(b.out, "%-40s %8d %8s %8.2fs %8.2fs %9.2fms %6.0f MB%s\n", s.name(), r.requests, limit, r.time.Seconds(), r.cpu.Seconds(),
		1_000*r.cpu.Seconds()/float64(s.entities), float64(r.memory)/megabyte, verdict)
	return isOver
}

// compare prints a comparison and reports whether it is over its limit.
func (b *bench) compare(c comparison, left, right result) (isOver bool) {
	ratio := c.figure.of(c.of, left) / c.figure.of(c.to, right)
	verdict := ""
	if ratio > c.most {
		isOver, verdict = true, "  OVER"
	}
	_, _ = fmt.Fprintf(b.out, "%s of %s: %.2f × %s, at most %.2f%s\n", c.figure.name, c.of.name(), ratio, c.to.name(), c.most, verdict)
	return isOver
}

// measure runs one scenario.
func (b *bench) measure(ctx context.Context, s scenario) (result, error) {
	if s.action == create {
		w, err := b.newWorld(ctx, s, nil)
		if err != nil {
			return result{}, err
		}
		defer w.close(ctx)
		w.size(s.entities, s.blueprints)
		return w.terraform(ctx, s.parallelism, "apply", "-auto-approve")
	}
	w, err := b.existing(ctx, s)
	if err != nil {
		return result{}, err
	}
	defer w.close(ctx)
	if s.action == destroy {
		return w.terraform(ctx, s.parallelism, "destroy", "-auto-approve")
	}
	return w.plan(ctx, s)
}

// plan measures a plan, a small one several times: of those the fastest counts.
func (w *world) plan(ctx context.Context, s scenario) (result, error) {
	const repeats = 5
	// An exit code other than 0 means that the plan has changes.
	arguments := []string{"plan", "-detailed-exitcode"}
	best, err := w.terraform(ctx, s.parallelism, arguments...)
	for i := 1; i < repeats && s.entities <= few && err == nil; i++ {
		var again result
		if again, err = w.terraform(ctx, s.parallelism, arguments...); again.time < best.time {
			best = again
		}
	}
	return best, err
}

// existing returns a world in which everything already exists.
func (b *bench) existing(ctx context.Context, s scenario) (*world, error) {
	small := s.instant()
	w, err := b.newWorld(ctx, small, nil)
	if err != nil {
		return nil, err
	}
	defer w.close(ctx)
	w.size(1, s.blueprints)
	if _, err := w.terraform(ctx, defaultParallelism, "apply", "-auto-approve"); err != nil {
		return nil, err
	}
	if err := grow(w.statePath(), s.entities, s.blueprints); err != nil {
		return nil, err
	}
	var dump bytes.Buffer
	if err := w.port.Dump(&dump); err != nil {
		return nil, err
	}
	seeded, err := seed(dump.Bytes(), max(s.entities, s.stored*s.blueprints), s.blueprints)
	if err != nil {
		return nil, err
	}
	full, err := b.newWorld(ctx, s, seeded)
	if err != nil {
		return nil, err
	}
	full.size(s.entities, s.blueprints)
	return full, copyFile(w.statePath(), full.statePath())
}

// newWorld creates a world in its own folder.
func (b *bench) newWorld(ctx context.Context, s scenario, seeded []byte) (*world, error) {
	provider, latency := b.providers.current, b.latency
	if s.isBaseline {
		provider = b.providers.baseline
	}
	if s.isInstant {
		latency = 0
	}
	b.worlds++
	return newWorld(ctx, b.cli, filepath.Join(b.folder, strconv.Itoa(b.worlds)), provider, latency, seeded)
}
