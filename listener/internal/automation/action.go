package automation

import (
	"net/url"
	"slices"
	"strings"

	"github.com/port-changelog/terraform-provider-port/internal/port"
)

// Action returns the automation as Port's API takes it. address is that of the listener.
func (a Automation) Action(address string) port.Action {
	event := map[string]any{"type": a.Event, "blueprintIdentifier": a.Blueprint}
	if a.Timer != "" {
		event["propertyIdentifier"] = a.Timer
	}
	trigger := map[string]any{"type": "automation", "event": event}
	if len(a.Expressions) > 0 {
		// Terraform always writes how expressions are combined.
		combinator := "and"
		if len(a.Expressions) > 1 {
			combinator = "or"
		}
		trigger["condition"] = map[string]any{"type": "JQ", "expressions": texts(a.Expressions), "combinator": combinator}
	}
	return port.Action{
		"identifier": a.Identifier,
		"title":      a.Title,
		"icon":       "Alert",
		"trigger":    trigger,
		"invocationMethod": map[string]any{
			"type": "WEBHOOK",
			"url":  address,
			// The status of the listener's answer ends the run, so that Port shows what was not
			// delivered.
			"synchronized": true,
			"method":       "POST",
			"headers":      map[string]any{"RUN_ID": "{{ .run.id }}"},
			"body": map[string]any{
				"{{ spreadValue() }}": "{{ .event }}",
				"run":                 map[string]any{"id": "{{ .run.id }}"},
			},
		},
		"publish": true,
	}
}

func texts(values []string) []any {
	list := make([]any, len(values))
	for i, value := range values {
		list[i] = value
	}
	return list
}

// Posting is what an action says about whom it posts to, if it is an automation with a webhook.
type Posting struct {
	Identifier, Event, Blueprint, Timer, URL string
	// Published says that the automation runs.
	Published bool
}

// PostingOf reads an action. It reports false for one that posts no events of entities.
func PostingOf(action port.Action) (Posting, bool) {
	trigger, _ := action["trigger"].(map[string]any)
	event, _ := trigger["event"].(map[string]any)
	method, _ := action["invocationMethod"].(map[string]any)
	read := Posting{
		Identifier: action.Identifier(), Event: text(event, "type"), Blueprint: text(event, "blueprintIdentifier"), Timer: text(event, "propertyIdentifier"), URL: text(method, "url"),
		// Port runs one that does not say otherwise.
		Published: action["publish"] != false,
	}
	return read, text(trigger, "type") == "automation" && text(method, "type") == "WEBHOOK" && read.Blueprint != ""
}

// Reports reports whether an automation like this one posts what another one would.
func (p Posting) Reports(needed Automation, address string) bool {
	if p.Blueprint != needed.Blueprint || p.Timer != needed.Timer || !sameAddress(p.URL, address) {
		return false
	}
	return p.Event == needed.Event || p.Event == anyChange && needed.Timer == ""
}

// sameAddress compares two URLs by what they lead to.
func sameAddress(one, other string) bool {
	a, err := url.Parse(one)
	if err != nil {
		return false
	}
	b, err := url.Parse(other)
	return err == nil && strings.EqualFold(a.Scheme, b.Scheme) && strings.EqualFold(a.Host, b.Host) && a.EscapedPath() == b.EscapedPath() && a.RawQuery == b.RawQuery
}

// Others returns what else posts the events of a needed automation to an address: the listener
// takes each change once, but every automation has runs.
func Others(needed Automation, address string, existing []port.Action) []string {
	var others []string
	for _, action := range existing {
		if posting, ok := PostingOf(action); ok && posting.Identifier != needed.Identifier && posting.Published && posting.Reports(needed, address) {
			others = append(others, posting.Identifier)
		}
	}
	slices.Sort(others)
	return others
}

// Superfluous returns the automations with an identifier of setup that post to an address and are
// not needed.
func Superfluous(needed []Automation, address string, existing []port.Action) []string {
	var found []string
	for _, action := range existing {
		posting, ok := PostingOf(action)
		if !ok || !IsOurs(posting.Identifier) || !sameAddress(posting.URL, address) {
			continue
		}
		if !slices.ContainsFunc(needed, func(one Automation) bool { return one.Identifier == posting.Identifier }) {
			found = append(found, posting.Identifier)
		}
	}
	slices.Sort(found)
	return found
}

func text(object map[string]any, key string) string {
	value, _ := object[key].(string)
	return value
}
