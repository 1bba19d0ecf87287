package blueprint

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/port-changelog/terraform-provider-port/provider/internal/backend"
	"github.com/port-changelog/terraform-provider-port/provider/internal/document"
	"github.com/port-changelog/terraform-provider-port/provider/internal/envelope"
	"github.com/port-changelog/terraform-provider-port/provider/internal/settle"
	"github.com/port-changelog/terraform-provider-port/provider/internal/validate"
)

var (
	_ resource.ResourceWithConfigure      = (*relationResource)(nil)
	_ resource.ResourceWithIdentity       = (*relationResource)(nil)
	_ resource.ResourceWithValidateConfig = (*relationResource)(nil)
	_ resource.ResourceWithModifyPlan     = (*relationResource)(nil)
	_ resource.ResourceWithImportState    = (*relationResource)(nil)
)

// relationResource is the resource port_blueprint_relation: one relation of one blueprint. It
// exists because two blueprints that relate to each other cannot each be created before the other.
type relationResource struct {
	partResource[relationResourceModel, *relationResourceModel]
}

// NewRelationResource returns the resource port_blueprint_relation.
func NewRelationResource() resource.Resource {
	created := &relationResource{}
	created.owner = "blueprint"
	created.TypeName = "blueprint_relation"
	created.Kind = envelope.Kind{
		Name:            "Relation",
		KeyAttribute:    "identifier",
		ParentAttribute: created.owner,
		Store:           func(b *backend.Backend) envelope.Store { return relationStore{partStore{b}} },
	}
	return created
}

// Schema declares port_blueprint_relation.
func (r *relationResource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "One relation of a blueprint. Use it for relations that `port_blueprint` cannot declare, because the two blueprints relate to each other. " +
			"The blueprint must omit `relations` or set `relations_mode = \"declared\"`.",
		Attributes: map[string]schema.Attribute{
			"blueprint": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "The identifier of the blueprint that has the relation. Changing it replaces the relation, unless the same run renames the blueprint.",
				Validators:          validate.BlueprintIdentifier(),
			},
			"identifier": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "The key of the relation. Changing it renames the relation in place; every entity keeps its related entities.",
				Validators:          validate.Key(),
			},
			"target": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "The identifier of the target blueprint.",
				Validators:          validate.BlueprintIdentifier(),
			},
			"title": schema.StringAttribute{
				Optional: true, Computed: true, PlanModifiers: []planmodifier.String{settle.EmptyText{}},
				MarkdownDescription: "The display name in Port, at most 100 characters.", Validators: validate.OptionalTitle(),
			},
			"description": schema.StringAttribute{
				Optional: true, Computed: true, PlanModifiers: []planmodifier.String{settle.EmptyText{}},
				MarkdownDescription: "A description of the relation.",
			},
			"many": schema.BoolAttribute{
				Optional: true, Computed: true, PlanModifiers: []planmodifier.Bool{settle.DefaultBool(false)},
				MarkdownDescription: "Whether an entity may be related to multiple entities. Defaults to `false`.",
			},
			"required": schema.BoolAttribute{
				Optional: true, Computed: true, PlanModifiers: []planmodifier.Bool{settle.DefaultBool(false)},
				MarkdownDescription: "Whether every entity must have a related entity. Defaults to `false`.",
			},
			"mirror_properties": schema.MapNestedAttribute{
				Optional: true,
				Computed: true,
				MarkdownDescription: "Mirror properties of the blueprint that use this relation, by key. They are created and deleted with the relation. " +
					"Only the declared ones are managed; an import takes over all that use the relation.",
				PlanModifiers: []planmodifier.Map{settle.EmptyIsNull{}},
				Validators:    []validator.Map{validate.Keys(), validate.NoNulls{}},
				NestedObject: schema.NestedAttributeObject{Validators: []validator.Object{validate.Attributes("path")}, Attributes: map[string]schema.Attribute{
					"path": schema.StringAttribute{
						Optional:            true,
						MarkdownDescription: validate.Required + "The relations to follow and the property to show, separated by dots. It must begin with `identifier`, the key of this relation.",
						Validators:          validate.MirrorPath(),
					},
					"title": schema.StringAttribute{
						Optional: true, Computed: true, PlanModifiers: []planmodifier.String{settle.EmptyText{}},
						MarkdownDescription: "The display name in Port, at most 100 characters.", Validators: validate.OptionalTitle(),
					},
				}},
			},
		},
	}
	maps.Copy(resp.Schema.Attributes, envelope.Attributes(ctx, "relation", "`<blueprint>:<identifier>`"))
}

