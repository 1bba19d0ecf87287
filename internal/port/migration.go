package port

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/pause"
)

// MigrationService holds the operations under /v1/migrations: long-running changes of many
// entities.
type MigrationService struct {
	client *Client
}

// MigrationStatus is the state of a [Migration].
type MigrationStatus string

// The states of a migration. The last three are final.
const (
	MigrationPending             MigrationStatus = "PENDING"
	MigrationInitializing        MigrationStatus = "INITIALIZING"
	MigrationRunning             MigrationStatus = "RUNNING"
	MigrationPendingCancellation MigrationStatus = "PENDING_CANCELLATION"
	MigrationCompleted           MigrationStatus = "COMPLETED"
	MigrationFailure             MigrationStatus = "FAILURE"
	MigrationCancelled           MigrationStatus = "CANCELLED"
)

// Migration is a long-running change of many entities.
type Migration struct {
	ID              string          `json:"id"`
	Status          MigrationStatus `json:"status"`
	SourceBlueprint string          `json:"sourceBlueprint,omitzero"`
	Actor           string          `json:"actor,omitzero"`
	CreatedAt       string          `json:"createdAt,omitzero"`
	UpdatedAt       string          `json:"updatedAt,omitzero"`

	Extra map[string]json.RawMessage `json:"-"`
}

// MarshalJSON implements [encoding/json.Marshaler].
func (m Migration) MarshalJSON() ([]byte, error) { return encodeObject(m) }

// UnmarshalJSON implements [encoding/json.Unmarshaler]; it replaces what the struct held before.
func (m *Migration) UnmarshalJSON(data []byte) error {
	*m = Migration{}
	return decodeObject(data, m)
}

// MigrationError reports a migration that did not complete.
type MigrationError struct {
	ID     string
	Status MigrationStatus
}

// Error says how the migration ended.
func (e *MigrationError) Error() string {
	return fmt.Sprintf("migration %s ended with status %s", e.ID, e.Status)
}

// CreateMigration describes entities to create from those of another blueprint; the values of
// Mapping are JQ.
type CreateMigration struct {
	SourceBlueprint string           `json:"sourceBlueprint"`
	Mapping         MigrationMapping `json:"mapping"`
}

// MigrationMapping selects the source entities and maps each of them to a new entity.
type MigrationMapping struct {
	Blueprint    string          `json:"blueprint,omitzero"`
	Filter       string          `json:"filter,omitzero"`
	ItemsToParse string          `json:"itemsToParse,omitzero"`
	Entity       MigrationEntity `json:"entity"`
}

// MigrationEntity maps each part of an entity to a JQ expression over the source entity.
type MigrationEntity struct {
	Identifier string            `json:"identifier,omitzero"`
	Title      string            `json:"title,omitzero"`
	Icon       string            `json:"icon,omitzero"`
	Team       string            `json:"team,omitzero"`
	Properties map[string]string `json:"properties,omitzero"`
	Relations  map[string]string `json:"relations,omitzero"`
}

// ListMigrationsOptions are the filters of [MigrationService.List]; zero values do not filter.
type ListMigrationsOptions struct {
	Status    []MigrationStatus
	Actor     string
	Blueprint string
}

// migrationResponse is the envelope of responses with one migration.
type migrationResponse struct {
	Migration Migration `json:"migration"`
}

func (a *migrationResponse) complete() error {
	if a.Migration.ID == "" {
		return errors.New("the response contains no migration")
	}
	return nil
}

// Get reads a migration: GET /v1/migrations/{id}.
func (s *MigrationService) Get(ctx context.Context, id string) (*Migration, error) {
	var response migrationResponse
	if _, err := s.client.do(ctx, request{method: http.MethodGet, path: []string{"migrations", id}}, &response); err != nil {
		return nil, err
	}
	return &response.Migration, nil
}

// List reads the migrations of the organization: GET /v1/migrations.
func (s *MigrationService) List(ctx context.Context, options ListMigrationsOptions) ([]Migration, error) {
	query := url.Values{}
	for _, status := range options.Status {
		query.Add("status", string(status))
	}
	if options.Actor != "" {
		query.Set("actor", options.Actor)
	}
	if options.Blueprint != "" {
		query.Set("blueprint", options.Blueprint)
	}
	var response struct {
		Migrations []Migration `json:"migrations"`
	}
	_, err := s.client.do(ctx, request{method: http.MethodGet, path: []string{"migrations"}, query: query}, &response)
	if err != nil {
		return nil, err
	}
	return response.Migrations, nil
}

// Create starts a migration: POST /v1/migrations. If the response is lost, it returns
// [ErrOutcomeUnknown].
func (s *MigrationService) Create(ctx context.Context, migration *CreateMigration) (*Migration, error) {
	var response migrationResponse
	outcome, err := s.client.do(ctx, request{
		method: http.MethodPost, path: []string{"migrations"}, body: migration,
	}, &response)
	if err != nil {
		return nil, outcome.explain(err)
	}
	return &response.Migration, nil
}

// How often [MigrationService.Wait] polls: quickly at first, since most migrations are small, then
// less and less often.
const (
	firstPoll = 500 * time.Millisecond
	lastPoll  = 15 * time.Second
)

// Wait polls a migration until it ends. It returns a [*MigrationError] if the migration failed or
// was cancelled, and the context's error if the context ends first.
func (s *MigrationService) Wait(ctx context.Context, id string) error {
	for length := firstPoll; ; length = min(2*length, lastPoll) {
		migration, err := s.Get(ctx, id)
		if err != nil {
			return err
		}
		switch migration.Status {
		case MigrationCompleted:
			return nil
		case MigrationFailure, MigrationCancelled:
			return &MigrationError{ID: id, Status: migration.Status}
		case MigrationPending, MigrationInitializing, MigrationRunning, MigrationPendingCancellation:
		}
		if err := pause.Wait(ctx, length); err != nil {
			return fmt.Errorf("waiting for migration %s (%s): %w", id, migration.Status, err)
		}
	}
}
