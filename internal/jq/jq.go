// Package jq runs jq programs over JSON documents. The listener's rules are written in jq, as are
// the conditions of Port's automations, the calculation properties of a blueprint and the mappings
// of a migration, for which the emulator uses it.
package jq

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"unicode/utf8"

	"github.com/itchyny/gojq"
)

// Program is a compiled jq program. It has no access to the environment, to files or to further
// inputs. It is safe for concurrent use.
type Program struct {
	code     *gojq.Code
	assigns  bool
	constant bool
}

// Compile reads a program. The error is fit to be shown to its author.
func Compile(source string) (*Program, error) {
	query, err := gojq.Parse(source)
	if syntax, ok := errors.AsType[*gojq.ParseError](err); ok {
		return nil, fmt.Errorf("reading the jq program: %w%s", err, readBefore(source, syntax))
	}
	if err != nil {
		return nil, fmt.Errorf("reading the jq program: %w", err)
	}
	made := &Program{assigns: hasAssignment(query), constant: isConstant(query)}
	if made.code, err = gojq.Compile(query); err != nil {
		return nil, fmt.Errorf("compiling the jq program: %w", err)
	}
	return made, nil
}

// IsSyntaxError reports whether an error of [Compile] is one of syntax. Any other may come from a
// function that another implementation of jq has.
func IsSyntaxError(err error) bool {
	_, isSyntax := errors.AsType[*gojq.ParseError](err)
	return isSyntax
}

// readBefore quotes what stands before a mistake.
func readBefore(source string, mistake *gojq.ParseError) string {
	const enough = 30
	end := min(max(mistake.Offset-len(mistake.Token), 0), len(source))
	read := strings.Join(strings.Fields(source[:end]), " ")
	if read == "" {
		return ""
	}
	if start := len(read) - enough; start > 0 {
		for !utf8.RuneStart(read[start]) {
			start++
		}
		read = "…" + read[start:]
	}
	return " after " + read
}

// Assigns reports whether the program changes a value anywhere, as `.a = 1` does. As a condition
// that would always hold.
func (p *Program) Assigns() bool { return p.assigns }

// Constant reports whether the program is made of literals alone, as 5 and "x" == "x" are: its
// output does not depend on its input.
func (p *Program) Constant() bool { return p.constant }

// Outputs runs the program for an input and yields what it puts out, one value after the other,
// until it ends, fails, or ctx ends; the last value may be an error. The input consists of the
// types of encoding/json, with numbers as json.Number, and is not changed. An error may quote a
// part of the input.
//
// The library looks at ctx between two steps of the program. A step, such as the difference of two
// long lists, may take any time, and may need any memory.
func (p *Program) Outputs(ctx context.Context, input any) iter.Seq2[any, error] {
	return func(yield func(any, error) bool) {
		outputs := p.code.RunWithContext(ctx, input)
		for {
			output, ok := next(outputs)
			if !ok {
				return
			}
			if err, failed := output.(error); failed {
				yield(nil, err)
				return
			}
			if !yield(output, nil) {
				return
			}
		}
	}
}

// next returns the next output. A panic of the library is an error like any other: a document that
// provokes one comes from outside, and must not end the process.
func next(outputs gojq.Iter) (output any, ok bool) {
	defer func() {
		if cause := recover(); cause != nil {
			output, ok = errors.New("running the jq program failed"), true
		}
	}()
	return outputs.Next()
}
