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

// sample is an event that a template is tried with when it is loaded.
type sample struct {
	name  string
	alert Alert
}

// explain adds to an error what the template was tried with.
func (s sample) explain(err error) error {
	mistake, ok := errors.AsType[*TemplateError](err)
	if !ok || mistake.anyEvent {
		return err
	}
	return &TemplateError{Part: mistake.Part, Problem: mistake.Problem + " (tried with " + s.name + ")"}
}

// samples returns events of all kinds that a rule can match. Their values are those of the worked
// example, then nothing at all, then what a hostile sender would write.
func samples(wanted rule.Rule) ([]sample, error) {
	usual := map[string]any{
		"healthStatus": "Degraded", "cpuUtil": json.Number("91.5"), "memoryUtil": json.Number("30"), "locked": false,
		"newRelicUrl": "https://newrelic.com", "sentryUrl": "https://sentry.io/", "prometheusUrl": "https://prometheus.io",
	}
	hostile := map[string]any{"healthStatus": strings.Repeat("<!channel> &", 500), "cpuUtil": []any{nil}, "locked": map[string]any{}}
	var made []sample
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
		events, err := sampleEvents(wanted, content.title, content.properties)
		if err != nil {
			return nil, err
		}
		for _, event := range events {
			made = append(made, sample{
				name:  strings.Join(strings.Fields("a "+event.Action+" event of resource type "+event.ResourceType+" with "+content.name), " "),
				alert: NewAlert(event, wanted).WithNames(content.names),
			})
		}
	}
	return made, nil
}

// sampleEvents returns events with each resource type and action that the rule asks for, or with
// all that are usual.
func sampleEvents(wanted rule.Rule, title any, properties map[string]any) ([]*changelog.Event, error) {
	types := wanted.ResourceTypes
	if len(types) == 0 {
		types = []string{changelog.ResourceEntity}
	}
	actions := wanted.Actions
	switch {
	case len(actions) > 0:
	case wanted.Property != "":
		actions = []string{changelog.ActionCreate, changelog.ActionUpdate}
	default:
		actions = []string{changelog.ActionCreate, changelog.ActionUpdate, changelog.ActionDelete, "TIMER_EXPIRED", "TIMER_PROPERTY_EXPIRED", ""}
	}
	var events []*changelog.Event
	for _, resource := range types {
		for _, action := range actions {
			event, err := sampleEvent(wanted, resource, action, title, properties)
			if err != nil {
				return nil, fmt.Errorf("making an event to try the template with: %w", err)
			}
			events = append(events, event)
		}
	}
	return events, nil
}

func sampleEvent(wanted rule.Rule, resource, action string, title any, properties map[string]any) (*changelog.Event, error) {
	blueprint := "deploymentConfig"
	if len(wanted.Blueprints) > 0 {
		blueprint = wanted.Blueprints[0]
	}
	thing := func(properties map[string]any) map[string]any {
		return map[string]any{
			"identifier": "notification-service-prod", "title": title, "blueprint": blueprint, "properties": properties, "relations": map[string]any{},
			"id": "r_ey3dF2", "status": "SUCCESS", "createdAt": "2026-06-15T16:34:47.385Z", "updatedAt": "2026-06-15T16:44:56.288Z",
		}
	}
	var before, after any = thing(with(properties, wanted.Property, wanted.From)), thing(with(properties, wanted.Property, wanted.To))
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

// with returns properties of which one has the first of some values, if there are any of either.
func with(properties map[string]any, name string, values []any) map[string]any {
	if properties == nil || name == "" || len(values) == 0 {
		return properties
	}
	changed := maps.Clone(properties)
	changed[name] = values[0]
	return changed
}
