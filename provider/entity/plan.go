package entity

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/metadata"
)

// ModifyPlan plans what the plan modifiers of the schema cannot: each of them sees only one
// attribute, and not the blueprint.
func (r *entityResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if isUnchanged(req) {
		r.planUnchanged(ctx, req.Config, resp)
		return
	}
	rec, diagnostics := readRecord(ctx, req.Private)
	resp.Diagnostics.Append(diagnostics...)
	if resp.Diagnostics.HasError() {
		return
	}
	if req.Plan.Raw.IsNull() {
		resp.Diagnostics.Append(r.planDestroy(ctx, req.State, rec)...)
		return
	}
	var config partialModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if req.State.Raw.IsNull() {
		r.planCreate(ctx, &config, resp)
		return
	}
	var state model
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	r.planUpdate(ctx, &config, &state, rec, resp)
}

// settledAttributes are the attributes for which the configuration alone does not determine the
// plan: the optional ones that are also computed and have no default. A generated identifier stays.
var settledAttributes = []string{"title", "icon", "teams", "properties", "properties_json", "relations"}

// isUnchanged reports whether there is nothing to settle, as for most entities of a plan: the plan
// is the state, and so is the configuration of each of the settledAttributes.
func isUnchanged(req resource.ModifyPlanRequest) bool {
	var config, state map[string]tftypes.Value
	if !req.Plan.Raw.Equal(req.State.Raw) || req.Config.Raw.As(&config) != nil || req.State.Raw.As(&state) != nil {
		return false
	}
	for _, name := range settledAttributes {
		if !config[name].Equal(state[name]) {
			return false
		}
	}
	return true
}

// planUnchanged plans an entity that stays as it is. Its configuration is decoded only if this run
// has planned its blueprint.
func (r *entityResource) planUnchanged(ctx context.Context, from tfsdk.Config, resp *resource.ModifyPlanResponse) {
	var blueprint types.String
	if from.Raw.IsNull() || from.GetAttribute(ctx, path.Root("blueprint"), &blueprint).HasError() || r.plannedBlueprint(blueprint).Definition == nil {
		return
	}
	var config partialModel
	resp.Diagnostics.Append(from.Get(ctx, &config)...)
	if !resp.Diagnostics.HasError() {
		resp.Diagnostics.Append(r.lossWarnings(ctx, &config)...)
	}
}

// planCreate plans an entity that is not in the state.
func (r *entityResource) planCreate(ctx context.Context, config *partialModel, resp *resource.ModifyPlanResponse) {
	if config.isDeclared() && config.Title.IsNull() {
		resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("title"), types.StringNull())...)
	}
	if config.Icon.IsNull() {
		resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("icon"), types.StringNull())...)
	}
	if config.PropertiesJSON.IsNull() {
		resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("properties_json"), config.PropertiesJSON)...)
	}
	resp.Diagnostics.Append(planID(ctx, resp)...)
	resp.Diagnostics.Append(r.check(ctx, config, nil)...)
	resp.Diagnostics.Append(r.adoptionWarning(ctx, config)...)
	if r.Backend != nil && config.hasAddress() && r.Backend.PlanCreation(config.address().key()) {
		resp.Diagnostics.Append(diag.WithPath(path.Root("identifier"), recreationWarning(config.address())))
	}
}

// planDestroy plans the destruction of an entity.
func (r *entityResource) planDestroy(ctx context.Context, from tfsdk.State, rec record) diag.Diagnostics {
	var state model
	diagnostics := from.Get(ctx, &state)
	if diagnostics.HasError() {
		return diagnostics
	}
	if state.isDeclared() {
		diagnostics.Append(destroyWarning(&state, rec))
	}
	if r.Backend != nil && r.Backend.PlanDestruction(state.address().key()) {
		diagnostics.Append(recreationWarning(state.address()))
	}
	return diagnostics
}

// planUpdate plans a change of an entity that is in the state.
func (r *entityResource) planUpdate(ctx context.Context, config *partialModel, state *model, rec record, resp *resource.ModifyPlanResponse) {
	resp.Diagnostics.Append(planForm(ctx, config, state, rec, resp)...)
	resp.Diagnostics.Append(planID(ctx, resp)...)
	if resp.Diagnostics.HasError() {
		return
	}
	moves := r.planBlueprint(ctx, config, state, rec, resp)
	writes, diagnostics := planWrites(ctx, state, rec, resp)
	resp.Diagnostics.Append(diagnostics...)
	if moves {
		// Port has either moved the entity with its blueprint, or the apply creates it again.
		resp.Diagnostics.Append(setUnknown(ctx, resp, "created_at", "created_by")...)
	}
	if writes || moves {
		resp.Diagnostics.Append(setUnknown(ctx, resp, metadata.Volatile()...)...)
		resp.Diagnostics.Append(r.check(ctx, config, state)...)
	} else {
		resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("updated_at"), state.UpdatedAt)...)
		resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("updated_by"), state.UpdatedBy)...)
		resp.Diagnostics.Append(r.lossWarnings(ctx, config)...)
	}
	resp.Diagnostics.Append(releaseWarning(ctx, config, state)...)
}

