package port_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/port-changelog/terraform-provider-port/internal/port"
)

func title(blueprint *port.Blueprint, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return blueprint.Title, nil
}

func blueprintOperations() map[string]testOperation {
	whole := &port.Blueprint{
		Identifier: "b/1", Title: "<B>", CreatedAt: "never sent", UpdatedBy: "never sent",
		Extra: map[string]json.RawMessage{"kept": json.RawMessage("1")},
	}
	const wholeBody = `{"identifier":"b/1","kept":1,"schema":{"properties":{}},"title":"<B>"}`
	return map[string]testOperation{
		"get": {
			response: oneBlueprint,
			call:     func(ctx context.Context, c *port.Client) (any, error) { return title(c.Blueprints.Get(ctx, "b/1")) },
			sent:     "GET /v1/blueprints/b%2F1",
			want:     "B",
		},
		"list": {
			response: `{"ok":true,"blueprints":[{"identifier":"a"},{"identifier":"b"}]}`,
			call: func(ctx context.Context, c *port.Client) (any, error) {
				all, err := c.Blueprints.List(ctx)
				return len(all), err
			},
			sent: "GET /v1/blueprints",
			want: 2,
		},
		"create": {
			response: oneBlueprint,
			call: func(ctx context.Context, c *port.Client) (any, error) {
				return title(c.Blueprints.Create(ctx, whole, port.CreateBlueprintOptions{}))
			},
			sent: "POST /v1/blueprints", body: wholeBody, want: "B",
		},
		"create without a page": {
			response: oneBlueprint,
			call: func(ctx context.Context, c *port.Client) (any, error) {
				return title(c.Blueprints.Create(ctx, whole, port.CreateBlueprintOptions{CatalogPage: new(false)}))
			},
			sent: "POST /v1/blueprints?create_catalog_page=false", body: wholeBody, want: "B",
		},
		"update": {
			response: oneBlueprint,
			call: func(ctx context.Context, c *port.Client) (any, error) {
				return title(c.Blueprints.Update(ctx, "old", whole))
			},
			sent: "PUT /v1/blueprints/old", body: wholeBody, want: "B",
		},
		"patch": {
			response: oneBlueprint,
			call: func(ctx context.Context, c *port.Client) (any, error) {
				patch := port.BlueprintPatch{"relations": map[string]port.Relation{"r": {Target: "t"}}}
				return title(c.Blueprints.Patch(ctx, "b", patch))
			},
			sent: "PATCH /v1/blueprints/b",
			body: `{"relations":{"r":{"many":false,"required":false,"target":"t"}}}`,
			want: "B",
		},
		"delete": {
			response: plainOK,
			call: func(ctx context.Context, c *port.Client) (any, error) {
				return nil, c.Blueprints.Delete(ctx, "b", port.DeleteBlueprintOptions{})
			},
			sent: "DELETE /v1/blueprints/b",
		},
		"delete with actions": {
			response: plainOK,
			call: func(ctx context.Context, c *port.Client) (any, error) {
				return nil, c.Blueprints.Delete(ctx, "b", port.DeleteBlueprintOptions{DeleteActions: true})
			},
			sent: "DELETE /v1/blueprints/b?delete_actions=true",
		},
		"delete with entities": {
			response: `{"ok":true,"migrationId":"m1"}`,
			call: func(ctx context.Context, c *port.Client) (any, error) {
				return c.Blueprints.DeleteWithEntities(ctx, "b")
			},
			sent: "DELETE /v1/blueprints/b/all-entities?delete_blueprint=true",
			want: "m1",
		},
		"delete entities": {
			response: plainOK,
			call:     func(ctx context.Context, c *port.Client) (any, error) { return c.Blueprints.DeleteEntities(ctx, "b") },
			sent:     "DELETE /v1/blueprints/b/all-entities?delete_blueprint=false",
			want:     "",
		},
		"rename property": {
			response: oneBlueprint,
			call: func(ctx context.Context, c *port.Client) (any, error) {
				return title(c.Blueprints.RenameProperty(ctx, "b", "old=", "new"))
			},
			sent: "PATCH /v1/blueprints/b/properties/old=/rename", body: `{"newPropertyName":"new"}`, want: "B",
		},
		"rename mirror": {
			response: oneBlueprint,
			call: func(ctx context.Context, c *port.Client) (any, error) {
				return title(c.Blueprints.RenameMirror(ctx, "b", "old", "new"))
			},
			sent: "PATCH /v1/blueprints/b/mirror/old/rename", body: `{"newMirrorName":"new"}`, want: "B",
		},
		"rename relation": {
			response: oneBlueprint,
			call: func(ctx context.Context, c *port.Client) (any, error) {
				return title(c.Blueprints.RenameRelation(ctx, "b", "old", "new"))
			},
			sent: "PATCH /v1/blueprints/b/relations/old/rename", body: `{"newRelationIdentifier":"new"}`, want: "B",
		},
		"structure": {
			response: `{"ok":true,"structure":{"identifier":"_user","title":"User"}}`,
			call: func(ctx context.Context, c *port.Client) (any, error) {
				return title(c.Blueprints.SystemStructure(ctx, "_user"))
			},
			sent: "GET /v1/blueprints/system/_user/structure",
			want: "User",
		},
		"structure as a blueprint": {
			response: `{"ok":true,"blueprint":{"identifier":"_user","title":"User"}}`,
			call: func(ctx context.Context, c *port.Client) (any, error) {
				return title(c.Blueprints.SystemStructure(ctx, "_user"))
			},
			sent: "GET /v1/blueprints/system/_user/structure",
			want: "User",
		},
		"bare structure": {
			response: `{"ok":true,"identifier":"_user","title":"User","x":1}`,
			call: func(ctx context.Context, c *port.Client) (any, error) {
				structure, err := c.Blueprints.SystemStructure(ctx, "_user")
				if err != nil {
					return nil, err
				}
				return structure.Title + fmt.Sprint(slices.Collect(maps.Keys(structure.Extra))), nil
			},
			sent: "GET /v1/blueprints/system/_user/structure",
			want: "User[x]",
		},
	}
}

