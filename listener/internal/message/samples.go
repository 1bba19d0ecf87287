package message

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"

	"github.com/port-changelog/terraform-provider-port/internal/changelog"
	"github.com/port-changelog/terraform-provider-port/listener/internal/rule"
)

// sample is an event for testing a template when it is loaded.
type sample struct {
	name  string
	alert Alert
}

// explain adds to an error which sample the template was tested with.
func (s sample) explain(err error) error {
	mistake, ok := errors.AsType[*TemplateError](err)
	if !ok || mistake.anyEvent {
		return err
	}
	return &TemplateError{Part: mistake.Part, Problem: mistake.Problem + " (tried with " + s.name + ")"}
}

// samples returns events of every kind that a rule can match: with the values of the worked
// example, without any values, and with hostile values.
func samples(r rule.Rule) ([]sample, error) {
	usual := map[string]any{
		"healthStatus": "Degraded", "cpuUtil": json.Number("91.5"), "memoryUtil": json.Number("30"), "locked": false,
		"newRelicUrl": "https://newrelic.com", "sentryUrl": "https://sentry.io/", "prometheusUrl": "https://prometheus.io",
	}
	hostile := map[string]any{"healthStatus": strings.Repeat("<!channel> &", 500), "cpuUtil": []any{nil}, "locked": map[string]any{}}
	var result []sample
	for _, content := range []struct {
		name       string
		title      any
		properties map[string]any
		names      Names
	}{
		{"the usual values", "Notification Service Production", usual, Names{
			User: "Ada Lovelace", Blueprint: "Deployment Config", Teams: []string{"Platform"}, Link: "https://app.getport.io/deploymentConfigEntity?identifier=notification-service-prod",
		}},
		{"no values", nil, nil, Names{}},
		{"values that are long and hostile", strings.Repeat("<@U1>\n", 500), hostile, Names{
			User: strings.Repeat("<!here>", 500), Blueprint: strings.Repeat("&", 500), Teams: []string{"*", strings.Repeat("|", 500)}, Link: "https://app.getport.io/|<@U1>",
		}},
	} {
		events, err := sampleEvents(r, content.title, content.properties)
		if err != nil {
			return nil, err
		}
		for _, event := range events {
			result = append(result, sample{
				name:  strings.Join(strings.Fields("a "+event.Action+" event of resource type "+event.ResourceType+" with "+content.name), " "),
				alert: NewAlert(event, r).WithNames(content.names),
			})
		}
	}
	return result, nil
}

// sampleEvents returns an event for each resource type and action of the rule, or for the usual
// ones.
func sampleEvents(r rule.Rule, title any, properties map[string]any) ([]*changelog.Event, error) {
	types := r.ResourceTypes
	if len(types) == 0 {
		types = []string{changelog.ResourceEntity}
	}
	actions := r.Actions
	switch {
	case len(actions) > 0:
	case r.Property != "":
		actions = []string{changelog.ActionCreate, changelog.ActionUpdate}
	default:
		actions = []string{changelog.ActionCreate, changelog.ActionUpdate, changelog.ActionDelete, "TIMER_EXPIRED", "TIMER_PROPERTY_EXPIRED", ""}
	}
	var events []*changelog.Event
	for _, resource := range types {
		for _, action := range actions {
			event, err := sampleEvent(r, resource, action, title, properties)
			if err != nil {
				return nil, fmt.Errorf("creating a sample event for the template: %w", err)
			}
			events = append(events, event)
		}
	}
	return events, nil
}

func sampleEvent(r rule.Rule, resource, action string, title any, properties map[string]any) (*changelog.Event, error) {
	blueprint := "deploymentConfig"
	if len(r.Blueprints) > 0 {
		blueprint = r.Blueprints[0]
	}
	thing := func(properties map[string]any) map[string]any {
		return map[string]any{
			"identifier": "notification-service-prod", "title": title, "blueprint": blueprint, "properties": properties, "relations": map[string]any{},
			"id": "r_ey3dF2", "status": "SUCCESS", "createdAt": "2026-06-15T16:34:47.385Z", "updatedAt": "2026-06-15T16:44:56.288Z",
		}
	}
	var before, after any = thing(with(properties, r.Property, r.From)), thing(with(properties, r.Property, r.To))
	if action == changelog.ActionCreate || rule.IsTimerAction(action) {
		before = nil
	}
	if action == changelog.ActionDelete || action == "TIMER_EXPIRED" {
		after = nil
	}
	if action == "TIMER_EXPIRED" {
		before = nil
	}
	document := map[string]any{
		"action": action, "resourceType": resource,
		"trigger": map[string]any{"by": map[string]any{"orgId": "org_sYG4DOJZNGy8bYnt", "userId": "ada@example.com"}, "at": "2026-06-15T16:44:56.288Z", "origin": "UI"},
		"context": map[string]any{"blueprint": blueprint, "entity": "notification-service-prod", "propertyIdentifier": "ttl", "runId": "r_ey3dF2"},
		"diff":    map[string]any{"before": before, "after": after},
	}
	body, err := changelog.Stringify(document)
	if err != nil {
		return nil, err
	}
	return changelog.Parse(body)
}

// with returns properties in which the named one is set to the first of values, if there are any.
func with(properties map[string]any, name string, values []any) map[string]any {
	if properties == nil || name == "" || len(values) == 0 {
		return properties
	}
	changed := maps.Clone(properties)
	changed[name] = values[0]
	return changed
}
