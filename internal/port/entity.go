package port

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// EntityService holds the operations on entities.
type EntityService struct {
	client *Client
}

// entityResponse is the envelope of responses with one entity.
type entityResponse struct {
	Entity *Entity `json:"entity"`
	// optional says that the response may contain no entity, as for a validation.
	optional bool
}

func (a *entityResponse) complete() error {
	if a.Entity == nil && !a.optional {
		return errors.New("the response contains no entity")
	}
	return nil
}

// GetEntityOptions are the options of [EntityService.Get] and [EntityService.List].
type GetEntityOptions struct {
	// ExcludeCalculated leaves out the values of mirror, calculation and aggregation properties.
	ExcludeCalculated bool
	// AttachTitleToRelation returns relations as objects with identifier and title instead of bare
	// identifiers.
	AttachTitleToRelation bool
	// Include and Exclude limit the returned properties; empty returns all.
	Include []string
	Exclude []string
}

func (o GetEntityOptions) query() url.Values {
	query := url.Values{}
	if o.ExcludeCalculated {
		query.Set("exclude_calculated_properties", "true")
	}
	if o.AttachTitleToRelation {
		query.Set("attach_title_to_relation", "true")
	}
	for _, property := range o.Include {
		query.Add("include", property)
	}
	for _, property := range o.Exclude {
		query.Add("exclude", property)
	}
	return query
}

// CreateEntityOptions are the options of [EntityService.Create] and of [EntityService.BulkCreate].
type CreateEntityOptions struct {
	// Upsert overwrites an existing entity instead of failing.
	Upsert bool
	// Merge, with Upsert, keeps values that the new entity omits.
	Merge bool
	// ValidationOnly checks the entity and writes nothing; the response may then contain no entity.
	ValidationOnly bool
	// CreateMissingRelated creates related entities that do not exist.
	CreateMissingRelated bool
	// RunID is the action run to which the change belongs, or "".
	RunID string
}

func (o CreateEntityOptions) query() url.Values {
	query := url.Values{"upsert": {strconv.FormatBool(o.Upsert)}}
	if o.Merge {
		query.Set("merge", "true")
	}
	if o.ValidationOnly {
		query.Set("validation_only", "true")
	}
	addWriteOptions(query, o.CreateMissingRelated, o.RunID)
	return query
}

// UpdateEntityOptions are the options of [EntityService.Update] and of [EntityService.Patch].
type UpdateEntityOptions struct {
	// CreateMissingRelated creates related entities that do not exist.
	CreateMissingRelated bool
	// RunID is the action run to which the change belongs, or "".
	RunID string
}

func (o UpdateEntityOptions) query() url.Values {
	query := url.Values{}
	addWriteOptions(query, o.CreateMissingRelated, o.RunID)
	return query
}

func addWriteOptions(query url.Values, createMissingRelated bool, runID string) {
	if createMissingRelated {
		query.Set("create_missing_related_entities", "true")
	}
	if runID != "" {
		query.Set("run_id", runID)
	}
}

// DeleteEntityOptions are the options of [EntityService.Delete] and of [EntityService.BulkDelete].
type DeleteEntityOptions struct {
	// Dependents also deletes every entity that relates to the deleted one.
	Dependents bool
	// RunID is the action run to which the change belongs, or "".
	RunID string
}

func (o DeleteEntityOptions) query() url.Values {
	query := url.Values{"delete_dependents": {strconv.FormatBool(o.Dependents)}}
	addWriteOptions(query, false, o.RunID)
	return query
}

func entitiesPath(blueprint string, rest ...string) []string {
	return append([]string{"blueprints", blueprint, "entities"}, rest...)
}

// Get reads an entity: GET /v1/blueprints/{blueprint}/entities/{identifier}. It returns
// [ErrNotFound] if the entity does not exist.
func (s *EntityService) Get(ctx context.Context, blueprint, identifier string, options GetEntityOptions) (*Entity, error) {
	var response entityResponse
	_, err := s.client.do(ctx, request{
		method: http.MethodGet, path: entitiesPath(blueprint, identifier), query: options.query(),
	}, &response)
	if err != nil {
		return nil, err
	}
	return response.Entity, nil
}

// List yields all entities of a blueprint: GET /v1/blueprints/{blueprint}/entities. Port returns
// all of them at once; for many entities [EntityService.SearchBlueprint] reads page by page. An
// error ends the sequence.
func (s *EntityService) List(ctx context.Context, blueprint string, options GetEntityOptions) iter.Seq2[*Entity, error] {
	return func(yield func(*Entity, error) bool) {
		var response struct {
			Entities []Entity `json:"entities"`
		}
		_, err := s.client.do(ctx, request{
			method: http.MethodGet, path: entitiesPath(blueprint), query: options.query(),
		}, &response)
		if err != nil {
			yield(nil, err)
			return
		}
		for i := range response.Entities {
			if !yield(&response.Entities[i], nil) {
				return
			}
		}
	}
}

