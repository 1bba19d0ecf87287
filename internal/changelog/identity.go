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

// Identity names the change that an event reports, so that its copies count once:
// the same delivery twice, and the copies of one change that came from the
// changelog, from an automation or a workflow, and from the audit log. timestamp
// and body are the header and the verified bytes of the delivery; they decide only
// when the event itself holds no time.
//
// The result is 64 hexadecimal digits.
func (e *Event) Identity(timestamp string, body []byte) (string, error) {
	return hash(e.identifyingParts(timestamp, body))
}

func (e *Event) identifyingParts(timestamp string, body []byte) []any {
	by, at := e.Trigger.By, canonicalTime(e.Trigger.At)
	if e.IsTimer() && at != "" {
		// Its forms differ in the name of the action, and in what they show of the
		// entity, which nobody has changed. Two timers of one entity may expire at
		// the same moment.
		return []any{"timer", by.OrgID, e.Context.Blueprint, e.Context.Entity, e.Context.Property, at}
	}
	if !e.Diff.Present() && e.ID != "" {
		return []any{"event", e.ID}
	}
	updatedAt := e.Diff.After.moment("updatedAt")
	if at == "" && updatedAt == "" {
		return []any{"delivery", timestamp, string(body)}
	}
	if e.ResourceType == ResourceRun && e.Context.RunID != "" {
		diff := []any{withoutNothing{map[string]any(e.Diff.Before)}, withoutNothing{map[string]any(e.Diff.After)}}
		return []any{"run", e.Context.RunID, e.Action, e.runStatus(), updatedAt, diff}
	}
	return []any{"change", by.OrgID, e.ResourceType, e.Action, e.Context.Blueprint, e.Context.Entity, at, updatedAt, e.previous()}
}

// previous tells changes of one moment apart by the state that each of them found:
// when it was made, in which all copies of a change agree. They need not agree in
// anything else: one holds mirror and calculated values, another does not, and the
// values of an entity do not say which of them these are. Only where neither state
// says when it was made are the states themselves compared, by what is neither
// null, nor empty, nor a team or an icon.
func (e *Event) previous() any {
	before := e.Diff.Before.moment("updatedAt")
	if before != "" || e.Diff.After.moment("updatedAt") != "" {
		return before
	}
	var states []any
	for _, state := range []Snapshot{e.Diff.Before, e.Diff.After} {
		own := maps.Clone(state)
		delete(own, "icon")
		delete(own, "team")
		states = append(states, withoutNothing{map[string]any(own)})
	}
	return states
}

// moment returns the instant under key in one notation, or the text that is there if
// it is not one.
func (s Snapshot) moment(key string) string {
	return firstText(canonicalTime(s.Time(key)), s.Text(key))
}

// runStatus prefers the run's own status: only a changelog event has another
// one at its top level.
func (e *Event) runStatus() string {
	return firstText(e.Diff.After.Text("status"), e.Status)
}

// canonicalTime returns a moment in one notation, "" for the zero time.
func canonicalTime(at time.Time) string {
	if at.IsZero() {
		return ""
	}
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
