package page

import (
	"fmt"
	"html/template"
	"net/url"
	"strings"
	"time"

	"github.com/port-changelog/terraform-provider-port/listener/internal/admin"
	"github.com/port-changelog/terraform-provider-port/listener/internal/queue"
	"github.com/port-changelog/terraform-provider-port/listener/internal/rule"
)

// functions returns the functions for the templates.
func functions(now func() time.Time) template.FuncMap {
	return template.FuncMap{
		"words":     words,
		"utc":       func(at time.Time) string { return at.UTC().Format("2006-01-02 15:04:05 UTC") },
		"machine":   func(at time.Time) string { return at.UTC().Format(time.RFC3339Nano) },
		"age":       func(at time.Time) string { return age(now().Sub(at)) },
		"until":     func(at time.Time) string { return age(at.Sub(now())) },
		"tone":      tone,
		"why":       why,
		"headline":  headline,
		"explain":   func(verdict queue.Verdict) string { return rule.Part(verdict.Part).Explain(verdict.Property) },
		"eventPath": func(id string) string { return eventsPath + "/" + url.PathEscape(id) },
		"eventsOf": func(event admin.Event) string {
			return eventsPath + "?" + url.Values{"entity": {event.About()}}.Encode()
		},
		"letters":    func(name string) string { return lettersPath + "?" + url.Values{"destination": {name}}.Encode() },
		"times":      times,
		"trimPrefix": strings.TrimPrefix,
		"lines":      func(text string) []string { return strings.Split(text, "\n") },
	}
}

// words formats a name such as dead_letter for people.
func words(name any) string { return strings.ReplaceAll(fmt.Sprint(name), "_", " ") }

// age formats a duration in its largest unit.
func age(length time.Duration) string {
	for _, unit := range []struct {
		name   string
		length time.Duration
	}{{"d", 24 * time.Hour}, {"h", time.Hour}, {"min", time.Minute}} {
		if length >= 2*unit.length {
			return fmt.Sprintf("%d %s", length/unit.length, unit.name)
		}
	}
	return fmt.Sprintf("%d s", max(0, length)/time.Second)
}

func times(number int, one, many string) string {
	if number == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", number, many)
}

// tone returns the style of a state or outcome: good, busy, bad or quiet. The word itself is always
// shown, so that nothing is conveyed by colour alone.
func tone(word any) string {
	switch fmt.Sprint(word) {
	case string(queue.OutcomeDelivered), string(admin.StateDelivering), "connected", "listening", "reading":
		return "good"
	case string(queue.OutcomeWaiting), string(queue.OutcomeUnevaluated), string(admin.StatePaused), "connecting":
		return "busy"
	case string(queue.OutcomeRetrying), string(admin.StateFailing), "disconnected", "unavailable", "rate_limited":
		return "warn"
	case string(queue.OutcomeDeadLetter), string(admin.StateParked), "refused", "destination", "intercepted":
		return "bad"
	}
	return "quiet"
}

// headline describes an event in a few words.
func headline(event admin.Event) string {
	if about := event.About(); about != "" {
		return about
	}
	return strings.TrimSpace("an event " + event.Resource)
}

// why explains the outcome of an event in one line.
func why(event admin.Event) string {
	if len(event.Deliveries) > 0 {
		story := worst(event)
		text := story.Rule + " → " + story.Destination
		if story.Reason != "" {
			text += ": " + words(story.Reason)
		}
		return more(text, len(event.Deliveries)-1)
	}
	if event.EvaluatedAt.IsZero() {
		return "no rule has evaluated it yet"
	}
	if len(event.Rules) > 0 {
		first := event.Rules[0]
		return more(first.Rule+": "+rule.Part(first.Part).Explain(first.Property), len(event.Rules)-1)
	}
	if event.OtherRules > 0 {
		return times(event.OtherRules, "rule is", "rules are") + " for other blueprints or resources"
	}
	return "no rule was evaluated"
}

func more(text string, others int) string {
	if others < 1 {
		return text
	}
	return fmt.Sprintf("%s, and %d more", text, others)
}

// worst returns the delivery that determines the outcome of the event.
func worst(event admin.Event) queue.DeliveryHistory {
	for _, story := range event.Deliveries {
		alone := queue.Explanation{Deliveries: []queue.DeliveryHistory{story}}
		if alone.Outcome() == event.Outcome {
			return story
		}
	}
	return event.Deliveries[0]
}
