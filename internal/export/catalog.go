package export

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Selection says what to export.
type Selection struct {
	// Blueprints are the identifiers of the blueprints; nil selects all except Port's own.
	Blueprints []string
	// Entities and Actions say whether to export those of the blueprints as well.
	Entities, Actions bool
	// Query is a Port search query in JSON that selects entities; "" selects all.
	Query string
}

// object is one object in Port that becomes a resource.
type object struct {
	typeName string
	// identifier is unique among the objects of its type and parent.
	identifier string
	// parent is the blueprint that the object belongs to, or "".
	parent string
	// label is the name of the resource.
	label string
	state tftypes.Value
	// rank is its position in the order, in which objects come after those that they refer to. It
	// is 0 until the order is determined.
	rank int
}

func (o *object) address() string { return o.typeName + "." + o.label }

// importID is the id for "terraform import".
func (o *object) importID() string {
	switch {
	case o.typeName != entityType:
		return o.identifier
	case strings.Contains(o.parent+o.identifier, ":"):
		exact, _ := json.Marshal(struct { // Strings can always be encoded.
			Blueprint  string `json:"blueprint"`
			Identifier string `json:"identifier"`
		}{o.parent, o.identifier})
		return string(exact)
	default:
		return o.parent + ":" + o.identifier
	}
}

// Catalog contains the selected objects.
type Catalog struct {
	provider *Provider
	// blueprints are the selected identifiers, including those of Port's own blueprints.
	blueprints []string
	objects    []*object
	byKey      map[objectKey]*object
}

// objectKey identifies an object.
type objectKey struct{ typeName, parent, identifier string }

// Read reads the selected objects. It returns an error if a selected blueprint does not exist.
func (p *Provider) Read(ctx context.Context, selection Selection) (*Catalog, error) {
	c := &Catalog{provider: p, byKey: map[objectKey]*object{}}
	if err := c.readBlueprints(ctx, selection); err != nil {
		return nil, err
	}
	if selection.Entities {
		if err := c.readEntities(ctx, selection.Query); err != nil {
			return nil, err
		}
	}
	if selection.Actions {
		if err := c.readActions(ctx, selection.Blueprints == nil); err != nil {
			return nil, err
		}
	}
	return c, c.order(ctx)
}

// readBlueprints reads the selected blueprints. Port's own blueprints are not resources, but their
// entities and the organization's additions to them may be.
func (c *Catalog) readBlueprints(ctx context.Context, selection Selection) error {
	filter := map[string]any{}
	if selection.Blueprints != nil {
		filter["identifiers"] = selection.Blueprints
	}
	for state, err := range c.provider.list(ctx, blueprintType, filter) {
		if err != nil {
			return err
		}
		identifier := textOf(state, "identifier")
		c.add(&object{typeName: blueprintType, identifier: identifier, state: state})
		c.blueprints = append(c.blueprints, identifier)
	}
	for _, identifier := range selection.Blueprints {
		if slices.Contains(c.blueprints, identifier) {
			continue
		}
		if !strings.HasPrefix(identifier, "_") {
			return fmt.Errorf("blueprint %q does not exist", identifier)
		}
		c.blueprints = append(c.blueprints, identifier)
	}
	slices.Sort(c.blueprints)
	return nil
}

func (c *Catalog) readEntities(ctx context.Context, query string) error {
	for _, blueprint := range c.blueprints {
		filter := map[string]any{"blueprint": blueprint}
		if query != "" {
			filter["query"] = query
		}
		for state, err := range c.provider.list(ctx, entityType, filter) {
			if err != nil {
				return err
			}
			c.add(&object{typeName: entityType, parent: blueprint, identifier: textOf(state, "identifier"), state: state})
		}
	}
	return nil
}

// readActions reads the actions of the blueprints and, on request, all others.
func (c *Catalog) readActions(ctx context.Context, withoutBlueprint bool) error {
	for _, blueprint := range c.blueprints {
		if err := c.readActionsOf(ctx, blueprint, map[string]any{"blueprint": blueprint}); err != nil {
			return err
		}
	}
	if withoutBlueprint {
		return c.readActionsOf(ctx, "", nil)
	}
	return nil
}

func (c *Catalog) readActionsOf(ctx context.Context, blueprint string, filter map[string]any) error {
	for state, err := range c.provider.list(ctx, actionType, filter) {
		if err != nil {
			return err
		}
		action := &object{typeName: actionType, parent: blueprint, identifier: textOf(state, "identifier"), state: state}
		if c.find(actionType, "", action.identifier) == nil {
			c.add(action)
		}
	}
	return nil
}

// add adds an object. The identifiers of entities are unique within their blueprint, all others
// within the organization.
func (c *Catalog) add(o *object) {
	c.objects = append(c.objects, o)
	key := objectKey{o.typeName, "", o.identifier}
	if o.typeName == entityType {
		key.parent = o.parent
	}
	c.byKey[key] = o
}

// find returns the object with an identifier, or nil. Only entities have a parent.
func (c *Catalog) find(typeName, parent, identifier string) *object {
	return c.byKey[objectKey{typeName, parent, identifier}]
}

// count returns the number of objects of a type.
func (c *Catalog) count(typeName string) int {
	n := 0
	for _, one := range c.objects {
		if one.typeName == typeName {
			n++
		}
	}
	return n
}

// textOf returns a string attribute of a state, or "".
func textOf(state tftypes.Value, names ...string) string {
	for _, name := range names {
		var members map[string]tftypes.Value
		if state.As(&members) != nil {
			return ""
		}
		state = members[name]
	}
	var text string
	if state.IsNull() || state.As(&text) != nil {
		return ""
	}
	return text
}
