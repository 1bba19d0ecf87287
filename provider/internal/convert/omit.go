package convert

import "reflect"

// OmitEmpty sets every empty map and list of a model to nil, at any depth; Terraform reads nil as
// null. The model is a pointer to a struct.
func OmitEmpty(model any) { omitEmpty(reflect.ValueOf(model).Elem()) }

func omitEmpty(value reflect.Value) {
	switch value.Kind() { //nolint:exhaustive // The other kinds are the framework's values, which represent null themselves.
	case reflect.Struct:
		for field, content := range value.Fields() {
			if field.IsExported() || field.Anonymous {
				omitEmpty(content)
			}
		}
	case reflect.Pointer:
		if !value.IsNil() {
			omitEmpty(value.Elem())
		}
	case reflect.Slice:
		if value.Len() == 0 {
			value.SetZero()
		}
		for i := range value.Len() {
			omitEmpty(value.Index(i))
		}
	case reflect.Map:
		if value.Len() == 0 {
			value.SetZero()
		}
		for _, key := range value.MapKeys() {
			content := reflect.New(value.Type().Elem()).Elem()
			content.Set(value.MapIndex(key))
			omitEmpty(content)
			value.SetMapIndex(key, content)
		}
	}
}
