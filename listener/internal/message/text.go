package message

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"text/template"
	"text/template/parse"
	"unicode/utf8"
)

const (
	// maxOutput is the maximum output of a template in bytes: Slack accepts 11,000 characters in
	// total.
	maxOutput = 64 << 10
	// maxSteps is the maximum number of loop iterations and nested template calls in one rendering
	// of a text.
	maxSteps = 10_000
	// smallestShare is the divisor of the minimum share of a text that a value may take: one
	// eighth.
	smallestShare = 8
)

// errTooMuch and errTooLong are the reasons why a rendering is stopped.
var (
	errTooMuch error = &misuse{fmt.Sprintf("it writes more than %d bytes", maxOutput)}
	errTooLong error = &misuse{fmt.Sprintf("its loops take more than %d steps", maxSteps)}
)

// text is the compiled template of one text.
type text struct {
	compiled *template.Template
	target   target
	// lines is the number of lines in the source.
	lines int
}

// target describes the format of a text in a message.
type target struct {
	// escape formats a value in at most limit characters.
	escape func(value any, limit int) string
	// link formats a link; nil if the format has no links.
	link func(address, text string) string
	// code formats a text as code, in at most limit+2 characters; nil if the format has no code.
	code func(text string, limit int) string
	// sign formats an emoji.
	sign func(of sign) string
	// limit is the maximum length of the text in characters; 0 if it is not truncated.
	limit int
}

// compile compiles a template. As in html/template, a call of the target's escape function is added
// to each action that prints. Fields are looked up with our own function, for which an absent field
// is not an error.
func compile(source string, into target) (*text, error) {
	lines := 1 + strings.Count(strings.TrimRight(source, "\n"), "\n")
	parsed, err := template.New("").Funcs(functions(into, &rendering{})).Parse(source)
	if err != nil {
		return nil, explainSyntax(err, lines)
	}
	var rewriting rewriter
	for _, part := range parsed.Templates() {
		rewriting.list(part.Root)
		part.Root.Nodes = append([]parse.Node{step(part.Root.Pos)}, part.Root.Nodes...)
	}
	if rewriting.mistake != nil {
		return nil, rewriting.mistake
	}
	return &text{compiled: parsed, target: into, lines: lines}, nil
}

// within returns the target with a maximum length.
func (t target) within(limit int) target {
	t.limit = limit
	return t
}

// explainSyntax rewords a syntax error for the author of the template.
func explainSyntax(err error, lines int) error {
	position, problem := parseError(err)
	if strings.Contains(problem, "bad character") {
		problem += `; a name with other characters is written (index .After "my-property")`
	}
	return errors.New(inLine(position, lines) + problem)
}

// parseError splits an error of the library into the line of the source, or "" if it has none, and
// the problem.
func parseError(err error) (line, problem string) {
	parts := regexp.MustCompile(`(?s)^template: :([0-9]+):(?:[0-9]+:)? ?(.*)$`).FindStringSubmatch(err.Error())
	if parts == nil {
		return "", err.Error()
	}
	return parts[1], parts[2]
}

// inLine returns the prefix of an error that names the line, or "" if the source has only one line.
func inLine(line string, lines int) string {
	if line == "" || lines < 2 {
		return ""
	}
	return "line " + line + " of the text: "
}

// render executes the template. Each value takes at most limit characters.
func (t *text) render(values *data, limit int) (string, error) {
	bound, err := t.compiled.Clone()
	if err != nil {
		return "", err
	}
	bound.Funcs(functions(t.target, &rendering{limit: limit, alert: values.alert}))
	var written capped
	if err := bound.Execute(&written, values); err != nil {
		return "", explain(err, t.lines)
	}
	return written.text.String(), nil
}

// fit executes the template so that, if possible, the whole output fits. Each value takes at most
// longest characters. If the output is too long, values are truncated further, rather than the text
// after them.
func (t *text) fit(values *data, longest int) (string, error) {
	if t.target.limit == 0 {
		return t.render(values, longest)
	}
	for share := 1; ; share *= 2 {
		rendered, err := t.render(values, min(longest, t.target.limit/share))
		if err != nil {
			return "", err
		}
		rendered = strings.TrimSpace(rendered)
		if share == smallestShare || utf8.RuneCountInString(rendered) <= t.target.limit {
			return rendered, nil
		}
	}
}

// explain removes the parts of a library error that mean nothing to the author of the template.
func explain(err error, lines int) error {
	line, problem := parseError(err)
	if mistake, ok := errors.AsType[*misuse](err); ok {
		return &misuse{inLine(line, lines) + mistake.problem}
	}
	return errors.New(inLine(line, lines) + strings.TrimPrefix(problem, `executing "" `))
}

