// Package jq runs jq programs on JSON documents. The listener uses it for rules, and the emulator
// for the conditions of automations, the calculation properties of blueprints and the mappings of
// migrations.
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

// Compile compiles a program. The error is meant for its author.
func Compile(source string) (*Program, error) {
	query, err := gojq.Parse(source)
	if syntax, ok := errors.AsType[*gojq.ParseError](err); ok {
		return nil, fmt.Errorf("reading the jq program: %w%s", err, readBefore(source, syntax))
	}
	if err != nil {
		return nil, fmt.Errorf("reading the jq program: %w", err)
	}
	program := &Program{assigns: hasAssignment(query), constant: isConstant(query)}
	if program.code, err = gojq.Compile(query); err != nil {
		return nil, fmt.Errorf("compiling the jq program: %w", err)
	}
	return program, nil
}

// IsSyntaxError reports whether an error of [Compile] is a syntax error. Other errors may be due to
// functions that only other implementations of jq have.
func IsSyntaxError(err error) bool {
	_, isSyntax := errors.AsType[*gojq.ParseError](err)
	return isSyntax
}

// readBefore quotes the text before a mistake.
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

// Assigns reports whether the program contains an assignment, such as `.a = 1`. As a condition that
// would always be true.
func (p *Program) Assigns() bool { return p.assigns }

// Constant reports whether the program consists only of literals, like 5 and "x" == "x", so that
// its output does not depend on its input.
func (p *Program) Constant() bool { return p.constant }

// Outputs runs the program on an input and yields its outputs until it ends, fails, or ctx ends;
// the last value may be an error. The input consists of the types of encoding/json, with numbers as
// json.Number, and is not modified. An error may quote part of the input.
//
// The library checks ctx between the steps of the program. A single step, such as the difference of
// two long lists, may take any amount of time and memory.
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

// next returns the next output. It turns a panic of the library into an error: an external document
// must not be able to crash the process.
func next(outputs gojq.Iter) (output any, ok bool) {
	defer func() {
		if cause := recover(); cause != nil {
			output, ok = errors.New("running the jq program failed"), true
		}
	}()
	return outputs.Next()
}
