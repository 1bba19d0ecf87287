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

// Source says in which of its forms Port has reported a change. Within one source the
// same event arrives in the same form, however often.
type Source string

// The sources.
const (
	SourceChangelog  Source = "changelog"
	SourceAutomation Source = "automation"
	SourceWorkflow   Source = "workflow"
	SourceAuditLog   Source = "audit_log"
)

// Source returns the source of an event that Port has sent by itself. Only changelog
// events have a status, and only automations say which run they are.
func (e *Event) Source() Source {
	switch {
	case e.Status != "":
		return SourceChangelog
	case e.document["run"] != nil:
		return SourceAutomation
	}
	return SourceWorkflow
}

// Identity names an event, so that its copies count once. An event from the same source
// with the same Report is the same one again. Of two sources, the n-th event that one
// reports of a Change is the n-th of the other, unless their Properties contradict.
type Identity struct {
	Source Source
	// Report is 64 hexadecimal digits, and depends on everything that the source says
	// of the change.
	Report string
	// Change is 32 hexadecimal digits, and depends on what all sources say alike: what happened to
	// which thing and when. Changes of one thing within a millisecond may share it.
	Change string
	// Properties tell such changes apart.
	Properties Fingerprint
}

// Identify returns the identity of an event from a source. timestamp and body are the header and
// the verified bytes of a delivery; they decide only when the event itself holds no time.
func (e *Event) Identify(source Source, timestamp string, body []byte) (Identity, error) {
	common := e.common(timestamp, body)
	change, err := hash(common)
	if err != nil {
		return Identity{}, err
	}
	report, err := hash([]any{string(source), common, e.own(source)})
	if err != nil {
		return Identity{}, err
	}
	properties, err := e.fingerprint()
	if err != nil {
		return Identity{}, err
	}
	return Identity{Source: source, Report: report, Change: change[:len(change)/2], Properties: properties}, nil
}

// common returns what all sources say alike of a change.
func (e *Event) common(timestamp string, body []byte) []any {
	at := canonicalTime(e.Trigger.At)
	if e.IsTimer() && at != "" {
		// Its forms differ in the name of the action, in what they show of the entity,
		// which nobody has changed, and in whether they name the property.
		return []any{"timer", e.Context.Blueprint, e.Context.Entity, at}
	}
	if !e.Diff.Present() && e.ID != "" {
		return []any{"event", e.ID}
	}
	updatedAt := e.Diff.After.moment("updatedAt")
	if at == "" && updatedAt == "" {
		return []any{"delivery", timestamp, string(body)}
	}
	if e.ResourceType == ResourceRun && e.Context.RunID != "" {
		return []any{"run", e.Context.RunID, e.Action, e.runStatus(), updatedAt}
	}
	return []any{"change", e.ResourceType, e.Action, e.Context.Blueprint, e.Context.Entity, at, updatedAt}
}

// own returns what tells an event from others of its source about the same change: the
// identifier that the audit log gives each of its entries, else what it says of the
// thing. Two automations may report one change; each report has another identifier.
func (e *Event) own(source Source) any {
	if source == SourceAuditLog && e.ID != "" {
		return e.ID
	}
	if e.IsTimer() {
		return e.Context.Property
	}
	return []any{e.Trigger.By.OrgID, withoutNothing{map[string]any(e.Diff.Before)}, withoutNothing{map[string]any(e.Diff.After)}}
}

// moment returns the instant under key in one notation, or the text that is there if it is not one.
func (s Snapshot) moment(key string) string {
	return firstText(canonicalTime(s.Time(key)), s.Text(key))
}

// runStatus prefers the run's own status: only a changelog event has another one at its top level.
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

// appendObject takes back what it has written of a key whose value turns out to be empty.
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