// misuse is a mistake in a template that one of our functions detected.
type misuse struct{ problem string }

func (m *misuse) Error() string { return m.problem }

// capped is a buffer of at most maxOutput bytes.
type capped struct{ text strings.Builder }

func (c *capped) Write(more []byte) (int, error) {
	if c.text.Len()+len(more) > maxOutput {
		return 0, errTooMuch
	}
	return c.text.Write(more)
}

// rendering is the state shared by the functions during one rendering.
type rendering struct {
	// limit is the maximum length of a value in characters.
	limit int
	alert Alert
	steps int
}

// step counts a step.
func (r *rendering) step() (marked, error) {
	if r.steps++; r.steps > maxSteps {
		return "", errTooLong
	}
	return "", nil
}

// The functions that are added to templates. Their names cannot collide with those of documented
// functions.
const (
	escapeFunction = "_escape"
	fieldFunction  = "_field"
	truthFunction  = "_truth"
	stepFunction   = "_step"
)

// step returns a node that counts a step and prints nothing.
func step(at parse.Pos) parse.Node {
	return &parse.ActionNode{NodeType: parse.NodeAction, Pos: at, Pipe: call(at, stepFunction)}
}

// call returns a pipeline that calls a function.
func call(at parse.Pos, function string, arguments ...parse.Node) *parse.PipeNode {
	name := parse.NewIdentifier(function).SetTree(nil).SetPos(at)
	command := &parse.CommandNode{NodeType: parse.NodeCommand, Pos: at, Args: append([]parse.Node{name}, arguments...)}
	return &parse.PipeNode{NodeType: parse.NodePipe, Pos: at, Cmds: []*parse.CommandNode{command}}
}

// rewriter adds our functions to a parsed template.
type rewriter struct{ mistake error }

func (r *rewriter) list(list *parse.ListNode) {
	if list == nil {
		return
	}
	for _, node := range list.Nodes {
		r.node(node)
	}
}

func (r *rewriter) node(node parse.Node) {
	switch node := node.(type) {
	case *parse.ActionNode:
		r.pipe(node.Pipe)
		if len(node.Pipe.Decl) == 0 {
			node.Pipe.Cmds = append(node.Pipe.Cmds, call(node.Pos, escapeFunction).Cmds...)
		}
	case *parse.IfNode:
		r.branch(&node.BranchNode)
		node.Pipe.Cmds = append(node.Pipe.Cmds, call(node.Pos, truthFunction).Cmds...)
	case *parse.WithNode:
		r.branch(&node.BranchNode)
		node.Pipe.Cmds = append(node.Pipe.Cmds, call(node.Pos, truthFunction).Cmds...)
	case *parse.RangeNode:
		r.branch(&node.BranchNode)
		node.List.Nodes = append([]parse.Node{step(node.Pos)}, node.List.Nodes...)
	case *parse.TemplateNode:
		r.pipe(node.Pipe)
	}
}

func (r *rewriter) branch(branch *parse.BranchNode) {
	r.pipe(branch.Pipe)
	r.list(branch.List)
	r.list(branch.ElseList)
}

func (r *rewriter) pipe(pipe *parse.PipeNode) {
	if pipe == nil {
		return
	}
	for i, command := range pipe.Cmds {
		switch first := command.Args[0].(type) {
		case *parse.FieldNode, *parse.VariableNode, *parse.ChainNode:
			if i > 0 || len(command.Args) > 1 {
				r.mistake = &misuse{fmt.Sprintf("%s is a value and takes no arguments", first)}
			}
		}
		for i, argument := range command.Args {
			command.Args[i] = r.argument(argument)
		}
	}
}

// argument replaces a field access with a call of our lookup function.
func (r *rewriter) argument(argument parse.Node) parse.Node {
	switch node := argument.(type) {
	case *parse.PipeNode:
		r.pipe(node)
	case *parse.FieldNode:
		return field(node.Pos, &parse.DotNode{NodeType: parse.NodeDot, Pos: node.Pos}, node.Ident)
	case *parse.VariableNode:
		if len(node.Ident) > 1 {
			names := node.Ident[1:]
			node.Ident = node.Ident[:1]
			return field(node.Pos, node, names)
		}
	case *parse.ChainNode:
		return field(node.Pos, r.argument(node.Node), node.Field)
	}
	return argument
}

func field(at parse.Pos, of parse.Node, names []string) parse.Node {
	arguments := []parse.Node{of}
	for _, name := range names {
		arguments = append(arguments, &parse.StringNode{NodeType: parse.NodeString, Pos: at, Quoted: strconv.Quote(name), Text: name})
	}
	return call(at, fieldFunction, arguments...)
}
