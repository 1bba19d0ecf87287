package recall_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/port-changelog/terraform-provider-port/provider/internal/recall"
)

var (
	texts     = tftypes.Map{ElementType: tftypes.String}
	nested    = tftypes.Object{AttributeTypes: map[string]tftypes.Type{"a": tftypes.String, "b": tftypes.String}}
	none      = tftypes.Object{AttributeTypes: map[string]tftypes.Type{}}
	stateType = tftypes.Object{AttributeTypes: map[string]tftypes.Type{"texts": texts, "nested": nested, "none": none}}
)

func state(t *testing.T, values map[string]tftypes.Value) tftypes.Value {
	t.Helper()
	members := map[string]tftypes.Value{}
	for name, member := range stateType.AttributeTypes {
		members[name] = tftypes.NewValue(member, nil)
		if value, isSet := values[name]; isSet {
			members[name] = value
		}
	}
	return tftypes.NewValue(stateType, members)
}

func textMap(values map[string]string) tftypes.Value {
	elements := map[string]tftypes.Value{}
	for key, value := range values {
		elements[key] = tftypes.NewValue(tftypes.String, value)
	}
	return tftypes.NewValue(texts, elements)
}

// TestRestore_sentAsNull checks that values that Port filled in are remembered by member, so that
// only a new member shows.
func TestRestore_sentAsNull(t *testing.T) {
	t.Parallel()
	object := func(a, b any) tftypes.Value {
		return tftypes.NewValue(nested, map[string]tftypes.Value{"a": tftypes.NewValue(tftypes.String, a), "b": tftypes.NewValue(tftypes.String, b)})
	}
	empty := tftypes.NewValue(none, map[string]tftypes.Value{})
	tests := map[string]struct{ returned, refreshed, want map[string]tftypes.Value }{
		"an unchanged map":                {map[string]tftypes.Value{"texts": textMap(map[string]string{"x": "1"})}, map[string]tftypes.Value{"texts": textMap(map[string]string{"x": "1"})}, nil},
		"a map with a new element":        {map[string]tftypes.Value{"texts": textMap(map[string]string{"x": "1"})}, map[string]tftypes.Value{"texts": textMap(map[string]string{"x": "1", "y": "2"})}, map[string]tftypes.Value{"texts": textMap(map[string]string{"y": "2"})}},
		"an unchanged object":             {map[string]tftypes.Value{"nested": object("1", nil)}, map[string]tftypes.Value{"nested": object("1", nil)}, nil},
		"an object with a new value":      {map[string]tftypes.Value{"nested": object("1", nil)}, map[string]tftypes.Value{"nested": object("1", "2")}, map[string]tftypes.Value{"nested": object(nil, "2")}},
		"an object without attributes":    {map[string]tftypes.Value{"none": empty}, map[string]tftypes.Value{"none": empty}, nil},
		"an object that was not returned": {nil, map[string]tftypes.Value{"none": empty}, map[string]tftypes.Value{"none": empty}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sent := state(t, nil)
			memory := recall.New(recall.Differences(sent, state(t, test.returned)))
			if got, want := memory.Restore(sent, state(t, test.refreshed)), state(t, test.want); !got.Equal(want) {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
}
