package port

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/http"
)

// The maximum number of entities that Port accepts in one request.
const (
	maxBulkCreate = 20
	maxBulkDelete = 100
)

// BulkResult is the result for one entity of a bulk create.
type BulkResult struct {
	// Index is the position of the entity in the caller's sequence, starting at 0.
	Index      int
	Identifier string
	// Created says that the entity is new; otherwise it existed and was updated.
	Created bool
	// AdditionalData is anything else that Port returned for the entity, or nil.
	AdditionalData json.RawMessage
}

// BulkError is the failure of one entity of a bulk create, while others of the same request
// succeeded. It matches the sentinels of this package as [Error] does.
type BulkError struct {
	// Index is the position of the entity in the caller's sequence, starting at 0.
	Index      int
	Identifier string
	StatusCode int
	// Code is the error field of the entry, such as "not_found".
	Code    string
	Message string
}

// Error describes the failure on one line.
func (e *BulkError) Error() string {
	return fmt.Sprintf("entity %q (number %d): %d (%s): %s", e.Identifier, e.Index+1, e.StatusCode, e.Code, e.Message)
}

// Is reports whether the error matches a sentinel of this package. A conflict means that the entity
// exists, since nothing else in a bulk create can conflict.
func (e *BulkError) Is(target error) bool {
	one := Error{StatusCode: e.StatusCode, Code: e.Code, exists: e.StatusCode == http.StatusConflict}
	return one.Is(target)
}

// bulkCreateResponse is the response to a bulk create; its indexes are relative to the request.
type bulkCreateResponse struct {
	Entities []struct {
		Index          int             `json:"index"`
		Identifier     string          `json:"identifier"`
		Created        bool            `json:"created"`
		AdditionalData json.RawMessage `json:"additionalData"`
	} `json:"entities"`
	Errors []struct {
		Index      int    `json:"index"`
		Identifier string `json:"identifier"`
		StatusCode int    `json:"statusCode"`
		Code       string `json:"error"`
		Message    string `json:"message"`
	} `json:"errors"`
}

// partial says that ok: false does not mean that the request failed: the response reports on each
// entity separately.
func (a *bulkCreateResponse) partial() bool { return len(a.Entities)+len(a.Errors) > 0 }

// BulkCreate creates or, with Upsert, overwrites any number of entities of a blueprint, twenty per
// request: POST /v1/blueprints/{blueprint}/entities/bulk. It yields one result per entity, in the
// order of Port's responses; a refused entity yields a [*BulkError], and the sequence continues.
// Any other error concerns a whole request, comes with a zero result and ends the sequence:
// [ErrOutcomeUnknown] means that the entities of that request may have been written. Entities are
// taken from the sequence as they are sent, so stopping early sends no more.
func (s *EntityService) BulkCreate(
	ctx context.Context, blueprint string, entities iter.Seq[*Entity], options CreateEntityOptions,
) iter.Seq2[BulkResult, error] {
	return func(yield func(BulkResult, error) bool) {
		first := 0
		for chunk := range chunks(entities, maxBulkCreate) {
			response, outcome, err := s.bulkCreate(ctx, blueprint, chunk, options)
			if err != nil {
				yield(BulkResult{}, outcome.explain(err))
				return
			}
			if !response.yield(first, yield) {
				return
			}
			first += len(chunk)
		}
	}
}

func (s *EntityService) bulkCreate(
	ctx context.Context, blueprint string, chunk []*Entity, options CreateEntityOptions,
) (*bulkCreateResponse, outcome, error) {
	body := struct {
		Entities []Entity `json:"entities"`
	}{Entities: make([]Entity, len(chunk))}
	for i, entity := range chunk {
		body.Entities[i] = entity.writable()
	}
	var response bulkCreateResponse
	outcome, err := s.client.do(ctx, request{
		method:   http.MethodPost,
		path:     entitiesPath(blueprint, "bulk"),
		query:    options.query(),
		body:     body,
		readOnly: options.ValidationOnly,
	}, &response)
	return &response, outcome, err
}

// yield yields the results of one request whose first entity has the given index in the sequence.
func (a *bulkCreateResponse) yield(first int, yield func(BulkResult, error) bool) bool {
	for _, entity := range a.Entities {
		result := BulkResult{
			Index: first + entity.Index, Identifier: entity.Identifier, Created: entity.Created, AdditionalData: entity.AdditionalData,
		}
		if !yield(result, nil) {
			return false
		}
	}
	for _, failure := range a.Errors {
		err := &BulkError{
			Index: first + failure.Index, Identifier: failure.Identifier,
			StatusCode: failure.StatusCode, Code: failure.Code, Message: failure.Message,
		}
		if !yield(BulkResult{Index: err.Index, Identifier: err.Identifier}, err) {
			return false
		}
	}
	return true
}

// BulkDelete deletes any number of entities of a blueprint, a hundred per request: POST
// /v1/blueprints/{blueprint}/bulk/entities/delete. It yields the identifiers of the deleted
// entities. Port refuses a whole request with [ErrHasDependents] if others relate to one of its
// entities and Dependents is not set. An error ends the sequence; with [ErrOutcomeUnknown] the
// entities of that request may have been deleted.
func (s *EntityService) BulkDelete(
	ctx context.Context, blueprint string, entities iter.Seq[string], options DeleteEntityOptions,
) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for chunk := range chunks(entities, maxBulkDelete) {
			deleted, err := s.bulkDelete(ctx, blueprint, chunk, options)
			if err != nil {
				yield("", err)
				return
			}
			for _, identifier := range deleted {
				if !yield(identifier, nil) {
					return
				}
			}
		}
	}
}

func (s *EntityService) bulkDelete(
	ctx context.Context, blueprint string, chunk []string, options DeleteEntityOptions,
) ([]string, error) {
	var response struct {
		DeletedEntities []string `json:"deletedEntities"`
	}
	outcome, err := s.client.do(ctx, request{
		method: http.MethodPost,
		path:   []string{"blueprints", blueprint, "bulk", "entities", "delete"},
		query:  options.query(),
		body:   map[string][]string{"entities": chunk},
	}, &response)
	if err != nil {
		return nil, outcome.explain(err)
	}
	return response.DeletedEntities, nil
}

// chunks groups a sequence into lists of at most size elements.
func chunks[T any](elements iter.Seq[T], size int) iter.Seq[[]T] {
	return func(yield func([]T) bool) {
		chunk := make([]T, 0, size)
		for element := range elements {
			chunk = append(chunk, element)
			if len(chunk) < size {
				continue
			}
			if !yield(chunk) {
				return
			}
			chunk = make([]T, 0, size)
		}
		if len(chunk) > 0 {
			yield(chunk)
		}
	}
}