// relationResourceModel is the Terraform model of port_blueprint_relation.
type relationResourceModel struct {
	envelope.Model
	Blueprint        types.String                   `tfsdk:"blueprint"`
	Identifier       types.String                   `tfsdk:"identifier"`
	Target           types.String                   `tfsdk:"target"`
	Title            types.String                   `tfsdk:"title"`
	Description      types.String                   `tfsdk:"description"`
	Many             types.Bool                     `tfsdk:"many"`
	Required         types.Bool                     `tfsdk:"required"`
	MirrorProperties map[string]relationMirrorModel `tfsdk:"mirror_properties"`
}

type relationMirrorModel struct {
	Path  types.String `tfsdk:"path"`
	Title types.String `tfsdk:"title"`
}

// Key returns the blueprint and the key of the relation.
func (m *relationResourceModel) Key() types.String {
	return envelope.JoinKey(m.Blueprint, m.Identifier)
}

// Bindings bind the attributes to the document of [relationDocument].
func (m *relationResourceModel) Bindings() []document.Binding {
	return []document.Binding{
		document.Text("blueprint", &m.Blueprint),
		document.Text("identifier", &m.Identifier),
		document.Inside("relation",
			document.Text("target", &m.Target),
			document.Text("title", &m.Title),
			document.Text("description", &m.Description),
			document.BoolWithDefault("many", &m.Many, false),
			document.BoolWithDefault("required", &m.Required, false),
		),
		m.mirrorBinding(),
	}
}

// mirrorBinding binds the declared mirror properties, and after an import all that use the
// relation.
func (m *relationResourceModel) mirrorBinding() document.Binding {
	const key = "mirrorProperties"
	plain := document.LooseMap(key, &m.MirrorProperties, func(mirror *relationMirrorModel) []document.Binding {
		return []document.Binding{document.Text("path", &mirror.Path), document.Text("title", &mirror.Title)}
	})
	return document.Custom(
		func(into document.Object) { document.Write(into, []document.Binding{plain}) },
		func(from document.Object, isNew bool) error {
			own := document.Child(from, key)
			maps.DeleteFunc(own, func(name string, mirror any) bool {
				_, isDeclared := m.MirrorProperties[name]
				return !isDeclared && (!isNew || !leadsOver(mirror, m.Identifier.ValueString()))
			})
			return document.Read(document.Object{key: own}, []document.Binding{plain}, isNew)
		},
	)
}

// leadsOver reports whether the path of a mirror property begins with a relation.
func leadsOver(mirror any, relation string) bool {
	object, _ := mirror.(document.Object)
	at, _ := object["path"].(string)
	return firstRelation(at) == relation
}

// firstRelation returns the first relation of a mirror property's path.
func firstRelation(mirrorPath string) string {
	first, _, _ := strings.Cut(mirrorPath, ".")
	return first
}

// ValidateConfig checks that the paths of the mirror properties begin with the relation.
func (r *relationResource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	configured, diagnostics := envelope.Partial[relationResourceModel](ctx, req.Config)
	resp.Diagnostics.Append(diagnostics...)
	if resp.Diagnostics.HasError() || configured.Identifier.ValueString() == "" {
		return
	}
	relation := configured.Identifier.ValueString()
	for _, key := range slices.Sorted(maps.Keys(configured.MirrorProperties)) {
		at := configured.MirrorProperties[key].Path.ValueString()
		if at != "" && firstRelation(at) != relation {
			resp.Diagnostics.AddAttributeError(path.Root("mirror_properties").AtMapKey(key).AtName("path"), "Path of Another Relation", fmt.Sprintf(
				"The path must begin with the relation of this resource, as in %q. Declare mirror properties over other relations in the resources of those relations, or in mirror_properties of the blueprint.",
				relation+"."+at[strings.LastIndex(at, ".")+1:]))
		}
	}
}

// ModifyPlan plans the ID, follows a blueprint that the same run renames, and refuses a relation
// that the blueprint would delete.
func (r *relationResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() {
		return
	}
	blueprint := r.planOwner(ctx, req, resp)
	var identifier types.String
	resp.Diagnostics.Append(resp.Plan.GetAttribute(ctx, path.Root("identifier"), &identifier)...)
	if blueprint == "" || identifier.IsUnknown() || resp.Diagnostics.HasError() {
		return
	}
	part := backend.PlannedPart{Attribute: "relations", Key: identifier.ValueString(), IsNew: req.State.Raw.IsNull()}
	resp.Diagnostics.Append(declarePart(r.Backend, blueprint, part)...)
}
