package envelope

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	resourceschema "github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/port-changelog/terraform-provider-port/internal/jsonvalue"
	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/diagnose"
	"github.com/port-changelog/terraform-provider-port/provider/internal/document"
	"github.com/port-changelog/terraform-provider-port/provider/internal/operation"
	"github.com/port-changelog/terraform-provider-port/provider/internal/readable"
)

// DataSource reads one object of a kind by its key. It has the attributes of the resource, and the
// whole document as JSON.
type DataSource[M any, P Bound[M]] struct {
	DataSourceHead
	Kind

	// ManagedSchema is the schema of the resource.
	ManagedSchema func(context.Context) resourceschema.Schema
	// Except names attributes of the resource that do not correspond to anything in Port.
	Except []string
	// Key is the schema of the attribute by which the object is looked up.
	Key schema.StringAttribute
}

// Schema declares the data source: the key, and the attributes to read.
func (d *DataSource[M, P]) Schema(ctx context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	attributes := Readable(d.ManagedSchema(ctx), d.Except...)
	attributes[d.KeyAttribute] = d.Key
	resp.Schema = schema.Schema{
		MarkdownDescription: "Reads one " + strings.ToLower(d.Name) + ", whether or not Terraform manages it. It fails if the " + strings.ToLower(d.Name) + " does not exist.",
		Attributes:          attributes,
	}
}

// Read reads the object.
func (d *DataSource[M, P]) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var key types.String
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root(d.KeyAttribute), &key)...)
	if resp.Diagnostics.HasError() {
		return
	}
	current, err := d.Store(d.Backend).Get(ctx, key.ValueString())
	if err == nil {
		resp.State.Raw, err = ReadableValue[M, P](ctx, d.ManagedSchema(ctx), current, resp.State.Schema.Type().TerraformType(ctx))
	}
	if err != nil {
		failure := diagnose.Failure{Verb: "Read", Kind: d.Name, Identifier: key.ValueString(), Err: err}
		if errors.Is(err, port.ErrNotFound) {
			failure.Advice = fmt.Sprintf("No %[1]s has this identifier. If the same configuration creates it, refer to the resource, so that it is read afterwards.", strings.ToLower(d.Name))
		}
		resp.Diagnostics.Append(failure.Diagnostic())
	}
}

// Readable returns the attributes of a resource as computed attributes of a data source, and json
// for the whole document.
func Readable(managed resourceschema.Schema, except ...string) map[string]schema.Attribute {
	attributes := readable.Attributes(managed.Attributes, "timeouts")
	for _, name := range except {
		delete(attributes, name)
	}
	attributes["json"] = schema.StringAttribute{
		Computed:            true,
		MarkdownDescription: "The whole object as JSON, including keys without an attribute. Use `jsondecode`.",
	}
	return attributes
}

// ReadableValue converts a document to an object of a data source's type.
func ReadableValue[M any, P Bound[M]](ctx context.Context, managed resourceschema.Schema, current document.Object, to tftypes.Type) (tftypes.Value, error) {
	read := P(new(M))
	if err := document.Read(current, read.Bindings(), true); err != nil {
		return tftypes.Value{}, err
	}
	text, err := jsonvalue.Encode(current)
	if err != nil {
		return tftypes.Value{}, err
	}
	read.Base().ID = read.Key()
	read.Base().Timeouts = operation.NoTimeouts(managed.Attributes["timeouts"])
	state := tfsdk.State{Schema: managed, Raw: tftypes.NewValue(managed.Type().TerraformType(ctx), nil)}
	if diagnostics := state.Set(ctx, read); diagnostics.HasError() {
		return tftypes.Value{}, fmt.Errorf("%s: %s", diagnostics[0].Summary(), diagnostics[0].Detail())
	}
	value, err := readable.Project(state.Raw, to)
	if err != nil {
		return tftypes.Value{}, err
	}
	var members map[string]tftypes.Value
	if err := value.As(&members); err != nil {
		return tftypes.Value{}, err
	}
	members["json"] = tftypes.NewValue(tftypes.String, string(text))
	return tftypes.NewValue(to, members), nil
}
