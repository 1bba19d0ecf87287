package config

import (
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/port-changelog/terraform-provider-port/internal/nearword"
)

// entries returns the keys and values of a mapping. For a single entry, the parser uses another
// type.
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

// keyOf returns the key of an entry without quotes.
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

// textOf returns a scalar as written.
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

// descend returns the key and the value of a child of a node, or nil.
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

// locate returns the key of the value at a path below a node, or that of its closest existing
// parent. key is the key of the node itself.
func locate(key, node ast.Node, path []string) ast.Node {
	for _, step := range path {
		name, value := descend(node, step)
		if name == nil {
			break
		}
		key, node = name, value
	}
	return key
}

// nearest returns the value at a path below a node, or its closest existing parent.
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

// join formats a path, such as "rules[0].when".
func join(path []string) string {
	return strings.ReplaceAll(strings.Join(path, "."), ".[", "[")
}

// steps splits a path such as "blocks[2].text".
func steps(path string) []string {
	return strings.Split(strings.ReplaceAll(path, "[", ".["), ".")
}

// enumerate joins words for a sentence.
func enumerate(words []string) string {
	if len(words) == 1 {
		return words[0]
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}

// suggest names the possible word that was probably meant, or all possible words.
func suggest(word string, possible []string, all string) string {
	if meant, ok := nearword.Nearest(word, possible); ok {
		return "did you mean " + meant + "?"
	}
	return all + " " + enumerate(possible)
}
