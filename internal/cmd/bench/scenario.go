package main

import (
	"fmt"
	"time"
)

// action is what a scenario measures.
type action string

const (
	plan    action = "plan"
	create  action = "create"
	destroy action = "destroy"
)

// defaultParallelism is Terraform's default for -parallelism.
const defaultParallelism = 10

// scenario is one measurement: a command on a catalog.
type scenario struct {
	action action
	// entities is the number of entities in the configuration, distributed evenly over the
	// blueprints.
	entities, blueprints int
	// stored is the number of entities of each blueprint at Port; 0 means only those of the
	// configuration.
	stored int
	// parallelism is Terraform's -parallelism.
	parallelism int
	// isInstant removes Port's latency.
	isInstant bool
	// isBaseline measures the provider to compare with.
	isBaseline bool
	// maxRequests and maxMemory (bytes) are limits; 0 means no limit.
	maxRequests int
	maxMemory   int64
}

func (s scenario) name() string {
	name := fmt.Sprintf("%s %d in %d", s.action, s.entities, s.blueprints)
	if s.stored > 0 {
		name += fmt.Sprintf(" of %d each", s.stored)
	}
	if s.parallelism != defaultParallelism {
		name += fmt.Sprintf(" parallelism %d", s.parallelism)
	}
	if s.isInstant {
		name += " instant"
	}
	if s.isBaseline {
		name += " baseline"
	}
	return name
}

// instant is the scenario without latency.
func (s scenario) instant() scenario {
	s.isInstant = true
	return s.unlimited()
}

// baseline is the scenario with the provider to compare with.
func (s scenario) baseline() scenario {
	s.isBaseline = true
	return s.unlimited()
}

func (s scenario) unlimited() scenario {
	s.maxRequests, s.maxMemory = 0, 0
	return s
}

// result contains the figures of a scenario.
type result struct {
	requests int
	// time is the duration of the whole command.
	time time.Duration
	usage
}

// comparison limits one figure of a scenario relative to another scenario.
type comparison struct {
	of, to scenario
	figure figure
	most   float64
}

// figure is a measurement that can be compared.
type figure struct {
	name string
	of   func(scenario, result) float64
}

// figures are the figures that comparisons use.
func duration() figure {
	return figure{"time", func(_ scenario, r result) float64 { return r.time.Seconds() }}
}

func requests() figure {
	return figure{"requests", func(_ scenario, r result) float64 { return float64(r.requests) }}
}

func requestsPerEntity() figure {
	return figure{"requests per entity", func(s scenario, r result) float64 { return float64(r.requests) / float64(s.entities) }}
}

func cpuPerEntity() figure {
	return figure{"processor time per entity", func(s scenario, r result) float64 { return r.cpu.Seconds() / float64(s.entities) }}
}

func memory() figure {
	return figure{"memory", func(_ scenario, r result) float64 { return float64(r.memory) }}
}

// The sizes shared by the scenarios.
const (
	few      = 3
	many     = 1_000
	most     = 10_000
	crowd    = 50_000
	wide     = 10
	megabyte = 1_000_000
	// noise is how much longer the same command may take on a machine that does other things too.
	noise = 1.05
)

// suite lists what is measured, and what is compared where both sides were
// measured. A plan of n entities one by one is a request for each, one for each
// blueprint and one for the token.
func suite() ([]scenario, []comparison) {
	inTen := scenario{action: plan, entities: many, blueprints: wide, parallelism: defaultParallelism, maxRequests: 40}
	one := scenario{action: plan, entities: 1, blueprints: 1, stored: crowd, parallelism: defaultParallelism, maxRequests: 3}
	three := scenario{action: plan, entities: few, blueprints: 1, stored: crowd, parallelism: defaultParallelism, maxRequests: 5}
	largest := scenario{action: plan, entities: most, blueprints: wide, parallelism: defaultParallelism, maxMemory: 200 * megabyte}
	scenarios := []scenario{
		inTen, inTen.instant(), inTen.baseline(), one, one.baseline(), three, three.baseline(),
		{action: plan, entities: many, blueprints: 1, stored: crowd, parallelism: defaultParallelism, maxRequests: 150},
		{action: plan, entities: many, blueprints: wide, stored: crowd, parallelism: defaultParallelism, maxRequests: 250},
		{action: create, entities: many, blueprints: wide, parallelism: defaultParallelism, maxRequests: 800},
		{action: create, entities: many, blueprints: 1, parallelism: defaultParallelism, maxRequests: 260},
		{action: create, entities: many, blueprints: wide, parallelism: 100, maxRequests: 160},
		{action: destroy, entities: many, blueprints: wide, parallelism: defaultParallelism, maxRequests: 800},
		{action: destroy, entities: many, blueprints: 1, parallelism: defaultParallelism, maxRequests: 200},
		{action: destroy, entities: many, blueprints: wide, parallelism: 100, maxRequests: 160},
		largest,
	}
	comparisons := []comparison{
		{inTen, inTen.instant(), duration(), 1.2},
		{inTen, inTen.baseline(), cpuPerEntity(), 0.5},
		{one, one.baseline(), requests(), 1},
		{one, one.baseline(), duration(), noise},
		{three, three.baseline(), requests(), 1},
		{three, three.baseline(), duration(), noise},
		{largest, inTen, requestsPerEntity(), 1},
		{largest, inTen, cpuPerEntity(), 1.1},
		{largest, inTen, memory(), most / many},
	}
	return scenarios, comparisons
}
