package port_test

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"testing"

	"github.com/port-changelog/terraform-provider-port/internal/port"
)

func testBlueprint(tb testing.TB) *port.Blueprint {
	tb.Helper()
	var blueprint port.Blueprint
	if err := json.Unmarshal(readTestdata(tb, "blueprint.json"), &blueprint); err != nil {
		tb.Fatal(err)
	}
	return &blueprint
}

// withoutExtra returns a copy of a model in which no struct at any depth has unknown keys.
func withoutExtra(value reflect.Value) reflect.Value {
	plain := reflect.New(value.Type()).Elem()
	plain.Set(value)
	switch value.Kind() { //nolint:exhaustive // The others hold no structs.
	case reflect.Pointer:
		if !value.IsNil() {
			plain.Set(reflect.New(value.Type().Elem()))
			plain.Elem().Set(withoutExtra(value.Elem()))
		}
	case reflect.Struct:
		for i := range value.NumField() {
			if value.Type().Field(i).Name == "Extra" {
				plain.Field(i).SetZero()
				continue
			}
			plain.Field(i).Set(withoutExtra(value.Field(i)))
		}
	case reflect.Map:
		if value.IsNil() || value.Type() == reflect.TypeFor[map[string]json.RawMessage]() {
			break
		}
		plain.Set(reflect.MakeMap(value.Type()))
		for _, key := range value.MapKeys() {
			plain.SetMapIndex(key, withoutExtra(value.MapIndex(key)))
		}
	case reflect.Slice:
		if value.IsNil() {
			break
		}
		plain.Set(reflect.MakeSlice(value.Type(), value.Len(), value.Len()))
		for i := range value.Len() {
			plain.Index(i).Set(withoutExtra(value.Index(i)))
		}
	}
	return plain
}

func plainBlueprint(tb testing.TB) *port.Blueprint {
	tb.Helper()
	plain := withoutExtra(reflect.ValueOf(*testBlueprint(tb)))
	return new(plain.Interface().(port.Blueprint))
}

func TestKeepUnknownAtEveryLevel(t *testing.T) {
	t.Parallel()
	current, desired := testBlueprint(t), plainBlueprint(t)
	if reflect.DeepEqual(current, desired) {
		t.Fatal("the desired blueprint has unknown keys")
	}
	desired.KeepUnknown(current)
	// A list of path filters has no keys by which its elements could be told apart.
	expected := testBlueprint(t)
	expected.AggregationProperties["count"].PathFilter[0].Extra = nil
	if !reflect.DeepEqual(desired, expected) {
		got, _ := json.MarshalIndent(desired, "", " ")
		t.Errorf("not everything was kept: %s", got)
	}
}

func TestKeepUnknownLeavesBothSidesIntact(t *testing.T) {
	t.Parallel()
	current, desired := testBlueprint(t), plainBlueprint(t)
	properties := desired.Schema.Properties
	desired.KeepUnknown(current)
	desired.Extra["unknown"] = json.RawMessage("1")
	desired.Schema.Properties["text"].Extra["unknown"] = json.RawMessage("1")
	if !reflect.DeepEqual(current, testBlueprint(t)) {
		t.Error("the current blueprint has changed")
	}
	if properties["text"].Extra != nil {
		t.Error("the map of the desired properties has changed")
	}
}

