package envelope

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Partial reads a configuration that may contain unknown values, for checks of the known ones.
// Unknown collections and objects become null in the model; unknown scalars stay unknown.
func Partial[M any](ctx context.Context, config tfsdk.Config) (*M, diag.Diagnostics) {
	var configured M
	raw, err := tftypes.Transform(config.Raw, func(_ *tftypes.AttributePath, value tftypes.Value) (tftypes.Value, error) {
		return simplify(value)
	})
	if err != nil {
		return nil, diag.Diagnostics{diag.NewErrorDiagnostic("Unable to Read Configuration", err.Error())}
	}
	config.Raw = raw
	return &configured, config.Get(ctx, &configured)
}

// simplify replaces an unknown container by null and drops null objects from lists and maps,
// because a struct can represent neither.
func simplify(value tftypes.Value) (tftypes.Value, error) {
	switch t := value.Type().(type) {
	case tftypes.Object, tftypes.Set:
		if !value.IsKnown() {
			return tftypes.NewValue(t, nil), nil
		}
	case tftypes.Map:
		if !value.IsKnown() {
			return tftypes.NewValue(t, nil), nil
		}
		if !t.ElementType.Is(tftypes.Object{}) || value.IsNull() {
			return value, nil
		}
		var elements map[string]tftypes.Value
		if err := value.As(&elements); err != nil {
			return value, err
		}
		for key, element := range elements {
			if element.IsNull() {
				delete(elements, key)
			}
		}
		return tftypes.NewValue(t, elements), nil
	case tftypes.List:
		if !value.IsKnown() {
			return tftypes.NewValue(t, nil), nil
		}
		if !t.ElementType.Is(tftypes.Object{}) || value.IsNull() {
			return value, nil
		}
		var all, elements []tftypes.Value
		if err := value.As(&all); err != nil {
			return value, err
		}
		for _, element := range all {
			if !element.IsNull() {
				elements = append(elements, element)
			}
		}
		return tftypes.NewValue(t, elements), nil
	}
	return value, nil
}
