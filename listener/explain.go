package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/port-changelog/terraform-provider-port/listener/internal/admin"
	"github.com/port-changelog/terraform-provider-port/listener/internal/queue"
	"github.com/port-changelog/terraform-provider-port/listener/internal/rule"
)

const (
	// defaultExplained is the default number of events.
	defaultExplained = 10
	// followInterval is how often to check for new events.
	followInterval = time.Second
)

func explainCommand() command {
	return command{
		name:      "explain",
		arguments: "[ID | -entity NAME | -last N] [-follow]",
		summary:   "show why events caused alerts, or did not",
		about: `Show the history of events: the source of each, the result of every rule, and the
responses of the destinations.

ID is the short id of an event from the log or the admin page. Without an ID, the
latest events are shown, newest last; the flags filter them. Events are kept for
max_age after their evaluation.

` + aboutTarget,
		prepare: prepareExplain,
	}
}

func prepareExplain(flags *flag.FlagSet) func(context.Context, []string, io.Writer) error {
	query := new(admin.EventQuery)
	flags.StringVar(&query.Entity, "entity", "", "show events of entities whose BLUEPRINT:ENTITY contains this `text`")
	flags.StringVar(&query.Blueprint, "blueprint", "", "show events of this `blueprint`")
	flags.StringVar(&query.Rule, "rule", "", "show events that the rule with this `name` evaluated")
	flags.StringVar((*string)(&query.Outcome), "outcome", "", "show events with this `outcome`: "+listOutcomes())
	last := flags.Int("last", defaultExplained, "show at most this `number` of events")
	follow := flags.Bool("follow", false, "keep showing new events until interrupted")
	asJSON := flags.Bool("json", false, "print one JSON object per line")
	target := defineTarget(flags)
	return func(ctx context.Context, operands []string, out io.Writer) error {
		if err := checkExplain(operands, *query, *last, *follow); err != nil {
			return err
		}
		return target.look(ctx, func(conn connection) error {
			x := explainer{out: out, asJSON: *asJSON}
			if len(operands) == 1 {
				return x.one(ctx, conn, operands[0])
			}
			if err := x.last(ctx, conn, *query, *last); err != nil {
				return err
			}
			if *follow {
				return x.follow(ctx, conn, *query)
			}
			return nil
		})
	}
}

func listOutcomes() string {
	var words []string
	for _, outcome := range queue.Outcomes() {
		words = append(words, string(outcome))
	}
	return strings.Join(words, ", ")
}

func checkExplain(operands []string, query admin.EventQuery, last int, follow bool) error {
	switch {
	case len(operands) > 1:
		return &usageError{"name at most one event"}
	case len(operands) == 1 && (query != admin.EventQuery{} || follow):
		return &usageError{"an id selects one event; do not combine it with other flags"}
	case last < 0:
		return &usageError{"-last must be 0 or greater"}
	}
	return nil
}

// explainer shows events.
type explainer struct {
	out    io.Writer
	asJSON bool
	// newest is the number of the newest event so far.
	newest uint64
}

func (x *explainer) show(event admin.Event) error {
	if x.asJSON {
		return writeLines(x.out, []admin.Event{event})
	}
	_, err := io.WriteString(x.out, explainEvent(event))
	return err
}

func (x *explainer) one(ctx context.Context, conn connection, id string) error {
	event, err := conn.Event(ctx, id)
	if err != nil {
		return err
	}
	if err := x.show(event); err != nil || x.asJSON {
		return err
	}
	return conn.writeNote(x.out)
}

// last shows the latest events, newest last.
func (x *explainer) last(ctx context.Context, conn connection, query admin.EventQuery, limit int) error {
	events, err := x.collect(ctx, conn, query, limit)
	if err != nil {
		return err
	}
	for _, event := range slices.Backward(events) {
		if err := x.show(event); err != nil {
			return err
		}
	}
	if x.asJSON {
		return nil
	}
	if len(events) == 0 {
		if _, err := fmt.Fprintln(x.out, "No events found."); err != nil {
			return err
		}
	}
	return conn.writeNote(x.out)
}

// collect reads events page by page.
func (x *explainer) collect(ctx context.Context, conn connection, query admin.EventQuery, limit int) ([]admin.Event, error) {
	newest, err := conn.Events(ctx, admin.EventQuery{Limit: 1})
	if err != nil {
		return nil, err
	}
	if len(newest.Events) > 0 {
		x.newest = newest.Events[0].Number
	}
	var events []admin.Event
	for len(events) < limit {
		query.Limit = min(limit-len(events), admin.MaxPage)
		page, err := conn.Events(ctx, query)
		if err != nil {
			return nil, err
		}
		if events, query.Before = append(events, page.Events...), page.Next; page.Next == 0 {
			break
		}
	}
	return events, nil
}

