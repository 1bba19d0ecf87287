// Package readable derives a data source from a resource: the same attributes, but computed, and
// the same values. A new attribute of the resource appears in the data source automatically.
package readable

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	resourceschema "github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/port-changelog/terraform-provider-port/provider/internal/validate"
)

// advice matches the sentences of a description that only concern those who set the attribute.
var advice = regexp.MustCompile(" (?:Conflicts with|Defaults to|Changing it|Exactly one event must|Use `jsonencode`)[^.]*\\.")

// Attributes converts the attributes of a resource to those of a data source, except those with the
// given names, at any depth. JSON becomes a plain string, because a data source has no configured
// form to preserve.
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
	description := advice.ReplaceAllString(strings.TrimPrefix(attribute.GetMarkdownDescription(), validate.Required), "")
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
