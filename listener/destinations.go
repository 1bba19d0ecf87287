package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/port-changelog/terraform-provider-port/listener/internal/admin"
)

func destinationsCommand() command {
	return command{
		name:      "destinations",
		arguments: "[-json]",
		summary:   "show the destinations, and why alerts are not delivered",
		about: `Show the destinations, and why alerts are not delivered.

  failing         requests fail; the listener retries within seconds
  parked          the webhook rejects every message until somebody fixes it; its
                  alerts are kept and do not age, and it is tried every 15 minutes
  paused          the destination asked for a pause
  not configured  removed from the configuration, but alerts or dead letters remain

` + aboutTarget,
		commands: []command{unparkCommand()},
		prepare:  prepareDestinations,
	}
}

func prepareDestinations(flags *flag.FlagSet) func(context.Context, []string, io.Writer) error {
	asJSON := flags.Bool("json", false, "print one JSON object per line")
	target := defineTarget(flags)
	return func(ctx context.Context, operands []string, out io.Writer) error {
		if err := noOperands(operands); err != nil {
			return err
		}
		return target.look(ctx, func(conn connection) error {
			destinations, err := conn.Destinations(ctx)
			if err != nil {
				return err
			}
			if *asJSON {
				return writeLines(out, destinations)
			}
			if err := writeDestinations(out, destinations, time.Now()); err != nil {
				return err
			}
			return conn.writeNote(out)
		})
	}
}

func writeDestinations(out io.Writer, destinations []admin.Destination, now time.Time) error {
	if len(destinations) == 0 {
		_, err := fmt.Fprintln(out, "There are no destinations.")
		return err
	}
	rows := [][]string{{"DESTINATION", "STATE", "PENDING", "OLDEST", "DEAD LETTERS", "MORE"}}
	for _, destination := range destinations {
		rows = append(rows, []string{
			destination.Name, strings.ReplaceAll(string(destination.State), "_", " "), strconv.Itoa(destination.Pending),
			briefly(destination.Oldest, now), strconv.Itoa(destination.DeadLetters), explain(destination, now),
		})
	}
	return writeTable(out, rows)
}

// explain returns details about a destination that does not accept messages.
func explain(destination admin.Destination, now time.Time) string {
	switch destination.State {
	case admin.StateParked, admin.StateFailing:
		return fmt.Sprintf("since %s, next attempt in %s: %s", briefly(destination.Since, now), briefly(now, destination.Until), destination.Cause)
	case admin.StatePaused:
		return "for " + briefly(now, destination.Until)
	case admin.StateDelivering, admin.StateNotConfigured:
	}
	return ""
}

func unparkCommand() command {
	return command{
		name:      "unpark",
		arguments: "NAME",
		summary:   "retry a parked destination now",
		about: `Retry a parked destination now.

Its alerts are sent if the webhook accepts them; otherwise it is parked again.

` + aboutTarget,
		prepare: prepareUnpark,
	}
}

func prepareUnpark(flags *flag.FlagSet) func(context.Context, []string, io.Writer) error {
	target := defineTarget(flags)
	return func(ctx context.Context, operands []string, out io.Writer) error {
		if len(operands) != 1 {
			return &usageError{"name one destination, as listener destinations shows it"}
		}
		name := operands[0]
		return target.at(ctx, func(conn connection) error {
			parked, err := conn.Unpark(ctx, name)
			if err != nil {
				return err
			}
			text := "The destination %s is not parked.\n"
			if parked && conn.note == "" {
				text = "The destination %s is being retried now.\n"
			} else if parked {
				text = "The destination %s will be retried when a listener runs.\n"
			}
			if _, err := fmt.Fprintf(out, text, name); err != nil {
				return err
			}
			return conn.writeNote(out)
		})
	}
}
