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

// Source is the form in which Port reported a change. Within one source, repeated deliveries of an
// event have the same form.
type Source string

// The sources.
const (
	SourceChangelog  Source = "changelog"
	SourceAutomation Source = "automation"
	SourceWorkflow   Source = "workflow"
	SourceAuditLog   Source = "audit_log"
)

// Source returns the source of an event that Port pushed. Only changelog events have a status, and
// only automations name their run.
func (e *Event) Source() Source {
	switch {
	case e.Status != "":
		return SourceChangelog
	case e.document["run"] != nil:
		return SourceAutomation
	}
	return SourceWorkflow
}

// Identity identifies an event, so that its copies count once. Events from one source with the same
// Report are the same event. The n-th event with a given Change from one source is the n-th from
// any other source, unless their Properties contradict each other.
type Identity struct {
	Source Source
	// Report is 64 hexadecimal digits that depend on everything that the source says about the
	// change.
	Report string
	// Change is 32 hexadecimal digits that depend on what all sources have in common: what happened
	// to which object and when. Changes of one object within a millisecond may share it.
	Change string
	// Properties distinguishes such changes.
	Properties Fingerprint
}

// Identify returns the identity of an event from a source. timestamp and body are the header and
// the verified bytes of a delivery; they matter only if the event itself contains no time.
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

// common returns the parts of an event that are the same in all sources.
func (e *Event) common(timestamp string, body []byte) []any {
	at := canonicalTime(e.Trigger.At)
	if e.IsTimer() && at != "" {
		// Timer events differ between sources in the name of the action, in the parts of the
		// entity, and in whether they name the property.
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

// own returns what distinguishes an event from others of its source about the same change: the
// identifier of an audit log entry, else the content. Other identifiers do not qualify: two
// automations may report one change under different ones.
func (e *Event) own(source Source) any {
	if source == SourceAuditLog && e.ID != "" {
		return e.ID
	}
	if e.IsTimer() {
		return e.Context.Property
	}
	return []any{e.Trigger.By.OrgID, withoutEmpty{map[string]any(e.Diff.Before)}, withoutEmpty{map[string]any(e.Diff.After)}}
}

// moment returns the time under key in canonical form, or the text if it is not a time.
func (s Snapshot) moment(key string) string {
	return firstText(canonicalTime(s.Time(key)), s.Text(key))
}

// runStatus prefers the run's own status: only a changelog event has another one at its top level.
func (e *Event) runStatus() string {
	return firstText(e.Diff.After.Text("status"), e.Status)
}

// canonicalTime returns a time in canonical form, "" for the zero time.
func canonicalTime(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.UTC().Format(time.RFC3339Nano)
}

// withoutEmpty is a value that is encoded with canonical numbers and without keys that are null or
// an empty collection, in which the changelog and automations differ. Array elements keep their
// positions. It is encoded without making a copy, since events can be large.
type withoutEmpty struct{ value any }

// MarshalJSON implements json.Marshaler.
func (w withoutEmpty) MarshalJSON() ([]byte, error) {
	return appendWithoutEmpty(nil, w.value)
}

func appendWithoutEmpty(out []byte, value any) ([]byte, error) {
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
			if out, err = appendWithoutEmpty(out, child); err != nil {
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

// appendObject removes a key from the output again if its value turns out to be empty.
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
		if out, err = appendWithoutEmpty(out, object[key]); err != nil {
			return nil, err
		}
		if isEmpty(string(out[begin:min(len(out), begin+len("null"))])) {
			out = out[:before]
		}
	}
	return append(out, '}'), nil
}

// isEmpty reports, from the beginning of its encoding, whether a value is null or an empty
// collection.
func isEmpty(written string) bool {
	return written == "null" || strings.HasPrefix(written, "{}") || strings.HasPrefix(written, "[]")
}

// hash hashes the serialised parts. The serialisation delimits the parts, so different lists never
// collide by concatenation.
func hash(parts []any) (string, error) {
	serialised, err := Stringify(parts)
	if err != nil {
		return "", fmt.Errorf("identifying an event: %w", err)
	}
	sum := sha256.Sum256(serialised)
	return hex.EncodeToString(sum[:]), nil
}
