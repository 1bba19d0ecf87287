package validate

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
)

// Required starts the description of an attribute that [Attributes] requires.
const Required = "Required. "

// Attributes refuses an element of a nested attribute that does not set one of these attributes.
// The framework reads all attributes of an unknown element as null, so it would refuse the element
// if they were required in the schema. They are optional in the schema instead, and their
// descriptions begin with [Required].
func Attributes(names ...string) validator.Object { return attributes(names) }

type attributes []string

func (a attributes) Description(context.Context) string {
	return "must have " + strings.Join(a, ", ")
}

func (a attributes) MarkdownDescription(ctx context.Context) string { return a.Description(ctx) }

func (a attributes) ValidateObject(_ context.Context, req validator.ObjectRequest, resp *validator.ObjectResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	for _, name := range a {
		if req.ConfigValue.Attributes()[name].IsNull() {
			resp.Diagnostics.AddAttributeError(req.Path.AtName(name), "Missing Required Attribute",
				fmt.Sprintf("%s has no %s, which is required.", req.Path, name))
		}
	}
}
