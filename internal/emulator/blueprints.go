package emulator

import (
	"net/http"

	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/action"
	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/catalog"
	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/document"
	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/shape"
)

// blueprints has the operations on blueprints and on their catalog pages.
type blueprints struct {
	catalog *catalog.Catalog
	actions *action.Store
}

func (b *blueprints) routes() []route {
	return []route{
		{method: http.MethodGet, template: "/v1/blueprints/system/{identifier}/structure", handle: b.getSystemStructure},
		{method: http.MethodPatch, template: ofBlueprint + "/properties/{property_identifier}/rename", handle: b.renameProperty},
		{method: http.MethodPatch, template: ofBlueprint + "/mirror/{property_identifier}/rename", handle: b.renameMirror},
		{method: http.MethodPatch, template: ofBlueprint + "/relations/{relation_identifier}/rename", handle: b.renameRelation},
		{method: http.MethodGet, template: blueprintTemplate, handle: b.getBlueprint},
		{method: http.MethodPut, template: blueprintTemplate, handle: b.replaceBlueprint},
		{method: http.MethodPatch, template: blueprintTemplate, handle: b.updateBlueprint},
		{method: http.MethodDelete, template: blueprintTemplate, handle: b.deleteBlueprint},
		{method: http.MethodGet, template: blueprintsTemplate, handle: b.listBlueprints},
		{method: http.MethodPost, template: blueprintsTemplate, handle: b.createBlueprint},
		{method: http.MethodGet, template: "/v1/pages/{identifier}", handle: b.getPage},
	}
}

// listBlueprints is GET /v1/blueprints.
func (b *blueprints) listBlueprints(*call) (int, *document.Object, error) {
	return http.StatusOK, success().With("blueprints", b.catalog.Blueprints()), nil
}

// getBlueprint is GET /v1/blueprints/{identifier}.
func (b *blueprints) getBlueprint(c *call) (int, *document.Object, error) {
	return withBlueprint(http.StatusOK)(b.catalog.Blueprint(c.variable("identifier")))
}

// createBlueprint is POST /v1/blueprints.
func (b *blueprints) createBlueprint(c *call) (int, *document.Object, error) {
	withPage := true
	if c.query.Has("create_catalog_page") {
		requested, err := c.flag("create_catalog_page")
		if err != nil {
			return 0, nil, err
		}
		withPage = requested
	}
	body, err := c.body(shape.Blueprint)
	if err != nil {
		return 0, nil, err
	}
	return withBlueprint(http.StatusCreated)(b.catalog.CreateBlueprint(body, withPage))
}

// replaceBlueprint is PUT /v1/blueprints/{identifier}.
func (b *blueprints) replaceBlueprint(c *call) (int, *document.Object, error) {
	body, err := c.body(shape.BlueprintReplacement)
	if err != nil {
		return 0, nil, err
	}
	return withBlueprint(http.StatusOK)(b.catalog.ReplaceBlueprint(c.variable("identifier"), body))
}

// updateBlueprint is PATCH /v1/blueprints/{identifier}.
func (b *blueprints) updateBlueprint(c *call) (int, *document.Object, error) {
	body, err := c.optionalBody(shape.BlueprintUpdate)
	if err != nil {
		return 0, nil, err
	}
	return withBlueprint(http.StatusOK)(b.catalog.UpdateBlueprint(c.variable("identifier"), body))
}

// deleteBlueprint is DELETE /v1/blueprints/{identifier}. [?targeted-blueprint] It is unknown
// whether Port deletes a blueprint that has self-service actions; the emulator refuses. Automations
// neither prevent the deletion of a blueprint nor are deleted with it.
func (b *blueprints) deleteBlueprint(c *call) (int, *document.Object, error) {
	identifier := c.variable("identifier")
	withActions, err := c.flag("delete_actions")
	if err != nil {
		return 0, nil, err
	}
	if _, err := b.catalog.Blueprint(identifier); err != nil {
		return 0, nil, err
	}
	if present := b.actions.SelfServiceOf(identifier); len(present) > 0 && !withActions {
		return 0, nil, action.HasActions(identifier, present)
	}
	if err := b.catalog.DeleteBlueprint(identifier); err != nil {
		return 0, nil, err
	}
	b.actions.DeleteSelfServiceOf(identifier)
	return http.StatusOK, success(), nil
}

// getSystemStructure is GET /v1/blueprints/system/{identifier}/structure, which the OpenAPI
// document lacks.
func (b *blueprints) getSystemStructure(c *call) (int, *document.Object, error) {
	return withBlueprint(http.StatusOK)(b.catalog.SystemStructure(c.variable("identifier")))
}

// withBlueprint turns the result of the catalog into a response.
func withBlueprint(status int) func(*document.Object, error) (int, *document.Object, error) {
	return func(blueprint *document.Object, err error) (int, *document.Object, error) {
		if err != nil {
			return 0, nil, err
		}
		return status, success().With("blueprint", blueprint), nil
	}
}
