package entity

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/port-changelog/terraform-provider-port/internal/nearword"
	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/backend"
)

// This file checks an entity against its blueprint before it is written, so that a mistake fails
// the plan instead of the apply. It must not refuse anything that Port accepts: what it does not
// know, it accepts.

// check compares the configuration with the blueprint: the one that this process has planned, or
// else the one in Port. state is nil for a new entity.
func (r *entityResource) check(ctx context.Context, config *partialModel, state *model) diag.Diagnostics {
	if r.Backend == nil || !r.Backend.EntityPlanChecks || config.Blueprint.ValueString() == "" {
		return nil
	}
	definition, isPlanned := r.definition(ctx, config.Blueprint.ValueString())
	if definition == nil {
		return nil
	}
	c := checker{
		definition: definition,
		at:         config.address(),
		isPlanned:  isPlanned,
		isWhole:    config.isWhole(state == nil),
		parts:      r.Backend.Planned.Parts(config.Blueprint.ValueString()),
	}
	c.checkProperties(ctx, config)
	// If a planned blueprint does not declare relations, others may.
	if !isPlanned || definition.Relations != nil {
		c.checkRelations(ctx, config.Relations)
	}
	return c.diagnostics
}

// definition returns the blueprint as it will be, nil if that is not known.
func (r *entityResource) definition(ctx context.Context, blueprint string) (definition *port.Blueprint, isPlanned bool) {
	if planned, isPlanned := r.Backend.Planned.Find(blueprint); isPlanned {
		return planned.Definition, true
	}
	definition, err := r.Backend.Blueprint(ctx, blueprint)
	if err != nil {
		// This run may create the blueprint; if it does not, the apply fails.
		return nil, false
	}
	return definition, false
}

// checker collects the mistakes in one entity.
type checker struct {
	definition *port.Blueprint
	at         address
	// isPlanned reports whether the definition comes from the plan of this run. Otherwise it comes
	// from Port, and the run may be about to change it.
	isPlanned bool
	// isWhole reports whether properties and relations that the configuration omits will have no
	// value.
	isWhole bool
	// parts are the parts of the blueprint that other resources of this run declare.
	parts       []backend.PlannedPart
	diagnostics diag.Diagnostics
}

func (c *checker) fail(at path.Path, summary, format string, arguments ...any) {
	detail := fmt.Sprintf(format, arguments...)
	if !c.isPlanned {
		detail += "\n\nThis check used the blueprint as it is in Port. If this configuration changes the blueprint, make Terraform plan it first: " +
			"refer to its resource (blueprint = port_blueprint.<name>.identifier), or add it to depends_on."
	}
	c.diagnostics.AddAttributeError(at, summary, detail+
		fmt.Sprintf("\n\nThe error is in %s. To turn these checks off, set entity_plan_checks = false in the provider block.", c.subject()))
}

// subject describes the entity, which may have no identifier yet.
func (c *checker) subject() string {
	if c.at.Identifier == "" {
		return fmt.Sprintf("an entity of the blueprint %q", c.at.Blueprint)
	}
	return fmt.Sprintf("the entity %q", c.at)
}

func (c *checker) checkProperties(ctx context.Context, config *partialModel) {
	set := map[string]bool{}
	for _, e := range entriesOf(path.Root("properties"), config.Properties) {
		set[e.key] = !e.value.IsNull()
		value, isKnown := e.toAPI(ctx)
		c.checkProperty(e.at, e.key, value, isKnown)
	}
	untyped, err := objectOf(config.PropertiesJSON)
	if err != nil {
		return
	}
	for _, key := range sortedKeys(untyped) {
		set[key] = untyped[key] != nil
		c.checkProperty(path.Root("properties_json"), key, untyped[key], true)
	}
	if isOpen(config.Properties) || config.PropertiesJSON.IsUnknown() {
		return
	}
	for _, key := range c.definition.Schema.Required {
		_, isListed := set[key]
		if c.isWhole && !isListed && len(c.definition.Schema.Properties[key].Default) == 0 {
			c.fail(path.Root("properties"), "Missing Required Property", "The blueprint %q requires the property %q, which has no value.", c.definition.Identifier, key)
		}
	}
}

