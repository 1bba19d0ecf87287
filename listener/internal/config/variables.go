package config

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// unshown is all that is said of a value that holds a variable, where the cause
// would quote it.
const unshown = "it cannot be used with the values of its variables; the cause is not shown, because it would show them"

// variables remembers where variables stood in the file. What they hold may be
// secret, and no problem shows it.
type variables struct {
	// held are the values that held any.
	held map[*ast.StringNode]bool
	// written are values as the file has them, by what became of them.
	written map[string]string
}

func newVariables() variables {
	return variables{held: map[*ast.StringNode]bool{}, written: map[string]string{}}
}

// hold reports whether any value below a node held a variable.
func (v variables) hold(node ast.Node) bool {
	if node == nil {
		return false
	}
	found := false
	ast.Walk(visitor(func(node ast.Node) {
		text, ok := node.(*ast.StringNode)
		found = found || ok && v.held[text]
	}), node)
	return found
}

// show returns a value as the file has it.
func (v variables) show(value string) string {
	if written, ok := v.written[value]; ok {
		return written
	}
	return value
}

// expand replaces ${NAME} in a value by the variable of that name. It does so after
// the file was parsed: no value can become syntax.
func (l *loader) expand(node *ast.StringNode) {
	written := node.Value
	node.Value = regexp.MustCompile(`\$?\$\{[^}]*\}?`).ReplaceAllStringFunc(written, func(found string) string {
		if literal, escaped := strings.CutPrefix(found, "$$"); escaped {
			return "$" + literal
		}
		l.variables.held[node] = true
		return l.lookUp(node, found)
	})
	if l.variables.held[node] {
		l.variables.written[node.Value] = written
	}
}

// lookUp returns what a variable holds that is written as ${NAME}.
func (l *loader) lookUp(node ast.Node, reference string) string {
	name, closed := strings.CutSuffix(strings.TrimPrefix(reference, "${"), "}")
	if !closed || !regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`).MatchString(name) {
		l.report(l.place(node), `only ${NAME} with the name of an environment variable can stand here; write $${ for ${ itself`)
		return ""
	}
	value, ok := l.source.LookupEnv(name)
	if !ok {
		l.report(l.place(node), fmt.Sprintf("the environment variable %s is not set", name))
	}
	return value
}

// visitor is a function that is told of every node.
type visitor func(ast.Node)

// Visit implements ast.Visitor.
func (v visitor) Visit(node ast.Node) ast.Visitor {
	v(node)
	return v
}