func TestKeepUnknown(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		change func(desired *port.Blueprint)
		check  func(merged *port.Blueprint) (got, want any)
	}{
		"a modelled key that was removed stays removed": {
			func(d *port.Blueprint) { d.Description, d.Ownership, d.Relations = nil, nil, nil },
			func(m *port.Blueprint) (got, want any) {
				return m.Description == nil && m.Ownership == nil && m.Relations == nil, true
			},
		},
		"an unknown key of the desired blueprint wins": {
			func(d *port.Blueprint) { d.Extra = map[string]json.RawMessage{"unknown": json.RawMessage(`"mine"`)} },
			func(m *port.Blueprint) (got, want any) { return string(m.Extra["unknown"]), `"mine"` },
		},
		"a removed property stays removed": {
			func(d *port.Blueprint) { delete(d.Schema.Properties, "text") },
			func(m *port.Blueprint) (got, want any) {
				return slices.Sorted(maps.Keys(m.Schema.Properties)), []string{"bare", "list", "number", "object", "page"}
			},
		},
		"a new property gets nothing": {
			func(d *port.Blueprint) { d.Schema.Properties["new"] = port.Property{Type: "string"} },
			func(m *port.Blueprint) (got, want any) { return len(m.Schema.Properties["new"].Extra), 0 },
		},
		"a changed title keeps the property's unknown keys": {
			func(d *port.Blueprint) {
				property := d.Schema.Properties["text"]
				property.Title = new("New")
				d.Schema.Properties["text"] = property
			},
			func(m *port.Blueprint) (got, want any) {
				property := m.Schema.Properties["text"]
				return *property.Title + string(property.Extra["unknown"]), `New{"deep": [1, {"exact": 1.10}, null]}`
			},
		},
		"a property of another type keeps nothing": {
			func(d *port.Blueprint) { d.Schema.Properties["list"] = port.Property{Type: "string"} },
			func(m *port.Blueprint) (got, want any) { return len(m.Schema.Properties["list"].Extra), 0 },
		},
		"items of another type keep nothing, their property does": {
			func(d *port.Blueprint) {
				d.Schema.Properties["list"] = port.Property{Type: "array", Items: &port.Items{Type: "number"}}
			},
			func(m *port.Blueprint) (got, want any) {
				list := m.Schema.Properties["list"]
				return []int{len(list.Extra), len(list.Items.Extra)}, []int{1, 0}
			},
		},
		"removed items stay removed": {
			func(d *port.Blueprint) { d.Schema.Properties["list"] = port.Property{Type: "array"} },
			func(m *port.Blueprint) (got, want any) { return m.Schema.Properties["list"].Items == nil, true },
		},
		"another kind of changelog destination keeps nothing": {
			func(d *port.Blueprint) {
				d.ChangelogDestination = &port.ChangelogDestination{Type: port.ChangelogKafka}
			},
			func(m *port.Blueprint) (got, want any) { return len(m.ChangelogDestination.Extra), 0 },
		},
		"another kind of ownership keeps nothing": {
			func(d *port.Blueprint) { d.Ownership = &port.Ownership{Type: "Direct"} },
			func(m *port.Blueprint) (got, want any) { return len(m.Ownership.Extra), 0 },
		},
		"another type of calculation keeps nothing": {
			func(d *port.Blueprint) {
				d.CalculationProperties["score"] = port.CalculationProperty{Type: "number", Calculation: "1"}
			},
			func(m *port.Blueprint) (got, want any) { return len(m.CalculationProperties["score"].Extra), 0 },
		},
		"another function of an aggregation keeps nothing of its specification": {
			func(d *port.Blueprint) {
				d.AggregationProperties["count"] = port.AggregationProperty{CalculationSpec: port.CalculationSpec{Func: "count"}}
			},
			func(m *port.Blueprint) (got, want any) {
				aggregation := m.AggregationProperties["count"]
				return []int{len(aggregation.Extra), len(aggregation.CalculationSpec.Extra)}, []int{1, 0}
			},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			desired := plainBlueprint(t)
			c.change(desired)
			desired.KeepUnknown(testBlueprint(t))
			if got, expected := c.check(desired); !reflect.DeepEqual(got, expected) {
				t.Errorf("got %v, want %v", got, expected)
			}
		})
	}
}

func TestKeepUnknownOfNothing(t *testing.T) {
	t.Parallel()
	desired := testBlueprint(t)
	desired.KeepUnknown(nil)
	desired.KeepUnknown(&port.Blueprint{})
	if !reflect.DeepEqual(desired, testBlueprint(t)) {
		t.Errorf("the desired blueprint has changed: %+v", desired)
	}
}
