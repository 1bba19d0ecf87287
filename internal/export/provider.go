package export

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// The resources that are exported.
const (
	blueprintType = "port_blueprint"
	entityType    = "port_entity"
	actionType    = "port_action"
)

// Server is a provider that can list resources.
type Server interface {
	tfprotov6.ProviderServer
	tfprotov6.ListResourceServer
}

// Provider is the provider in this process, connected to Port.
type Provider struct {
	server   Server
	protocol *tfprotov6.GetProviderSchemaResponse
	schemas  map[string]schema.Schema
	warn     func(summary, detail string)
}

// Connect configures the provider from the environment, as an empty provider block does. The
// resources must be those of the server. warn receives the provider's warnings.
func Connect(ctx context.Context, server tfprotov6.ProviderServer, resources []func() resource.Resource, warn func(summary, detail string)) (*Provider, error) {
	listing, canList := server.(Server)
	if !canList {
		return nil, errors.New("the provider cannot list resources")
	}
	p := &Provider{server: listing, schemas: map[string]schema.Schema{}, warn: warn}
	for _, construct := range resources {
		var named resource.MetadataResponse
		var declared resource.SchemaResponse
		one := construct()
		one.Metadata(ctx, resource.MetadataRequest{ProviderTypeName: "port"}, &named)
		one.Schema(ctx, resource.SchemaRequest{}, &declared)
		p.schemas[named.TypeName] = declared.Schema
	}
	var err error
	if p.protocol, err = server.GetProviderSchema(ctx, &tfprotov6.GetProviderSchemaRequest{}); err != nil {
		return nil, err
	}
	config, err := configOf(p.protocol.Provider, nil)
	if err != nil {
		return nil, err
	}
	configured, err := server.ConfigureProvider(ctx, &tfprotov6.ConfigureProviderRequest{Config: config})
	if err != nil {
		return nil, err
	}
	return p, p.check(configured.Diagnostics)
}

// list yields the states of the objects that a list resource returns. filter contains the
// attributes to set, as Go values. An error ends the sequence.
func (p *Provider) list(ctx context.Context, typeName string, filter map[string]any) iter.Seq2[tftypes.Value, error] {
	return func(yield func(tftypes.Value, error) bool) {
		stream, err := p.open(ctx, typeName, filter)
		if err != nil {
			yield(tftypes.Value{}, err)
			return
		}
		wireType := p.protocol.ResourceSchemas[typeName].ValueType()
		for result := range stream.Results {
			err := p.check(result.Diagnostics)
			var state tftypes.Value
			if err == nil {
				state, err = result.Resource.Unmarshal(wireType)
			}
			if !yield(state, err) || err != nil {
				return
			}
		}
	}
}

func (p *Provider) open(ctx context.Context, typeName string, filter map[string]any) (*tfprotov6.ListResourceServerStream, error) {
	config, err := configOf(p.protocol.ListResourceSchemas[typeName], filter)
	if err != nil {
		return nil, err
	}
	validated, err := p.server.ValidateListResourceConfig(ctx, &tfprotov6.ValidateListResourceConfigRequest{TypeName: typeName, Config: config})
	if err != nil {
		return nil, err
	}
	if err := p.check(validated.Diagnostics); err != nil {
		return nil, err
	}
	return p.server.ListResource(ctx, &tfprotov6.ListResourceRequest{TypeName: typeName, Config: config, IncludeResource: true})
}

// check reports warnings and returns the first error among diagnostics.
func (p *Provider) check(diagnostics []*tfprotov6.Diagnostic) error {
	for _, diagnostic := range diagnostics {
		if diagnostic.Severity == tfprotov6.DiagnosticSeverityError {
			return fmt.Errorf("%s: %s", diagnostic.Summary, diagnostic.Detail)
		}
		p.warn(diagnostic.Summary, diagnostic.Detail)
	}
	return nil
}

// configOf returns a configuration of a schema with the given attributes, and null for the others.
func configOf(schema *tfprotov6.Schema, set map[string]any) (*tfprotov6.DynamicValue, error) {
	values := map[string]tftypes.Value{}
	for _, attribute := range schema.Block.Attributes {
		value := set[attribute.Name]
		if texts, isList := value.([]string); isList {
			value = textValues(texts)
		}
		values[attribute.Name] = tftypes.NewValue(attribute.Type, value)
	}
	wireType := schema.ValueType()
	config, err := tfprotov6.NewDynamicValue(wireType, tftypes.NewValue(wireType, values))
	return &config, err
}

func textValues(texts []string) []tftypes.Value {
	values := make([]tftypes.Value, len(texts))
	for i, text := range texts {
		values[i] = tftypes.NewValue(tftypes.String, text)
	}
	return values
}
