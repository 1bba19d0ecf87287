// Package template reads the templates in the invocation of an action of Port: texts with jq
// programs between double braces. It finds the programs and turns each into what jq has to run. The
// provider checks templates with it at plan time, and the emulator renders them. The rules are
// those of Port's published jq bindings (@port-labs/jq-node-bindings, lib/template.js and
// lib/jq.js).
package template

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/dlclark/regexp2"
)

const (
	opening = "{{"
	closing = "}}"
)

// Expression is what stands between double braces.
type Expression struct {
	// Start and End are the offsets in the text, in bytes, of what stands between the braces: these
	// are the two bytes before Start and the two from End on.
	Start, End int
	// Source is what stands between the braces.
	Source string
}

// Program is the jq program of the expression.
func (e Expression) Program() string { return Program(e.Source) }

// borderQuote finds a single quote that begins or ends a word.
var borderQuote = regexp2.MustCompile(`(^|\s)'(?!\s|")|(?<!\s|")'(\s|\z)`, regexp2.None)

// Program is an expression, or a condition, as Port hands it to jq: with double quotes for the
// single ones that begin or end a word.
func Program(source string) string {
	program, err := borderQuote.Replace(source, `$1"$2`, -1, -1)
	if err != nil {
		// Only a limit of time could end the search, and there is none.
		return source
	}
	return program
}

// Whole returns the expression that a text consists of, blanks around it aside. Port takes the
// value of such a text as it is, and that of every other as a string.
func Whole(text string, expressions []Expression) (Expression, bool) {
	if len(expressions) != 1 {
		return Expression{}, false
	}
	only := expressions[0]
	around := text[:only.Start-len(opening)] + text[only.End+len(closing):]
	return only, strings.TrimFunc(around, unicode.IsSpace) == ""
}

// Expressions finds the expressions of a text. The error, which is fit to be shown to the author,
// says at which character braces are not paired.
func Expressions(text string) ([]Expression, error) {
	s := scanner{text: text, start: outside}
	for s.at < len(text) {
		if err := s.step(); err != nil {
			return nil, err
		}
	}
	if s.start != outside {
		return nil, fmt.Errorf("the double braces that open at character %d are not closed", s.character(s.start-len(opening)))
	}
	return s.found, nil
}

// outside stands for the start of an expression where there is none.
const outside = -1

// scanner walks over a text. Braces are ASCII, so it looks at bytes.
type scanner struct {
	text  string
	at    int
	start int
	quote byte
	found []Expression
}

// step looks at one byte.
func (s *scanner) step() error {
	char := s.text[s.at]
	isInside := s.start != outside
	var err error
	switch {
	case isInside && char == '\\':
		s.at++
	case isInside && (char == '"' || char == '\''):
		s.toggle(char)
	case s.quote == 0 && s.isSecond('{'):
		err = s.open()
	case s.quote == 0 && s.isSecond('}'):
		err = s.close()
	}
	s.at++
	return err
}

// toggle begins or ends a quoted part, in which braces do not count.
func (s *scanner) toggle(quote byte) {
	switch s.quote {
	case 0:
		s.quote = quote
	case quote:
		s.quote = 0
	}
}

// isSecond reports whether a brace follows one of its kind.
func (s *scanner) isSecond(brace byte) bool {
	return s.text[s.at] == brace && s.at > 0 && s.text[s.at-1] == brace
}

func (s *scanner) open() error {
	if s.start != outside {
		return fmt.Errorf("double braces open at character %d within those that open at character %d",
			s.character(s.at-1), s.character(s.start-len(opening)))
	}
	s.start = s.at + 1
	s.skip('{')
	return nil
}

func (s *scanner) close() error {
	if s.start == outside {
		return fmt.Errorf("double braces close at character %d without opening before", s.character(s.at-1))
	}
	end := s.at - 1
	if s.at+1 < len(s.text) && s.text[s.at+1] == '}' {
		// Of three closing braces the first belongs to the expression.
		end++
		s.at++
	}
	s.found = append(s.found, Expression{Start: s.start, End: end, Source: s.text[s.start:end]})
	s.start = outside
	return nil
}

// skip passes over a third brace, which would else count as a second pair.
func (s *scanner) skip(brace byte) {
	if s.at+1 < len(s.text) && s.text[s.at+1] == brace {
		s.at++
	}
}

// character is the number of a character, as people count them.
func (s *scanner) character(offset int) int { return len([]rune(s.text[:offset])) + 1 }
