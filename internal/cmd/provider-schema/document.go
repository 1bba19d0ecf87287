package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// The types below are the JSON form of a provider schema, format version 1.0:
// https://developer.hashicorp.com/terraform/cli/commands/providers/schema

type document struct {
	FormatVersion string                    `json:"format_version"`
	Schemas       map[string]providerSchema `json:"provider_schemas"`
}

type providerSchema struct {
	Provider      *schema           `json:"provider,omitempty"`
	Resources     map[string]schema `json:"resource_schemas,omitempty"`
	DataSources   map[string]schema `json:"data_source_schemas,omitempty"`
	ListResources map[string]schema `json:"list_resource_schemas,omitempty"`
}

type schema struct {
	Version int64 `json:"version"`
	Block   block `json:"block"`
}

type block struct {
	Attributes      map[string]attribute `json:"attributes,omitempty"`
	Description     string               `json:"description,omitempty"`
	DescriptionKind string               `json:"description_kind,omitempty"`
	Deprecated      bool                 `json:"deprecated,omitempty"`
}

type attribute struct {
	Type            json.RawMessage `json:"type,omitempty"`
	NestedType      *nestedType     `json:"nested_type,omitempty"`
	Description     string          `json:"description,omitempty"`
	DescriptionKind string          `json:"description_kind,omitempty"`
	Deprecated      bool            `json:"deprecated,omitempty"`
	Required        bool            `json:"required,omitempty"`
	Optional        bool            `json:"optional,omitempty"`
	Computed        bool            `json:"computed,omitempty"`
	Sensitive       bool            `json:"sensitive,omitempty"`
	WriteOnly       bool            `json:"write_only,omitempty"`
}

type nestedType struct {
	Attributes  map[string]attribute `json:"attributes"`
	NestingMode string               `json:"nesting_mode"`
}

func newDocument(response *tfprotov6.GetProviderSchemaResponse) (document, error) {
	config, err := newSchema(response.Provider)
	if err != nil {
		return document{}, fmt.Errorf("provider block: %w", err)
	}
	resources, err := newSchemas(response.ResourceSchemas)
	if err != nil {
		return document{}, err
	}
	dataSources, err := newSchemas(response.DataSourceSchemas)
	if err != nil {
		return document{}, err
	}
	listResources, err := newSchemas(response.ListResourceSchemas)
	if err != nil {
		return document{}, err
	}
	return document{
		FormatVersion: "1.0",
		Schemas: map[string]providerSchema{name: {
			Provider: &config, Resources: resources, DataSources: dataSources, ListResources: listResources,
		}},
	}, nil
}

func newSchemas(in map[string]*tfprotov6.Schema) (map[string]schema, error) {
	out := make(map[string]schema, len(in))
	for typeName := range in {
		converted, err := newSchema(in[typeName])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", typeName, err)
		}
		out[typeName] = converted
	}
	return out, nil
}

func newSchema(in *tfprotov6.Schema) (schema, error) {
	if len(in.Block.BlockTypes) > 0 {
		return schema{}, errors.New("nested blocks are not supported: use nested attributes")
	}
	attributes, err := newAttributes(in.Block.Attributes)
	if err != nil {
		return schema{}, err
	}
	return schema{
		Version: in.Version,
		Block: block{
			Attributes:      attributes,
			Description:     in.Block.Description,
			DescriptionKind: descriptionKind(in.Block.DescriptionKind),
			Deprecated:      in.Block.Deprecated,
		},
	}, nil
}

func newAttributes(in []*tfprotov6.SchemaAttribute) (map[string]attribute, error) {
	out := make(map[string]attribute, len(in))
	for _, a := range in {
		converted, err := newAttribute(a)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", a.Name, err)
		}
		out[a.Name] = converted
	}
	return out, nil
}

func newAttribute(in *tfprotov6.SchemaAttribute) (attribute, error) {
	out := attribute{
		Description:     in.Description,
		DescriptionKind: descriptionKind(in.DescriptionKind),
		Deprecated:      in.Deprecated,
		Required:        in.Required,
		Optional:        in.Optional,
		Computed:        in.Computed,
		Sensitive:       in.Sensitive,
		WriteOnly:       in.WriteOnly,
	}
	if text, isRequired := strings.CutPrefix(in.Description, "Required. "); isRequired {
		// A validator of the provider requires it: see provider/internal/validate.
		out.Description, out.Required, out.Optional = text, true, false
	}
	if in.NestedType == nil {
		encoded, err := json.Marshal(in.Type)
		out.Type = encoded
		return out, err
	}
	attributes, err := newAttributes(in.NestedType.Attributes)
	out.NestedType = &nestedType{Attributes: attributes, NestingMode: strings.ToLower(in.NestedType.Nesting.String())}
	return out, err
}

func descriptionKind(kind tfprotov6.StringKind) string {
	if kind == tfprotov6.StringKindMarkdown {
		return "markdown"
	}
	return "plain"
}