// planForm plans the title, icon, teams, properties and relations. It keeps the prior form of each
// value that means the same as the configuration.
func planForm(ctx context.Context, config *partialModel, state *model, rec record, resp *resource.ModifyPlanResponse) diag.Diagnostics {
	var diagnostics diag.Diagnostics
	set := func(name string, value any) {
		diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root(name), value)...)
	}
	if config.Title.IsNull() {
		set("title", planTitle(config, state, rec))
	}
	if config.Icon.IsNull() {
		set("icon", planIcon(config, state))
	}
	if config.isDeclared() && config.Teams.IsNull() {
		set("teams", config.Teams)
	}
	s := newSettler(rec.filled(listedIn(state)))
	if config.isDeclared() {
		s = newDeclaredSettler()
	}
	if properties, isKnown := config.properties(ctx, &diagnostics); isKnown {
		planned := s.all(properties, propertySet{typed: state.Properties, untyped: state.PropertiesJSON})
		set("properties", planned.typed)
		set("properties_json", planned.untyped)
	} else if !config.PropertiesJSON.IsUnknown() {
		set("properties_json", s.json(config.PropertiesJSON, state.PropertiesJSON))
	}
	if relations, isKnown := config.relations(ctx, &diagnostics); isKnown {
		set("relations", s.relations(relations, state.Relations))
	}
	if s.problem != nil {
		diagnostics.AddError("Invalid Property Value", s.problem.Error())
	}
	return diagnostics
}

// listedIn returns the property values in a state. It returns nil if one cannot be decoded; the
// update reports that.
func listedIn(state *model) map[string]any {
	listed, err := state.values()
	if err != nil {
		return nil
	}
	return listed
}

// planTitle plans a title that is not configured. A title that Port generated stays, and so does an
// absent one. Any other is removed, and Port's replacement for it is not known. The title of a
// declared entity is not managed.
func planTitle(config *partialModel, state *model, rec record) types.String {
	if config.isDeclared() {
		return types.StringNull()
	}
	switch state.Title.ValueString() {
	case "", state.Identifier.ValueString(), rec.Title:
		return state.Title
	default:
		return types.StringUnknown()
	}
}

// planIcon plans an icon that is not configured: null, or the empty string if the state has that.
func planIcon(config *partialModel, state *model) types.String {
	if !config.isDeclared() && state.Icon.ValueString() == "" {
		return state.Icon
	}
	return types.StringNull()
}

// planID plans the ID as soon as its parts are known, so that resources that refer to it can be
// planned.
func planID(ctx context.Context, resp *resource.ModifyPlanResponse) diag.Diagnostics {
	var blueprint, identifier types.String
	diagnostics := resp.Plan.GetAttribute(ctx, path.Root("blueprint"), &blueprint)
	diagnostics.Append(resp.Plan.GetAttribute(ctx, path.Root("identifier"), &identifier)...)
	id := types.StringUnknown()
	if !blueprint.IsUnknown() && !identifier.IsUnknown() {
		id = types.StringValue(entityID(blueprint.ValueString(), identifier.ValueString()))
	}
	diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("id"), id)...)
	return diagnostics
}

// planBlueprint plans a replacement if the blueprint changes, unless the new identifier is, or may
// be, a new name of the same blueprint; the update finds out which. It reports whether the entity
// moves in place.
func (r *entityResource) planBlueprint(ctx context.Context, config *partialModel, state *model, rec record, resp *resource.ModifyPlanResponse) (moves bool) {
	at, from, to := path.Root("blueprint"), state.Blueprint.ValueString(), config.Blueprint.ValueString()
	switch {
	case config.Blueprint.Equal(state.Blueprint):
		return false
	case config.Blueprint.IsUnknown(), r.Backend != nil && r.mayBeRenamed(ctx, from, to):
		return true
	case r.Backend != nil && !r.Backend.WasRead(state.address().key()):
		resp.Diagnostics.AddAttributeError(at, "Plan Again", fmt.Sprintf(
			"The blueprint of the entity %q turned out to be %q, a different blueprint, so the entity must be replaced. The plan could not show this "+
				"because the blueprint was not known yet, or because it was created with -refresh=false. Nothing was written. Run terraform plan again, with a refresh.", state.ID.ValueString(), to))
		return false
	}
	resp.RequiresReplace = append(resp.RequiresReplace, at)
	if state.isDeclared() {
		resp.Diagnostics.Append(destroyWarning(state, rec))
	}
	return false
}

// mayBeRenamed reports whether to may be a new identifier of the blueprint from. Terraform plans
// resources that do not refer to each other in any order, so the rename may not be planned yet; in
// that case Port has no blueprint with the new identifier yet.
func (r *entityResource) mayBeRenamed(ctx context.Context, from, to string) bool {
	if source, isPlanned := r.Backend.Planned.Find(from); isPlanned && source.Before == from {
		return source.After == to && from != to
	}
	if target, isPlanned := r.Backend.Planned.Find(to); isPlanned {
		return target.Before == from
	}
	if _, err := r.Backend.Blueprint(ctx, to); err != nil {
		return errors.Is(err, port.ErrNotFound)
	}
	_, err := r.Backend.Blueprint(ctx, from)
	return errors.Is(err, port.ErrNotFound)
}

// planWrites reports whether applying the plan writes to Port. It assumes so while a value that
// Port stores is unknown.
func planWrites(ctx context.Context, state *model, rec record, resp *resource.ModifyPlanResponse) (bool, diag.Diagnostics) {
	var partial partialModel
	diagnostics := resp.Plan.Get(ctx, &partial)
	if diagnostics.HasError() || !partial.isKnown(ctx) {
		return true, diagnostics
	}
	var plan model
	diagnostics.Append(resp.Plan.Get(ctx, &plan)...)
	if diagnostics.HasError() {
		return true, diagnostics
	}
	changes, err := plan.changeFrom(state, rec)
	if err != nil {
		diagnostics.AddError("Invalid Property Value", err.Error())
	}
	return !changes.isEmpty(), diagnostics
}

func setUnknown(ctx context.Context, resp *resource.ModifyPlanResponse, names ...string) diag.Diagnostics {
	var diagnostics diag.Diagnostics
	for _, name := range names {
		diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root(name), types.StringUnknown())...)
	}
	return diagnostics
}
