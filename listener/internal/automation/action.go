package automation

import (
	"net/url"
	"slices"
	"strings"

	"github.com/port-changelog/terraform-provider-port/internal/port"
)

// Action returns the automation in the form of Port's API. address is the URL of the listener.
func (a Automation) Action(address string) port.Action {
	event := map[string]any{"type": a.Event, "blueprintIdentifier": a.Blueprint}
	if a.Timer != "" {
		event["propertyIdentifier"] = a.Timer
	}
	trigger := map[string]any{"type": "automation", "event": event}
	if len(a.Expressions) > 0 {
		// Terraform always sets the combinator.
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
			// The status of the listener's response becomes the status of the run, so that Port
			// shows failed deliveries.
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

// Posting describes an automation that posts entity events to a webhook.
type Posting struct {
	Identifier, Event, Blueprint, Timer, URL string
	// Published reports whether the automation is published.
	Published bool
}

// PostingOf reads an action. It returns false if the action does not post entity events.
func PostingOf(action port.Action) (Posting, bool) {
	trigger, _ := action["trigger"].(map[string]any)
	event, _ := trigger["event"].(map[string]any)
	method, _ := action["invocationMethod"].(map[string]any)
	read := Posting{
		Identifier: action.Identifier(), Event: text(event, "type"), Blueprint: text(event, "blueprintIdentifier"), Timer: text(event, "propertyIdentifier"), URL: text(method, "url"),
		// The default is published.
		Published: action["publish"] != false,
	}
	return read, text(trigger, "type") == "automation" && text(method, "type") == "WEBHOOK" && read.Blueprint != ""
}

// Reports reports whether this automation posts the events of a needed one to an address.
func (p Posting) Reports(needed Automation, address string) bool {
	if p.Blueprint != needed.Blueprint || p.Timer != needed.Timer || !sameAddress(p.URL, address) {
		return false
	}
	return p.Event == needed.Event || p.Event == anyChange && needed.Timer == ""
}

// sameAddress reports whether two URLs are equivalent.
func sameAddress(one, other string) bool {
	a, err := url.Parse(one)
	if err != nil {
		return false
	}
	b, err := url.Parse(other)
	return err == nil && strings.EqualFold(a.Scheme, b.Scheme) && strings.EqualFold(a.Host, b.Host) && a.EscapedPath() == b.EscapedPath() && a.RawQuery == b.RawQuery
}

// Others returns the other automations that post the events of a needed one to an address. The
// listener recognises the duplicates, but each automation causes runs.
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

// Superfluous returns the identifiers of automations created by setup that post to an address and
// are no longer needed.
func Superfluous(needed []Automation, address string, existing []port.Action) []string {
	var identifiers []string
	for _, action := range existing {
		posting, ok := PostingOf(action)
		if !ok || !IsOurs(posting.Identifier) || !sameAddress(posting.URL, address) {
			continue
		}
		if !slices.ContainsFunc(needed, func(one Automation) bool { return one.Identifier == posting.Identifier }) {
			identifiers = append(identifiers, posting.Identifier)
		}
	}
	slices.Sort(identifiers)
	return identifiers
}

func text(object map[string]any, key string) string {
	value, _ := object[key].(string)
	return value
}
