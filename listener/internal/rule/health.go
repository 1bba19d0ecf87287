// Package rule decides which changes matter. Its functions are pure: they see an
// event and nothing else. The application asks it for every stored event.
package rule

import (
	"slices"

	"github.com/port-changelog/terraform-provider-port/internal/changelog"
)

// Health is the classic rule: it matches when a property that tells of an
// entity's health has changed, and when an entity was created unhealthy.
type Health struct {
	// Property is the identifier of the property that is watched.
	Property string
	// HealthyValues are those of its values with which an entity may be born
	// without anybody being told.
	HealthyValues []string
}

// Change is what a rule has found: the watched property before and after. A value
// is nil where the property is null or absent, or where there is no entity.
type Change struct {
	Before any
	After  any
}

// DefaultHealth is the rule of a listener that nobody gave rules.
func DefaultHealth() Health {
	return Health{Property: "healthStatus", HealthyValues: []string{"Healthy"}}
}

// Match returns the change that somebody must be told of, if the event is one.
//
// Only entities have health. What failed did not happen, what is deleted has no
// health any more, and a timer that expires changes nothing.
func (h Health) Match(event *changelog.Event) (Change, bool) {
	if event.ResourceType != changelog.ResourceEntity || event.Status == changelog.StatusFailure {
		return Change{}, false
	}
	change := Change{
		Before: event.Diff.Before.Property(h.Property),
		After:  event.Diff.After.Property(h.Property),
	}
	switch {
	case event.Diff.After == nil:
		return Change{}, false
	case event.Action == changelog.ActionCreate, event.Action == changelog.ActionUpdate && event.Diff.Before == nil:
		change.Before = nil
		return change, change.After != nil && !h.healthy(change.After)
	case event.Action == changelog.ActionUpdate:
		return change, !changelog.Equal(change.Before, change.After)
	}
	return Change{}, false
}

func (h Health) healthy(value any) bool {
	text, ok := value.(string)
	return ok && slices.Contains(h.HealthyValues, text)
}
