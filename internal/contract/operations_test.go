package contract

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/emulator"
	"github.com/port-changelog/terraform-provider-port/internal/port"
)

// use is how an operation is used.
type use struct {
	// call uses the client, with names of existing or of absent objects.
	call func(ctx context.Context, client *port.Client, n names) error
	// plain is the request of an operation that the client does not have.
	plain func(n names) plainRequest
	// credentials are invalid credentials, for the operation that requires them; the others require
	// a token.
	credentials port.Option
}

// names are the identifiers that an operation is used with.
type names struct {
	blueprint, entity, property, mirror, relation, migration string
	// waiting is a run that waits for approval.
	action, run, waiting string
	// emptyBlueprint is a blueprint without entities.
	emptyBlueprint string
}

// absent returns the names of nonexistent objects.
func absent() names {
	const absent = "absent"
	return names{
		blueprint: absent, entity: absent, property: absent, mirror: absent, relation: absent,
		migration: absent, emptyBlueprint: absent, action: absent, run: absent, waiting: absent,
	}
}

// unreachable says why an operation never returns a documented status, or returns "" if it does.
func unreachable(operation string, status int) string {
	switch status {
	case http.StatusNotFound:
		switch operation {
		case "POST /v1/auth/access_token", "GET /v1/organization", "PUT /v1/organization", "PATCH /v1/organization",
			"GET /v1/blueprints", "POST /v1/blueprints", "GET /v1/migrations", "GET /v1/audit-log", "POST /v1/entities/search",
			"GET /v1/actions", "GET /v1/actions/runs":
			return "It refers to nothing that could be missing."
		}
	case http.StatusRequestEntityTooLarge:
		switch operation {
		case "DELETE /v1/blueprints/{identifier}", "DELETE /v1/blueprints/{blueprint_identifier}/all-entities",
			"DELETE /v1/blueprints/{blueprint_identifier}/entities/{entity_identifier}", "DELETE " + actionPath:
			return "It has no body that could be too large."
		}
	case http.StatusUnprocessableEntity:
		if operation == "DELETE "+actionPath {
			return "It has neither a body nor a parameter that could be invalid."
		}
	}
	return ""
}

const (
	blueprintPath = "/v1/blueprints/{blueprint_identifier}"
	entitiesPath  = blueprintPath + "/entities"
	entityPath    = entitiesPath + "/{entity_identifier}"
)

