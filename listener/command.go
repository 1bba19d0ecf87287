package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// command is something that the program does in place of listening.
type command struct {
	name string
	// arguments shows in a line what may follow the name.
	arguments string
	// summary says in a line what it does, for the list of all commands.
	summary string
	// about says more, for the help of this one. It ends without a line break.
	about string
	// prepare defines the flags, and returns what is run once they are read. Its
	// operands are the arguments that are no flags.
	prepare func(flags *flag.FlagSet) func(ctx context.Context, operands []string, out io.Writer) error
}

// commands are all there are, in the order of the help.
func commands() []command {
	return []command{sendCommand(), renderCommand()}
}

// usageError is a mistake in the arguments, as opposed to a failure.
type usageError struct{ problem string }

func (e *usageError) Error() string { return e.problem }

// run runs the command, and returns the exit code of the process.
func (c command) run(arguments []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet(c.name, flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	act := c.prepare(flags)
	operands, err := parseAnywhere(flags, arguments)
	if errors.Is(err, flag.ErrHelp) {
		c.writeUsage(stdout)
		return exitOK
	}
	if err != nil {
		return c.fail(stderr, &usageError{err.Error()})
	}
	ctx, release := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer release()
	if err := act(ctx, operands, stdout); err != nil {
		return c.fail(stderr, err)
	}
	return exitOK
}

func (c command) fail(stderr io.Writer, err error) int {
	_, _ = fmt.Fprintf(stderr, "listener %s: %v\n", c.name, err)
	if _, usage := errors.AsType[*usageError](err); !usage {
		return exitFailure
	}
	_, _ = fmt.Fprintf(stderr, "Run listener %s -h for its flags.\n", c.name)
	return exitUsage
}

// parseAnywhere reads flags that stand before, between or after the operands.
func parseAnywhere(flags *flag.FlagSet, arguments []string) (operands []string, err error) {
	for {
		if err := flags.Parse(arguments); err != nil {
			return nil, err
		}
		if flags.NArg() == 0 {
			return operands, nil
		}
		operands, arguments = append(operands, flags.Arg(0)), flags.Args()[1:]
	}
}

func (c command) writeUsage(out io.Writer) {
	_, _ = fmt.Fprintf(out, "%s\n\nUsage:\n  listener %s %s\n\nFlags:\n", c.about, c.name, c.arguments)
	flags := flag.NewFlagSet(c.name, flag.ContinueOnError)
	c.prepare(flags)
	flags.SetOutput(out)
	flags.PrintDefaults()
}
