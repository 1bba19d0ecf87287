package blueprint

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	resourceschema "github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/envelope"
	"github.com/port-changelog/terraform-provider-port/provider/internal/operation"
	"github.com/port-changelog/terraform-provider-port/provider/internal/readable"
	"github.com/port-changelog/terraform-provider-port/provider/internal/validate"
)

var _ datasource.DataSourceWithConfigure = (*blueprintDataSource)(nil)

type blueprintDataSource struct {
	envelope.DataSourceHead
}

// NewDataSource returns the data source port_blueprint.
func NewDataSource() datasource.DataSource {
	return &blueprintDataSource{envelope.DataSourceHead{TypeName: "blueprint"}}
}

// Schema declares the data source: the identifier and the readable attributes.
func (d *blueprintDataSource) Schema(ctx context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	attributes := readableAttributes(ctx)
	attributes["identifier"] = schema.StringAttribute{
		Required:            true,
		MarkdownDescription: "The identifier of the blueprint to read.",
		Validators:          validate.BlueprintIdentifier(),
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "Reads one blueprint, whether or not Terraform manages it. It fails if the blueprint does not exist.",
		Attributes:          attributes,
	}
}

// Read reads GET /v1/blueprints/{identifier}.
func (d *blueprintDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var configured types.String
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("identifier"), &configured)...)
	if resp.Diagnostics.HasError() {
		return
	}
	identifier := configured.ValueString()
	current, err := d.Backend.Client.Blueprints.Get(ctx, identifier)
	if err == nil {
		resp.State.Raw, err = readableValue(ctx, current, resp.State.Schema.Type().TerraformType(ctx))
	}
	if err != nil {
		described := failure(ctx, "Read", identifier, err)
		if errors.Is(err, port.ErrNotFound) {
			described.Advice = "The blueprint does not exist. If the same configuration creates it, refer to its resource, so that the data source reads it afterwards."
		}
		resp.Diagnostics.Append(described.Diagnostic())
	}
}

// unreadable returns the attributes of the resource that Port does not store.
func unreadable() []string { return append([]string{"extra_json", "renamed_from"}, localAttributes...) }

// readableAttributes returns the readable attributes of the resource, and the JSON of the whole
// blueprint.
func readableAttributes(ctx context.Context) map[string]schema.Attribute {
	attributes := readable.Attributes(resourceSchema(ctx).Attributes, unreadable()...)
	for name, description := range map[string]string{
		"identifier":                    "The unique identifier of the blueprint.",
		"relations":                     "The relations to other blueprints, by key.",
		"aggregation_properties":        "Properties that Port aggregates over related entities, by key.",
		"webhook_changelog_destination": "Where Port posts each change of the blueprint and its entities; null if not set.",
		"kafka_changelog_destination":   "An empty object if Port writes changes to the organization's Kafka topic, otherwise null.",
	} {
		attributes[name] = withDescription(attributes[name], description)
	}
	attributes["json"] = schema.StringAttribute{
		Computed:            true,
		MarkdownDescription: "The whole blueprint as JSON, including keys without an attribute. Use `jsondecode`.",
	}
	return attributes
}

func withDescription(attribute schema.Attribute, description string) schema.Attribute {
	switch attribute := attribute.(type) {
	case schema.StringAttribute:
		attribute.MarkdownDescription = description
		return attribute
	case schema.MapNestedAttribute:
		attribute.MarkdownDescription = description
		return attribute
	case schema.SingleNestedAttribute:
		attribute.MarkdownDescription = description
		return attribute
	case schema.ObjectAttribute:
		attribute.MarkdownDescription = description
		return attribute
	default:
		return attribute
	}
}

func resourceSchema(ctx context.Context) resourceschema.Schema {
	var resp resource.SchemaResponse
	(&blueprintResource{}).Schema(ctx, resource.SchemaRequest{}, &resp)
	return resp.Schema
}

// readableValue converts a blueprint to an object of the type of a data source.
func readableValue(ctx context.Context, current *port.Blueprint, to tftypes.Type) (tftypes.Value, error) {
	var read model
	if err := read.fromAPI(current, true); err != nil {
		return tftypes.Value{}, err
	}
	document, err := json.Marshal(current)
	if err != nil {
		return tftypes.Value{}, err
	}
	managed := resourceSchema(ctx)
	read.Timeouts = operation.NoTimeouts(managed.Attributes["timeouts"])
	state := tfsdk.State{Schema: managed, Raw: tftypes.NewValue(managed.Type().TerraformType(ctx), nil)}
	if diagnostics := state.Set(ctx, read); diagnostics.HasError() {
		return tftypes.Value{}, fmt.Errorf("%s: %s", diagnostics[0].Summary(), diagnostics[0].Detail())
	}
	value, err := readable.Project(state.Raw, to)
	if err != nil {
		return tftypes.Value{}, err
	}
	return withMember(value, "json", tftypes.NewValue(tftypes.String, string(document)))
}

func withMember(object tftypes.Value, name string, member tftypes.Value) (tftypes.Value, error) {
	var members map[string]tftypes.Value
	if err := object.As(&members); err != nil {
		return tftypes.Value{}, err
	}
	members[name] = member
	return tftypes.NewValue(object.Type(), members), nil
}