// uses contains every operation of the documents.
func uses() map[string]use {
	all := actionUses()
	maps.Copy(all, map[string]use{
		"POST /v1/auth/access_token": {call: getOrganization, credentials: port.WithCredentials(clientID, "wrong")},
		"GET /v1/organization":       {call: getOrganization},
		"PUT /v1/organization": {call: func(ctx context.Context, c *port.Client, _ names) error {
			return c.Organization.Update(ctx, port.OrganizationUpdate{Name: "Contract Inc."})
		}},
		"PATCH /v1/organization": {call: func(ctx context.Context, c *port.Client, _ names) error {
			return c.Organization.Patch(ctx, port.OrganizationUpdate{
				Name: "Contract Inc.", Settings: json.RawMessage(`{"portalTitle":"Portal"}`),
			})
		}},
		"GET /v1/audit-log": {call: func(ctx context.Context, c *port.Client, n names) error {
			now := time.Now()
			return drain(c.AuditLog.List(ctx, port.AuditLogOptions{
				Blueprint: n.blueprint, Entity: n.entity, From: now.Add(-time.Hour), To: now,
				Resources: []string{"entity", "blueprint"}, Origin: []string{"API"}, Status: "SUCCESS", Limit: 5, IncludeDeletedEntities: true,
			}))
		}},
		"GET /v1/pages/{identifier}": {plain: func(n names) plainRequest {
			return plainRequest{http.MethodGet, "/v1/pages/" + n.blueprint, ""}
		}},

		"GET /v1/blueprints": {call: func(ctx context.Context, c *port.Client, _ names) error {
			return second(c.Blueprints.List(ctx))
		}},
		"POST /v1/blueprints": {call: func(ctx context.Context, c *port.Client, _ names) error {
			return second(c.Blueprints.Create(ctx, &port.Blueprint{Identifier: "new", Title: "New"},
				port.CreateBlueprintOptions{CatalogPage: new(false)}))
		}},
		"GET /v1/blueprints/{identifier}": {call: func(ctx context.Context, c *port.Client, n names) error {
			return second(c.Blueprints.Get(ctx, n.blueprint))
		}},
		"PUT /v1/blueprints/{identifier}": {call: func(ctx context.Context, c *port.Client, n names) error {
			return second(c.Blueprints.Update(ctx, n.emptyBlueprint, &port.Blueprint{Identifier: n.emptyBlueprint, Title: "Replaced"}))
		}},
		"PATCH /v1/blueprints/{identifier}": {call: func(ctx context.Context, c *port.Client, n names) error {
			return second(c.Blueprints.Patch(ctx, n.blueprint, port.BlueprintPatch{"description": "Patched"}))
		}},
		"DELETE /v1/blueprints/{identifier}": {call: func(ctx context.Context, c *port.Client, n names) error {
			return c.Blueprints.Delete(ctx, n.emptyBlueprint, port.DeleteBlueprintOptions{DeleteActions: true})
		}},
		"DELETE " + blueprintPath + "/all-entities": {call: func(ctx context.Context, c *port.Client, n names) error {
			return second(c.Blueprints.DeleteWithEntities(ctx, n.blueprint))
		}},
		"PATCH " + blueprintPath + "/properties/{property_identifier}/rename": {call: func(ctx context.Context, c *port.Client, n names) error {
			return second(c.Blueprints.RenameProperty(ctx, n.blueprint, n.property, "renamed"))
		}},
		"PATCH " + blueprintPath + "/mirror/{property_identifier}/rename": {call: func(ctx context.Context, c *port.Client, n names) error {
			return second(c.Blueprints.RenameMirror(ctx, n.blueprint, n.mirror, "renamed"))
		}},
		"PATCH " + blueprintPath + "/relations/{relation_identifier}/rename": {call: func(ctx context.Context, c *port.Client, n names) error {
			return second(c.Blueprints.RenameRelation(ctx, n.blueprint, n.relation, "renamed"))
		}},

		"GET " + entitiesPath: {call: func(ctx context.Context, c *port.Client, n names) error {
			return drain(c.Entities.List(ctx, n.blueprint, port.GetEntityOptions{}))
		}},
		"POST " + entitiesPath: {call: func(ctx context.Context, c *port.Client, n names) error {
			return second(c.Entities.Create(ctx, n.blueprint, newEntity(n), port.CreateEntityOptions{CreateMissingRelated: true}))
		}},
		"GET " + entityPath: {call: func(ctx context.Context, c *port.Client, n names) error {
			return second(c.Entities.Get(ctx, n.blueprint, n.entity, port.GetEntityOptions{}))
		}},
		"PUT " + entityPath: {call: func(ctx context.Context, c *port.Client, n names) error {
			return second(c.Entities.Update(ctx, n.blueprint, n.entity, newEntity(n), port.UpdateEntityOptions{CreateMissingRelated: true}))
		}},
		"PATCH " + entityPath: {call: func(ctx context.Context, c *port.Client, n names) error {
			return second(c.Entities.Patch(ctx, n.blueprint, n.entity, &port.EntityPatch{Title: port.Unset[string]()}, port.UpdateEntityOptions{}))
		}},
		"DELETE " + entityPath: {call: func(ctx context.Context, c *port.Client, n names) error {
			return c.Entities.Delete(ctx, n.blueprint, n.entity, port.DeleteEntityOptions{Dependents: true})
		}},
		"GET " + blueprintPath + "/entities-count": {call: func(ctx context.Context, c *port.Client, n names) error {
			return second(c.Entities.Count(ctx, n.blueprint))
		}},
		"POST " + entitiesPath + "/bulk": {call: func(ctx context.Context, c *port.Client, n names) error {
			// The first entity is new, then taken: the first request succeeds, the second one
			// partially.
			return errors.Join(bulkCreate(ctx, c, n), expectTaken(bulkCreate(ctx, c, n)))
		}},
		"POST " + blueprintPath + "/bulk/entities/delete": {call: func(ctx context.Context, c *port.Client, n names) error {
			return drain(c.Entities.BulkDelete(ctx, n.blueprint, slices.Values([]string{n.entity}), port.DeleteEntityOptions{}))
		}},
		"POST " + entitiesPath + "/search": {call: func(ctx context.Context, c *port.Client, n names) error {
			return drain(c.Entities.SearchBlueprint(ctx, n.blueprint, nil, port.SearchBlueprintOptions{PageSize: 1}))
		}},
		"POST /v1/entities/search": {call: func(ctx context.Context, c *port.Client, n names) error {
			return second(c.Entities.Search(ctx, json.RawMessage(
				`{"combinator":"and","rules":[{"property":"$identifier","operator":"=","value":"`+n.entity+`"}]}`), port.SearchOptions{}))
		}},

		"GET /v1/migrations": {call: func(ctx context.Context, c *port.Client, _ names) error {
			return second(c.Migrations.List(ctx, port.ListMigrationsOptions{Status: []port.MigrationStatus{port.MigrationRunning}}))
		}},
		"POST /v1/migrations": {call: func(ctx context.Context, c *port.Client, n names) error {
			return second(migrate(ctx, c, n))
		}},
		"GET /v1/migrations/{migration_id}": {call: func(ctx context.Context, c *port.Client, n names) error {
			return second(c.Migrations.Get(ctx, n.migration))
		}},
		"POST /v1/migrations/{migration_id}/cancel": {plain: func(n names) plainRequest {
			return plainRequest{http.MethodPost, "/v1/migrations/" + n.migration + "/cancel", `{"reason":"It was only a test."}`}
		}},
	})
	return all
}

