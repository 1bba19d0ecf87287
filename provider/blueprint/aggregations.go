package blueprint

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/port-changelog/terraform-provider-port/provider/internal/backend"
	"github.com/port-changelog/terraform-provider-port/provider/internal/document"
	"github.com/port-changelog/terraform-provider-port/provider/internal/envelope"
	"github.com/port-changelog/terraform-provider-port/provider/internal/recall"
	"github.com/port-changelog/terraform-provider-port/provider/internal/validate"
)

var (
	_ resource.ResourceWithConfigure   = (*aggregationsResource)(nil)
	_ resource.ResourceWithIdentity    = (*aggregationsResource)(nil)
	_ resource.ResourceWithModifyPlan  = (*aggregationsResource)(nil)
	_ resource.ResourceWithImportState = (*aggregationsResource)(nil)
)

// aggregationsResource is the resource port_aggregation_properties: all aggregation properties of
// one blueprint. It exists because a blueprint cannot aggregate over blueprints that are created
// after it.
type aggregationsResource struct {
	partResource[aggregationsModel, *aggregationsModel]
}

// NewAggregationsResource returns the resource port_aggregation_properties.
func NewAggregationsResource() resource.Resource {
	created := &aggregationsResource{}
	created.owner = "blueprint_identifier"
	created.TypeName = "aggregation_properties"
	created.Kind = envelope.Kind{
		Name:         "Aggregation Properties",
		KeyAttribute: created.owner,
		Store:        func(b *backend.Backend) envelope.Store { return aggregationsStore{partStore{b}} },
		Explain:      filterDropped,
	}
	return created
}

// Schema declares port_aggregation_properties like the official provider, so that existing
// configurations work unchanged.
func (r *aggregationsResource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "The aggregation properties of one blueprint. Use it for those that `port_blueprint` cannot declare, because the blueprint aggregates over blueprints that relate to it. " +
			"The resource owns all aggregation properties of the blueprint and deletes those that it does not declare. The blueprint must omit `aggregation_properties`.",
		Attributes: map[string]schema.Attribute{
			"blueprint_identifier": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "The identifier of the blueprint that has the properties. Changing it replaces the resource, unless the same run renames the blueprint.",
				Validators:          validate.BlueprintIdentifier(),
			},
			"properties": schema.MapNestedAttribute{
				Required:            true,
				MarkdownDescription: "Properties that Port aggregates over related entities, by key. Aggregation properties that the map does not declare are deleted.",
				Validators:          []validator.Map{validate.Keys(), validate.NoNulls{}},
				NestedObject:        aggregationObject("target_blueprint_identifier", "method"),
			},
		},
	}
	maps.Copy(resp.Schema.Attributes, envelope.Attributes(ctx, "resource", "the identifier of the blueprint"))
}

// aggregationsModel is the Terraform model of port_aggregation_properties.
type aggregationsModel struct {
	envelope.Model
	Blueprint  types.String                `tfsdk:"blueprint_identifier"`
	Properties map[string]aggregationModel `tfsdk:"properties"`
}

// Key returns the identifier of the blueprint.
func (m *aggregationsModel) Key() types.String { return m.Blueprint }

// Bindings bind the attributes to the document of [aggregationsStore].
func (m *aggregationsModel) Bindings() []document.Binding {
	return []document.Binding{
		document.Text("blueprint", &m.Blueprint),
		document.LooseMap("properties", &m.Properties, (*aggregationModel).bindings),
	}
}

// ModifyPlan plans the ID, follows a blueprint that the same run renames, refuses properties that
// the blueprint declares itself, and repeats the warnings about path filters that Port dropped.
func (r *aggregationsResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() {
		return
	}
	blueprint := r.planOwner(ctx, req, resp)
	if blueprint == "" || resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(declarePart(r.Backend, blueprint, backend.PlannedPart{Attribute: "aggregation_properties"})...)
	memory, diagnostics := recall.Load(ctx, req.Private)
	resp.Diagnostics.Append(diagnostics...)
	filters, diagnostics := pathFilters(ctx, resp.Plan)
	resp.Diagnostics.Append(diagnostics...)
	for _, filter := range filters {
		if filter.wasDropped(ctx, memory) {
			resp.Diagnostics.Append(filterMissing(filter.at))
		}
	}
}

