package app

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"github.com/port-changelog/terraform-provider-port/internal/changelog"
	"github.com/port-changelog/terraform-provider-port/listener/internal/budget"
	"github.com/port-changelog/terraform-provider-port/listener/internal/config"
	"github.com/port-changelog/terraform-provider-port/listener/internal/directory"
	"github.com/port-changelog/terraform-provider-port/listener/internal/message"
	"github.com/port-changelog/terraform-provider-port/listener/internal/metrics"
	"github.com/port-changelog/terraform-provider-port/listener/internal/queue"
	"github.com/port-changelog/terraform-provider-port/listener/internal/rule"
	"github.com/port-changelog/terraform-provider-port/listener/internal/sandbox"
)

// unreadableRule is the rule of a delivery whose event cannot be read, so that no rule could be
// evaluated.
const unreadableRule = "unreadable"

// alerts evaluates the rules for events, and renders the messages.
type alerts struct {
	// current is the active configuration.
	current  atomic.Pointer[config.Config]
	recorder *metrics.Metrics
	memory   *budget.Memory
	sandbox  *sandbox.Sandbox
	names    *directory.Directory
	logger   *slog.Logger
	// latest and complaints are only used by evaluate, of which only one call runs at a time.
	// complaints limits the log lines about failing conditions, by rule name.
	latest     latest
	complaints map[string]*rate.Sometimes
}

// use activates the rules and destinations of a configuration for the following events and
// messages.
func (a *alerts) use(loaded *config.Config) { a.current.Store(loaded) }

// destinations returns the names of the configured destinations.
func (a *alerts) destinations() []string { return a.current.Load().DestinationNames() }

func (a *alerts) hasDestination(name string) bool { return a.current.Load().HasDestination(name) }

// evaluate implements queue.Evaluator. An unreadable event goes to every destination, whose
// notifier turns it into a dead letter.
func (a *alerts) evaluate(stored queue.Event) queue.Evaluation {
	loaded := a.current.Load()
	var selected selection
	err := a.decode(stored.Body, func(event *changelog.Event) { selected = selectRules(loaded, event) })
	if err != nil {
		a.logger.Error("a stored event cannot be read", "event", stored.ShortIdentity(), "cause", err)
		return queue.Evaluation{Deliveries: deliveries(queue.Delivery{Event: stored, Rule: unreadableRule}, loaded.DestinationNames())}
	}
	return a.match(stored, selected)
}

// selection is the result of the rules for an event, without the conditions.
type selection struct {
	rules []config.Rule
	// verdicts are the verdicts in the order of the rules. Rules for other blueprints and resource
	// types are only counted in others.
	verdicts                []queue.Verdict
	others                  int
	action, resource, about string
	at                      time.Time
}

func selectRules(loaded *config.Config, event *changelog.Event) selection {
	selected := selection{
		action: strings.Clone(event.Action), resource: strings.Clone(event.ResourceType), about: strings.Clone(event.About()), at: event.HappenedAt(),
	}
	for _, candidate := range loaded.Rules {
		verdict := candidate.Match(event)
		if verdict.Part == rule.PartBlueprint || verdict.Part == rule.PartResourceType {
			selected.others++
			continue
		}
		if verdict.Matches {
			selected.rules = append(selected.rules, candidate)
		}
		selected.verdicts = append(selected.verdicts, explained(candidate, verdict.Part))
	}
	return selected
}

// explained converts a verdict to the form that is stored with the event.
func explained(from config.Rule, part rule.Part) queue.Verdict {
	verdict := queue.Verdict{Rule: from.Name, Part: string(part)}
	if part.IsAbout() {
		verdict.Property = from.Property
	}
	return verdict
}

// decode waits for memory, decodes an event and calls use with it. use must not keep references to
// the event.
func (a *alerts) decode(body []byte, use func(event *changelog.Event)) error {
	release, err := a.memory.Decode(context.Background(), body)
	if err != nil {
		return err
	}
	defer release()
	event, err := changelog.Parse(body)
	if err != nil {
		return err
	}
	use(event)
	return nil
}

