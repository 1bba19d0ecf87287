package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// stopLimit is how long a process may take to stop before it is killed.
const stopLimit = 10 * time.Second

// process is a server that runs in the background.
type process struct {
	command *exec.Cmd
	errors  *bytes.Buffer
	drained chan struct{}
	url     string
}

// startProcess starts a server and waits until it prints the line that ends in its URL. If the
// server stops before that, the error contains its output.
func startProcess(ctx context.Context, ready string, environment map[string]string, name string, args ...string) (*process, error) {
	// The servers must outlive ctx: an interrupted Terraform still uses them while it stops. The
	// clean-up stops them afterwards.
	command := exec.CommandContext(context.WithoutCancel(ctx), name, args...) //nolint:gosec // One of the binaries that the demo was built with.
	p := &process{command: command, errors: &bytes.Buffer{}, drained: make(chan struct{})}
	p.command.Env = cleanEnvironment(environment)
	p.command.Stderr = p.errors
	inOwnGroup(p.command)
	output, err := p.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.command.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", filepath.Base(name), err)
	}
	lines := bufio.NewReader(output)
	giveUp := context.AfterFunc(ctx, func() { _ = p.command.Process.Kill() })
	p.url, err = readyURL(lines, ready)
	giveUp()
	if err != nil {
		waitErr := p.command.Wait()
		return nil, fmt.Errorf("%s did not start: %w\n%s", filepath.Base(name), errors.Join(err, waitErr), p.errors)
	}
	go func() {
		defer close(p.drained)
		_, _ = io.Copy(io.Discard, lines)
	}()
	return p, nil
}

func readyURL(lines *bufio.Reader, ready string) (string, error) {
	for {
		line, err := lines.ReadString('\n')
		if url, found := strings.CutPrefix(strings.TrimSpace(line), ready); found {
			return url, nil
		}
		if err != nil {
			return "", err
		}
	}
}

// stop asks the process to exit and waits for it. It must exit with status 0.
func (p *process) stop() error {
	if err := p.command.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	killer := time.AfterFunc(stopLimit, func() { _ = p.command.Process.Kill() })
	defer killer.Stop()
	<-p.drained
	if err := p.command.Wait(); err != nil {
		return fmt.Errorf("%s exited with %w\n%s", filepath.Base(p.command.Path), err, p.errors)
	}
	return nil
}

// cleanEnvironment returns the user's environment without variables that refer to the real Port or
// Slack, or to another Terraform configuration.
func cleanEnvironment(additions map[string]string) []string {
	var environment []string
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "PORT_") && !strings.HasPrefix(variable, "TF_") && !strings.HasPrefix(variable, "SLACK_") {
			environment = append(environment, variable)
		}
	}
	for name, value := range additions {
		environment = append(environment, name+"="+value)
	}
	return environment
}
