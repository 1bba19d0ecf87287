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

// Called reports whether a program with these arguments is the worker process.
func Called(arguments []string) bool { return len(arguments) == 2 && arguments[0] == Argument }

// Run runs the worker process: it handles requests until its input ends, and returns the exit code.
// memory is the memory limit in bytes.
func Run(memory string, in io.Reader, out io.Writer) int {
	limit, err := strconv.ParseInt(memory, 10, 64)
	if err != nil {
		return exitProtocol
	}
	// Signals go to the whole process group, but only the parent decides when this process ends.
	signal.Ignore(os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	watch := limitMemory(limit)
	requests := make(chan rawRequest)
	go receive(bufio.NewReader(in), requests)
	w := worker{conditions: make(map[string]*rule.Condition), templates: make(map[string]*message.Template)}
	// Tell the parent that the process is ready.
	if err := send(out, response{}); err != nil {
		return 1
	}
	for next := range requests {
		stop := watch()
		result := w.attempt(next)
		stop()
		if err := send(out, result); err != nil {
			return 1
		}
		if len(next.event) >= large {
			next.event = nil
			debug.FreeOSMemory()
		}
	}
	return 0
}

// large is the minimum size of an event whose memory is returned to the system at once.
const large = 256 << 10

// rawRequest is an encoded request with its event.
type rawRequest struct {
	request []byte
	event   []byte
}

// receive reads requests. When the parent has ended, it exits the process at once.
func receive(from *bufio.Reader, into chan<- rawRequest) {
	for {
		var read rawRequest
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

func send(out io.Writer, result response) error {
	written, err := json.Marshal(result)
	if err != nil {
		return err
	}
	return writeFrames(out, written)
}

// worker caches compiled conditions and templates by their text.
type worker struct {
	conditions map[string]*rule.Condition
	templates  map[string]*message.Template
}

// attempt exits the process on a panic, without printing it, because it may quote the event.
func (w *worker) attempt(raw rawRequest) response {
	defer func() {
		if recover() != nil {
			os.Exit(exitPanic)
		}
	}()
	return w.handle(raw)
}

func (w *worker) handle(raw rawRequest) (result response) {
	var read request
	decoder := json.NewDecoder(bytes.NewReader(raw.request))
	decoder.UseNumber()
	if err := decoder.Decode(&read); err != nil {
		os.Exit(exitProtocol)
	}
	event, err := changelog.Parse(raw.event)
	if err != nil {
		os.Exit(exitProtocol)
	}
	if read.Render != nil {
		return w.render(*read.Render, event)
	}
	for _, text := range read.Conditions {
		result.Verdicts = append(result.Verdicts, verdictOf(w.condition(text).Decide(event)))
	}
	return result
}

// The exit codes of a process that cannot go on.
const (
	exitPanic    = 3
	exitProtocol = 4
	exitMemory   = 5
)

func (w *worker) condition(text json.RawMessage) *rule.Condition {
	if existing := w.conditions[string(text)]; existing != nil {
		return existing
	}
	compiled, err := rule.ParseCondition(text)
	if err != nil {
		os.Exit(exitProtocol)
	}
	w.conditions[string(text)] = compiled
	return compiled
}

func (w *worker) render(req rendering, event *changelog.Event) response {
	template := w.templates[string(req.Template)]
	if template == nil {
		compiled, err := message.ParseTemplate(req.Template)
		if err != nil {
			os.Exit(exitProtocol)
		}
		template = compiled
		w.templates[string(req.Template)] = template
	}
	alert := message.NewAlert(event, req.Rule).WithNames(req.Names)
	var result response
	var err error
	switch {
	case req.Try:
		err = template.Try(req.Rule)
	case req.Line:
		result.Line, err = template.Line(alert)
	default:
		result.Message, err = template.Message(alert, req.Notes)
	}
	if mistake, ok := errors.AsType[*message.TemplateError](err); ok {
		return response{Mistake: mistake}
	}
	if err != nil {
		return response{Mistake: &message.TemplateError{Problem: fmt.Sprint(err)}}
	}
	return result
}
