// Package jq runs jq programs over documents: the calculation properties of a
// blueprint and the mappings of a migration are written in jq.
package jq

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"math/big"
	"slices"
	"strconv"
	"time"

	"github.com/itchyny/gojq"

	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/document"
)

// limit is how long a program may run: the catalog is locked meanwhile, and jq
// can loop for ever.
const limit = 200 * time.Millisecond

// Program is a compiled jq program. It has no access to the environment, to
// files or to further inputs.
type Program struct{ code *gojq.Code }

// Compile reads a program. The error is fit to be shown to its author.
func Compile(source string) (*Program, error) {
	query, err := gojq.Parse(source)
	if err != nil {
		return nil, fmt.Errorf("reading the jq program: %w", err)
	}
	code, err := gojq.Compile(query)
	if err != nil {
		return nil, fmt.Errorf("compiling the jq program: %w", err)
	}
	return &Program{code: code}, nil
}

// First returns the first output of the program for the input, or false when it
// has none: it yields nothing, fails, or runs for too long.
func (p *Program) First(input any) (any, bool) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	output, ok := p.code.RunWithContext(ctx, toGo(input)).Next()
	if !ok {
		return nil, false
	}
	if _, failed := output.(error); failed {
		return nil, false
	}
	return fromGo(output), true
}

// toGo turns a document into the types that gojq works on. It takes json.Number
// as it is and computes with it exactly where it can.
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

// fromFloat writes a number; NaN and the infinities have no form in JSON.
func fromFloat(value float64) any {
	if math.IsNaN(value) || math.IsInf(value, 0) {
		return nil
	}
	return document.RoundNumber(json.Number(strconv.FormatFloat(value, 'g', -1, 64)))
}
