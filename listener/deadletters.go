package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/port-changelog/terraform-provider-port/listener/internal/admin"
)

const (
	// defaultShown is the default limit of the list.
	defaultShown = 1000
	// orderSize is how many dead letters one request replays or drops: few enough to finish soon,
	// and to allow stopping in between.
	orderSize = 100
)

func deadLettersCommand() command {
	return command{
		name:      "dlq",
		arguments: "command [flags]",
		summary:   "list, replay or drop dead letters",
		about: `List, replay or drop the dead letters.

A dead letter is an alert that was given up: Slack refused its message in every
form, it failed and was older than max_age, its destination was removed from the
configuration, or its event could not be read. It is kept until it is replayed or
dropped, or until newer dead letters need the space.`,
		commands: []command{listCommand(), replayCommand(), dropCommand()},
		prepare: func(*flag.FlagSet) func(context.Context, []string, io.Writer) error {
			return func(_ context.Context, operands []string, _ io.Writer) error {
				problem := "name a command: list, replay or drop"
				if len(operands) > 0 {
					problem = fmt.Sprintf("unknown command %q; the commands are list, replay and drop", operands[0])
				}
				return &usageError{problem}
			}
		},
	}
}

func listCommand() command {
	return command{
		name:      "list",
		arguments: "[-destination NAME] [-json]",
		summary:   "show the dead letters, oldest first",
		about: `Show the dead letters, oldest first.

ID is the id for the other commands, REASON says why the alert was given up, ABOUT
names the entity that changed, and AGE is the time since the alert was given up.

` + aboutTarget,
		prepare: prepareList,
	}
}

func prepareList(flags *flag.FlagSet) func(context.Context, []string, io.Writer) error {
	destination := flags.String("destination", "", "show only those of the destination with this `name`")
	limit := flags.Int("limit", defaultShown, "show at most this `number` of them; 0 shows all")
	asJSON := flags.Bool("json", false, "print one JSON object per line")
	target := defineTarget(flags)
	return func(ctx context.Context, operands []string, out io.Writer) error {
		if err := noOperands(operands); err != nil {
			return err
		}
		if *limit < 0 {
			return &usageError{"-limit must be 0 or greater"}
		}
		return target.look(ctx, func(conn connection) error {
			letters, more, err := collect(ctx, conn, *destination, *limit)
			if err != nil {
				return err
			}
			if err := requireDestination(ctx, conn, *destination, letters); err != nil {
				return err
			}
			if *asJSON {
				return writeLettersJSON(out, letters, more)
			}
			if err := writeLetters(out, letters, more, time.Now()); err != nil {
				return err
			}
			return conn.writeNote(out)
		})
	}
}

// collect reads the dead letters page by page, up to a limit unless it is 0, and reports whether
// there are more.
func collect(ctx context.Context, conn connection, destination string, limit int) (letters []admin.DeadLetter, more bool, err error) {
	query := admin.Query{Destination: destination, Limit: admin.MaxPage}
	for {
		page, err := conn.DeadLetters(ctx, query)
		if err != nil || len(page) == 0 {
			return letters, false, err
		}
		letters, query.After = append(letters, page...), page[len(page)-1].ID
		if limit > 0 && len(letters) > limit {
			return letters[:limit], true, nil
		}
	}
}

// requireDestination returns an error if a destination without dead letters does not exist: its
// name is probably misspelled.
func requireDestination(ctx context.Context, conn connection, name string, letters []admin.DeadLetter) error {
	if name == "" || len(letters) > 0 {
		return nil
	}
	destinations, err := conn.Destinations(ctx)
	if err != nil {
		return err
	}
	names := make([]string, len(destinations))
	for i, destination := range destinations {
		names[i] = destination.Name
	}
	if slices.Contains(names, name) {
		return nil
	}
	return fmt.Errorf("there is no destination %q; the destinations are %s", name, strings.Join(names, ", "))
}

// writeLettersJSON returns an error if there are more dead letters, because a program would not
// read a remark.
func writeLettersJSON(out io.Writer, letters []admin.DeadLetter, more bool) error {
	if err := writeLines(out, letters); err != nil {
		return err
	}
	if more {
		return errors.New("there are more dead letters; use -limit 0 to show all")
	}
	return nil
}

func writeLetters(out io.Writer, letters []admin.DeadLetter, more bool, now time.Time) error {
	if len(letters) == 0 {
		_, err := fmt.Fprintln(out, "There are no dead letters.")
		return err
	}
	rows := [][]string{{"ID", "DESTINATION", "RULE", "REASON", "ABOUT", "AGE"}}
	for _, letter := range letters {
		rows = append(rows, []string{
			strconv.FormatUint(letter.ID, 10), letter.Destination, letter.Rule, strings.ReplaceAll(letter.Reason, "_", " "), letter.About, briefly(letter.BuriedAt, now),
		})
	}
	if err := writeTable(out, rows); err != nil || !more {
		return err
	}
	_, err := fmt.Fprintln(out, "There are more dead letters; use -limit 0 to show all.")
	return err
}

func replayCommand() command {
	return command{
		name:      "replay",
		arguments: "(ID… | -all [-destination NAME]) [-to NAME]",
		summary:   "send dead letters again",
		about: `Send dead letters again.

Each one is queued again for its destination, or for the one given with -to, and is
retried as long as a new alert. An alert that its destination has already accepted
is not sent there again.

` + aboutTarget,
		prepare: prepareReplay,
	}
}

