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

// systemResource is port_system_blueprint: what an organization adds to a blueprint
// of Port's own, such as _user or _team. The blueprint always exists, so that the
// resource stands for the additions alone.
type systemResource struct {
	envelope.Resource[systemModel, *systemModel]
}

// NewSystemResource returns the resource port_system_blueprint.
func NewSystemResource() resource.Resource {
	return &systemResource{envelope.Resource[systemModel, *systemModel]{Kind: envelope.Kind{
		TypeName:     "system_blueprint",
		Name:         "System Blueprint",
		KeyAttribute: "identifier",
		Store:        func(b *backend.Backend) envelope.Store { return systemStore{b} },
	}}}
}

// Schema declares port_system_blueprint, with the names, nesting and wire types of
// the official provider.
func (r *systemResource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "What you add to one of Port's own blueprints, such as `_user`, `_team` or `_rule_result`. " +
			"The blueprint itself, and what others add to it, is left alone.",
		Attributes: map[string]schema.Attribute{
			"identifier": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "The identifier of the system blueprint, such as `_user`. Changing it replaces the resource.",
				PlanModifiers:       []planmodifier.String{stringplanmodifier.RequiresReplace()},
				Validators:          validate.BlueprintIdentifier(),
			},
			"properties":             propertiesAttribute(),
			"relations":              additive(relationsAttribute(), "Relations to other blueprints that you add, by their key."),
			"mirror_properties":      additive(mirrorPropertiesAttribute(), "Properties of related entities to show as the entity's own, by their key. A path may begin with a relation of the base structure."),
			"calculation_properties": calculationPropertiesAttribute(),
			"aggregation_properties": additive(aggregationPropertiesAttribute(), "Properties that Port aggregates over the entities related to an entity, by their key."),
			"include_in_global_search": schema.BoolAttribute{
				Optional:            true,
				MarkdownDescription: "Whether the entities show up in Port's global search. Without it, Port's own setting stays.",
			},
		},
	}
	maps.Copy(resp.Schema.Attributes, envelope.Attributes(ctx, "system blueprint", "its identifier"))
}

// additive is an attribute of port_blueprint as one that never owns more than it
// declares.
func additive(attribute schema.Attribute, description string) schema.Attribute {
	of, _ := attribute.(schema.MapNestedAttribute)
	of.MarkdownDescription = description
	of.PlanModifiers = []planmodifier.Map{settle.EmptyIsNull{}}
	return of
}

// systemModel is port_system_blueprint in Terraform's terms.
type systemModel struct {
	envelope.Model
	contentModel
	Identifier types.String `tfsdk:"identifier"`
}

// Key is the identifier.
func (m *systemModel) Key() types.String { return m.Identifier }

// whole is the model as one of a blueprint that has nothing but the additions.
func (m *systemModel) whole() *model {
	return &model{Identifier: m.Identifier, contentModel: m.contentModel}
}

// Bindings tie the attributes to the document that [systemDocument] makes.
func (m *systemModel) Bindings() []document.Binding {
	return []document.Binding{
		document.Text("identifier", &m.Identifier),
		document.Custom(m.writeAdditions, m.readAdditions),
	}
}

func (m *systemModel) writeAdditions(into document.Object) {
	into[blueprintKey] = m.whole().document()
}

// readAdditions reads those parts that the model has, and after an import all that
// the base structure lacks.
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

// ValidateConfig checks what concerns several attributes of the blueprint.
func (r *systemResource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	resp.Diagnostics.Append(checkDistinctKeys(ctx, req)...)
	resp.Diagnostics.Append(checkFormerKeys(ctx, req)...)
}

// Update renames keys by the routes that keep the values of the entities, and then
// writes the rest. It takes the renames back if that fails.
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
		resp.Diagnostics.AddError("Unable to Take Back Renames", err.Error())
	}
}
