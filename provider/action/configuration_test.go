package action_test

import "strings"

// This file builds configurations for the tests.

// automation is an action with an event and a method, and these additional attributes.
func automation(attributes ...string) string {
	return `{"identifier": "tell", "automation_trigger": {"entity_updated_event": {"blueprint_identifier": "service"}}, "webhook_method": {"url": "https://example.com"}` +
		joinAttributes(attributes) + `}`
}

// selfService is an action whose form has these attributes.
func selfService(trigger ...string) string {
	return `{"identifier": "tell", "webhook_method": {"url": "https://example.com"}, "self_service_trigger": {"operation": "DAY-2"` + joinAttributes(trigger) + `}}`
}

func joinAttributes(attributes []string) string {
	var text strings.Builder
	for _, attribute := range attributes {
		text.WriteString(", " + attribute)
	}
	return text.String()
}

// method is an automation with another method.
func method(m string) string {
	return `{"identifier": "tell", "automation_trigger": {"entity_updated_event": {"blueprint_identifier": "service"}}, ` + m + `}`
}

func inputs(maps string) string { return selfService(`"user_properties": {` + maps + `}`) }

// event is an automation with another event.
func event(e string) string {
	return `{"identifier": "tell", "automation_trigger": {` + e + `}, "webhook_method": {"url": "https://example.com"}}`
}

func condition(c string) string {
	return event(`"entity_updated_event": {"blueprint_identifier": "service"}, "jq_condition": ` + c)
}

func webhook(attributes ...string) string {
	return method(`"webhook_method": {"url": "https://example.com"` + joinAttributes(attributes) + `}`)
}

func upsert(attributes ...string) string {
	return method(`"upsert_entity_method": {"blueprint_identifier": "log"` + joinAttributes(attributes) + `}`)
}

func dataset(rules string) string {
	return inputs(`"string_props": {"s": {"format": "entity", "blueprint": "service", "dataset": {"combinator": "and", "rules": [` + rules + `]}}}`)
}
