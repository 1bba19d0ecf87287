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
	// mostOutput is how much a template may write, in bytes: Slack takes 11,000 characters in all.
	mostOutput = 64 << 10
	// mostSteps is how often the loops and the nested templates of a text may be entered in one
	// rendering.
	mostSteps = 10_000
	// smallestShare is which part of a text a value keeps, however little room there is: one
	// eighth.
	smallestShare = 8
)

// errTooMuch and errTooLong say why a rendering was stopped.
var (
	errTooMuch error = &misuse{fmt.Sprintf("it writes more than %d bytes", mostOutput)}
	errTooLong error = &misuse{fmt.Sprintf("its loops take more than %d steps", mostSteps)}
)

// text is a compiled template of one text.
type text struct {
	compiled *template.Template
	target   target
	// lines is how many lines its source has.
	lines int
}

// target is what a text is for.
type target struct {
	// escape makes a value a part of the text, within a number of characters.
	escape func(value any, limit int) string
	// link writes a link; it is nil where there are none.
	link func(address, text string) string
	// code writes a text as code, within a number of characters and two more; it is nil where there
	// is no code.
	code func(text string, limit int) string
	// sign writes an emoji.
	sign func(of sign) string
	// most is how many characters the text may have; 0 where it is not cut.
	most int
}

// compile reads a template. Whatever it prints of an event is made a part of the target by its
// escape function: to that end a call of it is added to each action that prints, as html/template
// does. Fields are looked up by a function of ours, for which what is absent is nothing and no
// mistake.
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

// within returns a target of at most so many characters.
func (t target) within(most int) target {
	t.most = most
	return t
}

// explainSyntax says what is wrong with the source of a text.
func explainSyntax(err error, lines int) error {
	place, problem := placed(err)
	if strings.Contains(problem, "bad character") {
		problem += `; a name with other characters is written (index .After "my-property")`
	}
	return errors.New(inLine(place, lines) + problem)
}

// placed takes an error of the library apart: the line of the source, "" if it does not say, and
// what follows.
func placed(err error) (line, problem string) {
	parts := regexp.MustCompile(`(?s)^template: :([0-9]+):(?:[0-9]+:)? ?(.*)$`).FindStringSubmatch(err.Error())
	if parts == nil {
		return "", err.Error()
	}
	return parts[1], parts[2]
}

// inLine begins an error with the line of the source, unless there is but one.
func inLine(line string, lines int) string {
	if line == "" || lines < 2 {
		return ""
	}
	return "line " + line + " of the text: "
}

// render runs the template. No value takes more than limit characters.
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

// fit runs the template so that, if it can be, all of it has room. No value takes more than longest
// characters. Values are cut shorter rather than what the template says after them.
func (t *text) fit(values *data, longest int) (string, error) {
	if t.target.most == 0 {
		return t.render(values, longest)
	}
	for share := 1; ; share *= 2 {
		rendered, err := t.render(values, min(longest, t.target.most/share))
		if err != nil {
			return "", err
		}
		rendered = strings.TrimSpace(rendered)
		if share == smallestShare || utf8.RuneCountInString(rendered) <= t.target.most {
			return rendered, nil
		}
	}
}

// explain leaves out of an error of the library what says nothing to the author of the text.
func explain(err error, lines int) error {
	line, problem := placed(err)
	if mistake, ok := errors.AsType[*misuse](err); ok {
		return &misuse{inLine(line, lines) + mistake.problem}
	}
	return errors.New(inLine(line, lines) + strings.TrimPrefix(problem, `executing "" `))
}

// misuse is a mistake of a template that one of our functions has found.
type misuse struct{ problem string }

func (m *misuse) Error() string { return m.problem }

// capped is a buffer that takes only so much.
type capped struct{ text strings.Builder }

func (c *capped) Write(more []byte) (int, error) {
	if c.text.Len()+len(more) > mostOutput {
		return 0, errTooMuch
	}
	return c.text.Write(more)
}

// rendering is what the functions of one rendering share.
type rendering struct {
	// limit is how many characters a value may take.
	limit int
	alert Alert
	steps int
}

// step counts a step of a loop.
func (r *rendering) step() (marked, error) {
	if r.steps++; r.steps > mostSteps {
		return "", errTooLong
	}
	return "", nil
}

// The functions that are added to templates. Their names cannot be taken for those that are
// documented.
const (
	escapeFunction = "_escape"
	fieldFunction  = "_field"
	truthFunction  = "_truth"
	stepFunction   = "_step"
)

// step returns a node that counts a step, and prints nothing.
func step(at parse.Pos) parse.Node {
	return &parse.ActionNode{NodeType: parse.NodeAction, Pos: at, Pipe: call(at, stepFunction)}
}

// call returns a pipeline that calls a function.
func call(at parse.Pos, function string, arguments ...parse.Node) *parse.PipeNode {
	name := parse.NewIdentifier(function).SetTree(nil).SetPos(at)
	command := &parse.CommandNode{NodeType: parse.NodeCommand, Pos: at, Args: append([]parse.Node{name}, arguments...)}
	return &parse.PipeNode{NodeType: parse.NodePipe, Pos: at, Cmds: []*parse.CommandNode{command}}
}

// rewriter goes through a parsed template.
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

// argument replaces the access to a field by a call of our function.
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
