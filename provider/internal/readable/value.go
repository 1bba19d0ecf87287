package readable

import (
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Project converts a value of a resource to a data source's type. It drops attributes that the type
// does not have, and sets those that the resource does not have to null.
func Project(value tftypes.Value, to tftypes.Type) (tftypes.Value, error) {
	if value.IsNull() || !value.IsKnown() {
		return tftypes.NewValue(to, nil), nil
	}
	switch to := to.(type) {
	case tftypes.Object:
		return projectMembers(value, to)
	case tftypes.Map:
		return projectElements(value, to)
	case tftypes.List:
		return projectList(value, to)
	default:
		return value, nil
	}
}

func projectMembers(value tftypes.Value, to tftypes.Object) (tftypes.Value, error) {
	var all map[string]tftypes.Value
	if err := value.As(&all); err != nil {
		return tftypes.Value{}, err
	}
	result := map[string]tftypes.Value{}
	for name, member := range to.AttributeTypes {
		projected, err := Project(all[name], member)
		if err != nil {
			return tftypes.Value{}, fmt.Errorf("%s: %w", name, err)
		}
		result[name] = projected
	}
	return tftypes.NewValue(to, result), nil
}

func projectElements(value tftypes.Value, to tftypes.Map) (tftypes.Value, error) {
	var all map[string]tftypes.Value
	if err := value.As(&all); err != nil {
		return tftypes.Value{}, err
	}
	for key := range all {
		projected, err := Project(all[key], to.ElementType)
		if err != nil {
			return tftypes.Value{}, fmt.Errorf("%s: %w", key, err)
		}
		all[key] = projected
	}
	return tftypes.NewValue(to, all), nil
}

func projectList(value tftypes.Value, to tftypes.List) (tftypes.Value, error) {
	var elements []tftypes.Value
	if err := value.As(&elements); err != nil {
		return tftypes.Value{}, err
	}
	for i := range elements {
		projected, err := Project(elements[i], to.ElementType)
		if err != nil {
			return tftypes.Value{}, fmt.Errorf("%d: %w", i, err)
		}
		elements[i] = projected
	}
	return tftypes.NewValue(to, elements), nil
}

// plainType returns the base type of a custom type.
func plainType(t attr.Type) attr.Type {
	switch t := t.(type) {
	case attr.TypeWithElementType:
		return withElement(t)
	case basetypes.StringTypable:
		return types.StringType
	default:
		return t
	}
}

func withElement(t attr.TypeWithElementType) attr.Type {
	element := plainType(t.ElementType())
	switch t.(type) {
	case basetypes.ListTypable:
		return types.ListType{ElemType: element}
	case basetypes.SetTypable:
		return types.SetType{ElemType: element}
	default:
		return types.MapType{ElemType: element}
	}
}
