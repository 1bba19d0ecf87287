package jq

import (
	"reflect"
	"slices"

	"github.com/itchyny/gojq"
)

// assigns returns the operators that output their input with a change.
func assigns() []gojq.Operator {
	return []gojq.Operator{
		gojq.OpAssign, gojq.OpModify, gojq.OpUpdateAdd, gojq.OpUpdateSub, gojq.OpUpdateMul, gojq.OpUpdateDiv, gojq.OpUpdateMod, gojq.OpUpdateAlt,
	}
}

// hasAssignment reports whether any part of a program changes a value.
func hasAssignment(query *gojq.Query) bool {
	found := false
	each(reflect.ValueOf(query), func(query *gojq.Query) {
		named := query.Term != nil && query.Term.Func != nil && query.Term.Func.Name == "setpath"
		found = found || named || slices.Contains(assigns(), query.Op)
	})
	return found
}

// isConstant reports whether a program neither reads its input nor calls anything that might.
func isConstant(query *gojq.Query) bool {
	constant := true
	each(reflect.ValueOf(query), func(term *gojq.Term) {
		switch term.Type { //nolint:exhaustive // Everything else is a literal, or contains other terms.
		case gojq.TermTypeIdentity, gojq.TermTypeRecurse, gojq.TermTypeIndex, gojq.TermTypeFormat:
			constant = false
		case gojq.TermTypeFunc:
			constant = constant && slices.Contains([]string{"true", "false", "null"}, term.Func.Name)
		case gojq.TermTypeObject:
			// {a} is short for {a: .a}.
			constant = constant && !slices.ContainsFunc(term.Object.KeyVals, func(entry *gojq.ObjectKeyVal) bool { return entry.Val == nil })
		}
	})
	return constant
}

// each calls act with every query, or every term, of a program, the inner ones first. It uses
// reflection because the library's syntax tree has a dozen other types.
func each[N any](node reflect.Value, act func(found *N)) {
	switch node.Kind() { //nolint:exhaustive // Nothing else holds a query or a term.
	case reflect.Pointer:
		if node.IsNil() {
			return
		}
		each(node.Elem(), act)
		if found, ok := reflect.TypeAssert[*N](node); ok {
			act(found)
		}
	case reflect.Struct:
		for i := range node.NumField() {
			if node.Type().Field(i).IsExported() {
				each(node.Field(i), act)
			}
		}
	case reflect.Slice:
		for i := range node.Len() {
			each(node.Index(i), act)
		}
	}
}
