package emulator

import (
	"net/http"

	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/catalog"
	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/document"
	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/shape"
)

// entities has the operations on entities.
type entities struct {
	catalog *catalog.Catalog
	// statusOf returns the HTTP status for a reason.
	statusOf func(catalog.Reason) int
}

// routes returns the operations. Writes may belong to a run, which the given function checks.
func (e *entities) routes(during func(handler) handler) []route {
	return []route{
		{method: http.MethodPost, template: ofBlueprint + "/entities/search", handle: e.searchBlueprint},
		{method: http.MethodPost, template: ofBlueprint + "/entities/bulk", handle: during(e.createEntities)},
		{method: http.MethodGet, template: entityTemplate, handle: e.getEntity},
		{method: http.MethodPut, template: entityTemplate, handle: during(e.replaceEntity)},
		{method: http.MethodPatch, template: entityTemplate, handle: during(e.updateEntity)},
		{method: http.MethodDelete, template: entityTemplate, handle: during(e.deleteEntity)},
		{method: http.MethodGet, template: ofBlueprint + "/entities", handle: e.listEntities},
		{method: http.MethodPost, template: ofBlueprint + "/entities", handle: during(e.createEntity)},
		{method: http.MethodPost, template: "/v1/entities/search", handle: e.search},
		{method: http.MethodGet, template: ofBlueprint + "/entities-count", handle: e.countEntities},
		{method: http.MethodPost, template: ofBlueprint + "/bulk/entities/delete", handle: during(e.deleteEntities)},
		{method: http.MethodDelete, template: ofBlueprint + "/all-entities", handle: during(e.deleteAllEntities)},
	}
}

// listEntities is GET /v1/blueprints/{blueprint_identifier}/entities.
func (e *entities) listEntities(c *call) (int, *document.Object, error) {
	view, err := c.view()
	if err != nil {
		return 0, nil, err
	}
	entities, err := e.catalog.Entities(c.variable("blueprint_identifier"), view)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, success().With("entities", entities), nil
}

// countEntities is GET /v1/blueprints/{blueprint_identifier}/entities-count.
func (e *entities) countEntities(c *call) (int, *document.Object, error) {
	count, err := e.catalog.Count(c.variable("blueprint_identifier"))
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, success().With("count", count), nil
}

// getEntity is GET /v1/blueprints/{blueprint_identifier}/entities/{entity_identifier}.
func (e *entities) getEntity(c *call) (int, *document.Object, error) {
	view, err := c.view()
	if err != nil {
		return 0, nil, err
	}
	return withEntity(http.StatusOK)(e.catalog.Entity(c.variable("blueprint_identifier"), c.variable("entity_identifier"), view))
}

// createEntity is POST /v1/blueprints/{blueprint_identifier}/entities. [?created-status] The
// OpenAPI document has only the status 201, so overwriting and validating return it too.
func (e *entities) createEntity(c *call) (int, *document.Object, error) {
	options, err := c.creationOptions()
	if err != nil {
		return 0, nil, err
	}
	body, err := c.optionalBody(shape.Entity)
	if err != nil {
		return 0, nil, err
	}
	entity, _, err := e.catalog.CreateEntity(c.variable("blueprint_identifier"), body, options)
	return withEntity(http.StatusCreated)(entity, err)
}

// replaceEntity is PUT …/entities/{entity_identifier}.
func (e *entities) replaceEntity(c *call) (int, *document.Object, error) {
	options, err := c.changeOptions()
	if err != nil {
		return 0, nil, err
	}
	body, err := c.optionalBody(shape.EntityReplacement)
	if err != nil {
		return 0, nil, err
	}
	return withEntity(http.StatusOK)(e.catalog.ReplaceEntity(
		c.variable("blueprint_identifier"), c.variable("entity_identifier"), body, options))
}

// updateEntity is PATCH …/entities/{entity_identifier}.
func (e *entities) updateEntity(c *call) (int, *document.Object, error) {
	options, err := c.changeOptions()
	if err != nil {
		return 0, nil, err
	}
	body, err := c.optionalBody(shape.EntityUpdate)
	if err != nil {
		return 0, nil, err
	}
	return withEntity(http.StatusOK)(e.catalog.UpdateEntity(
		c.variable("blueprint_identifier"), c.variable("entity_identifier"), body, options))
}

// deleteEntity is DELETE …/entities/{entity_identifier}.
func (e *entities) deleteEntity(c *call) (int, *document.Object, error) {
	withDependents, err := c.flag("delete_dependents")
	if err != nil {
		return 0, nil, err
	}
	if err := e.catalog.DeleteEntity(c.variable("blueprint_identifier"), c.variable("entity_identifier"), withDependents, c.cause); err != nil {
		return 0, nil, err
	}
	return http.StatusOK, success(), nil
}

// deleteAllEntities is DELETE /v1/blueprints/{blueprint_identifier}/all-entities.
func (e *entities) deleteAllEntities(c *call) (int, *document.Object, error) {
	withBlueprint, err := c.flag("delete_blueprint")
	if err != nil {
		return 0, nil, err
	}
	migration, err := e.catalog.DeleteAllEntities(c.variable("blueprint_identifier"), withBlueprint, c.cause)
	if err != nil {
		return 0, nil, err
	}
	body := success()
	if migration != "" {
		body.Set("migrationId", migration)
	}
	return http.StatusOK, body, nil
}

// view reads the query parameters that control how entities are returned.
//
// attach_identifier_to_title_mirror_properties and allow_partial_results are validated and have no
// effect: what the former does is unknown, and no search of the emulator fails partially.
func (c *call) view() (catalog.View, error) {
	view := catalog.View{Include: c.list("include"), Exclude: c.list("exclude")}
	var ignored bool
	err := c.flags(map[string]*bool{
		"exclude_calculated_properties":                &view.ExcludeCalculated,
		"attach_title_to_relation":                     &view.AttachTitles,
		"attach_identifier_to_title_mirror_properties": &ignored,
		"allow_partial_results":                        &ignored,
	})
	return view, err
}

// writeOptions are the options that do not depend on query parameters.
func (c *call) writeOptions() catalog.WriteOptions {
	return catalog.WriteOptions{Source: c.UserAgent(), Cause: c.cause}
}

// changeOptions reads the query parameters of the operations that change an entity.
func (c *call) changeOptions() (catalog.WriteOptions, error) {
	options := c.writeOptions()
	return options, c.flags(map[string]*bool{"create_missing_related_entities": &options.CreateMissing})
}

// creationOptions reads the query parameters of the operations that create.
func (c *call) creationOptions() (catalog.WriteOptions, error) {
	options := c.writeOptions()
	err := c.flags(map[string]*bool{
		"upsert":                          &options.Upsert,
		"merge":                           &options.Merge,
		"validation_only":                 &options.ValidateOnly,
		"create_missing_related_entities": &options.CreateMissing,
	})
	return options, err
}

// withEntity turns the result of the catalog into a response.
func withEntity(status int) func(*document.Object, error) (int, *document.Object, error) {
	return func(entity *document.Object, err error) (int, *document.Object, error) {
		if err != nil {
			return 0, nil, err
		}
		return status, success().With("entity", entity), nil
	}
}
