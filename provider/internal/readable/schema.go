// Package readable derives a data source from a resource: the same attributes,
// computed, and the same values. A data source that is built with it shows
// whatever the resource learns to manage, and cannot drift from it.
package readable

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	resourceschema "github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/port-changelog/terraform-provider-port/provider/internal/validate"
)

// Attributes returns the attributes of a resource as those of a data source, without those of the
// given names, at any depth. JSON becomes plain text: a data source has no configured form to keep.
func Attributes(attributes map[string]resourceschema.Attribute, except ...string) map[string]schema.Attribute {
	out := map[string]schema.Attribute{}
	for name, attribute := range attributes {
		if !slices.Contains(except, name) {
			out[name] = computed(attribute, except)
		}
	}
	return out
}

func computed(attribute resourceschema.Attribute, except []string) schema.Attribute {
	description := strings.TrimPrefix(attribute.GetMarkdownDescription(), validate.Required)
	switch attribute := attribute.(type) {
	case resourceschema.SingleNestedAttribute:
		return schema.SingleNestedAttribute{Computed: true, MarkdownDescription: description, Attributes: Attributes(attribute.Attributes, except...)}
	case resourceschema.MapNestedAttribute:
		return schema.MapNestedAttribute{Computed: true, MarkdownDescription: description, NestedObject: nested(attribute.NestedObject, except)}
	case resourceschema.ListNestedAttribute:
		return schema.ListNestedAttribute{Computed: true, MarkdownDescription: description, NestedObject: nested(attribute.NestedObject, except)}
	}
	switch plain := plainType(attribute.GetType()).(type) {
	case types.ListType:
		return schema.ListAttribute{Computed: true, MarkdownDescription: description, ElementType: plain.ElemType}
	case types.SetType:
		return schema.SetAttribute{Computed: true, MarkdownDescription: description, ElementType: plain.ElemType}
	case types.MapType:
		return schema.MapAttribute{Computed: true, MarkdownDescription: description, ElementType: plain.ElemType}
	case types.ObjectType:
		return schema.ObjectAttribute{Computed: true, MarkdownDescription: description, AttributeTypes: plain.AttrTypes}
	default:
		return scalar(plain, description)
	}
}

func nested(object resourceschema.NestedAttributeObject, except []string) schema.NestedAttributeObject {
	return schema.NestedAttributeObject{Attributes: Attributes(object.Attributes, except...)}
}

func scalar(plain attr.Type, description string) schema.Attribute {
	switch plain {
	case types.BoolType:
		return schema.BoolAttribute{Computed: true, MarkdownDescription: description}
	case types.NumberType:
		return schema.NumberAttribute{Computed: true, MarkdownDescription: description}
	case types.StringType:
		return schema.StringAttribute{Computed: true, MarkdownDescription: description}
	default:
		panic(fmt.Sprintf("readable: no attribute for the type %s", plain))
	}
}
