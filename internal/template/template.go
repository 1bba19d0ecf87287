// Package template parses the templates in the invocation of an action: texts with jq programs
// between double braces. It finds the programs and converts each to what jq has to run. The
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

// Expression is an expression between double braces.
type Expression struct {
	// Start and End are the byte offsets of the text between the braces: the braces are the two
	// bytes before Start and the two at End.
	Start, End int
	// Source is the text between the braces.
	Source string
}

// Program is the jq program of the expression.
func (e Expression) Program() string { return Program(e.Source) }

// borderQuote finds a single quote that begins or ends a word.
var borderQuote = regexp2.MustCompile(`(^|\s)'(?!\s|")|(?<!\s|")'(\s|\z)`, regexp2.None)

// Program returns an expression, or a condition, as Port passes it to jq: with double quotes
// instead of single quotes that begin or end a word.
func Program(source string) string {
	program, err := borderQuote.Replace(source, `$1"$2`, -1, -1)
	if err != nil {
		// The only possible error is a timeout, and none is set.
		return source
	}
	return program
}

// Whole returns the expression if a text consists of one, apart from surrounding blanks. Such a
// text evaluates to the value itself, any other to a string.
func Whole(text string, expressions []Expression) (Expression, bool) {
	if len(expressions) != 1 {
		return Expression{}, false
	}
	only := expressions[0]
	around := text[:only.Start-len(opening)] + text[only.End+len(closing):]
	return only, strings.TrimFunc(around, unicode.IsSpace) == ""
}

// Expressions finds the expressions in a text. The error, which is meant for the author, says at
// which character braces are unpaired.
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

// outside is the value of start outside of an expression.
const outside = -1

// scanner scans a text. Braces are ASCII, so it works on bytes.
type scanner struct {
	text  string
	at    int
	start int
	quote byte
	found []Expression
}

// step processes one byte.
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

// toggle begins or ends a quoted part, in which braces have no meaning.
func (s *scanner) toggle(quote byte) {
	switch s.quote {
	case 0:
		s.quote = quote
	case quote:
		s.quote = 0
	}
}

// isSecond reports whether a brace follows an equal one.
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

// skip skips a third brace, which would otherwise count as a second pair.
func (s *scanner) skip(brace byte) {
	if s.at+1 < len(s.text) && s.text[s.at+1] == brace {
		s.at++
	}
}

// character returns the number of the character at an offset, starting at 1.
func (s *scanner) character(offset int) int { return len([]rune(s.text[:offset])) + 1 }
