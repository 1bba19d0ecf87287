package action

import (
	"context"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/backend"
	"github.com/port-changelog/terraform-provider-port/provider/internal/document"
	"github.com/port-changelog/terraform-provider-port/provider/internal/envelope"
	"github.com/port-changelog/terraform-provider-port/provider/internal/jsontype"
	"github.com/port-changelog/terraform-provider-port/provider/internal/settle"
	"github.com/port-changelog/terraform-provider-port/provider/internal/validate"
)

var (
	_ resource.ResourceWithConfigure   = (*permissionsResource)(nil)
	_ resource.ResourceWithIdentity    = (*permissionsResource)(nil)
	_ resource.ResourceWithModifyPlan  = (*permissionsResource)(nil)
	_ resource.ResourceWithImportState = (*permissionsResource)(nil)
)

type permissionsResource struct {
	envelope.Resource[permissionsModel, *permissionsModel]
}

// NewPermissionsResource returns the resource port_action_permissions.
func NewPermissionsResource() resource.Resource {
	return &permissionsResource{envelope.Resource[permissionsModel, *permissionsModel]{ResourceHead: envelope.ResourceHead{TypeName: "action_permissions"}, Kind: envelope.Kind{
		Name:         "Action Permissions",
		KeyAttribute: "action_identifier",
		Store:        func(b *backend.Backend) envelope.Store { return permissionsStore{b.Client.Actions} },
	}}}
}

// Schema declares port_action_permissions, as existing configurations use it.
func (r *permissionsResource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Who may execute an action and who may approve its runs. An action always has permissions: this resource takes over the existing ones, " +
			"and destroying it leaves them unchanged.",
		Attributes: map[string]schema.Attribute{
			"action_identifier": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "The identifier of the action.",
				Validators:          validate.ActionIdentifier(),
				PlanModifiers:       []planmodifier.String{stringplanmodifier.RequiresReplace()},
			},
			"blueprint_identifier": schema.StringAttribute{
				Optional:            true,
				DeprecationMessage:  "Actions no longer belong to a blueprint: remove this attribute.",
				MarkdownDescription: "Has no effect; only the empty string is accepted.",
				Validators:          []validator.String{stringvalidator.OneOf("")},
			},
			"permissions": schema.SingleNestedAttribute{
				Required:            true,
				MarkdownDescription: "The permissions.",
				Attributes: map[string]schema.Attribute{
					"execute": schema.SingleNestedAttribute{
						Required:            true,
						MarkdownDescription: "Who may execute the action.",
						Attributes: granteeAttributes("execute the action", map[string]schema.Attribute{
							"owned_by_team": schema.BoolAttribute{
								Optional:            true,
								Computed:            true,
								PlanModifiers:       []planmodifier.Bool{settle.DefaultBool(true)},
								MarkdownDescription: "Whether the members of the team that owns an entity may execute the action on it. Defaults to `true`.",
							},
						}),
					},
					"approve": schema.SingleNestedAttribute{
						Required:            true,
						MarkdownDescription: "Who may approve runs of the action.",
						Attributes:          granteeAttributes("approve runs", nil),
					},
				},
			},
		},
	}
	maps.Copy(resp.Schema.Attributes, envelope.Attributes(ctx, "permissions", "the identifier of the action"))
}

func granteeAttributes(what string, more map[string]schema.Attribute) map[string]schema.Attribute {
	grantees := func(who string) schema.Attribute {
		return schema.SetAttribute{
			Optional:            true,
			Computed:            true,
			ElementType:         types.StringType,
			MarkdownDescription: "The " + who + " that may " + what + ". Defaults to an empty list.",
			PlanModifiers:       []planmodifier.Set{settle.DefaultEmptySet{}},
			Validators:          []validator.Set{setvalidator.NoNullValues()},
		}
	}
	attributes := map[string]schema.Attribute{
		"users":  grantees("email addresses of the users"),
		"roles":  grantees("roles, such as `Admin` and `Member`,"),
		"teams":  grantees("teams"),
		"policy": jsonAttribute("A policy that decides who may "+what+": a JSON object with `queries` and `conditions`.", validate.JSONObject{}),
	}
	maps.Copy(attributes, more)
	return attributes
}

