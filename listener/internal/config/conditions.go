package config

import (
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"

	"github.com/port-changelog/terraform-provider-port/internal/nearword"
	"github.com/port-changelog/terraform-provider-port/listener/internal/rule"
)

// condition is an expression, a list of expressions that must all be true, or the condition of a
// Port automation.
type condition struct {
	item
	// compiled is nil if the condition is always true; as in Port, it is without expressions.
	compiled *rule.Condition
}

func (c *condition) read(l *loader) {
	if values, isSection := entries(c.node); isSection {
		c.readSection(l, values)
		return
	}
	var given expressions
	l.fill(&given, c.itself())
	c.compile(l, &given, rule.All)
}

// readSection reads the condition of an automation, unless the section is a jq expression that YAML
// parsed as a mapping.
func (c *condition) readSection(l *loader, values []*ast.MappingValueNode) {
	var section conditionSection
	keys := keysOf(&section)
	if len(values) > 0 && !slices.ContainsFunc(values, func(value *ast.MappingValueNode) bool {
		_, near := nearword.Nearest(keyOf(value), keys)
		return near
	}) {
		l.refuse(&c.item, "it must be a jq expression, but YAML reads this one as a section; "+quoteHint)
		return
	}
	l.fill(&section, c.itself())
	combine := rule.All
	if section.Combinator.value == "or" {
		combine = rule.Any
	}
	if sequence, isList := section.Expressions.node.(*ast.SequenceNode); isList && len(sequence.Values) == 0 {
		return
	}
	if !section.Expressions.given() {
		l.refuse(&section.item, needsExpression)
	}
	c.compile(l, &section.Expressions, combine)
}

const needsExpression = "it requires a jq expression, such as .diff.after.properties.cpuUtil > 80"

// compile compiles the expressions, if all of them are valid.
func (c *condition) compile(l *loader, given *expressions, combine func(...string) (*rule.Condition, error)) {
	switch texts := valuesOf(&given.list, func(one expression) string { return one.value }); {
	case given.incomplete || !given.given():
	case len(texts) == 0:
		l.refuse(&given.item, needsExpression)
	default:
		var err error
		if c.compiled, err = combine(texts...); err != nil {
			l.refuse(&given.item, given.explain(err))
		}
	}
}

// expressions are one expression, or a list of them.
type expressions struct{ many[expression] }

func (e *expressions) read(l *loader) {
	if _, isList := e.node.(*ast.SequenceNode); isList {
		e.list.read(l)
		return
	}
	e.many.read(l)
}

// explain returns why the expressions cannot be compiled, with the likely cause.
func (e *expressions) explain(err error) string {
	if holdVariable(e.node) {
		return withheld
	}
	if slices.ContainsFunc(e.elements, func(one expression) bool { return one.isCut() }) {
		return err.Error() + "; YAML reads everything after # as a comment: " + quoteHint
	}
	return err.Error()
}

// expression is a jq expression.
type expression struct{ text }

// read refuses values that YAML does not parse as strings, because they may differ from what was
// written.
func (e *expression) read(l *loader) {
	written, _ := textOf(e.node)
	switch e.node.(type) {
	case *ast.StringNode, *ast.LiteralNode:
		if strings.TrimSpace(written) != "" {
			e.text.read(l)
			return
		}
	}
	l.refuse(&e.item, "it must be a jq expression, or a list of them; put quotes around an expression that YAML reads as something else")
}

// isCut reports whether a comment follows an unquoted text.
func (e *expression) isCut() bool {
	written := e.node.GetToken()
	next := written.Next
	return written.Type == token.StringType && next != nil && next.Type == token.CommentType && next.Position.Line == written.Position.Line
}
