package changelog

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"strings"
	"time"
	"unicode/utf8"
)

// ErrNotObject means that a body is not exactly one JSON object in UTF-8. The error that wraps it
// gives the position, and never quotes the body.
var ErrNotObject = errors.New("the body is not a JSON object")

// Parse parses a verified body into a normalised event. Any JSON object is an event, possibly an
// empty one; for anything else the error wraps ErrNotObject. The last of duplicate keys wins, as in
// JavaScript. Numbers keep their text.
func Parse(body []byte) (*Event, error) {
	root, err := decodeObject(body)
	if err != nil {
		return nil, err
	}
	return normalise(root), nil
}

func decodeObject(body []byte) (map[string]any, error) {
	if !utf8.Valid(body) {
		return nil, fmt.Errorf("%w: invalid UTF-8", ErrNotObject)
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, fmt.Errorf("%w: %s", ErrNotObject, syntaxReason(err))
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%w: unexpected data at byte %d", ErrNotObject, decoder.InputOffset())
	}
	object, ok := value.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("%w: JSON of another type", ErrNotObject)
	}
	return object, nil
}

// syntaxReason words a decoding error without the characters that caused it.
func syntaxReason(err error) string {
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fmt.Sprintf("invalid JSON at byte %d", syntax.Offset)
	}
	return "empty or truncated"
}

// normalise converts any of Port's forms of an event to an Event.
func normalise(root map[string]any) *Event {
	document := unwrap(root)
	trigger := normaliseTrigger(document, root)
	diff := normaliseDiff(document)
	event := &Event{
		ID:           eventID(document),
		Action:       text(document, "action"),
		ResourceType: text(document, "resourceType"),
		Status:       text(document, "status"),
		Trigger: Trigger{
			By:     readActor(object(trigger, "by")),
			At:     instant(trigger, "at"),
			Origin: text(trigger, "origin"),
		},
		Diff:     diff,
		document: document,
	}
	event.Context = readContext(document, event.ResourceType, diff)
	document["trigger"] = trigger
	document["context"] = writeContext(object(document, "context"), event.Context)
	document["diff"] = map[string]any{"before": nullable(diff.Before), "after": nullable(diff.After)}
	return event
}

// unwrap returns a copy of the event itself: an automation may send all of its trigger data, with
// the event under "event" next to the run.
func unwrap(root map[string]any) map[string]any {
	inner, wrapped := root["event"].(map[string]any)
	if !wrapped {
		return maps.Clone(root)
	}
	document := maps.Clone(inner)
	// A nested "event" would be mistaken for an envelope when the document is parsed again.
	if _, nested := document["event"].(map[string]any); nested {
		delete(document, "event")
	}
	if _, taken := document["run"]; !taken && root["run"] != nil {
		document["run"] = root["run"]
	}
	return document
}

// normaliseTrigger returns the event's own trigger. The envelope's trigger describes the
// automation, not the change, so only its organization is used; older timer events have the actor
// at the top level.
func normaliseTrigger(document, root map[string]any) map[string]any {
	trigger := clone(object(document, "trigger"))
	by := clone(object(trigger, "by"))
	if older := object(document, "by"); older["port"] == true {
		by["byPort"] = true
	}
	if organization := text(object(object(root, "trigger"), "by"), "orgId"); text(by, "orgId") == "" && organization != "" {
		by["orgId"] = organization
	}
	trigger["by"] = by
	return trigger
}

func normaliseDiff(document map[string]any) Diff {
	diff := object(document, "diff")
	return Diff{Before: object(diff, "before"), After: object(diff, "after")}
}

func readActor(by map[string]any) Actor {
	byPort, _ := by["byPort"].(bool)
	user := object(by, "user")
	return Actor{
		OrgID: text(by, "orgId"), UserID: text(by, "userId"), AppID: text(by, "appId"), ByPort: byPort,
		Email: text(user, "email"), Name: strings.TrimSpace(text(user, "firstName") + " " + text(user, "lastName")),
	}
}

// readContext finds the identifiers. It prefers the object's own identifier: "context" may contain
// an internal one, or the one before a rename.
func readContext(document map[string]any, resourceType string, diff Diff) Context {
	given := object(document, "context")
	context := Context{
		Blueprint: firstText(
			reference(given["blueprint"]), text(given, "blueprintIdentifier"),
			reference(diff.After["blueprint"]), reference(diff.Before["blueprint"]),
		),
		Entity:   firstText(reference(given["entity"]), text(given, "entityIdentifier")),
		Property: firstText(text(given, "propertyIdentifier"), text(object(document, "additionalData"), "property")),
		RunID:    text(given, "runId"),
	}
	switch resourceType {
	case ResourceEntity:
		context.Entity = firstText(diff.After.Text("identifier"), diff.Before.Text("identifier"), context.Entity)
	case ResourceBlueprint:
		context.Blueprint = firstText(diff.After.Text("identifier"), diff.Before.Text("identifier"), context.Blueprint)
	case ResourceRun:
		context.Entity = firstText(context.Entity, reference(diff.After["entity"]), reference(diff.Before["entity"]))
		context.RunID = firstText(context.RunID, diff.After.Text("id"), diff.Before.Text("id"))
	}
	return context
}

// writeContext returns the received context with both forms of the identifiers filled in.
func writeContext(given map[string]any, context Context) map[string]any {
	filled := clone(given)
	for key, value := range map[string]string{
		"blueprint": context.Blueprint, "blueprintIdentifier": context.Blueprint,
		"entity": context.Entity, "entityIdentifier": context.Entity,
		"propertyIdentifier": context.Property,
		"runId":              context.RunID,
	} {
		if value != "" {
			filled[key] = value
		}
	}
	return filled
}

// eventID returns Port's identifier of the event. In some forms the same keys contain identifiers
// of other objects, hence the check of the prefix.
func eventID(document map[string]any) string {
	for _, key := range []string{"id", "identifier"} {
		if id := text(document, key); strings.HasPrefix(id, "event_") {
			return id
		}
	}
	return ""
}

// object returns the object under key, or nil.
func object(parent map[string]any, key string) map[string]any {
	child, _ := parent[key].(map[string]any)
	return child
}

// text returns the string under key, or "".
func text(parent map[string]any, key string) string {
	value, _ := parent[key].(string)
	return value
}

// instant returns the time under key, or the zero time. Port writes RFC 3339, mostly in UTC,
// sometimes with an offset.
func instant(parent map[string]any, key string) time.Time {
	value, err := time.Parse(time.RFC3339Nano, text(parent, key))
	if err != nil {
		return time.Time{}
	}
	return value.UTC()
}

// reference returns an identifier given as a string or as an object that contains it.
func reference(value any) string {
	if nested, ok := value.(map[string]any); ok {
		return text(nested, "identifier")
	}
	identifier, _ := value.(string)
	return identifier
}

// label returns a display name, given as an object with a title and an identifier, or as an
// identifier.
func label(value any) string {
	nested, _ := value.(map[string]any)
	return firstText(text(nested, "title"), reference(value))
}

// firstText returns the first text that is not blank, else "".
func firstText(candidates ...string) string {
	for _, candidate := range candidates {
		if strings.TrimSpace(candidate) != "" {
			return candidate
		}
	}
	return ""
}

// clone copies one level of an object; of nil it returns an empty object.
func clone(source map[string]any) map[string]any {
	if source == nil {
		return map[string]any{}
	}
	return maps.Clone(source)
}

// nullable keeps an absent snapshot from becoming an empty object.
func nullable(snapshot Snapshot) any {
	if snapshot == nil {
		return nil
	}
	return map[string]any(snapshot)
}