// permissionsModel is the Terraform model of port_action_permissions.
type permissionsModel struct {
	envelope.Model
	Action      types.String `tfsdk:"action_identifier"`
	Blueprint   types.String `tfsdk:"blueprint_identifier"`
	Permissions *grantsModel `tfsdk:"permissions"`
}

type grantsModel struct {
	Execute *executeModel  `tfsdk:"execute"`
	Approve *granteesModel `tfsdk:"approve"`
}

type granteesModel struct {
	Users  []types.String `tfsdk:"users"`
	Roles  []types.String `tfsdk:"roles"`
	Teams  []types.String `tfsdk:"teams"`
	Policy jsontype.Value `tfsdk:"policy"`
}

type executeModel struct {
	granteesModel
	OwnedByTeam types.Bool `tfsdk:"owned_by_team"`
}

// Key is the identifier of the action.
func (m *permissionsModel) Key() types.String { return m.Action }

// Bindings tie the attributes to the document that [permissionsStore] builds from an action's
// permissions.
func (m *permissionsModel) Bindings() []document.Binding {
	return []document.Binding{
		document.Text("action", &m.Action),
		document.Nested("permissions", &m.Permissions, (*grantsModel).bindings),
	}
}

func (m *grantsModel) bindings() []document.Binding {
	return []document.Binding{
		document.Nested("execute", &m.Execute, (*executeModel).bindings),
		document.Nested("approve", &m.Approve, (*granteesModel).bindings),
	}
}

func (m *granteesModel) bindings() []document.Binding {
	return []document.Binding{
		document.RequiredTexts("users", &m.Users),
		document.RequiredTexts("roles", &m.Roles),
		document.RequiredTexts("teams", &m.Teams),
		document.JSONOrNull("policy", &m.Policy),
	}
}

func (m *executeModel) bindings() []document.Binding {
	return append(m.granteesModel.bindings(), document.BoolWithDefault("ownedByTeam", &m.OwnedByTeam, true))
}

// ModifyPlan plans the ID, and warns that a destroy changes nothing in Port.
func (r *permissionsResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if !req.Plan.Raw.IsNull() {
		resp.Diagnostics.Append(r.PlanID(ctx, resp)...)
		return
	}
	var state permissionsModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	resp.Diagnostics.Append(diag.NewWarningDiagnostic("Permissions Are Kept",
		"Terraform stops managing the permissions of the action \""+state.ID.ValueString()+"\" and leaves them unchanged: Port has no default to return to. "+
			"To change them, apply different permissions instead of destroying the resource."))
}

// permissionsStore adapts the permissions of an action to a document with a key.
type permissionsStore struct {
	actions *port.ActionService
}

func (s permissionsStore) Get(ctx context.Context, action string) (document.Object, error) {
	return permissionsDocument(action)(s.actions.Permissions(ctx, action))
}

// Create adopts the permissions of an action, which always exist.
func (s permissionsStore) Create(ctx context.Context, desired document.Object) (document.Object, error) {
	action, _ := desired["action"].(string)
	return s.Update(ctx, action, nil, desired)
}

// Update sends only keys with an attribute: Port merges them into the stored permissions, so other
// keys survive, and refuses unknown keys.
func (s permissionsStore) Update(ctx context.Context, action string, _, desired document.Object) (document.Object, error) {
	permissions, _ := desired["permissions"].(document.Object)
	body := port.ActionPermissions{}
	for of, keys := range map[string][]string{"execute": append(granteeKeys(), "ownedByTeam"), "approve": granteeKeys()} {
		grants := document.Child(permissions, of)
		maps.DeleteFunc(grants, func(key string, _ any) bool { return !slices.Contains(keys, key) })
		body[of] = grants
	}
	return permissionsDocument(action)(s.actions.UpdatePermissions(ctx, action, body))
}

// Delete leaves the permissions unchanged.
func (permissionsStore) Delete(context.Context, string, document.Object) error { return nil }

func granteeKeys() []string { return []string{"users", "roles", "teams", "policy"} }

func permissionsDocument(action string) func(port.ActionPermissions, error) (document.Object, error) {
	return func(permissions port.ActionPermissions, err error) (document.Object, error) {
		return document.Object{"action": action, "permissions": document.Object(permissions)}, err
	}
}
