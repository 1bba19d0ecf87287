package blueprint

import (
	"context"
	"maps"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/backend"
	"github.com/port-changelog/terraform-provider-port/provider/internal/document"
	"github.com/port-changelog/terraform-provider-port/provider/internal/envelope"
	"github.com/port-changelog/terraform-provider-port/provider/internal/operation"
	"github.com/port-changelog/terraform-provider-port/provider/internal/settle"
	"github.com/port-changelog/terraform-provider-port/provider/internal/validate"
)

var (
	_ resource.ResourceWithConfigure      = (*systemResource)(nil)
	_ resource.ResourceWithIdentity       = (*systemResource)(nil)
	_ resource.ResourceWithValidateConfig = (*systemResource)(nil)
	_ resource.ResourceWithModifyPlan     = (*systemResource)(nil)
	_ resource.ResourceWithImportState    = (*systemResource)(nil)
)

// systemResource is the resource port_system_blueprint: what an organization adds to a system
// blueprint, such as _user or _team. The blueprint always exists, so the resource stands for the
// additions alone.
type systemResource struct {
	envelope.Resource[systemModel, *systemModel]
}

// NewSystemResource returns the resource port_system_blueprint.
func NewSystemResource() resource.Resource {
	return &systemResource{envelope.Resource[systemModel, *systemModel]{ResourceHead: envelope.ResourceHead{TypeName: "system_blueprint"}, Kind: envelope.Kind{
		Name:         "System Blueprint",
		KeyAttribute: "identifier",
		Store:        func(b *backend.Backend) envelope.Store { return systemStore{b} },
	}}}
}

// Schema declares port_system_blueprint, with the names, nesting and wire types of the official
// provider.
func (r *systemResource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Additions to one of Port's system blueprints, such as `_user`, `_team` or `_rule_result`. " +
			"The resource does not touch the blueprint itself or what others add to it.",
		Attributes: map[string]schema.Attribute{
			"identifier": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "The identifier of the system blueprint, such as `_user`. Changing it replaces the resource.",
				PlanModifiers:       []planmodifier.String{stringplanmodifier.RequiresReplace()},
				Validators:          validate.BlueprintIdentifier(),
			},
			"properties":             propertiesAttribute(),
			"relations":              additive(relationsAttribute(), "Relations to add, by key."),
			"mirror_properties":      additive(mirrorPropertiesAttribute(), "Properties of related entities that Port shows on the entity, by key. A path may begin with a relation of the base structure."),
			"calculation_properties": calculationPropertiesAttribute(),
			"aggregation_properties": additive(aggregationPropertiesAttribute(), "Properties that Port aggregates over related entities, by key."),
			"include_in_global_search": schema.BoolAttribute{
				Optional:            true,
				MarkdownDescription: "Whether Port's global search finds the entities. If it is not set, Port's setting stays.",
			},
		},
	}
	maps.Copy(resp.Schema.Attributes, envelope.Attributes(ctx, "system blueprint", "its identifier"))
}

// additive turns an attribute of port_blueprint into one that never owns more than it declares.
func additive(attribute schema.Attribute, description string) schema.Attribute {
	additions, _ := attribute.(schema.MapNestedAttribute)
	additions.MarkdownDescription = description
	additions.PlanModifiers = []planmodifier.Map{settle.EmptyIsNull{}}
	return additions
}

// systemModel is the Terraform model of port_system_blueprint.
type systemModel struct {
	envelope.Model
	contentModel
	Identifier types.String `tfsdk:"identifier"`
}

// Key returns the identifier.
func (m *systemModel) Key() types.String { return m.Identifier }

// whole returns the model of a blueprint that has nothing but the additions.
func (m *systemModel) whole() *model {
	return &model{Identifier: m.Identifier, contentModel: m.contentModel}
}

// Bindings bind the attributes to the document of [systemDocument].
func (m *systemModel) Bindings() []document.Binding {
	return []document.Binding{
		document.Text("identifier", &m.Identifier),
		document.Custom(m.writeAdditions, m.readAdditions),
	}
}

func (m *systemModel) writeAdditions(into document.Object) {
	into[blueprintKey] = m.whole().document()
}

// readAdditions reads the parts that the model has, and after an import everything that is not in
// the base structure.
func (m *systemModel) readAdditions(from document.Object, isNew bool) error {
	current, err := fromDocument[port.Blueprint](document.Child(from, blueprintKey))
	if err != nil {
		return err
	}
	structure, err := fromDocument[port.Blueprint](document.Child(from, structureKey))
	if err != nil {
		return err
	}
	prior, err := m.whole().toAPI()
	if err != nil {
		return err
	}
	own := onlyParts(current, keysOf(prior))
	if isNew {
		own = withoutParts(current, keysOf(structure))
	}
	if hides := m.IncludeInGlobalSearch.IsNull(); hides && (!isNew || equalFlag(current.IncludeInGlobalSearch, structure.IncludeInGlobalSearch)) {
		own.IncludeInGlobalSearch = nil
	}
	additions, err := toDocument(*own)
	if err != nil {
		return err
	}
	return document.Read(additions, m.bindings(types.StringNull(), types.StringNull()), isNew)
}

func equalFlag(a, b *bool) bool { return (a == nil) == (b == nil) && (a == nil || *a == *b) }

// ValidateConfig runs the checks that involve several attributes.
func (r *systemResource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	resp.Diagnostics.Append(checkDistinctKeys(ctx, req)...)
	resp.Diagnostics.Append(checkFormerKeys(ctx, req)...)
}

// Update renames keys with the routes that keep the values of the entities, and then writes the
// rest. If that fails, it reverts the renames.
func (r *systemResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	plan, ctx, cancel := operation.Begin[systemModel](ctx, req.Plan, timeouts.Value.Update, &resp.Diagnostics)
	defer cancel()
	var state systemModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	lingering, release := port.Linger(ctx)
	defer release()
	identifier := state.ID.ValueString()
	undo, err := systemStore{r.Backend}.rename(ctx, identifier, findRenames(state.whole(), plan.whole()))
	if err != nil {
		resp.Diagnostics.Append(updateFailure(ctx, identifier, err))
		return
	}
	r.Resource.Update(ctx, req, resp)
	if !resp.Diagnostics.HasError() {
		return
	}
	if err := undo(lingering); err != nil {
		resp.Diagnostics.AddError("Unable to Revert Renames", err.Error())
	}
}
