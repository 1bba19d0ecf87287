// Package rule decides which events cause alerts. Its functions are pure: they depend only on the
// rule and the event. The configuration contains the rules, and the application evaluates them for
// every stored event.
package rule

import (
	"slices"

	"github.com/port-changelog/terraform-provider-port/internal/changelog"
	"github.com/port-changelog/terraform-provider-port/internal/jsonvalue"
)

// Rule selects the events that cause an alert. An event must meet every field that is set.
type Rule struct {
	// Name identifies the rule.
	Name string
	// ResourceTypes are the resource types; none means entities.
	ResourceTypes []string
	// Blueprints are identifiers of blueprints.
	Blueprints []string
	// Actions are the actions. Either action of an expired timer stands for both. None means every
	// action or, with a Property, CREATE and UPDATE.
	Actions []string
	// Property is the identifier of a property whose value must have changed.
	Property string
	// From and To list the allowed values of the property before and after the change. A nil
	// element stands for null or absent.
	From, To []any
	// HealthyValues are values of the property. Creating an entity with one of them causes no
	// alert, unless To contains it; a change from another value to one of them is a recovery.
	HealthyValues []any
	// When must also be true, unless it is nil.
	When *Condition
}

// The actions of an expired timer: in the changelog, and in an automation.
const (
	actionTimerExpired         = "TIMER_EXPIRED"
	actionTimerPropertyExpired = "TIMER_PROPERTY_EXPIRED"
)

// Change is the rule's property before and after. A value is nil if the property is null or absent,
// if there is no entity, or if the rule has no property.
type Change struct {
	Before any
	After  any
}

// Verdict is the result of a rule for an event.
type Verdict struct {
	Matches bool
	// Part is the part of the rule that did not match, and Reason says so in words; both are "" if
	// the rule matches.
	Part   Part
	Reason string
	// Err is set if the condition could not be evaluated, so that the rule does not match. It may
	// quote the event.
	Err error
}

// Part is a part of a rule that an event may not match. The set is closed.
type Part string

// The parts of a rule, in the order in which they are checked.
const (
	// PartStatus means that the change itself failed.
	PartStatus       Part = "status"
	PartResourceType Part = "resource_type"
	PartBlueprint    Part = "blueprint"
	PartAction       Part = "actions"
	// PartProperty means that the property did not change.
	PartProperty Part = "property"
	// PartHealthyValues means that the entity was created with a healthy value.
	PartHealthyValues Part = "healthy_values"
	PartFrom          Part = "from"
	PartTo            Part = "to"
	// PartWhen means that the condition is false.
	PartWhen Part = "when"
	// PartWhenFailed, PartWhenTime, PartWhenOutputs and PartWhenKilled mean that the condition
	// could not be evaluated: it failed, took too long, output too many values, or exceeded the
	// memory or processor time of its process.
	PartWhenFailed  Part = "when_error"
	PartWhenTime    Part = "when_timeout"
	PartWhenOutputs Part = "when_output"
	PartWhenKilled  Part = "when_killed"
)

// IsAbout reports whether the part concerns the property of the rule.
func (p Part) IsAbout() bool {
	return p == PartProperty || p == PartHealthyValues || p == PartFrom || p == PartTo
}

// Explain returns why a rule did not match. property is the property of the rule, or "".
func (p Part) Explain(property string) string {
	if property != "" {
		property = " " + property
	}
	switch p {
	case PartStatus:
		return "the change failed, so nothing has changed"
	case PartResourceType:
		return "the rule does not cover this resource type"
	case PartBlueprint:
		return "the rule does not cover this blueprint"
	case PartAction:
		return "the rule does not cover this action"
	case PartProperty:
		return "the property" + property + " did not change"
	case PartHealthyValues:
		return "the entity was created with a healthy value"
	case PartFrom:
		return "the property" + property + " had another value before"
	case PartTo:
		return "the property" + property + " has another value now"
	case PartWhen:
		return "its condition (when) is false"
	case PartWhenFailed:
		return "its condition (when) failed for this event"
	case PartWhenTime:
		return "its condition (when) took too long for this event"
	case PartWhenOutputs:
		return "its condition (when) produced too many values for this event"
	case PartWhenKilled:
		return "its condition (when) was killed, because it took too much time or memory for this event"
	}
	return string(p)
}

