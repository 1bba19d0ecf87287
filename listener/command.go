package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

// command is a subcommand of the program.
type command struct {
	// name is the name of the command, including the names of its parents.
	name string
	// arguments is the synopsis of the arguments.
	arguments string
	// summary describes the command in one line, for the list of commands.
	summary string
	// about is the description in the help of the command, without a final line break.
	about string
	// commands are its subcommands.
	commands []command
	// prepare defines the flags, and returns the function to run after they are parsed. Its
	// operands are the arguments that are not flags.
	prepare func(flags *flag.FlagSet) func(ctx context.Context, operands []string, out io.Writer) error
}

// commands returns all commands, in the order of the help.
func commands() []command {
	return []command{sendCommand(), renderCommand(), explainCommand(), destinationsCommand(), deadLettersCommand(), reloadCommand(), setupCommand(), doctorCommand()}
}

// find returns the command that the arguments begin with, and the remaining arguments.
func find(commands []command, arguments []string) (result command, rest []string, ok bool) {
	if len(arguments) == 0 {
		return command{}, nil, false
	}
	for _, candidate := range commands {
		if candidate.name != arguments[0] {
			continue
		}
		if below, rest, ok := find(candidate.commands, arguments[1:]); ok {
			below.name = candidate.name + " " + below.name
			return below, rest, true
		}
		return candidate, arguments[1:], true
	}
	return command{}, nil, false
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
	if err := act(ctx, operands, terminal{stdout}); err != nil {
		return c.fail(stderr, err)
	}
	return exitOK
}

func (c command) fail(stderr io.Writer, err error) int {
	_, _ = fmt.Fprintf(terminal{stderr}, "listener %s: %v\n", c.name, err)
	if _, usage := errors.AsType[*usageError](err); !usage {
		return exitFailure
	}
	_, _ = fmt.Fprintf(stderr, "Run listener %s -h for its flags.\n", c.name)
	return exitUsage
}

// parseAnywhere parses flags before, between and after the operands.
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
	_, _ = fmt.Fprintf(out, "%s\n\nUsage:\n  %s\n", c.about, strings.TrimRight("listener "+c.name+" "+c.arguments, " "))
	if len(c.commands) > 0 {
		_, _ = fmt.Fprintln(out, "\nCommands:")
		writeCommands(out, c.commands)
		_, _ = fmt.Fprintf(out, "  Run listener %s command -h for the help of a command.\n", c.name)
	}
	flags := flag.NewFlagSet(c.name, flag.ContinueOnError)
	c.prepare(flags)
	defined := 0
	flags.VisitAll(func(*flag.Flag) { defined++ })
	if defined > 0 {
		flags.SetOutput(out)
		_, _ = fmt.Fprintln(out, "\nFlags:")
		flags.PrintDefaults()
	}
}

// writeCommands lists commands, one per line.
func writeCommands(out io.Writer, listed []command) {
	for _, command := range listed {
		_, _ = fmt.Fprintf(out, "  %-14s %s\n", command.name, command.summary)
	}
}
