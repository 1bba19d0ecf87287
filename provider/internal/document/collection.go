package document

import (
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/port-changelog/terraform-provider-port/internal/jsonvalue"
	"github.com/port-changelog/terraform-provider-port/provider/internal/convert"
	"github.com/port-changelog/terraform-provider-port/provider/internal/jsontype"
)

// element converts one element of a list or a map.
type element[T any] struct {
	toJSON func(T) any
	// fromJSON uses name for the element in errors.
	fromJSON func(name string, value any) (T, error)
}

func texts() element[types.String] {
	return element[types.String]{
		toJSON: func(text types.String) any { return orNull(text.IsNull(), text.ValueString()) },
		fromJSON: func(name string, value any) (types.String, error) {
			text, ok, err := get[string](Object{name: value}, name, "a string")
			if !ok {
				return types.StringNull(), err
			}
			return types.StringValue(text), nil
		},
	}
}

func numbers() element[types.Number] {
	return element[types.Number]{
		toJSON: func(number types.Number) any {
			if number.IsNull() {
				return nil
			}
			return convert.NumberText(number)
		},
		fromJSON: func(name string, value any) (types.Number, error) {
			var number types.Number
			err := Number(name, &number).read(Object{name: value}, false)
			return number, err
		},
	}
}

func booleans() element[types.Bool] {
	return element[types.Bool]{
		toJSON: func(value types.Bool) any { return orNull(value.IsNull(), value.ValueBool()) },
		fromJSON: func(name string, value any) (types.Bool, error) {
			var boolean types.Bool
			err := Bool(name, &boolean).read(Object{name: value}, false)
			return boolean, err
		},
	}
}

func orNull(isNull bool, value any) any {
	if isNull {
		return nil
	}
	return value
}

