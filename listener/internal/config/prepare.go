package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// deepest is how many sections and lists may be nested.
const deepest = 100

// prepare makes a part of the file ready to be read: variables are replaced by what
// they hold. It reports what would make a value mean something else than is written,
// and whether there is nothing of that kind.
func (l *loader) prepare(node ast.Node, path ...string) bool {
	before := len(l.problems)
	l.refuseReferences(node)
	l.prepareNode(node, path)
	return len(l.problems) == before
}

// refuseReferences reports anchors, aliases and tags: what stands in a line is then
// all that there is to it.
func (l *loader) refuseReferences(root ast.Node) {
	ast.Walk(visitor(func(node ast.Node) {
		switch node.(type) {
		case *ast.AnchorNode, *ast.AliasNode, *ast.MergeKeyNode:
			l.report(l.place(node), "an anchor or an alias of YAML cannot be used; put quotes around a text that begins with & or *, and name what several rules share under templates")
		case *ast.TagNode:
			l.report(l.place(node), "a tag of YAML cannot be used; put quotes around a text that begins with !")
		}
	}), root)
}

func (l *loader) prepareNode(node ast.Node, path []string) {
	if len(path) > deepest {
		l.report(l.place(node), fmt.Sprintf("it is nested deeper than %d times", deepest))
		return
	}
	switch node := node.(type) {
	case *ast.StringNode:
		l.expand(node)
	case *ast.LiteralNode:
		l.expand(node.Value)
	case *ast.SequenceNode:
		for i, element := range node.Values {
			l.prepareChild(element, element, append(slices.Clone(path), fmt.Sprintf("[%d]", i)))
		}
	default:
		values, _ := entries(node)
		for _, entry := range values {
			l.checkKey(entry)
			l.prepareChild(entry.Key, entry.Value, append(slices.Clone(path), keyOf(entry)))
		}
	}
}

// checkKey reports a key that looks as if a variable were to become a part of it.
func (l *loader) checkKey(entry *ast.MappingValueNode) {
	if key := keyOf(entry); strings.Contains(key, "${") {
		l.report(l.place(entry.Key), fmt.Sprintf("%q is a key, and is taken as it is written: variables are for values only", key))
	}
}

// prepareChild goes on with a value that has a name, or reports that it is missing.
func (l *loader) prepareChild(name, value ast.Node, path []string) {
	if !isNothing(value) {
		l.prepareNode(value, path)
		return
	}
	if mayBeNull(value, path) {
		return
	}
	what := "key"
	if strings.HasPrefix(path[len(path)-1], "[") {
		what = "element"
	}
	l.report(l.place(name), fmt.Sprintf("%s has no value; remove the %s or give it one", join(path), what))
}

// mayBeNull reports whether null stands where it is a value: written out, or in a
// list, among the values of the property of a rule.
func mayBeNull(node ast.Node, path []string) bool {
	if len(path) < 3 || path[0] != "rules" || !slices.Contains([]string{"from", "to", "healthy_values"}, path[2]) {
		return false
	}
	return len(path) > 3 || node != nil && node.GetToken().Type != token.ImplicitNullType
}

// refuseCopies reports keys that a section has twice.
func (l *loader) refuseCopies(root ast.Node) {
	ast.Walk(visitor(func(node ast.Node) {
		section, ok := node.(*ast.MappingNode)
		if !ok {
			return
		}
		lines := map[string]int{}
		for _, entry := range section.Values {
			key, here := keyOf(entry), l.place(entry.Key)
			if first, ok := lines[key]; ok {
				l.report(here, fmt.Sprintf("the key %s is given twice; it stands in line %d as well", key, first))
				continue
			}
			lines[key] = here.line
		}
	}), root)
}
