package port_test

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/port-changelog/terraform-provider-port/internal/port"
)

func entityTitle(entity *port.Entity, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return *entity.Title, nil
}

func entityOperations() map[string]testOperation {
	entity := &port.Entity{
		Identifier: "e/1", Team: []string{}, Properties: map[string]any{"a": nil}, Relations: map[string]any{"r": []string{"x"}},
		Blueprint: "never sent", CreatedAt: "never sent", Extra: map[string]json.RawMessage{"scorecards": json.RawMessage(`{}`)},
	}
	const body = `{"identifier":"e/1","properties":{"a":null},"relations":{"r":["x"]},"team":[]}`
	return map[string]testOperation{
		"get": {
			response: oneEntity,
			call: func(ctx context.Context, c *port.Client) (any, error) {
				return entityTitle(c.Entities.Get(ctx, "b", `a:b/c=d@e\f ü%2F+`, port.GetEntityOptions{}))
			},
			sent: "GET /v1/blueprints/b/entities/a:b%2Fc=d@e%5Cf%20%C3%BC%252F+",
			want: "E",
		},
		"get with options": {
			response: oneEntity,
			call: func(ctx context.Context, c *port.Client) (any, error) {
				return entityTitle(c.Entities.Get(ctx, "b", "e", port.GetEntityOptions{
					ExcludeCalculated: true, AttachTitleToRelation: true, Include: []string{"a", "b"}, Exclude: []string{"c"},
				}))
			},
			sent: "GET /v1/blueprints/b/entities/e?attach_title_to_relation=true&exclude=c" +
				"&exclude_calculated_properties=true&include=a&include=b",
			want: "E",
		},
		"list": {
			response: `{"ok":true,"entities":[{"identifier":"a"},{"identifier":"b"}]}`,
			call: func(ctx context.Context, c *port.Client) (any, error) {
				all, err := drain(c.Entities.List(ctx, "b", port.GetEntityOptions{}))
				return len(all), err
			},
			sent: "GET /v1/blueprints/b/entities",
			want: 2,
		},
		"create": {
			response: oneEntity,
			call: func(ctx context.Context, c *port.Client) (any, error) {
				return entityTitle(c.Entities.Create(ctx, "b", entity, port.CreateEntityOptions{}))
			},
			sent: "POST /v1/blueprints/b/entities?upsert=false", body: body, want: "E",
		},
		"create with options": {
			response: oneEntity,
			call: func(ctx context.Context, c *port.Client) (any, error) {
				return entityTitle(c.Entities.Create(ctx, "b", entity, port.CreateEntityOptions{
					Upsert: true, Merge: true, ValidationOnly: true, CreateMissingRelated: true, RunID: "r 1",
				}))
			},
			sent: "POST /v1/blueprints/b/entities?create_missing_related_entities=true&merge=true&run_id=r+1&upsert=true&validation_only=true",
			body: body, want: "E",
		},
		"update": {
			response: oneEntity,
			call: func(ctx context.Context, c *port.Client) (any, error) {
				options := port.UpdateEntityOptions{CreateMissingRelated: true, RunID: "r"}
				return entityTitle(c.Entities.Update(ctx, "b", "old", entity, options))
			},
			sent: "PUT /v1/blueprints/b/entities/old?create_missing_related_entities=true&run_id=r", body: body, want: "E",
		},
		"patch": {
			response: oneEntity,
			call: func(ctx context.Context, c *port.Client) (any, error) {
				patch := &port.EntityPatch{Title: port.Unset[string]()}
				return entityTitle(c.Entities.Patch(ctx, "b", "e", patch, port.UpdateEntityOptions{}))
			},
			sent: "PATCH /v1/blueprints/b/entities/e", body: `{"title":null}`, want: "E",
		},
		"delete": {
			response: plainOK,
			call: func(ctx context.Context, c *port.Client) (any, error) {
				return nil, c.Entities.Delete(ctx, "b", "e", port.DeleteEntityOptions{})
			},
			sent: "DELETE /v1/blueprints/b/entities/e?delete_dependents=false",
		},
		"delete with dependents": {
			response: plainOK,
			call: func(ctx context.Context, c *port.Client) (any, error) {
				return nil, c.Entities.Delete(ctx, "b", "e", port.DeleteEntityOptions{Dependents: true, RunID: "r"})
			},
			sent: "DELETE /v1/blueprints/b/entities/e?delete_dependents=true&run_id=r",
		},
		"count": {
			response: `{"ok":true,"count":12345678901}`,
			call:     func(ctx context.Context, c *port.Client) (any, error) { return c.Entities.Count(ctx, "b") },
			sent:     "GET /v1/blueprints/b/entities-count",
			want:     int64(12345678901),
		},
		"search": {
			response: `{"ok":true,"entities":[{"identifier":"a"}],"matchingBlueprints":["b"],"failedBlueprints":[]}`,
			call: func(ctx context.Context, c *port.Client) (any, error) {
				options := port.SearchOptions{AllowPartialResults: true}
				options.ExcludeCalculated = true
				result, err := c.Entities.Search(ctx, json.RawMessage(`{"combinator":"and","rules":[]}`), options)
				if err != nil {
					return nil, err
				}
				return result.Entities[0].Identifier + result.MatchingBlueprints[0], nil
			},
			sent: "POST /v1/entities/search?allow_partial_results=true&exclude_calculated_properties=true",
			body: `{"combinator":"and","rules":[]}`,
			want: "ab",
		},
		"bulk delete": {
			response: `{"ok":true,"deletedEntities":["a","b"]}`,
			call: func(ctx context.Context, c *port.Client) (any, error) {
				return drain(c.Entities.BulkDelete(ctx, "b", slices.Values([]string{"a", "b"}), port.DeleteEntityOptions{Dependents: true}))
			},
			sent: "POST /v1/blueprints/b/bulk/entities/delete?delete_dependents=true",
			body: `{"entities":["a","b"]}`,
			want: []string{"a", "b"},
		},
	}
}
