package config

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/port-changelog/terraform-provider-port/listener/internal/nearword"
)

// entries returns the keys and values of a mapping, which the parser represents
// by another type when there is only one.
func entries(node ast.Node) ([]*ast.MappingValueNode, bool) {
	switch node := node.(type) {
	case *ast.MappingNode:
		return node.Values, true
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{node}, true
	case *ast.NullNode:
		return nil, true
	}
	return nil, false
}

// keyOf returns the key of an entry as it reads without its quotes.
func keyOf(entry *ast.MappingValueNode) string {
	var key ast.Node = entry.Key
	if explicit, ok := key.(*ast.MappingKeyNode); ok {
		key = explicit.Value
	}
	if text, ok := textOf(key); ok {
		return text
	}
	return key.String()
}

// isNothing reports whether a key has no value.
func isNothing(node ast.Node) bool {
	return node == nil || node.Type() == ast.NullType
}

// child returns the value under a key of a mapping, nil if there is none.
func child(node ast.Node, key string) ast.Node {
	values, _ := entries(node)
	i := slices.IndexFunc(values, func(value *ast.MappingValueNode) bool { return keyOf(value) == key })
	if i < 0 || isNothing(values[i].Value) {
		return nil
	}
	return values[i].Value
}

// textOf returns a scalar as the text that was written.
func textOf(node ast.Node) (string, bool) {
	switch node := node.(type) {
	case *ast.StringNode:
		return node.Value, true
	case *ast.LiteralNode:
		return node.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return node.GetToken().Value, true
	}
	return "", false
}

// valueOf returns a node as JSON has it: with numbers as json.Number. ok is false
// for what JSON does not have.
func valueOf(node ast.Node) (value any, ok bool) {
	switch node := node.(type) {
	case *ast.NullNode:
		return nil, true
	case *ast.BoolNode:
		return node.Value, true
	case *ast.IntegerNode:
		return numberOf(node.GetToken().Value, fmt.Sprint(node.Value)), true
	case *ast.FloatNode:
		return numberOf(node.GetToken().Value, strconv.FormatFloat(node.Value, 'g', -1, 64)), true
	case *ast.StringNode, *ast.LiteralNode:
		return textOf(node)
	case *ast.SequenceNode:
		list := make([]any, len(node.Values))
		for i, element := range node.Values {
			if list[i], ok = valueOf(element); !ok {
				return nil, false
			}
		}
		return list, true
	case *ast.MappingNode, *ast.MappingValueNode:
		values, _ := entries(node)
		object := make(map[string]any, len(values))
		for _, entry := range values {
			if object[keyOf(entry)], ok = valueOf(entry.Value); !ok {
				return nil, false
			}
		}
		return object, true
	}
	return nil, false
}

// numberOf returns a number with the digits that were written, unless they are
// not those of JSON.
func numberOf(written, parsed string) json.Number {
	if json.Valid([]byte(written)) {
		return json.Number(written)
	}
	return json.Number(parsed)
}

// descend returns what names a child of a node, and the child; nil if there is
// none.
func descend(node ast.Node, step string) (name, value ast.Node) {
	if list, ok := node.(*ast.SequenceNode); ok {
		i, err := strconv.Atoi(strings.Trim(step, "[]"))
		if err != nil || i < 0 || i >= len(list.Values) {
			return nil, nil
		}
		return list.Values[i], list.Values[i]
	}
	values, _ := entries(node)
	for _, entry := range values {
		if keyOf(entry) == step {
			return entry.Key, entry.Value
		}
	}
	return nil, nil
}

// nearest returns the value at a path below a node, or if there is none what it
// would be a part of.
func nearest(node ast.Node, path []string) ast.Node {
	for _, step := range path {
		_, value := descend(node, step)
		if value == nil {
			break
		}
		node = value
	}
	return node
}

// join writes a path as it is told, such as "rules[0].when".
func join(path []string) string {
	return strings.ReplaceAll(strings.Join(path, "."), ".[", "[")
}

// steps splits a path such as "blocks[2].text".
func steps(path string) []string {
	return strings.Split(strings.ReplaceAll(path, "[", ".["), ".")
}

// list enumerates words for a sentence.
func list(words []string) string {
	if len(words) == 1 {
		return words[0]
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}

// suggest says which of the words that are possible was probably meant, or what
// all of them are.
func suggest(word string, possible []string, all string) string {
	if meant, ok := nearword.Nearest(word, possible); ok {
		return "did you mean " + meant + "?"
	}
	return all + " " + list(possible)
}
