package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// providerName is the file name of a provider in its folder.
const providerName = "terraform-provider-port"

// The environment of this program where Terraform starts it as the provider.
const (
	envProvider = "BENCH_PROVIDER" // the provider to run
	envUsage    = "BENCH_USAGE"    // the file that gets a line for each run
)

// usage is the resource usage of the provider's processes during one command. Terraform starts
// several: one for the schema, one for the plan, one for the apply.
type usage struct {
	// cpu is their total processor time.
	cpu time.Duration
	// memory is the highest peak memory of one of them, in bytes; 0 if unknown.
	memory int64
}

// meter runs the real provider, records what it used, and returns its exit code.
func meter() int {
	command := exec.CommandContext(context.Background(), os.Getenv(envProvider), os.Args[1:]...) //nolint:gosec // The provider to measure, as the user of the bench named it.
	command.Stdin, command.Stdout, command.Stderr = os.Stdin, os.Stdout, os.Stderr
	err := command.Run()
	if _, isExit := errors.AsType[*exec.ExitError](err); err != nil && !isExit {
		fmt.Fprintln(os.Stderr, "bench:", err)
		return 1
	}
	state := command.ProcessState
	line := fmt.Sprintf("%d %d\n", (state.UserTime() + state.SystemTime()).Microseconds(), peakMemory(state))
	file, err := os.OpenFile(os.Getenv(envUsage), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600) //nolint:gosec // A file of our own.
	if err == nil {
		_, err = file.WriteString(line)
		err = errors.Join(err, file.Close())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		return 1
	}
	return state.ExitCode()
}

// readUsage sums the lines that the provider's processes wrote.
func readUsage(path string) (usage, error) {
	text, err := os.ReadFile(path) //nolint:gosec // A file of our own.
	if err != nil {
		return usage{}, err
	}
	var total usage
	for line := range strings.Lines(string(text)) {
		cpu, memory, _ := strings.Cut(strings.TrimSpace(line), " ")
		micros, err := strconv.ParseInt(cpu, 10, 64)
		if err != nil {
			return usage{}, err
		}
		peak, err := strconv.ParseInt(memory, 10, 64)
		if err != nil {
			return usage{}, err
		}
		total.cpu += time.Duration(micros) * time.Microsecond
		total.memory = max(total.memory, peak)
	}
	return total, nil
}
