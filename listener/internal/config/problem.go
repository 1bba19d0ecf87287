package config

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"

	"github.com/goccy/go-yaml/ast"
)

// problem is something that is wrong, with its line in the file. What is not in the
// file has the line 0.
type problem struct {
	line int
	text string
}

// place says where something stands: a line of the file and a path in it, or a
// variable.
type place struct {
	line int
	text string
}

// outside is a place that is not in the file.
func outside(text string) place { return place{text: text} }

// report adds a problem, in one line.
func (l *loader) report(where place, what string) {
	l.add(where.line, where.text+": "+what)
}

// reportOnce adds a problem unless it is there already.
func (l *loader) reportOnce(where place, what string) {
	before := slices.Clone(l.problems)
	l.report(where, what)
	if slices.Contains(before, l.problems[len(before)]) {
		l.problems = before
	}
}

func (l *loader) reportMissing(variable, meaning string) {
	l.add(0, fmt.Sprintf("%s is not set: give it %s, or give %s_FILE the path of a file that holds it", variable, meaning, variable))
}

func (l *loader) add(line int, text string) {
	breaks := regexp.MustCompile(`\s*[\n\v\f\r\x{85}\x{2028}\x{2029}]\s*`)
	l.problems = append(l.problems, problem{line: line, text: breaks.ReplaceAllString(text, " ")})
}

// invalid returns the problems in the order of the file, and after them those of
// the environment; nil if there are none.
func (l *loader) invalid() error {
	if len(l.problems) == 0 {
		return nil
	}
	slices.SortStableFunc(l.problems, func(a, b problem) int {
		if a.line == 0 || b.line == 0 {
			return cmp.Compare(b.line, a.line)
		}
		return cmp.Compare(a.line, b.line)
	})
	texts := make([]string, len(l.problems))
	for i, found := range l.problems {
		texts[i] = found.text
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

// placeOf returns file, line and path of a value, such as "webhook", "path". An
// element of a list is a step such as "[2]".
func (l *loader) placeOf(path ...string) place {
	found, node := l.root, l.root
	for _, step := range path {
		key, next := descend(node, step)
		if key == nil {
			break
		}
		found, node = key, next
	}
	where := l.place(found)
	where.text += ": " + join(path)
	return where
}
