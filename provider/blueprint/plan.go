package blueprint

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/port-changelog/terraform-provider-port/provider/internal/backend"
	"github.com/port-changelog/terraform-provider-port/provider/internal/metadata"
	"github.com/port-changelog/terraform-provider-port/provider/internal/settle"
)

// localAttributes are those that Port never stores.
var localAttributes = []string{"force_delete_entities", "create_catalog_page"}

// propertyTypes maps each map of properties in the configuration to the type
// that Port gives to its properties.
var propertyTypes = map[string]string{
	"string_props":  typeString,
	"number_props":  typeNumber,
	"boolean_props": typeBoolean,
	"object_props":  typeObject,
	"array_props":   typeArray,
}

// ModifyPlan settles the computed attributes and refuses a change of a
// property's type, which would delete its values, unless that is allowed.
func (r *blueprintResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() {
		return
	}
	resp.Diagnostics.Append(planID(ctx, req, resp)...)
	settle.Volatile(ctx, req, resp, metadata.Volatile(), localAttributes)
	resp.Diagnostics.Append(r.announce(ctx, req, resp)...)
	if r.backend == nil || !r.backend.TypeChangeProtection || req.State.Raw.IsNull() {
		return
	}
	before, diagnostics := typesOfProperties(ctx, req.State.GetAttribute)
	resp.Diagnostics.Append(diagnostics...)
	after, diagnostics := typesOfProperties(ctx, req.Plan.GetAttribute)
	resp.Diagnostics.Append(diagnostics...)
	resp.Diagnostics.Append(typeChanges(before, after)...)
}

// planID knows the id as soon as the identifier is known, so that what refers
// to it can be planned.
func planID(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) diag.Diagnostics {
	var identifier types.String
	diagnostics := req.Plan.GetAttribute(ctx, path.Root("identifier"), &identifier)
	diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("id"), identifier)...)
	return diagnostics
}

// announce tells the entities that are planned later what this blueprint will be.
func (r *blueprintResource) announce(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) diag.Diagnostics {
	if r.backend == nil {
		return nil
	}
	var before, after types.String
	diagnostics := resp.Plan.GetAttribute(ctx, path.Root("identifier"), &after)
	if !req.State.Raw.IsNull() {
		diagnostics.Append(req.State.GetAttribute(ctx, path.Root("identifier"), &before)...)
	}
	if diagnostics.HasError() || after.IsUnknown() {
		return diagnostics
	}
	planned := backend.PlannedBlueprint{Before: before.ValueString(), After: after.ValueString()}
	var plan model
	if req.Config.Raw.IsFullyKnown() && !resp.Plan.Get(ctx, &plan).HasError() {
		planned.Definition = plan.toAPI()
	}
	r.backend.Planned.Add(planned)
	return diagnostics
}

type property struct {
	collection string
	key        string
}

func (p property) path() path.Path {
	return path.Root("properties").AtName(p.collection).AtMapKey(p.key)
}

// typesOfProperties lists the properties of a plan or a state by key. Maps
// that are not known yet are left out: they are checked when they are.
func typesOfProperties(ctx context.Context, get func(context.Context, path.Path, any) diag.Diagnostics) (map[string]property, diag.Diagnostics) {
	var diagnostics diag.Diagnostics
	properties := map[string]property{}
	for _, collection := range slices.Sorted(maps.Keys(propertyTypes)) {
		var elements types.Map
		diagnostics.Append(get(ctx, path.Root("properties").AtName(collection), &elements)...)
		for key := range elements.Elements() {
			properties[key] = property{collection: collection, key: key}
		}
	}
	return properties, diagnostics
}

func typeChanges(before, after map[string]property) diag.Diagnostics {
	var diagnostics diag.Diagnostics
	for _, key := range slices.Sorted(maps.Keys(after)) {
		old, existed := before[key]
		if !existed || old.collection == after[key].collection {
			continue
		}
		diagnostics.AddAttributeError(after[key].path(), "Property Type Changed", fmt.Sprintf(
			"The type of property %q changed from %q to %q. Port cannot convert its values: applying this would delete the value of every entity. "+
				"Give the property a new key, or set blueprint_property_type_change_protection = false in the provider block to accept the loss.",
			key, propertyTypes[old.collection], propertyTypes[after[key].collection]))
	}
	return diagnostics
}

// keepWhenAbsent plans what is there when nothing is configured: the attribute
// is somebody else's then.
type keepWhenAbsent struct{}

var _ planmodifier.Map = keepWhenAbsent{}

func (keepWhenAbsent) Description(context.Context) string {
	return "Without a value in the configuration, what is there stays."
}

func (m keepWhenAbsent) MarkdownDescription(ctx context.Context) string { return m.Description(ctx) }

func (keepWhenAbsent) PlanModifyMap(_ context.Context, req planmodifier.MapRequest, resp *planmodifier.MapResponse) {
	if req.ConfigValue.IsNull() {
		resp.PlanValue = req.StateValue
	}
}
