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

// relationResource is port_blueprint_relation: one relation of one blueprint. It
// exists because two blueprints that relate to each other cannot both be created
// before the other.
type relationResource struct {
	partResource[relationResourceModel, *relationResourceModel]
}

// NewRelationResource returns the resource port_blueprint_relation.
func NewRelationResource() resource.Resource {
	created := &relationResource{}
	created.owner = "blueprint"
	created.Kind = envelope.Kind{
		TypeName:        "blueprint_relation",
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
		MarkdownDescription: "One relation of one blueprint, for relations that `port_blueprint` cannot declare itself: those between blueprints that need each other. " +
			"The blueprint leaves `relations` out, or sets `relations_mode = \"declared\"`.",
		Attributes: map[string]schema.Attribute{
			"blueprint": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "The identifier of the blueprint that has the relation. Changing it replaces the relation, unless the same run renames the blueprint.",
				Validators:          validate.BlueprintIdentifier(),
			},
			"identifier": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "The key of the relation. Changing it renames the relation in place; every entity keeps what it relates to.",
				Validators:          validate.Key(),
			},
			"target": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "The identifier of the blueprint that the relation points at.",
				Validators:          validate.BlueprintIdentifier(),
			},
			"title": schema.StringAttribute{
				Optional: true, Computed: true, PlanModifiers: []planmodifier.String{settle.EmptyText{}},
				MarkdownDescription: "The name people read in Port, at most 100 characters.", Validators: validate.OptionalTitle(),
			},
			"description": schema.StringAttribute{
				Optional: true, Computed: true, PlanModifiers: []planmodifier.String{settle.EmptyText{}},
				MarkdownDescription: "What the relation means.",
			},
			"many": schema.BoolAttribute{
				Optional: true, Computed: true, PlanModifiers: []planmodifier.Bool{settle.DefaultBool(false)},
				MarkdownDescription: "Whether an entity may be related to several others. Defaults to `false`.",
			},
			"required": schema.BoolAttribute{
				Optional: true, Computed: true, PlanModifiers: []planmodifier.Bool{settle.DefaultBool(false)},
				MarkdownDescription: "Whether every entity must be related to another. Defaults to `false`.",
			},
			"mirror_properties": schema.MapNestedAttribute{
				Optional: true,
				Computed: true,
				MarkdownDescription: "Mirror properties of the blueprint over this relation, by their key. They are created and deleted with the relation. " +
					"Only those that are declared here are managed; an import takes over all that lead over the relation.",
				PlanModifiers: []planmodifier.Map{settle.EmptyIsNull{}},
				Validators:    []validator.Map{validate.Keys(), validate.NoNulls{}},
				NestedObject: schema.NestedAttributeObject{Validators: []validator.Object{validate.Attributes("path")}, Attributes: map[string]schema.Attribute{
					"path": schema.StringAttribute{
						Optional:            true,
						MarkdownDescription: validate.Required + "The relations to follow and the property to show, separated by dots. It begins with `identifier`.",
						Validators:          validate.MirrorPath(),
					},
					"title": schema.StringAttribute{
						Optional: true, Computed: true, PlanModifiers: []planmodifier.String{settle.EmptyText{}},
						MarkdownDescription: "The name people read in Port, at most 100 characters.", Validators: validate.OptionalTitle(),
					},
				}},
			},
		},
	}
	maps.Copy(resp.Schema.Attributes, envelope.Attributes(ctx, "relation", "`<blueprint>:<identifier>`"))
}

// relationResourceModel is port_blueprint_relation in Terraform's terms.
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

// Key is the blueprint and the key of the relation.
func (m *relationResourceModel) Key() types.String {
	return envelope.JoinKey(m.Blueprint, m.Identifier)
}

// Bindings tie the attributes to the document that [relationDocument] makes.
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

// mirrorBinding reads the declared mirror properties, and after an import all that
// lead over the relation.
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

// firstRelation is the relation that a path of a mirror property begins with.
func firstRelation(mirrorPath string) string {
	first, _, _ := strings.Cut(mirrorPath, ".")
	return first
}

// ValidateConfig holds the mirror properties to the relation.
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
				"The path must begin with the relation of this resource, as in %q. Declare a mirror property over another relation with that relation, or in mirror_properties of the blueprint.",
				relation+"."+at[strings.LastIndex(at, ".")+1:]))
		}
	}
}

// ModifyPlan settles the id, follows a blueprint that the same run renames, and
// refuses a relation that the blueprint would delete.
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