// other is the use of something undocumented.
type other struct {
	options emulator.Options
	act     func(ctx context.Context, w *world) error
	want    error
}

func others() map[string]other {
	return map[string]other{
		"a conflict": {want: port.ErrHasDependents, act: func(ctx context.Context, w *world) error {
			return w.client.Entities.Delete(ctx, "cluster", "eu", port.DeleteEntityOptions{})
		}},
		"an agent": {act: actAsAgent},
		"a format that changes": {want: port.ErrInvalid, act: func(ctx context.Context, w *world) error {
			return second(w.client.Blueprints.Update(ctx, w.present.emptyBlueprint, &port.Blueprint{
				Identifier: w.present.emptyBlueprint, Title: "Empty",
				Schema: port.Schema{Properties: map[string]port.Property{"site": {Type: "string", Format: new("email")}}},
			}))
		}},
		"undocumented operations": {act: func(ctx context.Context, w *world) error {
			return errors.Join(
				second(w.client.Entities.Create(ctx, "cluster", &port.Entity{Identifier: "o'brien"}, port.CreateEntityOptions{})),
				second(w.client.Blueprints.Patch(ctx, w.present.emptyBlueprint, port.BlueprintPatch{
					"relations": map[string]any{"self": map[string]any{"target": w.present.emptyBlueprint}},
					"calculationProperties": map[string]any{
						"when": map[string]any{"calculation": "any.$text", "type": "string", "format": "date-time", "dateFormat": "iso"},
					},
				})),
				second(w.client.Entities.Search(ctx, json.RawMessage(
					`{"combinator":"and","rules":[{"property":"$createdAt","operator":"between","value":{"preset":"nextWeek"}}]}`), port.SearchOptions{})),
			)
		}},
		// Creating the world uses up the limit.
		"a rate limit": {
			options: emulator.Options{RateLimit: 1, RateLimitPeriod: time.Hour}, want: port.ErrRateLimited,
			act: func(ctx context.Context, w *world) error { return getOrganization(ctx, w.unlimited, w.present) },
		},
		"the members of the organization": {act: func(ctx context.Context, w *world) error {
			return errors.Join(second(w.client.Users.List(ctx)), second(w.client.Users.Apps(ctx)))
		}},
		"a system blueprint": {act: func(ctx context.Context, w *world) error {
			return second(w.client.Blueprints.SystemStructure(ctx, "_user"))
		}},
		"titles of related entities": {act: func(ctx context.Context, w *world) error {
			return second(w.client.Entities.Search(ctx, json.RawMessage(
				`{"combinator":"and","rules":[{"property":"$identifier","operator":"=","value":"`+w.present.entity+`"}]}`),
				port.SearchOptions{GetEntityOptions: port.GetEntityOptions{AttachTitleToRelation: true}}))
		}},
	}
}

func getOrganization(ctx context.Context, c *port.Client, _ names) error {
	return second(c.Organization.Get(ctx))
}

// newEntity returns an entity with every writable key.
func newEntity(n names) *port.Entity {
	return &port.Entity{
		Identifier: n.entity + "-2", Title: new("New"), Icon: new("Service"), Team: []string{"core"},
		Properties: map[string]any{"tier": 2, "tags": []string{"a", "b"}, "docs": "https://docs.test/new"},
		Relations:  map[string]any{"runs_on": []string{"us"}},
	}
}

func bulkCreate(ctx context.Context, c *port.Client, n names) error {
	entities := []*port.Entity{{Identifier: "bulk", Properties: map[string]any{"tier": 1}}}
	return drain(c.Entities.BulkCreate(ctx, n.blueprint, slices.Values(entities), port.CreateEntityOptions{}))
}

// expectTaken returns an error unless err is that for a taken identifier.
func expectTaken(err error) error {
	if errors.Is(err, port.ErrExists) {
		return nil
	}
	return fmt.Errorf("an existing entity was not refused: %w", err)
}

func migrate(ctx context.Context, c *port.Client, n names) (*port.Migration, error) {
	return c.Migrations.Create(ctx, &port.CreateMigration{
		SourceBlueprint: n.blueprint,
		Mapping: port.MigrationMapping{
			Blueprint: "cluster", Entity: port.MigrationEntity{Identifier: ".identifier", Title: ".title"},
		},
	})
}

// second drops the result of a call.
func second[T any](_ T, err error) error { return err }

// drain reads a list to its end and returns its first error.
func drain[T any](list iter.Seq2[T, error]) error {
	for _, err := range list {
		if err != nil {
			return err
		}
	}
	return nil
}
