package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/port-changelog/terraform-provider-port/internal/jsonvalue"
	"github.com/port-changelog/terraform-provider-port/listener/internal/message"
	"github.com/port-changelog/terraform-provider-port/listener/internal/name"
	"github.com/port-changelog/terraform-provider-port/listener/internal/rule"
)

// blocksFileLimit is far above the size of any set of blocks.
const blocksFileLimit = 1 << 20

// templateKeys are the keys of a template.
func templateKeys() []string {
	return []string{"header", "context", "body", "blocks", "blocks_file", "text", "line"}
}

// applyTemplates checks the templates that have a name, also those that no rule
// uses.
func (l *loader) applyTemplates() {
	given := child(l.root, "templates")
	if given == nil {
		return
	}
	values, ok := entries(given)
	if !ok {
		l.report(l.placeOf("templates"), "it must be a section with the names of templates as its keys")
		return
	}
	for _, entry := range values {
		key := keyOf(entry)
		l.templateNames = append(l.templateNames, key)
		if !name.Valid(key) {
			l.report(l.placeOf("templates", key), "the name of a template has lower-case letters, digits, dashes and underscores, at most 63 of them")
			continue
		}
		ruleReader{loader: l}.compileTemplate(entry.Value, []string{"templates", key}, rule.Rule{Name: "rule"})
	}
}

// template returns the template of a rule: one that it holds, or one that has a
// name.
func (r ruleReader) template(wanted rule.Rule) *message.Template {
	node := child(r.node, "template")
	if node == nil {
		return nil
	}
	if _, isSection := entries(node); isSection {
		return r.compileTemplate(node, append(slices.Clone(r.path), "template"), wanted)
	}
	given, ok := textOf(node)
	if !ok {
		r.report("template", "it must be the name of a template, or a section with the keys "+list(templateKeys()))
		return nil
	}
	if named := child(child(r.loader.root, "templates"), given); named != nil {
		return r.compileTemplate(named, []string{"templates", given}, wanted)
	}
	if !slices.Contains(r.loader.templateNames, given) {
		problem := fmt.Sprintf("there is no template %q under templates", r.show(given))
		if len(r.loader.templateNames) > 0 {
			problem += "; " + suggest(r.show(given), r.loader.templateNames, "there are only")
		}
		r.report("template", problem)
	}
	return nil
}

// compileTemplate compiles a template for the rule, and tries it.
func (r ruleReader) compileTemplate(node ast.Node, path []string, wanted rule.Rule) *message.Template {
	l := r.loader
	reader := ruleReader{loader: l, node: node, path: path}
	before := len(l.problems)
	if _, ok := entries(node); !ok {
		reader.report("", "a template must be a section with the keys "+list(templateKeys()))
		return nil
	}
	l.checkKnown(node, join(path), templateKeys())
	source := message.Source{
		Header: reader.text("header"), Context: reader.text("context"), Body: reader.text("body"),
		Text: reader.text("text"), Line: reader.text("line"), Blocks: reader.blocks(),
	}
	if source.Blocks != nil && (source.Header != "" || source.Context != "" || source.Body != "") {
		reader.report("", "it has blocks, which take the place of header, context and body; give one or the other")
	}
	if len(l.problems) > before {
		return nil
	}
	made, err := message.NewTemplate(source)
	if err == nil {
		try := l.source.Try
		if try == nil {
			try = (*message.Template).Try
		}
		err = try(made, wanted)
	}
	if mistake, ok := errors.AsType[*message.TemplateError](err); ok {
		reader.reportMistake(mistake.Part, mistake.Problem, r.holdsVariable())
	} else if err != nil {
		reader.reportMistake("", err.Error(), r.holdsVariable())
	}
	return made
}

// holdsVariable reports whether a variable stands in what a rule tries its template
// with.
func (r ruleReader) holdsVariable() bool {
	return slices.ContainsFunc([]string{"name", "blueprint", "resource_type", "actions", "property", "from", "to", "healthy_values"}, func(key string) bool {
		return r.loader.variables.hold(child(r.node, key))
	})
}

// reportMistake reports a mistake in a part of a template where it stands, and only
// that there is one where the problem may quote a variable. One that was reported
// for another rule is not reported again.
func (r ruleReader) reportMistake(part, problem string, secret bool) {
	key := part
	if file := child(r.node, "blocks_file"); file != nil && strings.HasPrefix(part, "blocks") {
		key, problem = "blocks_file", part+": "+problem
	} else if r.loader.variables.hold(nearest(r.node, steps(part))) {
		secret = true
	}
	if secret {
		problem = unshown
	}
	path := r.path
	if key != "" {
		path = append(slices.Clone(path), steps(key)...)
	}
	r.loader.reportOnce(r.loader.placeOf(path...), problem)
}

// blocks returns the set of blocks, nil if there is none.
func (r ruleReader) blocks() []any {
	inline, file := child(r.node, "blocks"), r.text("blocks_file")
	switch {
	case inline != nil && file != "":
		r.report("", "it has blocks and blocks_file; give one of them")
	case file != "":
		return r.blocksFromFile(file)
	case inline == nil:
	default:
		if text, isText := textOf(inline); isText {
			return r.blocksFromJSON("blocks", []byte(text))
		}
		value, ok := valueOf(inline)
		if !ok {
			r.report("blocks", "it must consist of values that JSON has as well")
			return nil
		}
		return r.blockList("blocks", value)
	}
	return nil
}

// blocksFromFile reads blocks from a file beside the configuration.
func (r ruleReader) blocksFromFile(path string) []any {
	shown := r.show(path)
	if !filepath.IsAbs(path) {
		path, shown = r.beside(path), r.beside(shown)
	}
	content, err := readLimited(path, blocksFileLimit)
	if err != nil {
		r.report("blocks_file", fmt.Sprintf("the file %s cannot be read (%v)", shown, err))
		return nil
	}
	text, err := DecodeText(content)
	if err != nil {
		r.report("blocks_file", fmt.Sprintf("the file %s %v", shown, err))
		return nil
	}
	return r.blocksFromJSON("blocks_file", text)
}

// beside returns the path of a file that is beside the configuration.
func (r ruleReader) beside(path string) string {
	return filepath.Join(filepath.Dir(r.loader.source.File), path)
}

func (r ruleReader) blocksFromJSON(key string, content []byte) []any {
	value, err := jsonvalue.Decode(content)
	if err != nil && r.loader.variables.hold(child(r.node, "blocks")) {
		r.report(key, unshown)
		return nil
	}
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		line := 1 + bytes.Count(content[:min(int(syntax.Offset), len(content))], []byte("\n"))
		r.report(key, fmt.Sprintf("it is not valid JSON: %v, in line %d", syntax, line))
		return nil
	}
	if err != nil {
		r.report(key, "it is not valid JSON")
		return nil
	}
	return r.blockList(key, value)
}

// blockList takes a list of blocks, or an object that has one as the Block Kit
// Builder writes it.
func (r ruleReader) blockList(key string, value any) []any {
	if object, ok := value.(map[string]any); ok {
		value = object["blocks"]
	}
	blocks, ok := value.([]any)
	if !ok {
		r.report(key, `it must be a list of blocks, or an object with one under "blocks"`)
		return nil
	}
	return blocks
}
