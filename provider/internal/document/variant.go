package document

import (
	"errors"

	"github.com/hashicorp/terraform-plugin-framework/types"
)

// Case is one of the forms that an object can have, each an attribute of its own.
type Case struct {
	name    string
	isSet   func() bool
	unset   func()
	binding func() Binding
}

// When binds an attribute to the form of the given name.
func When[T any](name string, target **T, bindings func(*T) []Binding) Case {
	return Case{
		name:    name,
		isSet:   func() bool { return *target != nil },
		unset:   func() { *target = nil },
		binding: func() Binding { return Group(target, bindings) },
	}
}

// OneOf binds attributes of which one is set to an object whose tag names it. An
// object of another form is replaced whole: its keys mean nothing to the new one.
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
			delete(into, key)
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

// Lazy is the binding that a function chooses once the bindings before it have been
// written or read.
func Lazy(choose func() Binding) Binding {
	return Binding{
		write: func(into Object) { choose().write(into) },
		read:  func(from Object, isNew bool) error { return choose().read(from, isNew) },
	}
}

// None binds nothing.
func None() Binding {
	return Custom(func(Object) {}, func(Object, bool) error { return nil })
}

// Lenient reads a value of another type than the model expects as none, for places
// where Port keeps whatever it is given.
func Lenient(plain Binding) Binding {
	return Binding{
		write: plain.write,
		read: func(from Object, isNew bool) error {
			err := plain.read(from, isNew)
			if errors.Is(err, ErrShape) {
				return plain.read(Object{}, isNew)
			}
			return err
		},
	}
}

// OrQuery binds a place that takes a value or a jq query that computes it. The
// value and the query are attributes of their own.
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
