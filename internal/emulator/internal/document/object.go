package document

import (
	"encoding/json"
	"iter"
	"slices"
	"strconv"
)

// indexFrom is the minimum number of members of an object with an index of its keys; below it a
// scan is faster and takes no memory.
const indexFrom = 16

// member is one key of an object with its value.
type member struct {
	key   string
	value any
}

// Object is a JSON object that keeps its keys in the order of insertion. The zero value is an empty
// object; a nil *Object reads as an empty one.
type Object struct {
	members []member
	index   map[string]int
}

// New returns an empty object.
func New() *Object { return &Object{} }

// With sets key and returns the object, to build a document in one expression.
func (o *Object) With(key string, value any) *Object {
	o.Set(key, value)
	return o
}

// Len returns the number of keys.
func (o *Object) Len() int {
	if o == nil {
		return 0
	}
	return len(o.members)
}

// Get returns the value of key and whether the key is present, which distinguishes null from
// absent.
func (o *Object) Get(key string) (any, bool) {
	i := o.find(key)
	if i < 0 {
		return nil, false
	}
	return o.members[i].value, true
}

// Value returns the value of key, nil if it is absent.
func (o *Object) Value(key string) any {
	value, _ := o.Get(key)
	return value
}

// Text returns the value of key if it is a string, otherwise "".
func (o *Object) Text(key string) string {
	text, _ := o.Value(key).(string)
	return text
}

// Flag returns the value of key if it is a boolean, otherwise false.
func (o *Object) Flag(key string) bool {
	flag, _ := o.Value(key).(bool)
	return flag
}

// Int returns the value of key when it is an integer.
func (o *Object) Int(key string) (int, bool) {
	number, _ := o.Value(key).(json.Number)
	value, err := strconv.Atoi(number.String())
	return value, err == nil
}

// Object returns the value of key if it is an object, otherwise nil, which reads as an empty
// object.
func (o *Object) Object(key string) *Object {
	object, _ := o.Value(key).(*Object)
	return object
}

// List returns the value of key if it is an array, otherwise nil.
func (o *Object) List(key string) []any {
	list, _ := o.Value(key).([]any)
	return list
}

// Has reports whether key is present, even if it is null.
func (o *Object) Has(key string) bool { return o.find(key) >= 0 }

// Set sets key to a value. An existing key keeps its position, as in JavaScript.
func (o *Object) Set(key string, value any) {
	if i := o.find(key); i >= 0 {
		o.members[i].value = value
		return
	}
	o.members = append(o.members, member{key: key, value: value})
	switch {
	case o.index != nil:
		o.index[key] = len(o.members) - 1
	case len(o.members) >= indexFrom:
		o.reindex()
	}
}

// Delete removes key if it is present.
func (o *Object) Delete(key string) {
	i := o.find(key)
	if i < 0 {
		return
	}
	o.members = slices.Delete(o.members, i, i+1)
	if o.index != nil {
		o.reindex()
	}
}

// All yields the members in order.
func (o *Object) All() iter.Seq2[string, any] {
	return func(yield func(string, any) bool) {
		if o == nil {
			return
		}
		for _, m := range o.members {
			if !yield(m.key, m.value) {
				return
			}
		}
	}
}

// Clone returns a copy that can be changed; the values are shared.
func (o *Object) Clone() *Object {
	if o == nil {
		return New()
	}
	clone := &Object{members: slices.Clone(o.members)}
	if o.index != nil {
		clone.reindex()
	}
	return clone
}

// Merge sets every member of other and returns the object.
func (o *Object) Merge(other *Object) *Object {
	for key, value := range other.All() {
		o.Set(key, value)
	}
	return o
}

// Renamed returns a copy in which the member from is renamed to and keeps its position. Without
// such a member it is a plain copy.
func (o *Object) Renamed(from, to string) *Object {
	renamed := New()
	for key, value := range o.All() {
		if key == from {
			key = to
		}
		renamed.Set(key, value)
	}
	return renamed
}

// Updated returns a copy in which the value at the path of keys is the given one. Objects on the
// path are copied, or created if missing; the receiver does not change.
func (o *Object) Updated(value any, path ...string) *Object {
	clone := o.Clone()
	if len(path) == 1 {
		return clone.With(path[0], value)
	}
	return clone.With(path[0], o.Object(path[0]).Updated(value, path[1:]...))
}

// find returns the position of key, or -1.
func (o *Object) find(key string) int {
	if o == nil {
		return -1
	}
	if o.index != nil {
		if i, ok := o.index[key]; ok {
			return i
		}
		return -1
	}
	return slices.IndexFunc(o.members, func(m member) bool { return m.key == key })
}

// reindex rebuilds the index of keys.
func (o *Object) reindex() {
	o.index = make(map[string]int, len(o.members))
	for i, m := range o.members {
		o.index[m.key] = i
	}
}
