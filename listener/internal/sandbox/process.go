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

// Argument is what the program is called with to be the process. Its memory limit in bytes follows.
const Argument = "worker"

// startTime is how long the process may take until it is ready.
const startTime = 10 * time.Second

// Self returns the command that runs this program as the process.
func Self() ([]string, error) {
	path, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("finding this program: %w", err)
	}
	// The file may have been replaced by another version since.
	const started = "/proc/self/exe"
	if _, err := os.Stat(started); err == nil {
		path = started
	}
	return []string{path, Argument}, nil
}

// process is one that runs.
type process struct {
	command *exec.Cmd
	stdin   io.WriteCloser
	stdout  *bufio.Reader
	memory  int64
}

// startProcess starts a process, and returns when it is ready. It gets nothing of the environment:
// there are secrets in it. What it prints when it crashes is discarded: it may quote an event.
func startProcess(ctx context.Context, command []string, memory int64) (*process, error) {
	// The process outlives the request that needs it first.
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
	_, err = started.within(startTime, func() (answer, error) { return readAnswer(started.stdout) })
	return started, err
}

// ask sends a request and waits for its answer. After an error the process is gone, and the error
// says why.
func (p *process) ask(asked, event []byte, limit time.Duration) (answer, error) {
	return p.within(limit, func() (answer, error) {
		if err := writeFrames(p.stdin, asked, event); err != nil {
			return answer{}, err
		}
		return readAnswer(p.stdout)
	})
}

// starved is how many times its limit a process may take where it gets too little of the processor.
const starved = 10

// within kills the process when something takes too long.
func (p *process) within(limit time.Duration, do func() (answer, error)) (answer, error) {
	done, expired := make(chan struct{}), make(chan bool)
	go func() { expired <- p.expires(limit, done) }()
	answered, err := do()
	close(done)
	late := <-expired
	if err == nil && !late {
		return answered, nil
	}
	_ = p.command.Process.Kill()
	_ = p.stdin.Close()
	ended := p.command.Wait()
	switch {
	case late:
		return answer{}, fmt.Errorf("it took longer than %s", limit)
	case ended != nil:
		// Go's runtime ends in several ways when the system refuses it memory.
		return answer{}, fmt.Errorf("it used more than %d MiB of memory, or crashed (%w)", p.memory>>20, ended)
	}
	return answer{}, fmt.Errorf("it has ended: %w", err)
}

// expires kills the process when it has used a time of the processor, where the system tells, or
// else when that time has passed; unless done is closed before. A machine that has too much to do
// is no reason to kill it.
func (p *process) expires(limit time.Duration, done <-chan struct{}) bool {
	began := time.Now()
	before, known := processorTime(p.command.Process.Pid)
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
		if !known || !still || spent >= limit || time.Since(began) >= starved*limit {
			_ = p.command.Process.Kill()
			return true
		}
		timer.Reset(limit - spent)
	}
}

// end lets the process end by itself.
func (p *process) end() {
	_ = p.stdin.Close()
	kill := time.AfterFunc(longest, func() { _ = p.command.Process.Kill() })
	defer kill.Stop()
	_ = p.command.Wait()
}

func readAnswer(from *bufio.Reader) (answer, error) {
	text, err := readFrame(from)
	if err != nil {
		return answer{}, err
	}
	var read answer
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&read); err != nil {
		return answer{}, errors.New("the answer of the process is invalid")
	}
	return read, nil
}