// exactList binds a list for which empty and absent are different.
func exactList[T any](key string, target *[]T, of element[T]) Binding {
	return Binding{
		write: func(into Object) {
			if *target == nil {
				delete(into, key)
				return
			}
			list := make([]any, 0, len(*target))
			for _, value := range *target {
				list = append(list, of.toJSON(value))
			}
			into[key] = list
		},
		read: func(from Object, _ bool) error {
			list, ok, err := get[[]any](from, key, "a list")
			if !ok {
				*target = nil
				return err
			}
			*target = make([]T, len(list))
			for i, value := range list {
				if (*target)[i], err = of.fromJSON(fmt.Sprintf("%s[%d]", key, i), value); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

// looseList binds a list for which empty and absent mean the same.
func looseList[T any](key string, target *[]T, of element[T]) Binding {
	plain := exactList(key, target, of)
	return Binding{
		write: func(into Object) {
			if len(*target) > 0 {
				plain.write(into)
			} else if current, ok := into[key].([]any); !ok || len(current) > 0 {
				delete(into, key)
			}
		},
		read: func(from Object, isNew bool) error {
			wasNull := *target == nil && !isNew
			err := plain.read(from, isNew)
			if len(*target) == 0 {
				*target = emptyOrNull[T](wasNull)
			}
			return err
		},
	}
}

func emptyOrNull[T any](isNull bool) []T {
	if isNull {
		return nil
	}
	return []T{}
}

// Texts binds a list of strings for which empty and absent are different.
func Texts(key string, target *[]types.String) Binding { return exactList(key, target, texts()) }

// Numbers binds a list of numbers for which empty and absent are different.
func Numbers(key string, target *[]types.Number) Binding { return exactList(key, target, numbers()) }

// Bools binds a list of booleans for which empty and absent are different.
func Bools(key string, target *[]types.Bool) Binding { return exactList(key, target, booleans()) }

// JSONs binds a list of texts of JSON to a list of any JSON values, for which empty and absent are
// different. A text of the model stays if it is equivalent.
func JSONs(key string, target *[]jsontype.Value) Binding {
	plain := exactList(key, target, element[jsontype.Value]{
		toJSON: func(text jsontype.Value) any {
			into := Object{}
			JSON(key, &text).write(into)
			return into[key]
		},
		fromJSON: func(name string, value any) (jsontype.Value, error) {
			text := jsontype.Null()
			err := JSON(name, &text).read(Object{name: value}, true)
			return text, err
		},
	})
	return Binding{
		write: plain.write,
		read: func(from Object, isNew bool) error {
			prior := *target
			err := plain.read(from, isNew)
			for i := range min(len(prior), len(*target)) {
				if jsonvalue.EqualText(prior[i].ValueString(), (*target)[i].ValueString()) {
					(*target)[i] = prior[i]
				}
			}
			return err
		},
	}
}

// NonEmptyTexts binds a list of strings that is null in the model if it is empty.
func NonEmptyTexts(key string, target *[]types.String) Binding {
	return nonEmptyList(key, target, texts())
}

// NonEmptyNumbers binds a list of numbers that is null in the model if it is empty.
func NonEmptyNumbers(key string, target *[]types.Number) Binding {
	return nonEmptyList(key, target, numbers())
}

func nonEmptyList[T any](key string, target *[]T, of element[T]) Binding {
	loose := looseList(key, target, of)
	return Binding{
		write: loose.write,
		read: func(from Object, isNew bool) error {
			err := loose.read(from, isNew)
			if len(*target) == 0 {
				*target = nil
			}
			return err
		},
	}
}

// LooseTexts binds a list of strings for which empty and absent mean the same.
func LooseTexts(key string, target *[]types.String) Binding { return looseList(key, target, texts()) }

// LooseNumbers binds a list of numbers for which empty and absent mean the same.
func LooseNumbers(key string, target *[]types.Number) Binding {
	return looseList(key, target, numbers())
}

// RequiredTexts binds a list of strings that is never null in the model and always written.
func RequiredTexts(key string, target *[]types.String) Binding {
	return Binding{
		write: func(into Object) {
			list := make([]any, 0, len(*target))
			for _, text := range *target {
				list = append(list, text.ValueString())
			}
			into[key] = list
		},
		read: func(from Object, _ bool) error {
			err := Texts(key, target).read(from, true)
			if *target == nil {
				*target = []types.String{}
			}
			return err
		},
	}
}

// LooseTextMap binds a map of strings for which empty and absent mean the same.
func LooseTextMap(key string, target *map[string]types.String) Binding {
	return Binding{
		write: func(into Object) {
			object := Object{}
			for name, text := range *target {
				if !text.IsNull() {
					object[name] = text.ValueString()
				}
			}
			current, _ := into[key].(Object)
			if len(object) > 0 || len(current) > 0 {
				put(into, key, len(object) > 0, object)
			}
		},
		read: func(from Object, isNew bool) error {
			wasNull := *target == nil && !isNew
			object, _, err := get[Object](from, key, "an object")
			*target = make(map[string]types.String, len(object))
			for name := range object {
				var text types.String
				if err := Text(name, &text).read(object, true); err != nil {
					return fmt.Errorf("%s.%w", key, err)
				}
				(*target)[name] = text
			}
			if len(object) == 0 && wasNull {
				*target = nil
			}
			return err
		},
	}
}

// Nested binds a nested attribute to an object.
func Nested[T any](key string, target **T, bindings func(*T) []Binding) Binding {
	return Binding{
		write: func(into Object) {
			if *target == nil {
				delete(into, key)
				return
			}
			object := Child(into, key)
			Write(object, bindings(*target))
			into[key] = object
		},
		read: func(from Object, isNew bool) error {
			object, ok, err := get[Object](from, key, "an object")
			if !ok {
				*target = nil
				return err
			}
			return within(key, readInto(object, target, bindings, isNew))
		},
	}
}

// readInto reads an object into a model, which it creates if target is nil.
func readInto[T any](object Object, target **T, bindings func(*T) []Binding, isNew bool) error {
	if *target == nil {
		*target, isNew = new(T), true
	}
	return Read(object, bindings(*target), isNew)
}

// Child returns a shallow copy of the object under a key, or an empty object.
func Child(of Object, key string) Object {
	object, _ := of[key].(Object)
	if object == nil {
		return Object{}
	}
	return maps.Clone(object)
}

func within(key string, err error) error {
	if err != nil {
		return fmt.Errorf("%s.%w", key, err)
	}
	return nil
}

// Inside binds attributes to the keys of an object that every document has and that no attribute
// represents.
func Inside(key string, bindings ...Binding) Binding {
	return Binding{
		write: func(into Object) {
			object := Child(into, key)
			Write(object, bindings)
			into[key] = object
		},
		read: func(from Object, isNew bool) error {
			object, _, err := get[Object](from, key, "an object")
			if err != nil {
				return err
			}
			return within(key, Read(object, bindings, isNew))
		},
	}
}

// Group binds a nested attribute to the object that its parent is bound to.
func Group[T any](target **T, bindings func(*T) []Binding) Binding {
	return Binding{
		write: func(into Object) {
			value := *target
			if value == nil {
				value = new(T)
			}
			Write(into, bindings(value))
		},
		read: func(from Object, isNew bool) error { return readInto(from, target, bindings, isNew) },
	}
}

// LooseObjects binds a list of objects for which empty and absent mean the same.
func LooseObjects[T any](key string, target *[]T, bindings func(*T) []Binding) Binding {
	return Binding{
		write: func(into Object) {
			current, _ := into[key].([]any)
			if len(*target) == 0 {
				if current == nil || len(current) > 0 {
					delete(into, key)
				}
				return
			}
			list := make([]any, 0, len(*target))
			for i := range *target {
				object := Object{}
				if i < len(current) {
					object = Child(Object{"element": current[i]}, "element")
				}
				Write(object, bindings(&(*target)[i]))
				list = append(list, object)
			}
			into[key] = list
		},
		read: func(from Object, isNew bool) error {
			prior := *target
			list, _, err := get[[]any](from, key, "a list")
			if err != nil {
				return err
			}
			*target = emptyOrNull[T](prior == nil && !isNew && len(list) == 0)
			for i, value := range list {
				object, ok := value.(Object)
				if !ok {
					return shapeError(fmt.Sprintf("%s[%d]", key, i), "an object", value)
				}
				var model T
				hasPrior := i < len(prior)
				if hasPrior {
					model = prior[i]
				}
				if err := Read(object, bindings(&model), !hasPrior); err != nil {
					return within(fmt.Sprintf("%s[%d]", key, i), err)
				}
				*target = append(*target, model)
			}
			return nil
		},
	}
}

// LooseMap binds a map of objects for which empty and absent mean the same.
func LooseMap[T any](key string, target *map[string]T, bindings func(*T) []Binding) Binding {
	return Binding{
		write: func(into Object) {
			current, _ := into[key].(Object)
			if len(*target) == 0 {
				if current == nil || len(current) > 0 {
					delete(into, key)
				}
				return
			}
			object := Object{}
			for _, name := range slices.Sorted(maps.Keys(*target)) {
				model, written := (*target)[name], Child(current, name)
				Write(written, bindings(&model))
				object[name] = written
			}
			into[key] = object
		},
		read: func(from Object, isNew bool) error {
			prior := *target
			object, _, err := get[Object](from, key, "an object")
			if err != nil {
				return err
			}
			*target = nil
			if len(object) == 0 && prior == nil && !isNew {
				return nil
			}
			*target = make(map[string]T, len(object))
			for name := range object {
				value, ok := object[name].(Object)
				if !ok {
					return shapeError(key+"."+name, "an object", object[name])
				}
				model, hasPrior := prior[name]
				if err := Read(value, bindings(&model), !hasPrior); err != nil {
					return within(key+"."+name, err)
				}
				(*target)[name] = model
			}
			return nil
		},
	}
}

// TextMaps binds a list of maps of strings to a list of objects with any values. A value that is
// not a string is read as JSON text, and writing the same text leaves it unchanged.
func TextMaps(key string, target *[]map[string]types.String) Binding {
	return Binding{
		write: func(into Object) {
			if *target == nil {
				delete(into, key)
				return
			}
			current, _ := into[key].([]any)
			list := make([]any, 0, len(*target))
			for i, element := range *target {
				var prior Object
				if i < len(current) {
					prior, _ = current[i].(Object)
				}
				list = append(list, textsToObject(element, prior))
			}
			into[key] = list
		},
		read: func(from Object, _ bool) error {
			list, ok, err := get[[]any](from, key, "a list")
			*target = nil
			if !ok {
				return err
			}
			*target = make([]map[string]types.String, len(list))
			for i, value := range list {
				object, isObject := value.(Object)
				if !isObject {
					return shapeError(fmt.Sprintf("%s[%d]", key, i), "an object", value)
				}
				element := make(map[string]types.String, len(object))
				for name, member := range object {
					element[name] = types.StringValue(textOf(member))
				}
				(*target)[i] = element
			}
			return nil
		},
	}
}

// textsToObject converts a map of texts, with the prior values where their text is the same.
func textsToObject(element map[string]types.String, prior Object) Object {
	object := Object{}
	for name, text := range element {
		value, exists := prior[name]
		switch {
		case exists && textOf(value) == text.ValueString():
			object[name] = value
		case !text.IsNull():
			object[name] = text.ValueString()
		}
	}
	return object
}

// textOf returns a string unchanged and any other value as JSON.
func textOf(value any) string {
	if text, isText := value.(string); isText {
		return text
	}
	encoded, err := jsonvalue.Encode(value)
	if err != nil {
		return ""
	}
	return string(encoded)
}
