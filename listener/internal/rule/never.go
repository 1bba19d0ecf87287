package rule

import (
	"slices"

	"github.com/port-changelog/terraform-provider-port/internal/changelog"
	"github.com/port-changelog/terraform-provider-port/internal/jsonvalue"
)

// Never returns why no event can match the rule, whatever its condition, or "".
func (r Rule) Never() string {
	switch {
	case len(r.Actions) > 0 && allOf(r.Actions, IsTimerAction) && allOf(r.resourceTypes(), hasNoValues):
		return "only entities have timers, so no event can match"
	case r.Property == "":
		return ""
	case allOf(r.resourceTypes(), isBlueprint):
		return "a blueprint has no property values, so no event can match; to look at its definition use when: .diff.after.schema"
	case !slices.ContainsFunc(r.propertyActions(), r.canChange):
		return "no event can match: a creation changes the property from null, a deletion changes it to null, and an update changes its value"
	}
	return ""
}

// propertyActions returns the actions of a rule with a property.
func (r Rule) propertyActions() []string {
	if len(r.Actions) > 0 {
		return r.Actions
	}
	return []string{changelog.ActionCreate, changelog.ActionUpdate}
}

// canChange reports whether an action can change the property from one of the rule's From values to
// a different one of its To values.
func (r Rule) canChange(action string) bool {
	if IsTimerAction(action) {
		return false
	}
	nothing := []any{nil}
	before, after := r.From, r.To
	switch action {
	case changelog.ActionCreate:
		if before != nil && !contains(before, nil) {
			return false
		}
		before = nothing
	case changelog.ActionDelete:
		if after != nil && !contains(after, nil) {
			return false
		}
		after = nothing
	}
	return canDiffer(before, after)
}

// canDiffer reports whether a value from one list can differ from a value from the other. A nil
// list contains every value.
func canDiffer(before, after []any) bool {
	if before == nil || after == nil {
		return true
	}
	return slices.ContainsFunc(before, func(value any) bool {
		return slices.ContainsFunc(after, func(other any) bool { return !jsonvalue.Equal(value, other, jsonvalue.NullIsAbsent) })
	})
}

func isBlueprint(resource string) bool { return resource == changelog.ResourceBlueprint }

// hasNoValues reports whether a resource type has no property values.
func hasNoValues(resource string) bool {
	return resource == changelog.ResourceBlueprint || resource == changelog.ResourceRun
}

func allOf(words []string, is func(string) bool) bool {
	return !slices.ContainsFunc(words, func(word string) bool { return !is(word) })
}
