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

// process is a server that runs beside the story.
type process struct {
	command *exec.Cmd
	errors  *bytes.Buffer
	drained chan struct{}
	url     string
}

// startProcess starts a server and waits until it prints the line that ends in its URL. A server
// that stops before that fails with what it printed.
func startProcess(ctx context.Context, ready string, environment map[string]string, name string, args ...string) (*process, error) {
	// The servers outlive the end of ctx: a Terraform that is interrupted still talks to them while
	// it stops. The clean-up stops them after it.
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

// stop asks the process to end and waits for it. It must end with status 0.
func (p *process) stop() error {
	if err := p.command.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	killer := time.AfterFunc(stopLimit, func() { _ = p.command.Process.Kill() })
	defer killer.Stop()
	<-p.drained
	if err := p.command.Wait(); err != nil {
		return fmt.Errorf("%s ended with %w\n%s", filepath.Base(p.command.Path), err, p.errors)
	}
	return nil
}

// cleanEnvironment is the user's environment without what would point the story at a real Port, a
// real Slack or another Terraform set-up.
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