func prepareReplay(flags *flag.FlagSet) func(context.Context, []string, io.Writer) error {
	selected := defineSelection(flags)
	to := flags.String("to", "", "send them to the destination with this `name` instead of their own")
	target := defineTarget(flags)
	return func(ctx context.Context, operands []string, out io.Writer) error {
		ids, err := selected.ids(operands)
		if err != nil {
			return err
		}
		return target.at(ctx, func(conn connection) error {
			work := work{
				done: "Replayed", notDone: "replayed", out: out,
				order: func(ids []uint64) (admin.Report, error) {
					return conn.Replay(ctx, admin.Order{IDs: ids, To: *to})
				},
			}
			return errors.Join(work.do(ctx, conn, selected, ids), conn.writeNote(out))
		})
	}
}

func dropCommand() command {
	return command{
		name:      "drop",
		arguments: "(ID… | -all -destination NAME)",
		summary:   "delete dead letters permanently",
		about: `Delete dead letters permanently. They will not be delivered.

` + aboutTarget,
		prepare: prepareDrop,
	}
}

func prepareDrop(flags *flag.FlagSet) func(context.Context, []string, io.Writer) error {
	selected := defineSelection(flags)
	target := defineTarget(flags)
	return func(ctx context.Context, operands []string, out io.Writer) error {
		ids, err := selected.ids(operands)
		if err != nil {
			return err
		}
		if selected.all && selected.destination == "" {
			return &usageError{"-all requires -destination here, because dropped dead letters cannot be restored"}
		}
		return target.at(ctx, func(conn connection) error {
			work := work{
				done: "Dropped", notDone: "dropped", out: out,
				order: func(ids []uint64) (admin.Report, error) {
					return conn.Drop(ctx, admin.Order{IDs: ids})
				},
			}
			return errors.Join(work.do(ctx, conn, selected, ids), conn.writeNote(out))
		})
	}
}

// selection determines which dead letters a command processes.
type selection struct {
	all         bool
	destination string
}

func defineSelection(flags *flag.FlagSet) *selection {
	defined := new(selection)
	flags.BoolVar(&defined.all, "all", false, "select all dead letters instead of ids")
	flags.StringVar(&defined.destination, "destination", "", "with -all, select only those of the destination with this `name`")
	return defined
}

// ids parses the operands, which are required unless all dead letters are selected.
func (c *selection) ids(operands []string) ([]uint64, error) {
	switch {
	case c.all && len(operands) > 0:
		return nil, &usageError{"use ids or -all, not both"}
	case !c.all && c.destination != "":
		return nil, &usageError{"-destination requires -all"}
	case !c.all && len(operands) == 0:
		return nil, &usageError{"name the ids of dead letters, as listener dlq list shows them, or use -all"}
	}
	ids := make([]uint64, len(operands))
	for i, operand := range operands {
		var err error
		if ids[i], err = strconv.ParseUint(operand, 10, 64); err != nil {
			return nil, &usageError{fmt.Sprintf("%q is not the id of a dead letter", operand)}
		}
	}
	return ids, nil
}

// work processes dead letters and prints the results.
type work struct {
	// done and notDone are the words for it in messages.
	done, notDone string
	order         func(ids []uint64) (admin.Report, error)
	out           io.Writer
}

// do processes the selected dead letters.
func (w work) do(ctx context.Context, conn connection, selected *selection, ids []uint64) error {
	if !selected.all {
		results, err := w.each(ids)
		return errors.Join(w.printEach(results), problems(results), err)
	}
	// Select those that exist now: alerts that fail again must not be processed endlessly.
	letters, _, err := collect(ctx, conn, selected.destination, 0)
	if err != nil {
		return err
	}
	if err := requireDestination(ctx, conn, selected.destination, letters); err != nil {
		return err
	}
	if len(letters) == 0 {
		_, err := fmt.Fprintln(w.out, "There are no dead letters.")
		return err
	}
	for _, letter := range letters {
		ids = append(ids, letter.ID)
	}
	results, err := w.each(ids)
	return errors.Join(w.printCount(results, len(ids)), problems(results), err)
}

// each sends the orders one by one. After an error, it returns the results so far.
func (w work) each(ids []uint64) ([]admin.Result, error) {
	var results []admin.Result
	for part := range slices.Chunk(ids, orderSize) {
		report, err := w.order(part)
		if err != nil {
			return results, err
		}
		results = append(results, report.Results...)
	}
	return results, nil
}

func (w work) printEach(results []admin.Result) error {
	for _, result := range results {
		var err error
		switch result.Outcome {
		case admin.OutcomeReplayed:
			_, err = fmt.Fprintf(w.out, "%s dead letter %d to %s.\n", w.done, result.ID, result.Destination)
		case admin.OutcomeDropped:
			_, err = fmt.Fprintf(w.out, "%s dead letter %d of %s.\n", w.done, result.ID, result.Destination)
		case admin.OutcomeNotFound, admin.OutcomeRefused, admin.OutcomeFailed:
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (w work) printCount(results []admin.Result, total int) error {
	done := 0
	for _, result := range results {
		if result.Problem == "" {
			done++
		}
	}
	text := fmt.Sprintf("%s %s.\n", w.done, count(done))
	if done < total {
		text = fmt.Sprintf("%s %d of %s.\n", w.done, done, count(total))
	}
	_, err := io.WriteString(w.out, text)
	return err
}

// shownProblems limits the number of problems in an error.
const shownProblems = 10

// problems returns an error that lists the failures, or nil.
func problems(results []admin.Result) error {
	var failures []string
	for _, result := range results {
		if result.Problem != "" {
			failures = append(failures, result.Problem)
		}
	}
	if len(failures) == 0 {
		return nil
	}
	if more := len(failures) - shownProblems; more > 1 {
		failures = append(failures[:shownProblems], fmt.Sprintf("and %d more", more))
	}
	return errors.New(strings.Join(failures, "\n  "))
}
