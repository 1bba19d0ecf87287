package envelope

import (
	"context"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// keySeparator separates the parent of an object from its own key. A parent may contain it, an own
// key never does.
const keySeparator = ":"

// JoinKey returns the key of an object that belongs to a parent. It is unknown if either part is,
// or else null if either part is.
func JoinKey(parent, own types.String) types.String {
	switch {
	case parent.IsUnknown() || own.IsUnknown():
		return types.StringUnknown()
	case parent.IsNull() || own.IsNull():
		return types.StringNull()
	default:
		return types.StringValue(parent.ValueString() + keySeparator + own.ValueString())
	}
}

// SplitKey splits a key from [JoinKey] at its last separator.
func SplitKey(key string) (parent, own string, isKey bool) {
	at := strings.LastIndex(key, keySeparator)
	if at <= 0 || at == len(key)-1 {
		return "", "", false
	}
	return key[:at], key[at+1:], true
}

func (r *Resource[M, P]) identitySchema() identityschema.Schema {
	attributes := map[string]identityschema.Attribute{
		r.KeyAttribute: identityschema.StringAttribute{RequiredForImport: true, Description: "Identifies the object among those of its kind."},
	}
	if r.ParentAttribute != "" {
		attributes[r.ParentAttribute] = identityschema.StringAttribute{RequiredForImport: true, Description: "Identifies the parent of the object."}
	}
	return identityschema.Schema{Attributes: attributes}
}

// identify sets the identity from a key.
func (r *Resource[M, P]) identify(ctx context.Context, identity *tfsdk.ResourceIdentity, key types.String) diag.Diagnostics {
	if r.ParentAttribute == "" {
		return identity.SetAttribute(ctx, path.Root(r.KeyAttribute), key)
	}
	parent, own, _ := SplitKey(key.ValueString())
	diagnostics := identity.SetAttribute(ctx, path.Root(r.ParentAttribute), parent)
	return append(diagnostics, identity.SetAttribute(ctx, path.Root(r.KeyAttribute), own)...)
}

// attributeReader is a plan or an identity.
type attributeReader interface {
	GetAttribute(ctx context.Context, at path.Path, target any) diag.Diagnostics
}

// parts reads the attributes that make up a key; parent is null for a kind without one.
func (r *Resource[M, P]) parts(ctx context.Context, from attributeReader) (parent, own types.String, diagnostics diag.Diagnostics) {
	diagnostics = from.GetAttribute(ctx, path.Root(r.KeyAttribute), &own)
	if r.ParentAttribute != "" {
		diagnostics.Append(from.GetAttribute(ctx, path.Root(r.ParentAttribute), &parent)...)
	}
	return parent, own, diagnostics
}
