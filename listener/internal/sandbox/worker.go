package sandbox

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"strconv"
	"syscall"

	"github.com/port-changelog/terraform-provider-port/internal/changelog"
	"github.com/port-changelog/terraform-provider-port/listener/internal/message"
	"github.com/port-changelog/terraform-provider-port/listener/internal/rule"
)

// Called reports whether a program with these arguments is to be the process.
func Called(arguments []string) bool { return len(arguments) == 2 && arguments[0] == Argument }

// Run is the process: it answers requests until there are no more, and returns the exit code.
// memory is its limit in bytes.
func Run(memory string, in io.Reader, out io.Writer) int {
	limit, err := strconv.ParseInt(memory, 10, 64)
	if err != nil {
		return exitProtocol
	}
	// They go to the whole group of processes. The one that asks says when to end.
	signal.Ignore(os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	watch := limitMemory(limit)
	requests := make(chan asked)
	go receive(bufio.NewReader(in), requests)
	made := worker{conditions: make(map[string]*rule.Condition), templates: make(map[string]*message.Template)}
	// It is ready.
	if err := send(out, answer{}); err != nil {
		return 1
	}
	for next := range requests {
		stop := watch()
		answered := made.attempt(next)
		stop()
		if err := send(out, answered); err != nil {
			return 1
		}
		if len(next.event) >= large {
			next.event = nil
			debug.FreeOSMemory()
		}
	}
	return 0
}

// large is from what size on the memory that an event took is given back at once.
const large = 256 << 10

type asked struct {
	request []byte
	event   []byte
}

// receive reads requests. When whoever asks is gone, so is the process, whatever it is at: nobody
// waits for it.
func receive(from *bufio.Reader, into chan<- asked) {
	for {
		var read asked
		var err error
		if read.request, err = readFrame(from); err == nil {
			read.event, err = readFrame(from)
		}
		if err != nil {
			os.Exit(0)
		}
		into <- read
	}
}

func send(out io.Writer, answered answer) error {
	written, err := json.Marshal(answered)
	if err != nil {
		return err
	}
	return writeFrames(out, written)
}

// worker keeps what it has compiled, by its text.
type worker struct {
	conditions map[string]*rule.Condition
	templates  map[string]*message.Template
}

// attempt ends the process at a panic, which may quote the event.
func (w *worker) attempt(to asked) answer {
	defer func() {
		if recover() != nil {
			os.Exit(exitPanic)
		}
	}()
	return w.answer(to)
}

func (w *worker) answer(to asked) (answered answer) {
	var read request
	decoder := json.NewDecoder(bytes.NewReader(to.request))
	decoder.UseNumber()
	if err := decoder.Decode(&read); err != nil {
		os.Exit(exitProtocol)
	}
	event, err := changelog.Parse(to.event)
	if err != nil {
		os.Exit(exitProtocol)
	}
	if read.Render != nil {
		return w.render(*read.Render, event)
	}
	for _, text := range read.Conditions {
		answered.Verdicts = append(answered.Verdicts, verdictOf(w.condition(text).Decide(event)))
	}
	return answered
}

// The exit codes of a process that cannot go on.
const (
	exitPanic    = 3
	exitProtocol = 4
	exitMemory   = 5
)

func (w *worker) condition(text json.RawMessage) *rule.Condition {
	if known := w.conditions[string(text)]; known != nil {
		return known
	}
	compiled, err := rule.ParseCondition(text)
	if err != nil {
		os.Exit(exitProtocol)
	}
	w.conditions[string(text)] = compiled
	return compiled
}

func (w *worker) render(asked rendering, event *changelog.Event) answer {
	template := w.templates[string(asked.Template)]
	if template == nil {
		compiled, err := message.ParseTemplate(asked.Template)
		if err != nil {
			os.Exit(exitProtocol)
		}
		template = compiled
		w.templates[string(asked.Template)] = template
	}
	alert := message.NewAlert(event, asked.Rule).WithNames(asked.Names)
	var made answer
	var err error
	switch {
	case asked.Try:
		err = template.Try(asked.Rule)
	case asked.Line:
		made.Line, err = template.Line(alert)
	default:
		made.Message, err = template.Message(alert, asked.Notes)
	}
	if mistake, ok := errors.AsType[*message.TemplateError](err); ok {
		return answer{Mistake: mistake}
	}
	if err != nil {
		return answer{Mistake: &message.TemplateError{Problem: fmt.Sprint(err)}}
	}
	return made
}
