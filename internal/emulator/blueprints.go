package emulator

import (
	"net/http"

	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/action"
	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/document"
	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/shape"
)

// listBlueprints is GET /v1/blueprints.
func (e *Emulator) listBlueprints(*call) (int, *document.Object, error) {
	return http.StatusOK, success().With("blueprints", e.catalog.Blueprints()), nil
}

// getBlueprint is GET /v1/blueprints/{identifier}.
func (e *Emulator) getBlueprint(c *call) (int, *document.Object, error) {
	return withBlueprint(http.StatusOK)(e.catalog.Blueprint(c.variable("identifier")))
}

// createBlueprint is POST /v1/blueprints.
func (e *Emulator) createBlueprint(c *call) (int, *document.Object, error) {
	withPage := true
	if c.query.Has("create_catalog_page") {
		wanted, err := c.flag("create_catalog_page")
		if err != nil {
			return 0, nil, err
		}
		withPage = wanted
	}
	body, err := c.body(shape.Blueprint)
	if err != nil {
		return 0, nil, err
	}
	return withBlueprint(http.StatusCreated)(e.catalog.CreateBlueprint(body, withPage))
}

// replaceBlueprint is PUT /v1/blueprints/{identifier}.
func (e *Emulator) replaceBlueprint(c *call) (int, *document.Object, error) {
	body, err := c.body(shape.BlueprintReplacement)
	if err != nil {
		return 0, nil, err
	}
	return withBlueprint(http.StatusOK)(e.catalog.ReplaceBlueprint(c.variable("identifier"), body))
}

// updateBlueprint is PATCH /v1/blueprints/{identifier}.
func (e *Emulator) updateBlueprint(c *call) (int, *document.Object, error) {
	body, err := c.optionalBody(shape.BlueprintUpdate)
	if err != nil {
		return 0, nil, err
	}
	return withBlueprint(http.StatusOK)(e.catalog.UpdateBlueprint(c.variable("identifier"), body))
}

// deleteBlueprint is DELETE /v1/blueprints/{identifier}. [?] Whether Port deletes
// a blueprint and leaves its self-service actions; this is the stricter form.
// Automations neither keep a blueprint from being deleted nor are deleted with it.
func (e *Emulator) deleteBlueprint(c *call) (int, *document.Object, error) {
	identifier := c.variable("identifier")
	withActions, err := c.flag("delete_actions")
	if err != nil {
		return 0, nil, err
	}
	if _, err := e.catalog.Blueprint(identifier); err != nil {
		return 0, nil, err
	}
	if present := e.automations.actions.store.SelfServiceOf(identifier); len(present) > 0 && !withActions {
		return 0, nil, action.HasActions(identifier, present)
	}
	if err := e.catalog.DeleteBlueprint(identifier); err != nil {
		return 0, nil, err
	}
	e.automations.actions.store.DeleteSelfServiceOf(identifier)
	return http.StatusOK, success(), nil
}

// getSystemStructure is GET /v1/blueprints/system/{identifier}/structure, which
// the OpenAPI document lacks.
func (e *Emulator) getSystemStructure(c *call) (int, *document.Object, error) {
	return withBlueprint(http.StatusOK)(e.catalog.SystemStructure(c.variable("identifier")))
}

// withBlueprint wraps what the catalog returns into an answer.
func withBlueprint(status int) func(*document.Object, error) (int, *document.Object, error) {
	return func(blueprint *document.Object, err error) (int, *document.Object, error) {
		if err != nil {
			return 0, nil, err
		}
		return status, success().With("blueprint", blueprint), nil
	}
}