// match evaluates the conditions of the selected rules.
func (a *alerts) match(stored queue.Event, selected selection) queue.Evaluation {
	evaluation := queue.Evaluation{Verdicts: selected.verdicts, OtherRules: selected.others}
	for i, verdict := range a.decide(stored.Body, selected.rules) {
		candidate := selected.rules[i]
		if verdict.Err != nil {
			a.conditionFailed(stored, candidate.Name, verdict.Part)
		}
		if !verdict.Matches {
			refuse(evaluation.Verdicts, explained(candidate, verdict.Part))
			continue
		}
		a.recorder.Matched(candidate.Name)
		evaluation.Deliveries = append(evaluation.Deliveries, deliveries(queue.Delivery{Event: stored, Rule: candidate.Name}, candidate.Destinations)...)
	}
	if len(evaluation.Deliveries) == 0 {
		a.recorder.Unmatched()
		a.logger.Debug("no rule matches the event", "event", stored.ShortIdentity(), "action", selected.action, "resource", selected.resource, "about", selected.about)
		return evaluation
	}
	overtaken := a.latest.overtakes(stored.Identity, selected.about, selected.at)
	for i := range evaluation.Deliveries {
		evaluation.Deliveries[i].Overtaken = overtaken
	}
	return evaluation
}

// refuse replaces the verdict of a rule whose condition is false.
func refuse(verdicts []queue.Verdict, refused queue.Verdict) {
	for i := range verdicts {
		if verdicts[i].Rule == refused.Rule {
			verdicts[i] = refused
		}
	}
}

// decide returns a verdict for each rule. Rules without a condition match.
func (a *alerts) decide(event []byte, rules []config.Rule) []rule.Verdict {
	verdicts := make([]rule.Verdict, len(rules))
	var conditions []*rule.Condition
	var positions []int
	for i, one := range rules {
		if verdicts[i] = (rule.Verdict{Matches: true}); one.When != nil {
			conditions, positions = append(conditions, one.When), append(positions, i)
		}
	}
	decided, err := a.sandbox.Decide(context.Background(), event, conditions)
	for i, position := range positions {
		if err != nil {
			verdicts[position] = rule.Unevaluated(rule.PartWhenFailed, err)
		} else {
			verdicts[position] = decided[i]
		}
	}
	return verdicts
}

// complaintInterval is the minimum time between two log lines about the condition of a rule.
const complaintInterval = time.Minute

// conditionFailed counts and logs that a condition could not be evaluated. It does not log the
// error, which may quote the event.
func (a *alerts) conditionFailed(stored queue.Event, name string, part rule.Part) {
	reason := metrics.ConditionOf(part)
	a.recorder.ConditionFailed(name, reason)
	if a.complaints[name] == nil {
		if a.complaints == nil {
			a.complaints = make(map[string]*rate.Sometimes)
		}
		a.complaints[name] = &rate.Sometimes{Interval: complaintInterval}
	}
	a.complaints[name].Do(func() {
		a.logger.Warn("evaluating the condition of a rule failed, so the rule does not match; listener render shows why",
			"rule", name, "event", stored.ShortIdentity(), "reason", reason)
	})
}

func deliveries(like queue.Delivery, destinations []string) []queue.Delivery {
	result := make([]queue.Delivery, len(destinations))
	for i, destination := range destinations {
		result[i] = like
		result[i].Destination = destination
	}
	return result
}

// Alert implements notifier.Renderer. If the template fails, it returns the default message.
func (a *alerts) Alert(delivery queue.Delivery, notes message.Notes) (message.Message, error) {
	rendered, mistake, err := a.render(delivery, notes)
	if mistake != nil {
		a.templateFailed(delivery, mistake)
	}
	return rendered, err
}

