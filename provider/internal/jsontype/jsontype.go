// Package jsontype is the Terraform string type for attributes that hold JSON. Resources use it
// where Port stores an arbitrary JSON value. Unlike jsontypes.Normalized it compares numbers by
// value and with full precision: 1 equals 1.0.
package jsontype

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/attr/xattr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/port-changelog/terraform-provider-port/internal/jsonvalue"
)

var (
	_ basetypes.StringTypable                    = Type{}
	_ basetypes.StringValuableWithSemanticEquals = Value{}
	_ xattr.ValidateableAttribute                = Value{}
)

// Type is the attribute type whose values are [Value].
type Type struct {
	basetypes.StringType
	// AllowsEmpty says whether a state may hold the empty string, which means "no value": Terraform
	// does not generate configuration from it. The framework validates configurations and states
	// alike, so a validator of the attribute must refuse the empty string in a configuration.
	AllowsEmpty bool
}

// Equal reports whether o is the same type.
func (t Type) Equal(o attr.Type) bool {
	other, ok := o.(Type)
	return ok && t.StringType.Equal(other.StringType) && t.AllowsEmpty == other.AllowsEmpty
}

// String names the type in diagnostics.
func (t Type) String() string { return "jsontype.Type" }

// ValueType returns the zero value of the type.
func (t Type) ValueType(context.Context) attr.Value {
	return Value{allowsEmpty: t.AllowsEmpty}
}

// ValueFromString wraps a plain string value.
func (t Type) ValueFromString(_ context.Context, in basetypes.StringValue) (basetypes.StringValuable, diag.Diagnostics) {
	return Value{StringValue: in, allowsEmpty: t.AllowsEmpty}, nil
}

// ValueFromTerraform converts a value from the wire.
func (t Type) ValueFromTerraform(ctx context.Context, in tftypes.Value) (attr.Value, error) {
	value, err := t.StringType.ValueFromTerraform(ctx, in)
	if err != nil {
		return nil, err
	}
	text, ok := value.(basetypes.StringValue)
	if !ok {
		return nil, fmt.Errorf("unexpected value type %T for a JSON string", value)
	}
	return Value{StringValue: text, allowsEmpty: t.AllowsEmpty}, nil
}

// Value is a string that holds one JSON value (RFC 8259).
type Value struct {
	basetypes.StringValue
	allowsEmpty bool
}

// Null returns the null value.
func Null() Value { return Value{StringValue: basetypes.NewStringNull()} }

// New wraps JSON text.
func New(text string) Value { return Value{StringValue: basetypes.NewStringValue(text)} }

// Empty returns the empty string, as a value of a type that accepts it.
func Empty() Value { return Value{StringValue: basetypes.NewStringValue(""), allowsEmpty: true} }

// Type returns [Type].
func (v Value) Type(context.Context) attr.Type { return Type{AllowsEmpty: v.allowsEmpty} }

// Equal reports whether o holds the same text.
func (v Value) Equal(o attr.Value) bool {
	other, ok := o.(Value)
	return ok && v.StringValue.Equal(other.StringValue)
}

// StringSemanticEquals reports whether both texts represent the same JSON value, regardless of key
// order, spacing, escaping and the notation of numbers.
func (v Value) StringSemanticEquals(_ context.Context, o basetypes.StringValuable) (bool, diag.Diagnostics) {
	other, ok := o.(Value)
	if !ok {
		return false, nil
	}
	return jsonvalue.EqualText(v.ValueString(), other.ValueString()), nil
}

// ValidateAttribute refuses text that is not exactly one JSON value. The framework calls it for
// values from a configuration and from a state.
func (v Value) ValidateAttribute(_ context.Context, req xattr.ValidateAttributeRequest, resp *xattr.ValidateAttributeResponse) {
	if !v.allowsEmpty || v.ValueString() != "" {
		resp.Diagnostics.Append(v.Check(req.Path)...)
	}
}

// Check refuses text that is not exactly one JSON value.
func (v Value) Check(at path.Path) diag.Diagnostics {
	if v.IsNull() || v.IsUnknown() {
		return nil
	}
	if _, err := jsonvalue.Decode([]byte(v.ValueString())); err != nil {
		return diag.Diagnostics{diag.NewAttributeErrorDiagnostic(at, "Invalid JSON",
			fmt.Sprintf("The value must be one JSON value: %s. Use jsonencode() to build it from a Terraform value.", err))}
	}
	return nil
}

// Decode decodes the text, with numbers as json.Number.
func (v Value) Decode() (any, error) {
	return jsonvalue.Decode([]byte(v.ValueString()))
}
