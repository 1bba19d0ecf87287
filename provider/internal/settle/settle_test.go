package settle_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/port-changelog/terraform-provider-port/provider/internal/jsontype"
	"github.com/port-changelog/terraform-provider-port/provider/internal/settle"
)

var (
	nullMap    = types.MapNull(types.StringType)
	emptyMap   = types.MapValueMust(types.StringType, map[string]attr.Value{})
	filledMap  = types.MapValueMust(types.StringType, map[string]attr.Value{"a": types.StringValue("b")})
	unknownMap = types.MapUnknown(types.StringType)
)

func TestEmptyIsNull(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ config, state, plan, want types.Map }{
		"configured null, was null":      {nullMap, nullMap, unknownMap, nullMap},
		"configured null, was empty":     {nullMap, emptyMap, unknownMap, emptyMap},
		"configured null, was filled":    {nullMap, filledMap, unknownMap, nullMap},
		"configured empty, was null":     {emptyMap, nullMap, emptyMap, emptyMap},
		"configured filled, was empty":   {filledMap, emptyMap, filledMap, filledMap},
		"configured unknown, was filled": {unknownMap, filledMap, unknownMap, unknownMap},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			resp := planmodifier.MapResponse{PlanValue: test.plan}
			settle.EmptyIsNull{}.PlanModifyMap(t.Context(), planmodifier.MapRequest{ConfigValue: test.config, StateValue: test.state, PlanValue: test.plan}, &resp)
			if !resp.PlanValue.Equal(test.want) {
				t.Errorf("planned %s, want %s", resp.PlanValue, test.want)
			}
		})
	}
}

func TestIsEmpty(t *testing.T) {
	t.Parallel()
	object := func(value types.Map) attr.Value {
		return types.ObjectValueMust(map[string]attr.Type{"m": types.MapType{ElemType: types.StringType}}, map[string]attr.Value{"m": value})
	}
	tests := map[string]struct {
		value attr.Value
		want  bool
	}{
		"null":                          {nullMap, true},
		"unknown":                       {unknownMap, false},
		"an empty map":                  {emptyMap, true},
		"a filled map":                  {filledMap, false},
		"an empty set":                  {types.SetValueMust(types.StringType, nil), true},
		"an empty list":                 {types.ListValueMust(types.StringType, nil), true},
		"an empty text":                 {types.StringValue(""), false},
		"an object with an empty map":   {object(emptyMap), true},
		"an object with a filled map":   {object(filledMap), false},
		"an object with an unknown map": {object(unknownMap), false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := settle.IsEmpty(test.value); got != test.want {
				t.Errorf("got %t", got)
			}
		})
	}
}

func jsonMap(elements map[string]string) types.Map {
	values := map[string]attr.Value{}
	for key, text := range elements {
		values[key] = jsontype.New(text)
	}
	return types.MapValueMust(jsontype.Type{}, values)
}

func TestSameJSON(t *testing.T) {
	t.Parallel()
	state := jsonMap(map[string]string{"a": `{"x":1,"y":[2]}`, "b": `"<"`})
	tests := map[string]struct {
		config types.Map
		isSame bool
	}{
		"reformatted":                  {jsonMap(map[string]string{"a": "{ \"y\": [2.0],\n\"x\": 1e0 }", "b": `"\u003c"`}), true},
		"one value changed":            {jsonMap(map[string]string{"a": `{"x":1,"y":[3]}`, "b": `"<"`}), false},
		"one changed, one reformatted": {jsonMap(map[string]string{"a": `{"y":[2],"x":1}`, "b": `">"`}), false},
		"a key added":                  {jsonMap(map[string]string{"a": `{"x":1,"y":[2]}`, "b": `"<"`, "c": "1"}), false},
		"a key removed":                {jsonMap(map[string]string{"a": `{"x":1,"y":[2]}`}), false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			resp := planmodifier.MapResponse{PlanValue: test.config}
			settle.SameJSON{}.PlanModifyMap(t.Context(), planmodifier.MapRequest{ConfigValue: test.config, StateValue: state}, &resp)
			want := test.config
			if test.isSame {
				want = state
			}
			if !resp.PlanValue.Equal(want) {
				t.Errorf("planned %s, want %s", resp.PlanValue, want)
			}
		})
	}
}
