package config

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"

	"github.com/goccy/go-yaml/ast"
)

// problem is something that is wrong with a place.
type problem struct {
	place
	what string
}

// place says where something stands: a line of the file and a path in it, or a variable, which has
// the line 0.
type place struct {
	line int
	// inner is a line of a file that the line of the configuration names, or 0.
	inner int
	text  string
}

// outside is a place that is not in the file.
func outside(text string) place { return place{text: text} }

// report adds a problem, in one line, unless it is there already: a template that several rules use
// has its mistakes once.
func (l *loader) report(where place, what string) {
	breaks := regexp.MustCompile(`\s*[\n\v\f\r\x{85}\x{2028}\x{2029}]\s*`)
	added := problem{place: where, what: breaks.ReplaceAllString(where.text+": "+what, " ")}
	if !slices.Contains(l.problems, added) {
		l.problems = append(l.problems, added)
	}
}

// refuse reports a problem with a value of the file.
func (l *loader) refuse(here *item, problem string) {
	here.mark()
	l.report(l.placeOf(here), problem)
}

// invalid returns the problems in the order of the file, and after them those of the environment;
// nil if there are none.
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

// place returns file and line of a node.
func (l *loader) place(node ast.Node) place {
	if node == nil || node.GetToken() == nil {
		return outside(l.source.File)
	}
	return l.line(node.GetToken().Position.Line)
}

// line returns the place of a line of the file.
func (l *loader) line(line int) place {
	return place{line: line, text: fmt.Sprintf("%s:%d", l.source.File, line)}
}

// placeOf returns file, line and path of a value, or of what stands at a path below it.
func (l *loader) placeOf(here *item, below ...string) place {
	where := l.place(locate(here.key, here.node, below))
	where.text += ": " + join(append(slices.Clone(here.path), below...))
	return where
}