func TestRenameKeyWithLostResponse(t *testing.T) {
	t.Parallel()
	renamed := `{"ok":true,"blueprint":{"identifier":"b","schema":{"properties":{"new":{"type":"string"}}}}}`
	both := `{"ok":true,"blueprint":{"identifier":"b","schema":{"properties":{"new":{"type":"string"},"old":{"type":"string"}}}}}`
	cases := map[string]struct {
		before *fault
		now    string
		is     error
	}{
		"it took effect":            {&fault{method: "PATCH", times: 1, act: resetBefore}, renamed, nil},
		"both keys exist":           {&fault{method: "PATCH", times: 1, act: resetBefore}, both, port.ErrNotFound},
		"no response was lost":      {&fault{method: "PATCH", times: 1, act: refuseConnection}, renamed, port.ErrNotFound},
		"a proxy responded":         {&fault{method: "PATCH", times: 1, act: status(504)}, renamed, nil},
		"the blueprint disappeared": {&fault{method: "PATCH", times: 1, act: resetBefore}, `{"ok":false}`, port.ErrOutcomeUnknown},
		"a 429 came first":          {&fault{method: "PATCH", times: 1, act: status(429)}, renamed, port.ErrNotFound},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				fake := newFakePort()
				fake.faults = []*fault{
					c.before,
					{method: "PATCH", act: status(404)},
					{method: "GET", path: "/blueprints/b", act: respond(200, nil, c.now)},
				}
				_, err := fake.client(t).Blueprints.RenameProperty(t.Context(), "b", "old", "new")
				want(t, err, c.is)
			})
		})
	}
}
