package syntax

import (
	"regexp"
	"time"

	"github.com/dlclark/regexp2"
)

// matchLimit limits the time of a pattern that backtracks excessively.
const matchLimit = time.Second

// Pattern is a regular expression of JavaScript (ECMA-262, with the flag u).
type Pattern struct {
	text string
	// linear is the same expression for Go's engine, which runs in linear time; nil if it uses
	// features that only JavaScript has, such as lookaround and back references.
	linear       *regexp.Regexp
	backtracking *regexp2.Regexp
}

// ParsePattern parses a regular expression. The error says what is wrong with it.
func ParsePattern(text string) (*Pattern, error) {
	backtracking, err := regexp2.Compile(text, regexp2.ECMAScript|regexp2.Unicode)
	if err != nil {
		return nil, err
	}
	backtracking.MatchTimeout = matchLimit
	linear, err := regexp.Compile(text)
	if err != nil {
		linear = nil
	}
	return &Pattern{text: text, linear: linear, backtracking: backtracking}, nil
}

// String returns the expression as it was written.
func (p *Pattern) String() string { return p.text }

// MatchString reports whether some part of a text matches. It returns true if matching takes longer
// than a second.
func (p *Pattern) MatchString(text string) bool {
	if p.linear != nil {
		return p.linear.MatchString(text)
	}
	matches, err := p.backtracking.MatchString(text)
	return matches || err != nil
}
