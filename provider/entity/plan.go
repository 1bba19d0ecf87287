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

	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/metadata"
)

// ModifyPlan settles what the schema's plan modifiers cannot: they see one
// attribute at a time, and nothing of the blueprint.
func (r *entityResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	known, diagnostics := readRecord(ctx, req.Private)
	resp.Diagnostics.Append(diagnostics...)
	if resp.Diagnostics.HasError() {
		return
	}
	if req.Plan.Raw.IsNull() {
		resp.Diagnostics.Append(r.planDestroy(ctx, req.State, known)...)
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
	r.planUpdate(ctx, &config, &state, known, resp)
}

// planCreate plans an entity that is new to Terraform.
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
	resp.Diagnostics.Append(r.adoptionNotice(ctx, config)...)
	if r.backend != nil && config.hasAddress() && r.backend.PlanCreation(config.address().key()) {
		resp.Diagnostics.Append(diag.WithPath(path.Root("identifier"), recreationWarning(config.address())))
	}
}

// planDestroy plans the end of an entity.
func (r *entityResource) planDestroy(ctx context.Context, from tfsdk.State, known record) diag.Diagnostics {
	var state model
	diagnostics := from.Get(ctx, &state)
	if diagnostics.HasError() {
		return diagnostics
	}
	if state.isDeclared() {
		diagnostics.Append(destroyWarning(&state, known))
	}
	if r.backend != nil && r.backend.PlanDestruction(state.address().key()) {
		diagnostics.Append(recreationWarning(state.address()))
	}
	return diagnostics
}

// planUpdate plans a change of an entity that Terraform has.
func (r *entityResource) planUpdate(ctx context.Context, config *partialModel, state *model, known record, resp *resource.ModifyPlanResponse) {
	resp.Diagnostics.Append(planForm(ctx, config, state, known, resp)...)
	resp.Diagnostics.Append(planID(ctx, resp)...)
	if resp.Diagnostics.HasError() {
		return
	}
	moves := r.planBlueprint(ctx, config, state, known, resp)
	writes, diagnostics := planWrites(ctx, state, known, resp)
	resp.Diagnostics.Append(diagnostics...)
	if moves {
		// Port may have moved the entity along, or it is made anew.
		resp.Diagnostics.Append(setUnknown(ctx, resp, "created_at", "created_by")...)
	}
	if writes || moves {
		resp.Diagnostics.Append(setUnknown(ctx, resp, metadata.Volatile()...)...)
		resp.Diagnostics.Append(r.check(ctx, config, state)...)
	} else {
		resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("updated_at"), state.UpdatedAt)...)
		resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("updated_by"), state.UpdatedBy)...)
	}
	resp.Diagnostics.Append(releaseNotice(ctx, config, state)...)
}

// planForm plans the title, the icon, the teams, the properties and the
// relations: as they are where the configuration means the same.
func planForm(ctx context.Context, config *partialModel, state *model, known record, resp *resource.ModifyPlanResponse) diag.Diagnostics {
	var diagnostics diag.Diagnostics
	set := func(name string, value any) {
		diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root(name), value)...)
	}
	if config.Title.IsNull() {
		set("title", planTitle(config, state, known))
	}
	if config.Icon.IsNull() {
		set("icon", planIcon(config, state))
	}
	if config.isDeclared() && config.Teams.IsNull() {
		set("teams", config.Teams)
	}
	s := newSettler(known.filled(listedIn(state)))
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

// listedIn are the values that a state lists. One that cannot be read lists
// nothing; the update that follows reports it.
func listedIn(state *model) map[string]any {
	listed, err := state.values()
	if err != nil {
		return nil
	}
	return listed
}

// planTitle plans a title that is left out: what Port makes up for an entity
// without one stays, and so does none. Any other goes; what Port puts in its
// place is not known. Of a declared entity it is not ours.
func planTitle(config *partialModel, state *model, known record) types.String {
	if config.isDeclared() {
		return types.StringNull()
	}
	switch state.Title.ValueString() {
	case "", state.Identifier.ValueString(), known.Title:
		return state.Title
	default:
		return types.StringUnknown()
	}
}

// planIcon plans an icon that is left out: none, in the form in which it is not
// there already.
func planIcon(config *partialModel, state *model) types.String {
	if !config.isDeclared() && state.Icon.ValueString() == "" {
		return state.Icon
	}
	return types.StringNull()
}

// planID knows the id as soon as its parts are known, so that what refers to it
// can be planned.
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

// planBlueprint plans another blueprint as a replacement, unless it is the same
// one under a new name, or may be: then the update finds out. It reports whether
// the entity moves in place.
func (r *entityResource) planBlueprint(ctx context.Context, config *partialModel, state *model, known record, resp *resource.ModifyPlanResponse) (moves bool) {
	at, from, to := path.Root("blueprint"), state.Blueprint.ValueString(), config.Blueprint.ValueString()
	switch {
	case config.Blueprint.Equal(state.Blueprint):
		return false
	case config.Blueprint.IsUnknown(), r.backend != nil && r.mayBeRenamed(ctx, from, to):
		return true
	case r.backend != nil && !r.backend.WasRead(state.address().key()):
		resp.Diagnostics.AddAttributeError(at, "Plan Again", fmt.Sprintf(
			"The blueprint of the entity %q turns out to be %q, which is another one: the entity has to be replaced. The plan could not say so, "+
				"because the blueprint was not known yet, or because the plan was made with -refresh=false. Nothing was written. Plan again, with a refresh.", state.ID.ValueString(), to))
		return false
	}
	resp.RequiresReplace = append(resp.RequiresReplace, at)
	if state.isDeclared() {
		resp.Diagnostics.Append(destroyWarning(state, known))
	}
	return false
}

// mayBeRenamed reports whether one identifier is a new name of the blueprint
// that has or had the other. Terraform plans resources that do not refer to each
// other in any order, so the rename may not be planned yet; but then there is no
// blueprint of the new name yet either.
func (r *entityResource) mayBeRenamed(ctx context.Context, from, to string) bool {
	if source, isPlanned := r.backend.Planned.Find(from); isPlanned && source.Before == from {
		return source.After == to && from != to
	}
	if target, isPlanned := r.backend.Planned.Find(to); isPlanned {
		return target.Before == from
	}
	if _, err := r.backend.Blueprint(ctx, to); err != nil {
		return errors.Is(err, port.ErrNotFound)
	}
	_, err := r.backend.Blueprint(ctx, from)
	return errors.Is(err, port.ErrNotFound)
}

// planWrites reports whether an apply of the plan writes to Port, which is so
// until everything that Port stores is known.
func planWrites(ctx context.Context, state *model, known record, resp *resource.ModifyPlanResponse) (bool, diag.Diagnostics) {
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
	changes, err := plan.changeFrom(state, known)
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
