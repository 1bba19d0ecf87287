// Package rule decides which changes matter. Its functions are pure: they see an event and nothing
// else. The configuration holds rules, and the application asks them about every stored event.
package rule

import (
	"slices"

	"github.com/port-changelog/terraform-provider-port/internal/changelog"
	"github.com/port-changelog/terraform-provider-port/internal/jsonvalue"
)

// Rule says which changes somebody is to be told of. Everything that it asks for must hold; what it
// leaves out holds always.
type Rule struct {
	// Name tells rules apart.
	Name string
	// ResourceTypes are the types of things that it is about; none means entities.
	ResourceTypes []string
	// Blueprints are identifiers of blueprints.
	Blueprints []string
	// Actions are what may have happened. Either name of a timer that expired stands for both. None
	// means everything, or if there is a Property, that the thing was created or updated.
	Actions []string
	// Property is the identifier of a property whose value must have changed.
	Property string
	// From and To are values of which the property must have had one before and after. Nil stands
	// for a property that is null or absent.
	From, To []any
	// HealthyValues are values of the property with which an entity may be created without anybody
	// being told, unless To asks for it; a change to one of them from another value is a recovery.
	HealthyValues []any
	// When must hold as well, unless it is nil.
	When *Condition
}

// The actions that say that a timer has expired: of the changelog, and of an automation.
const (
	actionTimerExpired         = "TIMER_EXPIRED"
	actionTimerPropertyExpired = "TIMER_PROPERTY_EXPIRED"
)

// Change is what a rule has found. The watched property is nil where it is null or absent, where
// there is no entity, and without a watched property.
type Change struct {
	Before any
	After  any
}

// Verdict is what a rule says of an event.
type Verdict struct {
	Matches bool
	// Part is the part of the rule that failed, and Reason says so in words; both are "" when the
	// rule matches.
	Part   Part
	Reason string
	// Err is set when the condition could not be evaluated; the rule does not match then. It may
	// quote the event.
	Err error
}

// Part is a part of a rule that an event can fail to meet. The set is closed.
type Part string

// The parts of a rule, in the order in which they are looked at.
const (
	// PartStatus says that the change itself failed.
	PartStatus       Part = "status"
	PartResourceType Part = "resource_type"
	PartBlueprint    Part = "blueprint"
	PartAction       Part = "actions"
	// PartProperty says that the property did not change.
	PartProperty Part = "property"
	// PartHealthyValues says that the entity was created with a healthy value.
	PartHealthyValues Part = "healthy_values"
	PartFrom          Part = "from"
	PartTo            Part = "to"
	// PartWhen says that the condition does not hold.
	PartWhen Part = "when"
	// PartWhenFailed, PartWhenTime, PartWhenOutputs and PartWhenKilled say why the condition was
	// not evaluated to its end: it failed, took too long, put out too many values, or used up the
	// memory or the processor time of its process.
	PartWhenFailed  Part = "when_error"
	PartWhenTime    Part = "when_timeout"
	PartWhenOutputs Part = "when_output"
	PartWhenKilled  Part = "when_killed"
)

// IsAbout reports whether the part concerns the property that the rule watches.
func (p Part) IsAbout() bool {
	return p == PartProperty || p == PartHealthyValues || p == PartFrom || p == PartTo
}

// Explain says in words why a rule did not match. property is that of the rule, and may be "".
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
		return "its condition (when) does not hold"
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

// DefaultHealth is the rule of a listener that nobody gave rules.
func DefaultHealth() Rule {
	return Rule{Name: "health", Property: "healthStatus", HealthyValues: []any{"Healthy"}}
}

// Match says whether somebody must be told of an event, if the condition of the rule holds as well.
//
// What failed did not happen, unless it is a run, and a timer that expires changes no property.
func (r Rule) Match(event *changelog.Event) Verdict {
	switch {
	case event.Status == changelog.StatusFailure && event.ResourceType != changelog.ResourceRun:
		return r.fails(PartStatus)
	case event.ResourceType == changelog.ResourceTest || !slices.Contains(r.resourceTypes(), resourceType(event)):
		return r.fails(PartResourceType)
	case len(r.Blueprints) > 0 && !slices.Contains(r.Blueprints, event.Context.Blueprint):
		return r.fails(PartBlueprint)
	case !r.wantsAction(event):
		return r.fails(PartAction)
	}
	if r.Property != "" {
		if part := r.unchanged(event); part != "" {
			return r.fails(part)
		}
	}
	return Verdict{Matches: true}
}

// fails is the verdict of a rule of which a part is not met.
func (r Rule) fails(part Part) Verdict {
	return Verdict{Part: part, Reason: part.Explain(r.Property)}
}

func (r Rule) resourceTypes() []string {
	if len(r.ResourceTypes) == 0 {
		return []string{changelog.ResourceEntity}
	}
	return r.ResourceTypes
}

// resourceType returns what an event is about. Those of timers do not always say it, and only
// entities have timers.
func resourceType(event *changelog.Event) string {
	if event.ResourceType == "" && event.IsTimer() {
		return changelog.ResourceEntity
	}
	return event.ResourceType
}

// Action returns what happened by the event's diff where that knows better: there is nothing before
// a creation, and nothing after a deletion.
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

func (r Rule) wantsAction(event *changelog.Event) bool {
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

// IsTimerAction reports whether an action says that a timer has expired.
func IsTimerAction(action string) bool {
	return action == actionTimerExpired || action == actionTimerPropertyExpired
}

// unchanged says why the watched property does not make the rule match; "" means that it does.
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

// Change returns the watched property before and after.
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

// Healthy reports whether a value of the property is a healthy one.
func (r Rule) Healthy(value any) bool {
	return contains(r.HealthyValues, value)
}

// Recovers reports whether the change is one from a value that is not healthy to one that is.
func (r Rule) Recovers(change Change) bool {
	return change.Before != nil && r.Healthy(change.After) && !r.Healthy(change.Before)
}

// contains compares values as JSON: numbers as numbers.
func contains(values []any, wanted any) bool {
	return slices.ContainsFunc(values, func(value any) bool { return jsonvalue.Equal(value, wanted, jsonvalue.NullIsAbsent) })
}
