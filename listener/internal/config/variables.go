package config

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// withheld is the message for an invalid value with variables, because the cause would quote them.
const withheld = "invalid after substituting variables (details withheld because they would reveal the values)"

// expand replaces ${NAME} in a text of the file with the variable of that name. This happens after
// parsing, so that a value can never become syntax.
func (l *loader) expand(here *item, written string) string {
	return references().ReplaceAllStringFunc(written, func(reference string) string {
		if literal, escaped := strings.CutPrefix(reference, "$$"); escaped {
			return "$" + literal
		}
		return l.lookUp(here, reference)
	})
}

// references matches references to variables, and escaped ones.
func references() *regexp.Regexp { return regexp.MustCompile(`\$?\$\{[^}]*\}?`) }

// lookUp returns the value of a variable for a reference ${NAME}.
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
	// A shorter value may occur anywhere by chance, and is not a secret.
	const shortest = 4
	if len(value) >= shortest {
		l.config.variables = append(l.config.variables, variable{name, value})
	}
	return value
}

// variable is an environment variable with its value.
type variable struct{ name, value string }

// holdVariable reports whether any value at or below the nodes refers to a variable. Its value may
// be secret, so mistakes must not show it.
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

// visitor is an ast.Visitor that calls a function for every node.
type visitor func(ast.Node)

// Visit implements ast.Visitor.
func (v visitor) Visit(node ast.Node) ast.Visitor {
	v(node)
	return v
}
