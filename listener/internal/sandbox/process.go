package sandbox

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"time"
)

// Argument is the command-line argument that makes the program the worker process. Its memory limit
// in bytes follows.
const Argument = "worker"

// startTime is the timeout for starting the process.
const startTime = 10 * time.Second

// Self returns the command that runs this program as the worker process.
func Self() ([]string, error) {
	path, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("finding this program: %w", err)
	}
	// The file may have been replaced by another version since the start.
	const started = "/proc/self/exe"
	if _, err := os.Stat(started); err == nil {
		path = started
	}
	return []string{path, Argument}, nil
}

// process is a running worker process.
type process struct {
	command *exec.Cmd
	stdin   io.WriteCloser
	stdout  *bufio.Reader
	memory  int64
}

// startProcess starts a process, and returns when it is ready. The process has no environment
// variables, which may contain secrets, and its stderr is discarded, because a crash may quote an
// event.
func startProcess(ctx context.Context, command []string, memory int64) (*process, error) {
	// The process outlives the request that starts it.
	arguments := append(slices.Clone(command[1:]), strconv.FormatInt(memory, 10))
	running := exec.CommandContext(context.WithoutCancel(ctx), command[0], arguments...) //nolint:gosec // It is this program.
	started := &process{command: running, memory: memory}
	started.command.Env = []string{fmt.Sprint("GOMEMLIMIT=", memory/3*2)}
	started.command.Dir = os.TempDir()
	stdin, err := started.command.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := started.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	started.stdin, started.stdout = stdin, bufio.NewReader(stdout)
	if err := started.command.Start(); err != nil {
		return nil, err
	}
	_, err = started.within(startTime, func() (response, error) { return readResponse(started.stdout) })
	return started, err
}

// call sends a request and waits for the response. After an error, which gives the reason, the
// process has ended.
func (p *process) call(req, event []byte, limit time.Duration) (response, error) {
	return p.within(limit, func() (response, error) {
		if err := writeFrames(p.stdin, req, event); err != nil {
			return response{}, err
		}
		return readResponse(p.stdout)
	})
}

// starved is how many times its limit a process may take in real time if it gets little processor
// time.
const starved = 10

// within kills the process if do takes too long.
func (p *process) within(limit time.Duration, do func() (response, error)) (response, error) {
	done, expired := make(chan struct{}), make(chan bool)
	go func() { expired <- p.expires(limit, done) }()
	result, err := do()
	close(done)
	late := <-expired
	if err == nil && !late {
		return result, nil
	}
	_ = p.command.Process.Kill()
	_ = p.stdin.Close()
	ended := p.command.Wait()
	switch {
	case late:
		return response{}, fmt.Errorf("it took longer than %s", limit)
	case ended != nil:
		// Go's runtime exits in several ways when the system refuses memory.
		return response{}, fmt.Errorf("it used more than %d MiB of memory, or crashed (%w)", p.memory>>20, ended)
	}
	return response{}, fmt.Errorf("it has ended: %w", err)
}

// expires kills the process when it has used the given processor time or, if the system does not
// report that, when the time has passed, unless done is closed first. It counts processor time so
// that an overloaded machine does not kill it.
func (p *process) expires(limit time.Duration, done <-chan struct{}) bool {
	began := time.Now()
	before, supported := processorTime(p.command.Process.Pid)
	timer := time.NewTimer(limit)
	defer timer.Stop()
	for {
		select {
		case <-done:
			return false
		case <-timer.C:
		}
		now, still := processorTime(p.command.Process.Pid)
		spent := now - before
		if !supported || !still || spent >= limit || time.Since(began) >= starved*limit {
			_ = p.command.Process.Kill()
			return true
		}
		timer.Reset(limit - spent)
	}
}

// end makes the process exit.
func (p *process) end() {
	_ = p.stdin.Close()
	kill := time.AfterFunc(longest, func() { _ = p.command.Process.Kill() })
	defer kill.Stop()
	_ = p.command.Wait()
}

func readResponse(from *bufio.Reader) (response, error) {
	text, err := readFrame(from)
	if err != nil {
		return response{}, err
	}
	var read response
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&read); err != nil {
		return response{}, errors.New("the response of the process is invalid")
	}
	return read, nil
}