// Create creates an entity: POST /v1/blueprints/{blueprint}/entities. Without upsert it returns
// [ErrExists] if the identifier is taken.
//
// A create is never retried unless it certainly had no effect. If its response is lost, the entity
// is read, and considered created by this call if it equals what was sent and was created after the
// request began, in Port's time. If that is inconclusive (the identifier has a different entity, it
// existed before, or Port generates the identifier), the error is [ErrOutcomeUnknown]. With Upsert
// it does not matter whether the entity existed before.
func (s *EntityService) Create(ctx context.Context, blueprint string, entity *Entity, options CreateEntityOptions) (*Entity, error) {
	body := entity.writable()
	post := func(ctx context.Context) (*Entity, outcome, error) {
		response := entityResponse{optional: options.ValidationOnly}
		outcome, err := s.client.do(ctx, request{
			method:   http.MethodPost,
			path:     entitiesPath(blueprint),
			query:    options.query(),
			body:     body,
			readOnly: options.ValidationOnly,
		}, &response)
		return response.Entity, outcome, err
	}
	if options.ValidationOnly {
		response, _, err := post(ctx)
		return response, err
	}
	call := creation[Entity]{overwrites: options.Upsert, isOurs: s.isSince, sent: body, create: post}
	if entity.Identifier != "" {
		call.read = func(ctx context.Context) (*Entity, error) {
			return s.Get(ctx, blueprint, entity.Identifier, GetEntityOptions{ExcludeCalculated: true})
		}
	}
	return call.run(ctx)
}

// isSince reports whether an entity was created no earlier than the given time.
func (s *EntityService) isSince(entity *Entity, began time.Time) bool {
	return s.client.clock.isSince(entity.CreatedAt, began)
}

// Update replaces an entity: PUT /v1/blueprints/{blueprint}/entities/{identifier}. A different
// identifier in the new entity renames it; in that case [ErrExists] means that the new identifier
// is taken.
func (s *EntityService) Update(
	ctx context.Context, blueprint, identifier string, entity *Entity, options UpdateEntityOptions,
) (*Entity, error) {
	call := request{
		method: http.MethodPut, path: entitiesPath(blueprint, identifier), query: options.query(), body: entity.writable(),
	}
	return s.write(ctx, call, entity.Identifier)
}

// Patch changes parts of an entity: PATCH /v1/blueprints/{blueprint}/entities/{identifier}. A
// different identifier in the patch renames it.
func (s *EntityService) Patch(
	ctx context.Context, blueprint, identifier string, patch *EntityPatch, options UpdateEntityOptions,
) (*Entity, error) {
	call := request{
		method: http.MethodPatch, path: entitiesPath(blueprint, identifier), query: options.query(), body: patch,
	}
	return s.write(ctx, call, patch.Identifier)
}

// write sends a PUT or PATCH. If the response to a rename is lost, it reads the new identifier to
// determine the outcome.
func (s *EntityService) write(ctx context.Context, call request, renamed string) (*Entity, error) {
	lingering, release := Linger(ctx)
	defer release()
	blueprint, identifier := call.path[1], call.path[3]
	var response entityResponse
	outcome, err := s.client.do(ctx, call, &response)
	if err == nil {
		return response.Entity, nil
	}
	if renamed == "" || renamed == identifier {
		return nil, err
	}
	read := func(name string) func(context.Context) (*Entity, error) {
		return func(ctx context.Context) (*Entity, error) {
			return s.Get(ctx, blueprint, name, GetEntityOptions{ExcludeCalculated: true})
		}
	}
	return renaming[Entity]{readNew: read(renamed), readOld: read(identifier), sent: call.body}.settle(lingering, outcome, err)
}

// Delete deletes an entity: DELETE /v1/blueprints/{blueprint}/entities/{identifier}. It returns
// [ErrNotFound] if the entity does not exist, and [ErrHasDependents] if others relate to it and
// Dependents is not set.
func (s *EntityService) Delete(ctx context.Context, blueprint, identifier string, options DeleteEntityOptions) error {
	return s.client.remove(ctx, request{
		method: http.MethodDelete, path: entitiesPath(blueprint, identifier), query: options.query(),
	}, nil)
}

// Count returns the number of entities of a blueprint: GET
// /v1/blueprints/{blueprint}/entities-count.
func (s *EntityService) Count(ctx context.Context, blueprint string) (int64, error) {
	var response struct {
		Count json.Number `json:"count"`
	}
	_, err := s.client.do(ctx, request{
		method: http.MethodGet, path: []string{"blueprints", blueprint, "entities-count"},
	}, &response)
	if err != nil {
		return 0, err
	}
	return response.Count.Int64()
}
