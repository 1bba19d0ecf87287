// Package metadata holds the computed attributes of blueprints and entities: the ID, and when and
// by whom the object was created and last changed.
package metadata

import (
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// Model is embedded in the model of a resource.
type Model struct {
	ID        types.String `tfsdk:"id"`
	CreatedAt types.String `tfsdk:"created_at"`
	CreatedBy types.String `tfsdk:"created_by"`
	UpdatedAt types.String `tfsdk:"updated_at"`
	UpdatedBy types.String `tfsdk:"updated_by"`
}

// Stamp is when and by whom an object was created and last changed. Times are RFC 3339.
type Stamp struct {
	CreatedAt, CreatedBy, UpdatedAt, UpdatedBy string
}

// New returns the attributes of an object from Port's response.
func New(id string, stamp Stamp) Model {
	return Model{
		ID:        types.StringValue(id),
		CreatedAt: types.StringValue(stamp.CreatedAt),
		CreatedBy: types.StringValue(stamp.CreatedBy),
		UpdatedAt: types.StringValue(stamp.UpdatedAt),
		UpdatedBy: types.StringValue(stamp.UpdatedBy),
	}
}

// IsUnread reports whether the state has not been read from Port yet, as between an import and its
// first refresh.
func (m Model) IsUnread() bool { return m.CreatedAt.IsNull() }

// Attributes declares the attributes. kind names the object, and idForm describes its ID.
func Attributes(kind, idForm string) map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"id":         computed("The ID of the " + kind + ": " + idForm + "."),
		"created_at": computed("When the " + kind + " was created (RFC 3339)."),
		"created_by": computed("Who created the " + kind + "."),
		"updated_at": computed("When the " + kind + " was last changed (RFC 3339)."),
		"updated_by": computed("Who last changed the " + kind + "."),
	}
}

// Volatile names the attributes that every write changes.
func Volatile() []string { return []string{"updated_at", "updated_by"} }

func computed(description string) schema.Attribute {
	return schema.StringAttribute{
		Computed:            true,
		MarkdownDescription: description,
		PlanModifiers:       []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
	}
}