// Read rebuilds the state. A path filter that Port dropped counts as set until its path exists:
// then the plan shows it once, so that the apply sends it again.
func (r *aggregationsResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	r.Resource.Read(ctx, req, resp)
	if resp.Diagnostics.HasError() || resp.State.Raw.IsNull() {
		return
	}
	memory, diagnostics := recall.Load(ctx, req.Private)
	resp.Diagnostics.Append(diagnostics...)
	filters, diagnostics := pathFilters(ctx, resp.State)
	resp.Diagnostics.Append(diagnostics...)
	resent := resentFilters{}
	resp.Diagnostics.Append(recall.LoadKey(ctx, req.Private, resentKey, &resent)...)
	var state aggregationsModel
	resp.Diagnostics.Append(resp.State.Get(ctx, &state)...)
	for _, filter := range filters {
		isResent := resent[filter.key] == filter.value.String()
		if !isResent && filter.wasDropped(ctx, memory) && r.pathExists(ctx, state.Blueprint.ValueString(), state.Properties[filter.key]) {
			resp.Diagnostics.Append(resp.State.SetAttribute(ctx, filter.at, types.ListNull(filter.value.ElementType(ctx)))...)
			resent[filter.key] = filter.value.String()
		}
	}
	if len(resent) > 0 {
		resp.Diagnostics.Append(recall.SaveKey(ctx, resp.Private, resentKey, resent)...)
	}
}

// resentFilters are path filters, by property key, whose path exists although Port had dropped
// them. Each is sent again once, because Port may drop it for another reason.
type resentFilters map[string]string

// resentKey is their key in the private state.
const resentKey = "resent_path_filters"

// pathExists reports whether the path of a property exists: from the blueprint that the filter
// names, or else from the target or the blueprint itself.
func (r *aggregationsResource) pathExists(ctx context.Context, blueprint string, property aggregationModel) bool {
	filter := property.PathFilter[0]
	starts := []string{filter.FromBlueprint.ValueString()}
	if starts[0] == "" {
		starts = []string{property.Target.ValueString(), blueprint}
	}
	return slices.ContainsFunc(starts, func(at string) bool {
		for _, step := range filter.Path {
			current, err := r.Backend.Blueprint(ctx, at)
			if err != nil {
				return false
			}
			relation, exists := current.Relations[step.ValueString()]
			if !exists {
				return false
			}
			at = relation.Target
		}
		return true
	})
}

// pathFilter is the path_filter of a property.
type pathFilter struct {
	key   string
	at    path.Path
	value types.List
}

// pathFilters returns the path filters that a plan or a state sets.
func pathFilters(ctx context.Context, of interface {
	GetAttribute(ctx context.Context, at path.Path, target any) diag.Diagnostics
},
) ([]pathFilter, diag.Diagnostics) {
	at := path.Root("properties")
	var properties types.Map
	diagnostics := of.GetAttribute(ctx, at, &properties)
	var filters []pathFilter
	elements := properties.Elements()
	for _, key := range slices.Sorted(maps.Keys(elements)) {
		property, _ := elements[key].(types.Object)
		value, _ := property.Attributes()["path_filter"].(types.List)
		if len(value.Elements()) > 0 {
			filters = append(filters, pathFilter{key: key, at: at.AtMapKey(key).AtName("path_filter"), value: value})
		}
	}
	return filters, diagnostics
}

// wasDropped reports whether Port's response to the last write lacked the filter.
func (f pathFilter) wasDropped(ctx context.Context, memory recall.Memory) bool {
	value, err := f.value.ToTerraformValue(ctx)
	return err == nil && memory.WasDropped(f.at, value)
}

// filterDropped warns about a difference if it is a path filter that Port dropped.
func filterDropped(difference recall.Difference) diag.Diagnostics {
	last, _ := difference.Path.Steps().LastStep()
	if !difference.Returned.IsNull() || !last.Equal(path.PathStepAttributeName("path_filter")) {
		return nil
	}
	return diag.Diagnostics{filterMissing(difference.Path)}
}

func filterMissing(at path.Path) diag.Diagnostic {
	return diag.NewAttributeWarningDiagnostic(at, "Path Filter Dropped by Port", fmt.Sprintf(
		"Port dropped %s, so the property aggregates over all related entities. Port does that if a relation in the path, or the blueprint that it starts at, does not exist yet. "+
			"Create these first: refer to their resources, or add depends_on.", at))
}
