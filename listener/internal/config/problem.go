package config

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"

	"github.com/goccy/go-yaml/ast"
)

// problem is a mistake at a position.
type problem struct {
	position
	what string
}

// position is a line of the file and a path in it, or a variable, which has line 0.
type position struct {
	line int
	// inner is a line in a file that the configuration refers to, or 0.
	inner int
	text  string
}

// outside returns a position that is not in the file.
func outside(text string) position { return position{text: text} }

// report adds a mistake as one line, unless it was reported before: a template that several rules
// use is checked several times.
func (l *loader) report(where position, what string) {
	breaks := regexp.MustCompile(`\s*[\n\v\f\r\x{85}\x{2028}\x{2029}]\s*`)
	added := problem{position: where, what: breaks.ReplaceAllString(where.text+": "+what, " ")}
	if !slices.Contains(l.problems, added) {
		l.problems = append(l.problems, added)
	}
}

// refuse reports a mistake in a value of the file.
func (l *loader) refuse(here *item, problem string) {
	here.mark()
	l.report(l.positionOf(here), problem)
}

// invalid returns the mistakes in the order of the file, followed by those of the environment, or
// nil.
func (l *loader) invalid() error {
	if len(l.problems) == 0 {
		return nil
	}
	slices.SortStableFunc(l.problems, func(a, b problem) int {
		if a.line == 0 || b.line == 0 {
			return cmp.Compare(b.line, a.line)
		}
		return cmp.Or(cmp.Compare(a.line, b.line), cmp.Compare(a.inner, b.inner))
	})
	texts := make([]string, len(l.problems))
	for i, problem := range l.problems {
		texts[i] = problem.what
	}
	return &InvalidError{Problems: texts}
}

// position returns the file and line of a node.
func (l *loader) position(node ast.Node) position {
	if node == nil || node.GetToken() == nil {
		return outside(l.source.File)
	}
	return l.line(node.GetToken().Position.Line)
}

// line returns the position of a line in the file.
func (l *loader) line(line int) position {
	return position{line: line, text: fmt.Sprintf("%s:%d", l.source.File, line)}
}

// positionOf returns the file, line and path of a value, or of a value below it.
func (l *loader) positionOf(here *item, below ...string) position {
	where := l.position(locate(here.key, here.node, below))
	where.text += ": " + join(append(slices.Clone(here.path), below...))
	return where
}
