package blueprint

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/backend"
	"github.com/port-changelog/terraform-provider-port/provider/internal/diagnose"
)

// partNouns are the nouns for one part of each attribute.
var partNouns = map[string]string{
	"properties":             "property",
	"relations":              "relation",
	"mirror_properties":      "mirror property",
	"calculation_properties": "calculation property",
	"aggregation_properties": "aggregation property",
}

// ModifyPlan plans the ID, and reports what Port would refuse, what the resource would take over,
// and what a plan would delete.
func (r *systemResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() {
		return
	}
	resp.Diagnostics.Append(r.PlanID(ctx, resp)...)
	var identifier types.String
	resp.Diagnostics.Append(resp.Plan.GetAttribute(ctx, path.Root("identifier"), &identifier)...)
	if r.Backend == nil || identifier.IsUnknown() || resp.Diagnostics.HasError() {
		return
	}
	if !resp.Plan.Raw.Equal(req.State.Raw) {
		resp.Diagnostics.Append(r.planAdditions(ctx, identifier.ValueString(), req)...)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(r.announce(ctx, identifier.ValueString(), req, resp)...)
	if !req.State.Raw.IsNull() {
		resp.Diagnostics.Append(planLosses(ctx, req, r.Backend.TypeChangeProtection)...)
	}
}

// planAdditions checks the declared parts against the blueprint.
func (r *systemResource) planAdditions(ctx context.Context, identifier string, req resource.ModifyPlanRequest) diag.Diagnostics {
	if slices.Contains(protectedBlueprints, identifier) {
		return diag.Diagnostics{diag.NewAttributeErrorDiagnostic(path.Root("identifier"), "Protected Blueprint", fmt.Sprintf(
			"Port protects the blueprint %q and refuses every change of it. "+
				"Remove this resource, and extend another system blueprint, such as _rule_result, or one of your own. To read the blueprint, use the data source port_blueprint.", identifier))}
	}
	store := systemStore{r.Backend}
	structure, err := store.structure(ctx, identifier)
	if err != nil {
		return diag.Diagnostics{unreadableSystem(identifier, err)}
	}
	declared, diagnostics := declaredParts(ctx, req.Config.GetAttribute)
	diagnostics.Append(refuseBase(declared, identifier, structure)...)
	if diagnostics.HasError() {
		return diagnostics
	}
	current, err := r.Backend.Blueprint(ctx, identifier)
	if err != nil {
		return diag.Diagnostics{unreadableSystem(identifier, err)}
	}
	var before []declaredPart
	if !req.State.Raw.IsNull() {
		parts, problems := declaredParts(ctx, req.State.GetAttribute)
		diagnostics.Append(problems...)
		before = parts
	}
	return append(diagnostics, r.planTakeover(added(declared, before), current)...)
}

// unreadableSystem describes why a system blueprint cannot be read.
func unreadableSystem(identifier string, err error) diag.Diagnostic {
	described := diagnose.Failure{Verb: "Read", Kind: "System Blueprint", Identifier: identifier, Err: err}.Diagnostic()
	if errors.Is(err, errNotSystem) {
		return diag.WithPath(path.Root("identifier"), described)
	}
	return described
}

// declaredPart is a part of a blueprint in a configuration or a state.
type declaredPart struct {
	attribute, key string
	at             path.Path
	// propertyType is Port's type of a property.
	propertyType string
}

func (p declaredPart) String() string { return fmt.Sprintf("%s %q", partNouns[p.attribute], p.key) }

// declaredParts returns the known parts, sorted.
func declaredParts(ctx context.Context, get getter) ([]declaredPart, diag.Diagnostics) {
	properties, diagnostics := declaredProperties(ctx, get)
	var parts []declaredPart
	for _, attribute := range slices.Sorted(maps.Keys(partNouns)) {
		all := properties
		if attribute != "properties" {
			elements, problems := declaredIn(ctx, get, path.Root(attribute), "")
			diagnostics.Append(problems...)
			all = elements
		}
		for _, key := range slices.Sorted(maps.Keys(all.byKey)) {
			one := all.byKey[key]
			parts = append(parts, declaredPart{attribute: attribute, key: key, at: one.at, propertyType: one.kind})
		}
	}
	return parts, diagnostics
}

// added returns the parts that before lacks.
func added(parts, before []declaredPart) []declaredPart {
	return slices.DeleteFunc(slices.Clone(parts), func(part declaredPart) bool {
		return slices.ContainsFunc(before, func(old declaredPart) bool { return old.attribute == part.attribute && old.key == part.key })
	})
}

// refuseBase refuses keys of the base structure. An entity has its properties and all derived
// properties under one key, so they share one namespace.
func refuseBase(parts []declaredPart, identifier string, structure *port.Blueprint) diag.Diagnostics {
	var diagnostics diag.Diagnostics
	relations := keysOf(structure)["relations"]
	shown := withoutParts(structure, declaredKeys{"relations": relations})
	for _, part := range parts {
		taken := keysOf(shown).all()
		if part.attribute == "relations" {
			taken = relations
		}
		if slices.Contains(taken, part.key) {
			diagnostics.AddAttributeError(part.at, "Key of the Base Structure", fmt.Sprintf(
				"The key %[2]q belongs to the base structure of %[1]q, which only Port can change. "+
					"To use it as it is, remove %[2]q from the configuration. To add a %[3]s of your own, choose another key.", identifier, part.key, partNouns[part.attribute]))
		}
	}
	return diagnostics
}

// planTakeover reports which parts somebody else has already added.
func (r *systemResource) planTakeover(parts []declaredPart, current *port.Blueprint) diag.Diagnostics {
	var diagnostics diag.Diagnostics
	var taken []string
	existing := keysOf(current)
	for _, part := range parts {
		property, isProperty := current.Schema.Properties[part.key]
		switch {
		case !slices.Contains(existing[part.attribute], part.key):
		case part.attribute == "properties" && isProperty && property.Type != part.propertyType && r.Backend.TypeChangeProtection:
			diagnostics.AddAttributeError(part.at, "Property of Another Type", fmt.Sprintf(
				"The blueprint %q already has the property %q with the type %q instead of %q. Port cannot convert its values: applying this would delete the value of every entity. "+
					"Choose another key, configure the existing type, or set blueprint_property_type_change_protection = false in the provider block to accept the loss.",
				current.Identifier, part.key, property.Type, part.propertyType))
		default:
			taken = append(taken, part.String())
		}
	}
	if len(taken) > 0 && !diagnostics.HasError() {
		diagnostics.AddWarning("Existing Additions Will Be Taken Over", fmt.Sprintf(
			"The blueprint %q already has the %s, which this resource has not added. Applying this overwrites them with the configured definition; "+
				"removing them from the configuration later or destroying the resource deletes them, with the values of every entity.", current.Identifier, strings.Join(taken, ", the ")))
	}
	return diagnostics
}

// announce publishes the planned blueprint for the entities that are planned later, and refuses
// parts that another resource declares too.
func (r *systemResource) announce(ctx context.Context, identifier string, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) diag.Diagnostics {
	planned := backend.PlannedBlueprint{Before: identifier, After: identifier, Inline: map[string]backend.InlineParts{}}
	declared, diagnostics := declaredParts(ctx, req.Config.GetAttribute)
	for _, part := range declared {
		inline := planned.Inline[part.attribute]
		inline.Keys = append(inline.Keys, part.key)
		planned.Inline[part.attribute] = inline
	}
	planned.Definition = r.definition(ctx, identifier, req, resp)
	r.Backend.Planned.Add(planned)
	return append(diagnostics, refuseParts(r.Backend, planned)...)
}

// definition returns the planned blueprint without the parts that others may add to; nil if it is
// not known.
func (r *systemResource) definition(ctx context.Context, identifier string, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) *port.Blueprint {
	var plan, state systemModel
	if !req.Config.Raw.IsFullyKnown() || resp.Plan.Get(ctx, &plan).HasError() {
		return nil
	}
	if !req.State.Raw.IsNull() && req.State.Get(ctx, &state).HasError() {
		return nil
	}
	before, err := state.whole().toAPI()
	if err != nil {
		return nil
	}
	after, err := plan.whole().toAPI()
	if err != nil {
		return nil
	}
	current, err := r.Backend.Blueprint(ctx, identifier)
	if err != nil {
		return nil
	}
	structure, err := r.Backend.SystemStructure(ctx, identifier)
	if err != nil {
		return nil
	}
	extended, err := extend(current, structure, before, after)
	if err != nil {
		return nil
	}
	extended.Relations, extended.AggregationProperties = nil, nil
	return extended
}
