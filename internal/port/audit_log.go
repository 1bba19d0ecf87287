package port

import (
	"context"
	"encoding/json"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// AuditLogService holds the operation on /v1/audit-log.
type AuditLogService struct {
	client *Client
}

// AuditLogOptions are the filters of [AuditLogService.List], all of which must match; zero values
// do not filter.
type AuditLogOptions struct {
	// From and To limit the time of the event.
	From, To time.Time
	// Identifier selects one event.
	Identifier string
	Blueprint  string
	Entity     string
	RunID      string
	// Resources are any of blueprint, entity, run, webhook, scorecard, action and integration.
	Resources []string
	// Action is CREATE, UPDATE, DELETE or another.
	Action string
	// Status is SUCCESS or FAILURE.
	Status string
	// Origin is UI, API, an integration and so on.
	Origin []string
	// IncludeDeletedEntities includes events of deleted entities.
	IncludeDeletedEntities bool
	// Limit is the maximum number of events; 0 uses Port's default.
	Limit int
}

func (o AuditLogOptions) query() url.Values {
	query := url.Values{}
	texts := map[string]string{
		"identifier": o.Identifier,
		"blueprint":  o.Blueprint,
		"entity":     o.Entity,
		"run_id":     o.RunID,
		"action":     o.Action,
		"status":     o.Status,
	}
	for name, text := range texts {
		if text != "" {
			query.Set(name, text)
		}
	}
	for name, moment := range map[string]time.Time{"from": o.From, "to": o.To} {
		if !moment.IsZero() {
			query.Set(name, moment.UTC().Format(time.RFC3339Nano))
		}
	}
	for _, resource := range o.Resources {
		query.Add("resources", resource)
	}
	for _, origin := range o.Origin {
		query.Add("origin", origin)
	}
	if o.IncludeDeletedEntities {
		query.Set("include_deleted_entities", "true")
	}
	if o.Limit > 0 {
		query.Set("limit", strconv.Itoa(o.Limit))
	}
	return query
}

// AuditEvent is one entry of the audit log. Its objects are those of a change event, exactly as
// Port wrote them.
type AuditEvent struct {
	// Identifier is stable: each read of the event returns the same one.
	Identifier   string          `json:"identifier,omitzero"`
	Action       string          `json:"action,omitzero"`
	ResourceType string          `json:"resourceType,omitzero"`
	Status       string          `json:"status,omitzero"`
	Message      json.RawMessage `json:"message,omitzero"`
	Trigger      json.RawMessage `json:"trigger,omitzero"`
	Context      json.RawMessage `json:"context,omitzero"`
	Diff         json.RawMessage `json:"diff,omitzero"`

	Extra map[string]json.RawMessage `json:"-"`
}

// MarshalJSON implements [encoding/json.Marshaler].
func (e AuditEvent) MarshalJSON() ([]byte, error) { return encodeObject(e) }

// UnmarshalJSON implements [encoding/json.Unmarshaler]; it replaces what the struct held before.
func (e *AuditEvent) UnmarshalJSON(data []byte) error {
	*e = AuditEvent{}
	return decodeObject(data, e)
}

// AuditLogPage is one response of the audit log.
type AuditLogPage struct {
	// Events are in Port's order.
	Events []AuditEvent
	// At is when Port responded, by its own clock, to the second; zero if the response has no date.
	At time.Time
}

// Read returns events of the audit log: GET /v1/audit-log. Port returns all of them at once, up to
// the limit. If the response is too large, the error is [ErrResponseTooLarge].
func (s *AuditLogService) Read(ctx context.Context, options AuditLogOptions) (AuditLogPage, error) {
	var response firstList[AuditEvent]
	outcome, err := s.client.do(ctx, request{
		method: http.MethodGet, path: []string{"audit-log"}, query: options.query(),
	}, &response)
	return AuditLogPage{Events: response.elements, At: outcome.respondedAt}, err
}

// List yields the events that Read returns. An error ends the sequence.
func (s *AuditLogService) List(ctx context.Context, options AuditLogOptions) iter.Seq2[*AuditEvent, error] {
	return func(yield func(*AuditEvent, error) bool) {
		page, err := s.Read(ctx, options)
		if err != nil {
			yield(nil, err)
			return
		}
		for i := range page.Events {
			if !yield(&page.Events[i], nil) {
				return
			}
		}
	}
}
