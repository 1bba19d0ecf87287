package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/port-changelog/terraform-provider-port/internal/jsonvalue"
	"github.com/port-changelog/terraform-provider-port/listener/internal/message"
	"github.com/port-changelog/terraform-provider-port/listener/internal/rule"
)

// blocksFileLimit is far larger than any blocks.
const blocksFileLimit = 1 << 20

// templateChoice is the name of a template, or a template.
type templateChoice struct {
	item
	name    text
	section templateSection
}

func (t *templateChoice) read(l *loader) {
	if _, isSection := entries(t.node); isSection {
		l.fill(&t.section, t.itself())
		return
	}
	if _, ok := textOf(t.node); !ok {
		l.refuse(&t.item, "it must be the name of a template, or a section with the keys "+enumerate(keysOf(&t.section)))
		return
	}
	l.fill(&t.name, t.itself())
}

// anyRule is the rule for testing a template whose rule is unknown.
func anyRule() rule.Rule { return rule.Rule{Name: "rule"} }

// template returns the template of a rule, inline or named.
func (l *loader) template(section *ruleSection, templates *names[templateSection], selected rule.Rule) *message.Template {
	// A mistake may quote the values of the rule.
	secret := holdVariable(section.Name.node, section.Blueprint.node, section.ResourceType.node, section.Actions.node, section.Property.node, section.From.node, section.To.node, section.HealthyValues.node)
	choice := &section.Template
	switch named, reference := templates.byName[choice.name.value], choice.name.value; {
	case choice.section.given() && section.incomplete:
		l.compile(&choice.section, anyRule(), secret)
	case choice.section.given():
		return l.compile(&choice.section, selected, secret)
	case named != nil && !section.incomplete:
		return l.compile(named, selected, secret)
	case named != nil:
	case reference != "":
		problem := fmt.Sprintf("there is no template %q under templates", choice.name.written)
		if len(templates.keys) > 0 {
			problem += "; " + suggest(choice.name.written, templates.keys, "the templates are")
		}
		l.refuse(&choice.item, problem)
	}
	return nil
}

// read reads a template and its blocks, which may be in a file.
func (t *templateSection) read(l *loader) {
	l.fillSection(t)
	switch {
	case t.Blocks.given() && t.BlocksFile.given():
		l.refuse(&t.item, "it has blocks and blocks_file; use one of them")
	case t.BlocksFile.value != "":
		t.Blocks.readFile(l, &t.BlocksFile)
	}
	t.source = message.Source{
		Header: t.Header.value, Context: t.Context.value, Body: t.Body.value, Text: t.Text.value, Line: t.Line.value, Blocks: t.Blocks.list,
	}
	if t.source.Blocks != nil && (t.Header.given() || t.Context.given() || t.Body.given()) {
		l.refuse(&t.item, "it has blocks, which replace header, context and body; use one or the other")
	}
}

// maxMistakes is the maximum number of mistakes reported for one template.
const maxMistakes = 50

// compile compiles a template and tests it for a rule. It replaces parts with mistakes to find
// further mistakes. secret means that a mistake may quote the value of a variable.
func (l *loader) compile(section *templateSection, selected rule.Rule, secret bool) *message.Template {
	source := section.source
	if section.incomplete && source.Blocks == nil && source.Header+source.Context+source.Body+source.Text+source.Line == "" {
		return nil
	}
	for range maxMistakes {
		template, err := l.try(source, selected)
		if err == nil {
			return template
		}
		mistake, located := errors.AsType[*message.TemplateError](err)
		if !located {
			l.reportMistake(section, "", err.Error(), secret)
			return nil
		}
		l.reportMistake(section, mistake.Part, mistake.Problem, secret)
		if source, located = without(source, mistake.Part); !located {
			return nil
		}
	}
	return nil
}

// without returns a source in which a part is replaced with a valid one; ok is false if the part
// cannot be located.
func without(source message.Source, part string) (replaced message.Source, ok bool) {
	texts := map[string]*string{"header": &source.Header, "context": &source.Context, "body": &source.Body, "text": &source.Text, "line": &source.Line}
	if text := texts[part]; text != nil {
		*text = ""
		return source, true
	}
	path := steps(part)
	if path[0] != "blocks" || len(path) < 2 {
		return source, false
	}
	if replaced, ok := replaceText(source.Blocks, path[1:]); ok {
		source.Blocks, _ = replaced.([]any)
		return source, true
	}
	i, err := strconv.Atoi(strings.Trim(path[1], "[]"))
	if err != nil || i < 0 || i >= len(source.Blocks) {
		return source, false
	}
	source.Blocks = slices.Clone(source.Blocks)
	source.Blocks[i] = map[string]any{"type": "divider"}
	return source, true
}

// replaceText returns a copy of a value with another text at a path; ok is false if there is no
// text or it is already replaced.
func replaceText(value any, path []string) (replaced any, ok bool) {
	const plain = "a text"
	if len(path) == 0 {
		text, isText := value.(string)
		return plain, isText && text != plain
	}
	switch value := value.(type) {
	case []any:
		i, err := strconv.Atoi(strings.Trim(path[0], "[]"))
		if err != nil || i < 0 || i >= len(value) {
			return nil, false
		}
		copied := slices.Clone(value)
		copied[i], ok = replaceText(value[i], path[1:])
		return copied, ok
	case map[string]any:
		copied := maps.Clone(value)
		copied[path[0]], ok = replaceText(value[path[0]], path[1:])
		return copied, ok
	}
	return nil, false
}

