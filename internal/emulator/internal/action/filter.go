package action

import (
	"slices"

	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/document"
)

// Filter selects actions; empty fields match everything.
type Filter struct {
	Actions, Blueprints []string
	// Operations are operations of self-service actions; automations have none.
	Operations []string
	// Published selects automations by publish, which is true by default. It does not apply to
	// self-service actions.
	Published *bool
	// TriggerType is automation or self-service.
	TriggerType string
	// Events and EventActions apply to automations.
	Events, EventActions []string
}

// List returns the actions that match, in the order in which they were created.
func (s *Store) List(filter Filter) []any {
	s.mutex.RLock()
	defer s.mutex.RUnlock()
	list := []any{}
	for _, a := range s.actions {
		if filter.matches(a.document) {
			list = append(list, a.document)
		}
	}
	return list
}

// Signal is something that automations react to.
type Signal struct {
	// Types are the event types that it matches, such as ENTITY_CREATED and ANY_ENTITY_CHANGE.
	Types []string
	// Blueprint and Property, or Action, are its subject.
	Blueprint, Property, Action string
}

// Listening returns the published automations that react to a signal, regardless of their
// conditions.
func (s *Store) Listening(signal Signal) []*document.Object {
	s.mutex.RLock()
	defer s.mutex.RUnlock()
	var automations []*document.Object
	for _, a := range s.actions {
		event := a.document.Object("trigger").Object("event")
		if event != nil && slices.Contains(signal.Types, event.Text("type")) &&
			event.Text("blueprintIdentifier") == signal.Blueprint &&
			event.Text("propertyIdentifier") == signal.Property &&
			event.Text("actionIdentifier") == signal.Action &&
			isPublished(a.document) {
			automations = append(automations, a.document)
		}
	}
	return automations
}

func (f Filter) matches(action *document.Object) bool {
	trigger := action.Object("trigger")
	event := trigger.Object("event")
	blueprint := trigger.Text("blueprintIdentifier")
	if event.Has("blueprintIdentifier") {
		blueprint = event.Text("blueprintIdentifier")
	}
	return matchesAny(f.Actions, action.Text("identifier")) &&
		matchesAny(f.Blueprints, blueprint) &&
		matchesAny(f.Operations, trigger.Text("operation")) &&
		(f.TriggerType == "" || f.TriggerType == trigger.Text("type")) &&
		matchesAny(f.Events, event.Text("type")) &&
		matchesAny(f.EventActions, event.Text("actionIdentifier")) &&
		(f.Published == nil || !isAutomation(action) || *f.Published == isPublished(action))
}

func matchesAny(selected []string, value string) bool {
	return len(selected) == 0 || slices.Contains(selected, value)
}

func isAutomation(action *document.Object) bool {
	return action.Object("trigger").Text("type") == "automation"
}

// isPublished reports whether an automation is published.
func isPublished(action *document.Object) bool {
	publish, ok := action.Value("publish").(bool)
	return publish || !ok
}