func (c *checker) checkProperty(at path.Path, key string, value any, isKnown bool) {
	property, exists := c.definition.Schema.Properties[key]
	switch {
	case !exists && c.isComputed(key):
		c.fail(at, "Computed Property", "Port computes the property %q of the blueprint %q; it cannot be set.", key, c.definition.Identifier)
	case !exists:
		c.fail(at, "Unknown Property", "The blueprint %q has no property %q.%s", c.definition.Identifier, key, suggestion(key, c.definition.Schema.Properties))
	case !isKnown:
	case value == nil && slices.Contains(c.definition.Schema.Required, key):
		c.fail(at, "Missing Required Property", "The blueprint %q requires the property %q, which is null.", c.definition.Identifier, key)
	case value == nil:
	case !isOfType(property.Type, value):
		c.fail(at, "Wrong Property Type", "The property %q of the blueprint %q is %s, not %s.", key, c.definition.Identifier, withArticle(property.Type), withArticle(typeOf(value)))
	default:
		if problem := ruleOf(property).violation(value); problem != "" {
			c.fail(at, "Invalid Property Value", "The property %q of the blueprint %q %s.", key, c.definition.Identifier, problem)
		}
	}
}

func (c *checker) isComputed(key string) bool {
	return has(c.definition.MirrorProperties, key) || has(c.definition.CalculationProperties, key) || has(c.definition.AggregationProperties, key)
}

func (c *checker) checkRelations(ctx context.Context, relations types.Object) {
	related := map[string]bool{}
	for _, e := range entriesOf(path.Root("relations"), relations) {
		value, isKnown := e.toAPI(ctx)
		list, isList := value.([]any)
		related[e.key] = !isKnown || (value != nil && (!isList || len(list) > 0))
		c.checkRelation(e)
	}
	if isOpen(relations) {
		return
	}
	for _, key := range sortedKeys(c.definition.Relations) {
		hasTarget, isListed := related[key]
		if c.definition.Relations[key].Required && !hasTarget && (isListed || c.isWhole) {
			c.fail(path.Root("relations"), "Missing Required Relation", "The blueprint %q requires the relation %q, which has no target.", c.definition.Identifier, key)
		}
	}
}

func (c *checker) checkRelation(e entry) {
	relation, exists := c.definition.Relations[e.key]
	switch {
	case !exists && c.isDeclaredElsewhere(e.key):
	case !exists:
		c.fail(e.at, "Unknown Relation", "The blueprint %q has no relation %q.%s\n\nIf a port_blueprint_relation of this configuration declares it, set blueprint = port_blueprint_relation.<name>.blueprint, "+
			"so that the relation is created first.", c.definition.Identifier, e.key, suggestion(e.key, c.definition.Relations))
	case relation.Many && e.collection == "single_relations":
		c.fail(e.at, "Wrong Kind of Relation", "The relation %q of the blueprint %q has multiple targets. Set it in many_relations.", e.key, c.definition.Identifier)
	case !relation.Many && e.collection == "many_relations":
		c.fail(e.at, "Wrong Kind of Relation", "The relation %q of the blueprint %q has a single target. Set it in single_relations.", e.key, c.definition.Identifier)
	}
}

// isDeclaredElsewhere reports whether a port_blueprint_relation of this run declares the relation.
func (c *checker) isDeclaredElsewhere(relation string) bool {
	return slices.Contains(c.parts, backend.PlannedPart{Attribute: "relations", Key: relation})
}

// isOpen reports whether a value or a map in it is unknown, so that absent keys cannot be
// determined.
func isOpen(value attr.Value) bool {
	if value.IsUnknown() {
		return true
	}
	object, isObject := value.(types.Object)
	if !isObject {
		return false
	}
	for _, attribute := range object.Attributes() {
		if isOpen(attribute) {
			return true
		}
	}
	return false
}

// suggestion returns the most similar key, or all keys if they are few.
func suggestion[T any](key string, existing map[string]T) string {
	const few = 12
	keys := sortedKeys(existing)
	if nearest, isNear := nearword.Nearest(key, keys); isNear {
		return fmt.Sprintf(" Did you mean %q?", nearest)
	}
	switch {
	case len(keys) == 0:
		return " It has none."
	case len(keys) > few:
		return ""
	default:
		return " It has: " + strings.Join(keys, ", ") + "."
	}
}
