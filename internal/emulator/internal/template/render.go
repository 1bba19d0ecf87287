// Package template renders the invocation of an action: every string and every key in it may
// contain jq programs between double braces. The rules are those of Port's published jq bindings
// (@port-labs/jq-node-bindings, lib/template.js), which Port's own documentation describes in part.
package template

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/document"
	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/jq"
	"github.com/port-changelog/terraform-provider-port/internal/template"
)

// Data is the input of the programs of a template.
type Data struct{ input jq.Prepared }

// NewData prepares the input of the programs.
func NewData(root *document.Object) Data { return Data{input: jq.Prepare(root)} }

// Render returns the rendered value. The error is meant for the author of the template. A program
// that fails, or that is not valid jq, yields null.
func (d Data) Render(value any) (any, error) {
	rendered, err := d.render(value)
	if err != nil {
		return nil, err
	}
	return defined(rendered), nil
}

// undefined is the value of a program without output. In an object its key is omitted, and in a
// list it becomes null.
type undefined struct{}

// defined turns undefined into null.
func defined(value any) any {
	if value == (undefined{}) {
		return nil
	}
	return value
}

func (d Data) render(value any) (any, error) {
	switch value := value.(type) {
	case string:
		return d.renderText(value)
	case []any:
		return d.renderList(value)
	case *document.Object:
		return d.renderObject(value)
	default:
		return value, nil
	}
}

// renderText renders a text. If it consists of one program, the result has the type of the
// program's value; otherwise it is the text with each program replaced by its value.
func (d Data) renderText(text string) (any, error) {
	expressions, err := template.Expressions(text)
	if err != nil {
		return nil, fmt.Errorf("%q: %w", text, err)
	}
	if whole, ok := template.Whole(text, expressions); ok {
		return d.evaluate(whole), nil
	}
	var rendered strings.Builder
	end := 0
	for _, e := range expressions {
		rendered.WriteString(text[end : e.Start-len("{{")])
		rendered.WriteString(spell(d.evaluate(e)))
		end = e.End + len("}}")
	}
	rendered.WriteString(text[end:])
	return rendered.String(), nil
}

// spell writes a value within a text: a string unchanged, anything else as JSON.
func spell(value any) string {
	switch value := value.(type) {
	case string:
		return value
	case undefined:
		return "undefined"
	default:
		return string(document.Append(nil, value))
	}
}

func (d Data) evaluate(expression template.Expression) any {
	program, err := jq.Compile(expression.Program())
	if err != nil {
		return nil
	}
	value, exists, err := program.Evaluate(d.input)
	switch {
	case err != nil:
		return nil
	case !exists:
		return undefined{}
	default:
		return value
	}
}

func (d Data) renderList(list []any) (any, error) {
	rendered := make([]any, len(list))
	for i, item := range list {
		value, err := d.render(item)
		if err != nil {
			return nil, err
		}
		rendered[i] = defined(value)
	}
	return rendered, nil
}

// spreadKey is the key whose value is merged into its object.
var spreadKey = regexp.MustCompile(`^\{\{\s*spreadValue\(\s*\)\s*\}\}$`)

func (d Data) renderObject(object *document.Object) (any, error) {
	rendered := document.New()
	for key, value := range object.All() {
		member := d.renderMember
		if spreadKey.MatchString(key) {
			member = d.spread
		}
		if err := member(rendered, key, value); err != nil {
			return nil, err
		}
	}
	return rendered, nil
}

// renderMember adds one key with its value, unless the key has none.
func (d Data) renderMember(to *document.Object, key string, value any) error {
	renderedKey, err := d.renderText(key)
	if err != nil {
		return err
	}
	name, isText := renderedKey.(string)
	switch {
	case !isText && defined(renderedKey) != nil:
		return fmt.Errorf("the key %q must evaluate to a string, not to %s", key, spell(renderedKey))
	case name == "":
		return nil
	}
	renderedValue, err := d.render(value)
	if err != nil {
		return err
	}
	if renderedValue != (undefined{}) {
		to.Set(name, renderedValue)
	}
	return nil
}

// spread merges the value into the object. Later pairs take precedence.
func (d Data) spread(to *document.Object, key string, value any) error {
	rendered, err := d.render(value)
	if err != nil {
		return err
	}
	switch rendered := rendered.(type) {
	case *document.Object:
		to.Merge(rendered)
	case []any:
		for i, item := range rendered {
			to.Set(strconv.Itoa(i), item)
		}
	default:
		return fmt.Errorf("the value of the key %q must evaluate to an object or a list, not to %s", key, spell(rendered))
	}
	return nil
}

// Spell writes a rendered value as it appears within a string.
func Spell(value any) string { return spell(value) }