// render renders the message of a delivery. mistake is the reason why its template failed.
func (a *alerts) render(delivery queue.Delivery, notes message.Notes) (rendered message.Message, mistake, err error) {
	selected := a.ruleOf(delivery)
	if destination, ok := a.current.Load().Destination(delivery.Destination); ok && destination.EventID {
		notes.Event = delivery.ShortIdentity()
	}
	names := a.namesIn(delivery, selected.Template != nil && selected.Template.Mentions("Teams"))
	if selected.Template != nil {
		if rendered, mistake = a.sandbox.Message(context.Background(), delivery.Body, selected.Rule, selected.Template, names, notes); mistake == nil {
			return rendered, nil, nil
		}
	}
	err = a.decode(delivery.Body, func(event *changelog.Event) {
		rendered = message.NewAlert(event, selected.Rule).WithNames(names).Message(notes)
	})
	return rendered, mistake, err
}

// Line implements notifier.Renderer.
func (a *alerts) Line(delivery queue.Delivery) (line message.Line, err error) {
	selected := a.ruleOf(delivery)
	// A digest has hundreds of lines, so the teams of their entities are not looked up.
	names := a.namesIn(delivery, false)
	if selected.Template != nil {
		rendered, err := a.sandbox.Line(context.Background(), delivery.Body, selected.Rule, selected.Template, names)
		if err == nil {
			return rendered, nil
		}
		a.templateFailed(delivery, err)
	}
	err = a.decode(delivery.Body, func(event *changelog.Event) { line = message.NewAlert(event, selected.Rule).WithNames(names).Line() })
	return line, err
}

// namesIn returns the names for the ids in an event. teams is true if the message contains the
// teams that own the entity.
func (a *alerts) namesIn(delivery queue.Delivery, teams bool) message.Names {
	app := a.current.Load().Port.App()
	if app == "" && !a.names.HasClient() {
		return message.Names{}
	}
	var query directory.Query
	if err := a.decode(delivery.Body, func(event *changelog.Event) { query = directory.NewQuery(event, teams) }); err != nil {
		return message.Names{}
	}
	return a.names.Names(context.Background(), query, app)
}

// templateFailed counts and logs that a template failed. It does not log the error, which may quote
// the event.
func (a *alerts) templateFailed(delivery queue.Delivery, err error) {
	part := ""
	if mistake, ok := errors.AsType[*message.TemplateError](err); ok {
		part = mistake.Part
	}
	a.recorder.TemplateFailed(delivery.Rule)
	a.logger.Warn("a template failed for an event, so the default message is sent; listener render shows why",
		"rule", delivery.Rule, "template", part, "event", delivery.ShortIdentity())
}

// About implements notifier.Renderer.
func (a *alerts) About(delivery queue.Delivery) string {
	about := ""
	_ = a.decode(delivery.Body, func(event *changelog.Event) { about = strings.Clone(event.About()) })
	return about
}

// ruleOf returns the rule of a delivery. Even if the rule was removed or changed since it matched,
// the alert is sent.
func (a *alerts) ruleOf(delivery queue.Delivery) config.Rule {
	if configured, ok := a.current.Load().Rule(delivery.Rule); ok {
		return configured
	}
	return config.Rule{Rule: rule.Rule{Name: delivery.Rule}}
}

// latestLimit limits the number of remembered events.
const latestLimit = 10_000

// latest remembers the last reported change of each entity: an event that arrives after a newer one
// is out of order.
type latest struct {
	times map[string]time.Time
	// results are the results for the latest events. An event is evaluated again if its evaluation
	// could not be stored, and must not be compared with those after it.
	results map[string]bool
}

// overtakes reports whether a newer change of the entity was seen before the event, and records the
// event.
func (l *latest) overtakes(event, entity string, at time.Time) bool {
	if at.IsZero() {
		return false
	}
	if result, ok := l.results[event]; ok {
		return result
	}
	if l.times == nil || len(l.results) >= latestLimit {
		// Forgetting everything from time to time only costs a remark in a message, not an alert.
		l.times, l.results = make(map[string]time.Time), make(map[string]bool)
	}
	isOvertaken := at.Before(l.times[entity])
	if !isOvertaken {
		l.times[entity] = at
	}
	l.results[event] = isOvertaken
	return isOvertaken
}
