package emulator

import (
	"net/http"

	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/document"
	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/shape"
)

// renameProperty is PATCH …/properties/{property_identifier}/rename.
func (b *blueprints) renameProperty(c *call) (int, *document.Object, error) {
	return c.rename(shape.RenameProperty, "newPropertyName", "property_identifier", b.catalog.RenameProperty)
}

// renameMirror is PATCH …/mirror/{property_identifier}/rename.
func (b *blueprints) renameMirror(c *call) (int, *document.Object, error) {
	return c.rename(shape.RenameMirror, "newMirrorName", "property_identifier", b.catalog.RenameMirror)
}

// renameRelation is PATCH …/relations/{relation_identifier}/rename.
func (b *blueprints) renameRelation(c *call) (int, *document.Object, error) {
	return c.rename(shape.RenameRelation, "newRelationIdentifier", "relation_identifier", b.catalog.RenameRelation)
}

// rename reads the new name from the body and applies it. [?rename-response] It is assumed that the
// response contains the blueprint.
func (c *call) rename(
	shape shape.Name, key, variable string, apply func(blueprint, from, to string) (*document.Object, error),
) (int, *document.Object, error) {
	body, err := c.body(shape)
	if err != nil {
		return 0, nil, err
	}
	return withBlueprint(http.StatusOK)(apply(c.variable("blueprint_identifier"), c.variable(variable), body.Text(key)))
}