func (l *loader) try(source message.Source, selected rule.Rule) (*message.Template, error) {
	template, err := message.NewTemplate(source)
	if err != nil {
		return nil, err
	}
	try := l.source.Try
	if try == nil {
		try = (*message.Template).Try
	}
	return template, try(template, selected)
}

// reportMistake reports a mistake in a template at its position. If secret is set, it withholds the
// details.
func (l *loader) reportMistake(section *templateSection, part, problem string, secret bool) {
	var path []string
	if part != "" {
		path = steps(part)
	}
	if secret || holdVariable(nearest(section.node, path)) && !section.BlocksFile.given() {
		problem = withheld
	}
	where := l.positionOf(&section.item, path...)
	if section.Blocks.text != nil && strings.HasPrefix(part, "blocks") {
		where = section.Blocks.positionOf(l, &section.item, path, where)
	}
	l.report(where, problem)
}

// blocks are the blocks of a template: a list, JSON text, or a JSON file.
type blocks struct {
	item
	list []any
	// text is the JSON, or nil if the blocks are a YAML list. Its first line is at line in the
	// file, or unknown if that is 0.
	text  []byte
	file  string
	first int
}

func (b *blocks) read(l *loader) {
	written, isText := textOf(b.node)
	if !isText {
		var value jsonValue
		l.fill(&value, b.itself())
		if !b.incomplete {
			b.take(l, &b.item, value.value)
		}
		return
	}
	b.text = []byte(l.expand(&b.item, written))
	if literal, ok := b.node.(*ast.LiteralNode); ok && strings.HasPrefix(literal.Start.Value, "|") {
		b.file, b.first = l.source.File, literal.Start.Position.Line+1
	}
	b.decode(l, &b.item)
}

// readFile reads the blocks from a file whose path is relative to the configuration file.
func (b *blocks) readFile(l *loader, path *text) {
	file, shown := path.value, path.written
	if !filepath.IsAbs(file) {
		directory := filepath.Dir(l.source.File)
		file, shown = filepath.Join(directory, file), filepath.Join(directory, shown)
	}
	content, err := readLimited(file, blocksFileLimit)
	if err != nil {
		l.refuse(&path.item, fmt.Sprintf("the file %s cannot be read (%v)", shown, err))
		return
	}
	if b.text, err = DecodeText(content); err != nil {
		l.refuse(&path.item, fmt.Sprintf("the file %s %v", shown, err))
		return
	}
	b.file, b.first = shown, 1
	b.decode(l, &path.item)
}

// decode parses the JSON of the blocks.
func (b *blocks) decode(l *loader, given *item) {
	if given.mistaken {
		return
	}
	value, err := jsonvalue.Decode(b.text)
	syntax, located := errors.AsType[*json.SyntaxError](err)
	switch {
	case err == nil:
		b.take(l, given, value)
	case given == &b.item && holdVariable(given.node):
		l.refuse(given, withheld)
	case !located:
		l.refuse(given, "it is not valid JSON")
	default:
		given.mark()
		line := bytes.Count(b.text[:min(int(syntax.Offset), len(b.text))], []byte("\n"))
		problem := fmt.Sprintf("it is not valid JSON: %v", syntax)
		if b.first == 0 {
			problem += fmt.Sprintf(", in line %d", line+1)
		}
		l.report(b.inLine(l, l.positionOf(given), line, given.path), problem)
	}
}

// take accepts a list of blocks, or an object with one as exported by the Block Kit Builder.
func (b *blocks) take(l *loader, given *item, value any) {
	if object, ok := value.(map[string]any); ok {
		value = object["blocks"]
	}
	var ok bool
	if b.list, ok = value.([]any); !ok {
		l.refuse(given, `it must be a list of blocks, or an object with one under "blocks"`)
	}
}

// positionOf returns the position of a path in the JSON of the blocks, or instead.
func (b *blocks) positionOf(l *loader, template *item, path []string, instead position) position {
	parsed, err := parser.ParseBytes(b.text, 0)
	if err != nil || len(parsed.Docs) == 0 || parsed.Docs[0].Body == nil {
		return instead
	}
	root, below := parsed.Docs[0].Body, path
	if _, isList := root.(*ast.SequenceNode); isList {
		below = path[1:]
	}
	line := locate(root, root, below).GetToken().Position.Line - 1
	return b.inLine(l, instead, line, append(slices.Clone(template.path), path...))
}

// inLine returns the position of a line of the JSON, if it is known.
func (b *blocks) inLine(l *loader, instead position, line int, path []string) position {
	if b.first == 0 {
		return instead
	}
	line += b.first
	if b.file == l.source.File {
		instead.line = line
	} else {
		instead.inner = line
	}
	instead.text = fmt.Sprintf("%s:%d: %s", b.file, line, join(path))
	return instead
}
