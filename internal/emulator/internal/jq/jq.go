// Package jq runs jq programs over the emulator's documents: the calculation properties of a
// blueprint, the mappings of a migration, and the conditions and templates of actions are written
// in jq.
package jq

import (
	"context"
	"encoding/json"
	"maps"
	"math"
	"math/big"
	"slices"
	"strconv"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/document"
	"github.com/port-changelog/terraform-provider-port/internal/jq"
)

// limit is how long a program may run: the catalog is locked while it runs, and jq can loop
// forever.
const limit = 200 * time.Millisecond

// Program is a compiled jq program.
type Program struct{ program *jq.Program }

// Compile parses a program. The error is meant for its author.
func Compile(source string) (*Program, error) {
	program, err := jq.Compile(source)
	if err != nil {
		return nil, err
	}
	return &Program{program: program}, nil
}

// Prepared is an input for several programs.
type Prepared struct{ value any }

// Prepare turns a document into an input.
func Prepare(input any) Prepared { return Prepared{value: toGo(input)} }

// First returns the first output of the program for the input, or false if it yields nothing,
// fails, or runs for too long.
func (p *Program) First(input any) (any, bool) {
	value, exists, err := p.Evaluate(Prepare(input))
	return value, exists && err == nil
}

// Evaluate returns the first output of the program for the input, and whether it has one. The error
// says that the program failed, or ran for too long.
func (p *Program) Evaluate(input Prepared) (value any, exists bool, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	for output, err := range p.program.Outputs(ctx, input.value) {
		if err != nil {
			return nil, false, err
		}
		return fromGo(output), true, nil
	}
	return nil, false, nil
}

// toGo converts a document to the types of gojq, which accepts json.Number and computes exactly
// where possible.
func toGo(value any) any {
	switch value := value.(type) {
	case []any:
		list := make([]any, len(value))
		for i, item := range value {
			list[i] = toGo(item)
		}
		return list
	case *document.Object:
		object := make(map[string]any, value.Len())
		for key, item := range value.All() {
			object[key] = toGo(item)
		}
		return object
	default:
		return value
	}
}

// fromGo turns an output into a document. jq sorts the keys of objects.
func fromGo(value any) any {
	switch value := value.(type) {
	case int:
		return json.Number(strconv.Itoa(value))
	case float64:
		return fromFloat(value)
	case *big.Int:
		return json.Number(value.String())
	case []any:
		list := make([]any, len(value))
		for i, item := range value {
			list[i] = fromGo(item)
		}
		return list
	case map[string]any:
		object := document.New()
		for _, key := range slices.Sorted(maps.Keys(value)) {
			object.Set(key, fromGo(value[key]))
		}
		return object
	default:
		return value
	}
}

// fromFloat writes a number; NaN and infinities do not exist in JSON.
func fromFloat(value float64) any {
	if math.IsNaN(value) || math.IsInf(value, 0) {
		return nil
	}
	return document.RoundNumber(json.Number(strconv.FormatFloat(value, 'g', -1, 64)))
}