// follow shows each new event when it has an outcome, and again when the outcome changes. An event
// that is pending for long is shown as pending.
func (x *explainer) follow(ctx context.Context, conn connection, query admin.EventQuery) error {
	again := time.NewTicker(followInterval)
	defer again.Stop()
	from, shown, waited := x.newest, make(map[uint64]queue.Outcome), make(map[uint64]int)
	query.Limit = admin.MaxPage
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-again.C:
		}
		page, err := conn.Events(ctx, query)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		for _, event := range slices.Backward(page.Events) {
			if event.Number <= from || shown[event.Number] == event.Outcome {
				continue
			}
			const patience = 3
			if waited[event.Number]++; isOpen(event.Outcome) && waited[event.Number] != patience {
				continue
			}
			shown[event.Number] = event.Outcome
			if err := x.show(event); err != nil {
				return err
			}
		}
	}
}

// isOpen reports whether the outcome of an event is likely to change soon.
func isOpen(outcome queue.Outcome) bool {
	return outcome == queue.OutcomeUnevaluated || outcome == queue.OutcomeWaiting
}

// explainTime is the format of times. Milliseconds distinguish events of the same second.
const explainTime = "2006-01-02 15:04:05.000 UTC"

func moment(at time.Time) string { return at.UTC().Format(explainTime) }

// explainEvent returns what happened to an event, as indented lines.
func explainEvent(event admin.Event) string {
	var text strings.Builder
	say := func(depth int, format string, values ...any) {
		text.WriteString(strings.Repeat("  ", depth))
		_, _ = fmt.Fprintf(&text, format+"\n", values...)
	}
	say(0, "%s  %s  %s%s", event.ID, moment(event.StoredAt), headline(event), from(event.Source))
	for _, copies := range event.Copies {
		say(1, "%s arrived again%s, last at %s.", times(copies.Count, "copy", "copies"), from(copies.Source), moment(copies.Last))
	}
	if event.EvaluatedAt.IsZero() {
		say(1, "No rule has evaluated it yet.")
	}
	for _, verdict := range event.Rules {
		if verdict.Part == "" {
			say(1, "%s matches.", verdict.Rule)
		} else {
			say(1, "%s does not match: %s.", verdict.Rule, rule.Part(verdict.Part).Explain(verdict.Property))
		}
	}
	if event.OtherRules > 0 {
		say(1, "%s for other blueprints or resources.", times(event.OtherRules, "rule is", "rules are"))
	}
	for _, delivery := range event.Deliveries {
		say(1, "%s to %s: %s.", delivery.Rule, delivery.Destination, describeDelivery(delivery))
		for _, attempts := range delivery.Attempts {
			say(2, "%s", describeAttempts(attempts))
		}
	}
	if event.Omitted > 0 {
		say(1, "%s omitted to save space.", times(event.Omitted, "entry was", "entries were"))
	}
	return text.String()
}

// headline describes an event in one line.
func headline(event admin.Event) string {
	words := strings.Fields(event.Action + " " + event.Resource + " " + event.About())
	if len(words) == 0 {
		return "an event"
	}
	return strings.Join(words, " ")
}

func from(source string) string {
	if source == "" {
		return ""
	}
	return " (" + strings.ReplaceAll(source, "_", " ") + ")"
}

// times formats a number with the singular or plural of a noun.
func times(number int, one, many string) string {
	if number == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", number, many)
}

// describeDelivery describes the state of a delivery.
func describeDelivery(delivery queue.DeliveryHistory) string {
	text := strings.ReplaceAll(string(delivery.State), "_", " ")
	if delivery.Reason != "" {
		text += " (" + strings.ReplaceAll(string(delivery.Reason), "_", " ") + ")"
	}
	if !delivery.At.IsZero() && delivery.State != queue.StateWaiting {
		text += " at " + moment(delivery.At)
	}
	if !delivery.Replayed.IsZero() {
		text += ", replayed at " + moment(delivery.Replayed)
	}
	return text
}

// describeAttempts describes the responses of the destination.
func describeAttempts(attempts queue.Attempts) string {
	text := moment(attempts.At) + "  " + strings.ReplaceAll(attempts.Outcome, "_", " ")
	if attempts.Response != "" {
		text += ": " + attempts.Response
	}
	var more []string
	if attempts.Plain {
		more = append(more, "as plain text")
	}
	if attempts.Alerts > 0 {
		more = append(more, fmt.Sprintf("in a digest of %d", attempts.Alerts))
	}
	if attempts.Count > 1 {
		more = append(more, fmt.Sprintf("%d times until %s", attempts.Count, moment(attempts.Last)))
	}
	if len(more) > 0 {
		text += " (" + strings.Join(more, ", ") + ")"
	}
	return text
}