// DefaultHealth returns the rule of a listener without configured rules.
func DefaultHealth() Rule {
	return Rule{Name: "health", Property: "healthStatus", HealthyValues: []any{"Healthy"}}
}

// Match reports whether an event matches the rule, without evaluating its condition.
//
// A failed change does not match, unless it is a run. An expired timer changes no property.
func (r Rule) Match(event *changelog.Event) Verdict {
	switch {
	case event.Status == changelog.StatusFailure && event.ResourceType != changelog.ResourceRun:
		return r.fails(PartStatus)
	case event.ResourceType == changelog.ResourceTest || !slices.Contains(r.resourceTypes(), resourceType(event)):
		return r.fails(PartResourceType)
	case len(r.Blueprints) > 0 && !slices.Contains(r.Blueprints, event.Context.Blueprint):
		return r.fails(PartBlueprint)
	case !r.coversAction(event):
		return r.fails(PartAction)
	}
	if r.Property != "" {
		if part := r.unchanged(event); part != "" {
			return r.fails(part)
		}
	}
	return Verdict{Matches: true}
}

// fails returns the verdict for a part that does not match.
func (r Rule) fails(part Part) Verdict {
	return Verdict{Part: part, Reason: part.Explain(r.Property)}
}

func (r Rule) resourceTypes() []string {
	if len(r.ResourceTypes) == 0 {
		return []string{changelog.ResourceEntity}
	}
	return r.ResourceTypes
}

// resourceType returns the resource type of an event. Timer events do not always have one, but only
// entities have timers.
func resourceType(event *changelog.Event) string {
	if event.ResourceType == "" && event.IsTimer() {
		return changelog.ResourceEntity
	}
	return event.ResourceType
}

// Action returns the action of an event. The diff takes precedence: nothing before means a
// creation, and nothing after a deletion.
func Action(event *changelog.Event) string {
	if event.Action != changelog.ActionUpdate || !event.Diff.Present() {
		return event.Action
	}
	switch {
	case event.Diff.Before == nil:
		return changelog.ActionCreate
	case event.Diff.After == nil:
		return changelog.ActionDelete
	}
	return event.Action
}

func (r Rule) coversAction(event *changelog.Event) bool {
	action := Action(event)
	switch {
	case r.Property != "" && event.IsTimer():
		return false
	case r.Property != "" && len(r.Actions) == 0:
		return action == changelog.ActionCreate || action == changelog.ActionUpdate
	case len(r.Actions) == 0 || slices.Contains(r.Actions, action):
		return true
	}
	return event.IsTimer() && slices.ContainsFunc(r.Actions, IsTimerAction)
}

// IsTimerAction reports whether an action is that of an expired timer.
func IsTimerAction(action string) bool {
	return action == actionTimerExpired || action == actionTimerPropertyExpired
}

// unchanged returns the part that the rule's property does not match, or "".
func (r Rule) unchanged(event *changelog.Event) Part {
	change := r.Change(event)
	switch {
	case jsonvalue.Equal(change.Before, change.After, jsonvalue.NullIsAbsent):
		return PartProperty
	case Action(event) == changelog.ActionCreate && r.To == nil && r.Healthy(change.After):
		return PartHealthyValues
	case r.From != nil && !contains(r.From, change.Before):
		return PartFrom
	case r.To != nil && !contains(r.To, change.After):
		return PartTo
	}
	return ""
}

// Change returns the rule's property before and after.
func (r Rule) Change(event *changelog.Event) Change {
	if r.Property == "" {
		return Change{}
	}
	var change Change
	if event.Action != changelog.ActionCreate {
		change.Before = event.Diff.Before.Property(r.Property)
	}
	if event.Action != changelog.ActionDelete {
		change.After = event.Diff.After.Property(r.Property)
	}
	return change
}

// Healthy reports whether a value is one of the healthy values.
func (r Rule) Healthy(value any) bool {
	return contains(r.HealthyValues, value)
}

// Recovers reports whether a change is from an unhealthy to a healthy value.
func (r Rule) Recovers(change Change) bool {
	return change.Before != nil && r.Healthy(change.After) && !r.Healthy(change.Before)
}

// contains compares values as JSON, so numbers by value.
func contains(values []any, want any) bool {
	return slices.ContainsFunc(values, func(value any) bool { return jsonvalue.Equal(value, want, jsonvalue.NullIsAbsent) })
}
