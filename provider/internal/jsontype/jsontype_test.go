package jsontype_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr/xattr"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/port-changelog/terraform-provider-port/provider/internal/jsontype"
)

func TestSemanticEquality(t *testing.T) {
	t.Parallel()
	same, diagnostics := jsontype.New(`{"a":1,"b":"<"}`).StringSemanticEquals(t.Context(), jsontype.New(`{ "b": "\u003c", "a": 1.0 }`))
	if !same || diagnostics.HasError() {
		t.Errorf("equivalent JSON is not equal: %v", diagnostics)
	}
	same, _ = jsontype.New(`9007199254740993`).StringSemanticEquals(t.Context(), jsontype.New(`9007199254740992`))
	if same {
		t.Error("numbers that differ only beyond double precision are equal")
	}
}

func TestValidation(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		value jsontype.Value
		valid bool
	}{
		"an object":    {jsontype.New(`{"a":1}`), true},
		"null":         {jsontype.Null(), true},
		"unknown":      {jsontype.Value{StringValue: basetypes.NewStringUnknown()}, true},
		"empty":        {jsontype.New(""), false},
		"allowed":      {jsontype.Empty(), true},
		"HCL":          {jsontype.New("{a = 1}"), false},
		"two values":   {jsontype.New("{} {}"), false},
		"open bracket": {jsontype.New("["), false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var resp xattr.ValidateAttributeResponse
			test.value.ValidateAttribute(t.Context(), xattr.ValidateAttributeRequest{Path: path.Root("default")}, &resp)
			if resp.Diagnostics.HasError() == test.valid {
				t.Errorf("diagnostics: %v", resp.Diagnostics)
			}
		})
	}
}

func TestValueFromTerraform(t *testing.T) {
	t.Parallel()
	value, err := jsontype.Type{}.ValueFromTerraform(t.Context(), tftypes.NewValue(tftypes.String, "[1]"))
	if err != nil || !value.Equal(jsontype.New("[1]")) {
		t.Errorf("got %v, %v", value, err)
	}
	if _, err := (jsontype.Type{}).ValueFromTerraform(t.Context(), tftypes.NewValue(tftypes.Bool, true)); err == nil {
		t.Error("a boolean was accepted as JSON text")
	}
}
