package emulator

import (
	"errors"
	"net/http"

	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/catalog"
	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/document"
	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/shape"
)

// createEntities is POST /v1/blueprints/{blueprint_identifier}/entities/bulk. Each entity succeeds
// or fails separately; the status is 207 if one failed.
func (e *entities) createEntities(c *call) (int, *document.Object, error) {
	options, err := c.creationOptions()
	if err != nil {
		return 0, nil, err
	}
	body, err := c.body(shape.Bulk)
	if err != nil {
		return 0, nil, err
	}
	blueprint := c.variable("blueprint_identifier")
	if _, err := e.catalog.Count(blueprint); err != nil {
		return 0, nil, err
	}
	written, failures := []any{}, []any{}
	for i, item := range body.List("entities") {
		entity, _ := item.(*document.Object)
		stored, created, err := e.catalog.CreateEntity(blueprint, entity, options)
		if err != nil {
			failures = append(failures, e.bulkError(i, entity, err))
			continue
		}
		written = append(written, document.New().
			With("created", created).With("identifier", stored.Text("identifier")).With("index", i))
	}
	status := http.StatusOK
	if len(failures) > 0 {
		status = http.StatusMultiStatus
	}
	return status, document.New().With("ok", len(failures) == 0).With("entities", written).With("errors", failures), nil
}

// bulkError describes the failure of one entity of a bulk create.
func (e *entities) bulkError(index int, entity *document.Object, err error) *document.Object {
	described := document.New().With("index", index).With("identifier", entity.Text("identifier"))
	refused, ok := errors.AsType[*catalog.Error](err)
	if !ok {
		return described.With("statusCode", http.StatusInternalServerError).With("error", "internal_error").With("message", "The emulator failed")
	}
	return described.
		With("statusCode", e.statusOf(refused.Reason)).
		With("error", string(refused.Reason)).
		With("message", refused.Message)
}

// deleteEntities is POST /v1/blueprints/{blueprint_identifier}/bulk/entities/delete.
func (e *entities) deleteEntities(c *call) (int, *document.Object, error) {
	withDependents, err := c.flag("delete_dependents")
	if err != nil {
		return 0, nil, err
	}
	body, err := c.body(shape.BulkDeletion)
	if err != nil {
		return 0, nil, err
	}
	identifiers := make([]string, 0, len(body.List("entities")))
	for _, item := range body.List("entities") {
		identifier, _ := item.(string)
		identifiers = append(identifiers, identifier)
	}
	deleted, err := e.catalog.DeleteEntities(c.variable("blueprint_identifier"), identifiers, withDependents, c.cause)
	if err != nil {
		return 0, nil, err
	}
	shown := make([]any, len(deleted))
	for i, identifier := range deleted {
		shown[i] = identifier
	}
	return http.StatusOK, success().With("deletedEntities", shown), nil
}
