package document

import (
	"errors"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/types"
)

// Case is one of the variants of an object. Each variant has its own attribute.
type Case struct {
	name    string
	isSet   func() bool
	unset   func()
	binding func() Binding
}

// When binds an attribute to the variant with the given name.
func When[T any](name string, target **T, bindings func(*T) []Binding) Case {
	return Case{
		name:    name,
		isSet:   func() bool { return *target != nil },
		unset:   func() { *target = nil },
		binding: func() Binding { return Group(target, bindings) },
	}
}

// OneOf binds attributes, at most one of which is set, to an object whose tag names the variant. An
// object of a different variant is replaced entirely, because its keys do not apply to the new one.
// If no attribute is set, an object of a variant without an attribute stays.
func OneOf(key, tag string, cases ...Case) Binding {
	return Binding{
		write: func(into Object) {
			for _, c := range cases {
				if !c.isSet() {
					continue
				}
				object := Child(into, key)
				if object[tag] != c.name {
					object = Object{tag: c.name}
				}
				c.binding().write(object)
				into[key] = object
				return
			}
			object, _ := into[key].(Object)
			if into[key] == nil || slices.ContainsFunc(cases, func(c Case) bool { return object[tag] == c.name }) {
				delete(into, key)
			}
		},
		read: func(from Object, isNew bool) error {
			object, _, err := get[Object](from, key, "an object")
			if err != nil {
				return err
			}
			for _, c := range cases {
				if object == nil || object[tag] != c.name {
					c.unset()
				} else if err := c.binding().read(object, isNew); err != nil {
					return within(key, err)
				}
			}
			return nil
		},
	}
}

// Lazy returns a binding that is chosen after the preceding bindings have been written or read.
func Lazy(choose func() Binding) Binding {
	return Binding{
		write: func(into Object) { choose().write(into) },
		read:  func(from Object, isNew bool) error { return choose().read(from, isNew) },
	}
}

// None returns a binding that does nothing.
func None() Binding {
	return Custom(func(Object) {}, func(Object, bool) error { return nil })
}

// Lenient binds a key whose value Port does not validate. A value that the model cannot represent
// is read as null, and stays in the document as long as the model has null.
func Lenient(key string, fits func(value any) bool, plain Binding) Binding {
	return Binding{
		write: func(into Object) {
			prior := into[key]
			plain.write(into)
			if _, isSet := into[key]; !isSet && prior != nil && !fits(prior) {
				into[key] = prior
			}
		},
		read: func(from Object, isNew bool) error {
			if value := from[key]; value != nil && !fits(value) {
				return plain.read(Object{}, isNew)
			}
			return plain.read(from, isNew)
		},
	}
}

// Is reports whether a value has type T.
func Is[T any](value any) bool {
	_, is := value.(T)
	return is
}

// IsListOf reports whether a value is a list whose elements have type T or are null.
func IsListOf[T any](value any) bool {
	list, isList := value.([]any)
	return isList && !slices.ContainsFunc(list, func(element any) bool { return element != nil && !Is[T](element) })
}

// Type binds a map to the members of an object that have a certain type.
type Type struct {
	name string
	// elements returns the bindings of each element, by key.
	elements func() map[string][]Binding
	// read reads the members of this type into the map. key names their object in errors.
	read func(key string, members Object, isNew bool) error
}

// OfType binds a map to the members of the given type.
func OfType[T any](name string, target *map[string]T, bindings func(*T) []Binding) Type {
	return Type{
		name: name,
		elements: func() map[string][]Binding {
			all := make(map[string][]Binding, len(*target))
			for key := range *target {
				model := (*target)[key]
				all[key] = bindings(&model)
			}
			return all
		},
		read: func(key string, members Object, isNew bool) error {
			return LooseMap(key, target, bindings).read(Object{key: members}, isNew)
		},
	}
}

// ByType binds one map for each type to the members of one object. The tag of a member names its
// type. A member whose type changes is replaced entirely; members of other types stay.
func ByType(key, tag string, all ...Type) Binding {
	isUnbound := func(_ string, member any) bool {
		object, _ := member.(Object)
		return !slices.ContainsFunc(all, func(one Type) bool { return object[tag] == one.name })
	}
	return Binding{
		write: func(into Object) {
			current, members := Child(into, key), Child(into, key)
			maps.DeleteFunc(members, func(name string, member any) bool { return !isUnbound(name, member) })
			for _, one := range all {
				for name, bindings := range one.elements() {
					member := Child(current, name)
					if member[tag] != one.name {
						member = Object{tag: one.name}
					}
					Write(member, bindings)
					members[name] = member
				}
			}
			into[key] = members
		},
		read: func(from Object, isNew bool) error {
			current, _, err := get[Object](from, key, "an object")
			for _, one := range all {
				members := maps.Clone(current)
				maps.DeleteFunc(members, func(_ string, member any) bool { object, _ := member.(Object); return object[tag] != one.name })
				err = errors.Join(err, one.read(key, members, isNew))
			}
			return err
		},
	}
}

// OrQuery binds a key that takes a value or a jq query that computes it. The value and the query
// are separate attributes.
func OrQuery(key string, plain Binding, query *types.String) Binding {
	const queryKey = "jqQuery"
	return Binding{
		write: func(into Object) {
			if query.IsNull() {
				plain.write(into)
			} else {
				into[key] = Object{queryKey: query.ValueString()}
			}
		},
		read: func(from Object, isNew bool) error {
			*query = types.StringNull()
			object, isObject := from[key].(Object)
			text, isQuery := object[queryKey].(string)
			if !isObject || !isQuery || len(object) != 1 {
				return plain.read(from, isNew)
			}
			*query = types.StringValue(text)
			return plain.read(Object{}, false)
		},
	}
}
