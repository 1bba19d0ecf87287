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
		l.report(l.placeOf(l.root, "templates"), "it must be a section with the names of templates as its keys")
		return
	}
	for _, entry := range values {
		name := entry.Key.String()
		l.templateNames = append(l.templateNames, name)
		if !isName(name) {
			l.report(l.place(entry)+": templates."+name, "the name of a template has lower-case letters, digits, dashes and underscores, at most 63 of them")
			continue
		}
		l.compileTemplate(entry.Value, []string{"templates", name}, rule.Rule{Name: "rule"})
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
		return r.loader.compileTemplate(node, append(slices.Clone(r.path), "template"), wanted)
	}
	name, ok := textOf(node)
	if !ok {
		r.report("template", "it must be the name of a template, or a section with the keys "+list(templateKeys()))
		return nil
	}
	if named := child(child(r.loader.root, "templates"), name); named != nil {
		return r.loader.compileTemplate(named, []string{"templates", name}, wanted)
	}
	if !slices.Contains(r.loader.templateNames, name) {
		problem := fmt.Sprintf("there is no template %q under templates", name)
		if len(r.loader.templateNames) > 0 {
			problem += "; " + suggest(name, r.loader.templateNames, "there are only")
		}
		r.report("template", problem)
	}
	return nil
}

// compileTemplate compiles a template for a rule, and tries it.
func (l *loader) compileTemplate(node ast.Node, path []string, wanted rule.Rule) *message.Template {
	reader := ruleReader{loader: l, node: node, path: path}
	before := len(l.problems)
	if _, ok := entries(node); !ok {
		reader.report("", "a template must be a section with the keys "+list(templateKeys()))
		return nil
	}
	l.checkKnown(node, strings.ReplaceAll(strings.Join(path, "."), ".[", "["), templateKeys())
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
	made, err := message.NewTemplate(source, wanted)
	if mistake, ok := errors.AsType[*message.TemplateError](err); ok {
		reader.reportMistake(mistake)
	} else if err != nil {
		reader.report("", err.Error())
	}
	return made
}

// reportMistake reports a mistake in a template where it stands. One that was
// reported for another rule is not reported again.
func (r ruleReader) reportMistake(mistake *message.TemplateError) {
	key, problem := mistake.Part, mistake.Problem
	if file := child(r.node, "blocks_file"); file != nil && strings.HasPrefix(key, "blocks") {
		key, problem = "blocks_file", mistake.Error()
	}
	before := slices.Clone(r.loader.problems)
	r.report(key, problem)
	if last := len(r.loader.problems) - 1; slices.Contains(before, r.loader.problems[last]) {
		r.loader.problems = before
	}
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
	if !filepath.IsAbs(path) {
		path = filepath.Join(filepath.Dir(r.loader.source.File), path)
	}
	content, err := readLimited(path, blocksFileLimit)
	if err != nil {
		r.report("blocks_file", fmt.Sprintf("the file %s cannot be read (%v)", path, err))
		return nil
	}
	return r.blocksFromJSON("blocks_file", content)
}

func (r ruleReader) blocksFromJSON(key string, content []byte) []any {
	value, err := jsonvalue.Decode(content)
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
