package changelog

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
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
	diff := []any{withoutNothing{map[string]any(e.Diff.Before)}, withoutNothing{map[string]any(e.Diff.After)}}
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

// withoutNothing is a value that is written without the keys that are null or hold
// an empty collection, which the changelog and the automation write differently,
// and with numbers in one notation. Elements of arrays keep their places. It is
// written as it is read: a copy of a large event would take as much memory again.
type withoutNothing struct{ value any }

// MarshalJSON implements json.Marshaler.
func (w withoutNothing) MarshalJSON() ([]byte, error) {
	return appendWithoutNothing(nil, w.value)
}

func appendWithoutNothing(out []byte, value any) ([]byte, error) {
	switch value := value.(type) {
	case map[string]any:
		return appendObject(out, value)
	case []any:
		out = append(out, '[')
		for i, child := range value {
			if i > 0 {
				out = append(out, ',')
			}
			var err error
			if out, err = appendWithoutNothing(out, child); err != nil {
				return nil, err
			}
		}
		return append(out, ']'), nil
	case json.Number:
		return append(out, jsonvalue.CanonicalNumber(value)...), nil
	}
	written, err := json.Marshal(value)
	return append(out, written...), err
}

// appendObject takes back what it has written of a key whose value turns out to be
// empty.
func appendObject(out []byte, object map[string]any) ([]byte, error) {
	out = append(out, '{')
	empty := len(out)
	for _, key := range slices.Sorted(maps.Keys(object)) {
		before := len(out)
		name, err := json.Marshal(key)
		if err != nil {
			return nil, err
		}
		if before > empty {
			out = append(out, ',')
		}
		out = append(append(out, name...), ':')
		begin := len(out)
		if out, err = appendWithoutNothing(out, object[key]); err != nil {
			return nil, err
		}
		if isNothing(string(out[begin:min(len(out), begin+len("null"))])) {
			out = out[:before]
		}
	}
	return append(out, '}'), nil
}

// isNothing reports whether a value begins as one does that says nothing.
func isNothing(written string) bool {
	return written == "null" || strings.HasPrefix(written, "{}") || strings.HasPrefix(written, "[]")
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
