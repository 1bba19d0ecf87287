package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/terraform"
)

// TestMain lets the bench start this program as the provider, as it starts itself.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == providerName {
		os.Exit(meter())
	}
	os.Exit(m.Run())
}

// newBench is a bench with the provider of this tree and a Port without latency.
func newBench(t *testing.T, out *bytes.Buffer) *bench {
	t.Helper()
	cli, err := terraform.Find()
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	built := filepath.Join(folder, providerName)
	build := exec.CommandContext(t.Context(), "go", "build", "-o", built, "../../..")
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, output)
	}
	b := &bench{cli: cli, folder: folder, out: out}
	b.providers.current = built
	return b
}

func TestBenchMeasuresWhatTerraformDoes(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	b := newBench(t, &out)
	scenarios := []scenario{
		{action: plan, entities: 3, blueprints: 2, parallelism: 10},
		{action: plan, entities: 3, blueprints: 1, stored: 7, parallelism: 2},
		{action: create, entities: 3, blueprints: 2, parallelism: 10},
		{action: destroy, entities: 3, blueprints: 2, parallelism: 10},
		{action: plan, entities: 4, blueprints: 1, parallelism: 10},
	}
	comparisons := []comparison{{scenarios[0], scenarios[1], duration(), 1_000}}
	if err := b.run(t.Context(), scenarios, comparisons, regexp.MustCompile(" 3 in ")); err != nil {
		t.Fatal(err)
	}
	printed := out.String()
	for _, s := range scenarios[:4] {
		if !strings.Contains(printed, s.name()) {
			t.Errorf("it does not measure %s", s.name())
		}
	}
	if strings.Contains(printed, scenarios[4].name()) || !strings.Contains(printed, "time of plan 3 in 2:") {
		t.Errorf("it prints what was not selected, or no comparison:\n%s", printed)
	}
}

func TestFiguresOverTheirLimits(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	b := &bench{out: &out}
	s := scenario{action: plan, entities: 10, blueprints: 1, parallelism: defaultParallelism, maxRequests: 5, maxMemory: 100}
	for name, test := range map[string]struct {
		measured result
		want     bool
	}{
		"within":          {result{requests: 5, time: time.Second, usage: usage{memory: 100}}, false},
		"over a request":  {result{requests: 6, time: time.Second}, true},
		"over the memory": {result{requests: 5, time: time.Second, usage: usage{memory: 101}}, true},
	} {
		if isOver := b.report(s, test.measured); isOver != test.want {
			t.Errorf("%s: over is %t\n%s", name, isOver, &out)
		}
	}
	c := comparison{of: s, to: s.baseline(), figure: requests(), most: 1}
	if b.compare(c, result{requests: 4}, result{requests: 4}) || !b.compare(c, result{requests: 5}, result{requests: 4}) {
		t.Errorf("a comparison is over its limit at the wrong point:\n%s", &out)
	}
}

func TestArguments(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := run(context.Background(), []string{"-run", "("}, &out); err == nil || !strings.Contains(err.Error(), "-run") {
		t.Errorf("a broken pattern ends with %v", err)
	}
	if err := run(context.Background(), []string{"-provider", "missing"}, &out); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a provider that does not exist ends with %v", err)
	}
	if err := run(context.Background(), []string{"-provider", os.Args[0], "-run", "^nothing$"}, &out); err != nil {
		t.Errorf("without a scenario it ends with %v", err)
	}
}
