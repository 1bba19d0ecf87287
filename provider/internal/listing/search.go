package listing

import (
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/list/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// SearchAttribute declares the attribute whose value [Matches] takes. kind names the objects in the
// description.
func SearchAttribute(kind string) schema.StringAttribute {
	return schema.StringAttribute{
		Optional:            true,
		MarkdownDescription: "Only " + kind + " whose identifier or title contains this text, ignoring case.",
	}
}

// Matches reports whether one of the names contains the text, ignoring case. A null text matches
// every name.
func Matches(text types.String, names ...string) bool {
	part := strings.ToLower(text.ValueString())
	for _, name := range names {
		if strings.Contains(strings.ToLower(name), part) {
			return true
		}
	}
	return false
}
