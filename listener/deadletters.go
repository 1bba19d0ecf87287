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
	// defaultShown is how many dead letters a table shows before it ends.
	defaultShown = 1000
	// orderSize is how many dead letters are replayed or dropped with one request: few enough to be
	// done soon, and to be stopped in between.
	orderSize = 100
)

func deadLettersCommand() command {
	return command{
		name:      "dlq",
		arguments: "command [flags]",
		summary:   "list, replay or drop the dead letters",
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
		summary:   "show the dead letters, the oldest first",
		about: `Show the dead letters, the oldest first.

ID is the id for the other commands, REASON says why the alert was given up, ABOUT
names the entity that changed, and AGE is the time since the alert was given up.

` + aboutPlace,
		prepare: prepareList,
	}
}

func prepareList(flags *flag.FlagSet) func(context.Context, []string, io.Writer) error {
	destination := flags.String("destination", "", "show only those of the destination with this `name`")
	limit := flags.Int("limit", defaultShown, "show at most this `number` of them; 0 shows all")
	asJSON := flags.Bool("json", false, "print one JSON object per line")
	place := definePlace(flags)
	return func(ctx context.Context, operands []string, out io.Writer) error {
		if err := noOperands(operands); err != nil {
			return err
		}
		if *limit < 0 {
			return &usageError{"-limit must be 0 or greater"}
		}
		return place.look(ctx, func(desk desk) error {
			letters, more, err := collect(ctx, desk, *destination, *limit)
			if err != nil {
				return err
			}
			if err := requireDestination(ctx, desk, *destination, letters); err != nil {
				return err
			}
			if *asJSON {
				return writeLettersJSON(out, letters, more)
			}
			if err := writeLetters(out, letters, more, time.Now()); err != nil {
				return err
			}
			return desk.writeNote(out)
		})
	}
}

// collect reads the dead letters page by page, up to a limit unless it is 0, and reports whether
// there are more.
func collect(ctx context.Context, desk desk, destination string, limit int) (letters []admin.DeadLetter, more bool, err error) {
	query := admin.Query{Destination: destination, Limit: admin.MaxPage}
	for {
		page, err := desk.DeadLetters(ctx, query)
		if err != nil || len(page) == 0 {
			return letters, false, err
		}
		letters, query.After = append(letters, page...), page[len(page)-1].ID
		if limit > 0 && len(letters) > limit {
			return letters[:limit], true, nil
		}
	}
}

// requireDestination refuses the name of a destination that has no dead letters and is not known
// either: it is likely to be a slip.
func requireDestination(ctx context.Context, desk desk, name string, letters []admin.DeadLetter) error {
	if name == "" || len(letters) > 0 {
		return nil
	}
	destinations, err := desk.Destinations(ctx)
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

// writeLettersJSON fails after what was asked for if there is more: a program does not read a
// remark.
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

` + aboutPlace,
		prepare: prepareReplay,
	}
}

func prepareReplay(flags *flag.FlagSet) func(context.Context, []string, io.Writer) error {
	chosen := defineChoice(flags)
	to := flags.String("to", "", "send them to the destination with this `name` instead of their own")
	place := definePlace(flags)
	return func(ctx context.Context, operands []string, out io.Writer) error {
		ids, err := chosen.ids(operands)
		if err != nil {
			return err
		}
		return place.at(ctx, func(desk desk) error {
			work := work{
				done: "Replayed", notDone: "replayed", out: out,
				order: func(ids []uint64) (admin.Report, error) {
					return desk.Replay(ctx, admin.Order{IDs: ids, To: *to})
				},
			}
			return errors.Join(work.do(ctx, desk, chosen, ids), desk.writeNote(out))
		})
	}
}

func dropCommand() command {
	return command{
		name:      "drop",
		arguments: "(ID… | -all -destination NAME)",
		summary:   "delete dead letters permanently",
		about: `Delete dead letters permanently. They will not be delivered.

` + aboutPlace,
		prepare: prepareDrop,
	}
}

func prepareDrop(flags *flag.FlagSet) func(context.Context, []string, io.Writer) error {
	chosen := defineChoice(flags)
	place := definePlace(flags)
	return func(ctx context.Context, operands []string, out io.Writer) error {
		ids, err := chosen.ids(operands)
		if err != nil {
			return err
		}
		if chosen.all && chosen.destination == "" {
			return &usageError{"-all needs -destination here, because dropped dead letters cannot be restored"}
		}
		return place.at(ctx, func(desk desk) error {
			work := work{
				done: "Dropped", notDone: "dropped", out: out,
				order: func(ids []uint64) (admin.Report, error) {
					return desk.Drop(ctx, admin.Order{IDs: ids})
				},
			}
			return errors.Join(work.do(ctx, desk, chosen, ids), desk.writeNote(out))
		})
	}
}

// choice says which dead letters something is done to.
type choice struct {
	all         bool
	destination string
}

func defineChoice(flags *flag.FlagSet) *choice {
	defined := new(choice)
	flags.BoolVar(&defined.all, "all", false, "select all dead letters instead of ids")
	flags.StringVar(&defined.destination, "destination", "", "with -all, select only those of the destination with this `name`")
	return defined
}

// ids reads the operands, which must be there unless all are taken.
func (c *choice) ids(operands []string) ([]uint64, error) {
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

// work is something that is done to dead letters, and told of.
type work struct {
	// done and notDone word it at the beginning and within a sentence.
	done, notDone string
	order         func(ids []uint64) (admin.Report, error)
	out           io.Writer
}

// do does it to those that were chosen.
func (w work) do(ctx context.Context, desk desk, chosen *choice, ids []uint64) error {
	if !chosen.all {
		results, err := w.each(ids)
		return errors.Join(w.tellEach(results), problems(results), err)
	}
	// All that are there now: what is given up again meanwhile would be taken again without end.
	letters, _, err := collect(ctx, desk, chosen.destination, 0)
	if err != nil {
		return err
	}
	if err := requireDestination(ctx, desk, chosen.destination, letters); err != nil {
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
	return errors.Join(w.tellCount(results, len(ids)), problems(results), err)
}

// each gives one order after the other. After an error it returns what was done before.
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

func (w work) tellEach(results []admin.Result) error {
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

func (w work) tellCount(results []admin.Result, wanted int) error {
	done := 0
	for _, result := range results {
		if result.Problem == "" {
			done++
		}
	}
	text := fmt.Sprintf("%s %s.\n", w.done, count(done))
	if done < wanted {
		text = fmt.Sprintf("%s %d of %s.\n", w.done, done, count(wanted))
	}
	_, err := io.WriteString(w.out, text)
	return err
}

// shownProblems bounds the problems that are told one by one.
const shownProblems = 10

// problems returns an error that lists what was not done.
func problems(results []admin.Result) error {
	var told []string
	for _, result := range results {
		if result.Problem != "" {
			told = append(told, result.Problem)
		}
	}
	if len(told) == 0 {
		return nil
	}
	if more := len(told) - shownProblems; more > 1 {
		told = append(told[:shownProblems], fmt.Sprintf("and %d more", more))
	}
	return errors.New(strings.Join(told, "\n  "))
}
