// Command bench measures what many entities cost: it runs Terraform with the built provider against
// an emulated Port with a latency, and prints for each scenario the requests, the time, and the
// provider's processor time and memory, each next to its limit. `make bench` runs it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"syscall"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/terraform"
)

func main() {
	// Terraform starts this program as the provider: it runs the real provider and records what it
	// used.
	if filepath.Base(os.Args[0]) == providerName {
		os.Exit(meter())
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// errOverLimit ends a run in which a figure is over its limit.
var errOverLimit = errors.New("a figure is over its limit")

// run measures the selected scenarios and prints a table.
func run(ctx context.Context, arguments []string, out io.Writer) error {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	provider := flags.String("provider", "bin/"+providerName, "the provider to measure")
	baseline := flags.String("baseline", "", "another build of the provider to compare with")
	pattern := flags.String("run", "", "measure only scenarios whose names match this regular expression")
	latency := flags.Duration("latency", 50*time.Millisecond, "the latency of Port")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	selected, err := regexp.Compile(*pattern)
	if err != nil {
		return fmt.Errorf("-run: %w", err)
	}
	cli, err := terraform.Find()
	if err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "port-bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	b := &bench{cli: cli, folder: folder, latency: *latency, out: out}
	if b.providers.current, err = existing(*provider); err != nil {
		return err
	}
	if *baseline != "" {
		if b.providers.baseline, err = existing(*baseline); err != nil {
			return err
		}
	}
	scenarios, comparisons := suite()
	return b.run(ctx, scenarios, comparisons, selected)
}

// existing returns the absolute path of a file that exists.
func existing(path string) (string, error) {
	if _, err := os.Stat(path); err != nil {
		return "", err
	}
	return filepath.Abs(path)
}
