package blueprint

import (
	"context"
	"maps"

	"github.com/hashicorp/terraform-plugin-framework-validators/objectvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/port-changelog/terraform-provider-port/provider/internal/envelope"
	"github.com/port-changelog/terraform-provider-port/provider/internal/jsontype"
	"github.com/port-changelog/terraform-provider-port/provider/internal/metadata"
	"github.com/port-changelog/terraform-provider-port/provider/internal/settle"
	"github.com/port-changelog/terraform-provider-port/provider/internal/validate"
)

// Schema declares port_blueprint. Names, nesting and wire types are those of the official provider,
// so that existing configurations work unchanged.
func (r *blueprintResource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "A blueprint defines one kind of entity in the Port catalog, such as a service: its properties, its relations to other blueprints " +
			"and the values that Port computes. Entities (`port_entity`) are instances of a blueprint.",
		Attributes: map[string]schema.Attribute{
			"identifier": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "The unique identifier of the blueprint, at most 100 letters, digits and `@_.+:\\/-`. Changing it renames the blueprint in place; its entities stay.",
				Validators:          validate.BlueprintIdentifier(),
			},
			"title": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "The display name in Port, 1 to 100 characters.",
				Validators:          validate.Title(),
			},
			"description": schema.StringAttribute{
				Optional:            true,
				Computed:            true,
				PlanModifiers:       []planmodifier.String{settle.EmptyText{}},
				MarkdownDescription: "A description of the blueprint, at most 200 characters.",
				Validators:          validate.Description(),
			},
			"icon": schema.StringAttribute{
				Optional:            true,
				Computed:            true,
				PlanModifiers:       []planmodifier.String{settle.EmptyText{}},
				MarkdownDescription: "The name of a Port icon, such as `Microservice`.",
			},
			"properties":                  propertiesAttribute(),
			"relations":                   relationsAttribute(),
			"relations_mode":              modeAttribute("relations", "`port_blueprint_relation`"),
			"mirror_properties":           mirrorPropertiesAttribute(),
			"calculation_properties":      calculationPropertiesAttribute(),
			"aggregation_properties":      aggregationPropertiesAttribute(),
			"aggregation_properties_mode": modeAttribute("aggregation_properties", "`port_aggregation_properties` or another configuration"),
			"ownership":                   ownershipAttribute(),
			"team_inheritance": schema.SingleNestedAttribute{
				Optional:            true,
				DeprecationMessage:  "Port replaced team inheritance by ownership: use ownership = { type = \"Inherited\", path = … }.",
				MarkdownDescription: "Where entities inherit their team from. Replaced by `ownership`.",
				Attributes: map[string]schema.Attribute{
					"path": schema.StringAttribute{
						Required:            true,
						MarkdownDescription: "The relations to follow to the entity that has the team, separated by dots.",
					},
				},
			},
			"webhook_changelog_destination": schema.SingleNestedAttribute{
				Optional: true,
				MarkdownDescription: "Where Port posts each change of the blueprint and its entities as a signed webhook. Port removed changelog destinations from production on " +
					"2026-07-13; there, report changes with an automation instead: a `port_action` that is triggered by entity changes and calls a webhook. " +
					"If Port ignores the attribute, applies and plans only warn.",
				Validators: []validator.Object{objectvalidator.ConflictsWith(path.MatchRoot("kafka_changelog_destination"))},
				Attributes: map[string]schema.Attribute{
					"url": schema.StringAttribute{
						Required:            true,
						MarkdownDescription: "The absolute URL that receives the events.",
						Validators:          validate.AbsoluteURL(),
					},
					"agent": schema.BoolAttribute{
						Optional:            true,
						MarkdownDescription: "Whether Port's agent in your network delivers the events.",
					},
				},
			},
			"kafka_changelog_destination": schema.ObjectAttribute{
				Optional:            true,
				AttributeTypes:      map[string]attr.Type{},
				MarkdownDescription: "Set to `{}` to make Port write changes to your organization's Kafka topic. Port removed changelog destinations from production on 2026-07-13; there, use an automation instead.",
			},
			"include_in_global_search": schema.BoolAttribute{
				Optional:            true,
				MarkdownDescription: "Whether Port's global search finds the entities.",
			},
			"extra_json": schema.StringAttribute{
				Optional:   true,
				CustomType: jsontype.Type{},
				MarkdownDescription: "A JSON object that is merged recursively into the blueprint, for keys that have no attribute yet. Use `jsonencode`. A refresh only compares the keys " +
					"that it sets. Removing a key from it removes the key in Port. An import leaves it empty.",
				PlanModifiers: []planmodifier.String{settle.SameJSON{}},
				Validators:    []validator.String{validate.JSONObject{}, validate.JSONNumbers{}},
			},
			"delete_actions": schema.BoolAttribute{
				Optional:            true,
				MarkdownDescription: "Whether destroying the blueprint also deletes its self-service actions. Defaults to `false`.",
			},
			"deletion_protection": schema.BoolAttribute{
				Optional: true,
				MarkdownDescription: "Whether to refuse plans that destroy the blueprint. To destroy it, set this to `false` and apply that first. " +
					"Defaults to `false`.",
			},
			"timeouts": envelope.TimeoutsAttribute(ctx, "blueprint", " With `force_delete_entities`, this includes deleting the entities."),
			"force_delete_entities": schema.BoolAttribute{
				Optional:            true,
				Computed:            true,
				Default:             booldefault.StaticBool(false),
				MarkdownDescription: "Whether destroying the blueprint also deletes its entities. If it is `false`, the default, destroying a blueprint that has entities fails.",
			},
			"create_catalog_page": schema.BoolAttribute{
				Optional:            true,
				Computed:            true,
				Default:             booldefault.StaticBool(true),
				MarkdownDescription: "Whether Port creates a catalog page with the blueprint. Changing it later has no effect. Defaults to `true`.",
			},
		},
	}
	maps.Copy(resp.Schema.Attributes, metadata.Attributes("blueprint", "its identifier"))
}

func ownershipAttribute() schema.Attribute {
	return schema.SingleNestedAttribute{
		Optional:            true,
		MarkdownDescription: "Who owns the entities.",
		Validators:          []validator.Object{ownershipDefinition()},
		Attributes: map[string]schema.Attribute{
			"type": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "`Direct`: each entity has its own teams. `Inherited`: it has the teams of a related entity.",
				Validators:          []validator.String{stringvalidator.OneOf("Direct", "Inherited")},
			},
			"path": schema.StringAttribute{Optional: true, MarkdownDescription: "With `Inherited`, the relations to follow to the owning entity, separated by dots.", Validators: validate.NotEmpty()},
			"title": schema.StringAttribute{
				Optional: true, Computed: true, PlanModifiers: []planmodifier.String{settle.EmptyText{}},
				MarkdownDescription: "The display name of the owner in Port, at most 100 characters. Port shows `Owning Teams` without it.", Validators: validate.OptionalTitle(),
			},
		},
	}
}
