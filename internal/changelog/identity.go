package changelog

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/jsonvalue"
)

// Identity names the change that an event tells of, so that its copies count
// once: the same delivery twice, and the changelog and the automation copy of
// one change. timestamp and body are the header and the verified bytes of the
// delivery; they decide only when the event itself holds no time.
//
// The result is 64 hexadecimal digits.
func (e *Event) Identity(timestamp string, body []byte) (string, error) {
	return hash(e.identifyingParts(timestamp, body))
}

func (e *Event) identifyingParts(timestamp string, body []byte) []any {
	updatedAt := e.Diff.After.Text("updatedAt")
	if at := e.Diff.After.Time("updatedAt"); !at.IsZero() {
		updatedAt = canonicalTime(at)
	}
	if !e.Diff.Present() && e.ID != "" {
		return []any{"event", e.ID}
	}
	if e.Trigger.At.IsZero() && updatedAt == "" {
		return []any{"delivery", timestamp, string(body)}
	}
	diff := []any{withoutNothing(map[string]any(e.Diff.Before)), withoutNothing(map[string]any(e.Diff.After))}
	if e.ResourceType == ResourceRun && e.Context.RunID != "" {
		return []any{"run", e.Context.RunID, e.Action, e.runStatus(), updatedAt, diff}
	}
	parts := []any{
		"change", e.Trigger.By.OrgID, e.ResourceType, e.Action, e.Context.Blueprint, e.Context.Entity,
		canonicalTime(e.Trigger.At), updatedAt, diff,
	}
	if e.IsTimer() {
		// Two timers of one entity may expire at the same moment.
		parts = append(parts, e.Context.Property)
	}
	return parts
}

// runStatus prefers the run's own status: only a changelog event has another
// one at its top level.
func (e *Event) runStatus() string {
	return firstText(e.Diff.After.Text("status"), e.Status)
}

func canonicalTime(at time.Time) string {
	return at.UTC().Format(time.RFC3339Nano)
}

// withoutNothing returns a value without the keys that are null or hold an empty
// collection, which the changelog and the automation write differently, and with
// numbers in one notation. Elements of arrays keep their places.
func withoutNothing(value any) any {
	switch value := value.(type) {
	case map[string]any:
		kept := make(map[string]any, len(value))
		for key, child := range value {
			if child = withoutNothing(child); !isNothing(child) {
				kept[key] = child
			}
		}
		return kept
	case []any:
		kept := make([]any, len(value))
		for i, child := range value {
			kept[i] = withoutNothing(child)
		}
		return kept
	case json.Number:
		return jsonvalue.CanonicalNumber(value)
	}
	return value
}

func isNothing(value any) bool {
	switch value := value.(type) {
	case nil:
		return true
	case map[string]any:
		return len(value) == 0
	case []any:
		return len(value) == 0
	}
	return false
}

// hash condenses the parts through their serialisation, in which every part ends
// where it ends: no two lists of parts share one.
func hash(parts []any) (string, error) {
	serialised, err := Stringify(parts)
	if err != nil {
		return "", fmt.Errorf("identifying an event: %w", err)
	}
	sum := sha256.Sum256(serialised)
	return hex.EncodeToString(sum[:]), nil
}
