package entity

import (
	"context"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/port-changelog/terraform-provider-port/provider/internal/convert"
	"github.com/port-changelog/terraform-provider-port/provider/internal/jsontype"
)

// entry is one key of a map in a configuration: a property or a relation.
type entry struct {
	key string
	// collection is the name of the map, such as string_props.
	collection string
	at         path.Path
	value      attr.Value
}

// entriesOf returns the entries of all maps in an object, sorted. An unknown map has no entries.
func entriesOf(at path.Path, object types.Object) []entry {
	var entries []entry
	attributes := object.Attributes()
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		switch value := attributes[name].(type) {
		case types.Object:
			entries = append(entries, entriesOf(at.AtName(name), value)...)
		case types.Map:
			elements := value.Elements()
			for _, key := range slices.Sorted(maps.Keys(elements)) {
				entries = append(entries, entry{key: key, collection: name, at: at.AtName(name).AtMapKey(key), value: elements[key]})
			}
		}
	}
	return entries
}

// toAPI returns the value to send to Port, and false if it is unknown.
func (e entry) toAPI(ctx context.Context) (value any, isKnown bool) {
	if !isFullyKnown(ctx, e.value) {
		return nil, false
	}
	return scalarOrList(e.value)
}

func scalarOrList(value attr.Value) (any, bool) {
	if value.IsNull() {
		return nil, true
	}
	switch value := value.(type) {
	case types.String:
		return value.ValueString(), true
	case types.Bool:
		return value.ValueBool(), true
	case types.Number:
		return convert.NumberText(value), true
	case jsontype.Value:
		decoded, err := value.Decode()
		return decoded, err == nil
	case types.List:
		list := make([]any, 0, len(value.Elements()))
		for _, element := range value.Elements() {
			item, ok := scalarOrList(element)
			if !ok {
				return nil, false
			}
			list = append(list, item)
		}
		return list, true
	default:
		return nil, false
	}
}
