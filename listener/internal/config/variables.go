package config

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// unshown is all that is said of a value that holds a variable, where the cause would quote it.
const unshown = "invalid after substituting variables (details withheld because they would reveal the values)"

// expand replaces ${NAME} in a text of the file by the variable of that name. It does so after the
// file was parsed: no value can become syntax.
func (l *loader) expand(here *item, written string) string {
	return references().ReplaceAllStringFunc(written, func(reference string) string {
		if literal, escaped := strings.CutPrefix(reference, "$$"); escaped {
			return "$" + literal
		}
		return l.lookUp(here, reference)
	})
}

// references finds what a variable stands for, and what is escaped not to be one.
func references() *regexp.Regexp { return regexp.MustCompile(`\$?\$\{[^}]*\}?`) }

// lookUp returns what a variable holds that is written as ${NAME}.
func (l *loader) lookUp(here *item, reference string) string {
	name, closed := strings.CutSuffix(strings.TrimPrefix(reference, "${"), "}")
	if !closed || !regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`).MatchString(name) {
		l.refuse(here, `only ${NAME} with the name of an environment variable is allowed here; write $${ for a literal ${`)
		return ""
	}
	value, ok := l.source.LookupEnv(name)
	if !ok {
		l.refuse(here, fmt.Sprintf("the environment variable %s is not set", name))
	}
	// A shorter one may stand in anything by chance, and is no secret.
	const shortest = 4
	if len(value) >= shortest {
		l.config.variables = append(l.config.variables, variable{name, value})
	}
	return value
}

// variable is an environment variable, and what it holds.
type variable struct{ name, value string }

// holdVariable reports whether a variable stands in any value at or below one of some nodes. What
// it holds may be secret, and no problem shows it.
func holdVariable(nodes ...ast.Node) bool {
	held := false
	for _, node := range nodes {
		if node == nil {
			continue
		}
		ast.Walk(visitor(func(node ast.Node) {
			text, ok := node.(*ast.StringNode)
			held = held || ok && hasReference(text.Value)
		}), node)
	}
	return held
}

func hasReference(text string) bool {
	for _, reference := range references().FindAllString(text, -1) {
		if !strings.HasPrefix(reference, "$$") {
			return true
		}
	}
	return false
}

// visitor is a function that is called for every node.
type visitor func(ast.Node)

// Visit implements ast.Visitor.
func (v visitor) Visit(node ast.Node) ast.Visitor {
	v(node)
	return v
}
