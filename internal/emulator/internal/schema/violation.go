package schema

import (
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"

	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/document"
)

// Violation says where and how a document violates its schema.
type Violation struct {
	// Path leads from the root to the value, with slashes: body/schema/required.
	Path string
	// Problem completes a sentence that begins with the path.
	Problem string
}

// Error returns the sentence.
func (v *Violation) Error() string { return v.Path + " " + v.Problem }

// first returns the first violation in document order. The package jsonschema finds all of them, in
// the order of Go's maps.
func first(path string, root any, err *jsonschema.ValidationError) *Violation {
	m, ok := firstOf(root, err)
	if !ok { // An error has a cause.
		return &Violation{Path: path, Problem: "must be valid"}
	}
	return &Violation{Path: strings.Join(append([]string{path}, m.location...), "/"), Problem: m.problem}
}

// mistake is a violation with its position in the document.
type mistake struct {
	location []string
	problem  string
	// order has the positions of the keys and elements on the path, then the rank of the mistake
	// among those of one value.
	order []int
}

// firstOf returns the first mistake of an error and its causes.
func firstOf(root any, err *jsonschema.ValidationError) (mistake, bool) {
	switch k := err.ErrorKind.(type) {
	case *kind.AnyOf:
		return nearestMiss(root, err)
	case *kind.OneOf:
		if len(k.Subschemas) == 0 {
			return nearestMiss(root, err)
		}
	case *kind.PropertyNames: // Its location is unreliable: see propertyNames.
		return mistake{}, false
	}
	if len(err.Causes) == 0 {
		return mistakeOf(root, err), true
	}
	var all []mistake
	for _, cause := range err.Causes {
		if m, ok := firstOf(root, cause); ok {
			all = append(all, m)
		}
	}
	if len(all) == 0 {
		return mistake{}, false
	}
	return slices.MinFunc(all, func(a, b mistake) int { return slices.Compare(a.order, b.order) }), true
}

// nearestMiss returns the mistake in the closest alternative: the one whose first mistake is
// deepest within the value.
func nearestMiss(root any, err *jsonschema.ValidationError) (mistake, bool) {
	var nearest mistake
	var isAny bool
	for _, alternative := range err.Causes {
		if m, ok := firstOf(root, alternative); ok && (!isAny || len(m.location) > len(nearest.location)) {
			nearest, isAny = m, true
		}
	}
	nearest.order = append(positions(root, err.InstanceLocation), ofValue)
	return nearest, isAny
}

// The order of mistakes of one value. Mistakes of nested values come after all of them, key by key.
const (
	ofType = -3 + iota
	ofValue
	ofContent
)

// mistakeOf turns an error without causes into a mistake.
func mistakeOf(root any, err *jsonschema.ValidationError) mistake {
	m := mistake{location: err.InstanceLocation, problem: problem(err.ErrorKind), order: positions(root, err.InstanceLocation)}
	value := valueAt(root, err.InstanceLocation)
	switch k := err.ErrorKind.(type) {
	case *kind.Type:
		m.order = append(m.order, ofType)
	case *kind.Enum, *kind.Const:
		m.order = append(m.order, ofValue)
	case *kind.AdditionalProperties:
		key := firstKey(value, k.Properties)
		m.problem = fmt.Sprintf("must NOT have additional properties: '%s'", key)
		m.order = append(m.order, position(value, key), 0) // Ranks after an invalid name.
	case *invalidName:
		m.order = append(m.order, position(value, k.name))
		m.problem = fmt.Sprintf("property name must be valid: '%s' %s", k.name, k.problem)
	default:
		m.order = append(m.order, ofContent)
	}
	return m
}

// positions returns the position of each step of a path among its siblings.
func positions(root any, location []string) []int {
	steps := make([]int, 0, len(location)+1)
	for _, step := range location {
		steps = append(steps, position(root, step))
		root = valueAt(root, []string{step})
	}
	return steps
}

// position returns the position of a key or an element within a value.
func position(value any, step string) int {
	object, ok := value.(*document.Object)
	if !ok {
		index, _ := strconv.Atoi(step)
		return index
	}
	i := 0
	for key := range object.All() {
		if key == step {
			return i
		}
		i++
	}
	return i
}

func valueAt(root any, location []string) any {
	for _, step := range location {
		switch value := root.(type) {
		case *document.Object:
			root = value.Value(step)
		case []any:
			index, _ := strconv.Atoi(step)
			root = value[index]
		}
	}
	return root
}

func firstKey(value any, keys []string) string {
	return slices.MinFunc(keys, func(a, b string) int { return position(value, a) - position(value, b) })
}

// problem returns the message of AJV for an error, with the allowed values added.
func problem(err jsonschema.ErrorKind) string {
	switch k := err.(type) {
	case *kind.Type:
		return "must be " + strings.Join(inOrder(k.Want), ",")
	case *kind.Enum:
		return "must be equal to one of the allowed values: " + list(k.Want)
	case *kind.Const:
		return "must be equal to constant: " + list([]any{k.Want})
	case *kind.Not:
		return "must NOT be valid"
	case *kind.FalseSchema:
		return "must NOT be present"
	case *kind.OneOf:
		return "must match exactly one schema in oneOf"
	case *kind.MinLength:
		return fmt.Sprintf("must NOT have fewer than %d characters", k.Want)
	case *kind.MaxLength:
		return fmt.Sprintf("must NOT have more than %d characters", k.Want)
	case *kind.Pattern:
		return fmt.Sprintf("must match pattern %q", k.Want)
	case *kind.Format:
		return fmt.Sprintf("must match format %q", k.Want)
	default:
		return problemOfNumber(err)
	}
}

func problemOfNumber(err jsonschema.ErrorKind) string {
	switch k := err.(type) {
	case *kind.Minimum:
		return "must be >= " + decimal(k.Want)
	case *kind.Maximum:
		return "must be <= " + decimal(k.Want)
	case *kind.ExclusiveMinimum:
		return "must be > " + decimal(k.Want)
	case *kind.ExclusiveMaximum:
		return "must be < " + decimal(k.Want)
	case *kind.MultipleOf:
		return "must be multiple of " + decimal(k.Want)
	default:
		return problemOfCollection(err)
	}
}

func problemOfCollection(err jsonschema.ErrorKind) string {
	switch k := err.(type) {
	case *kind.MinItems:
		return fmt.Sprintf("must NOT have fewer than %d items", k.Want)
	case *kind.MaxItems:
		return fmt.Sprintf("must NOT have more than %d items", k.Want)
	case *kind.UniqueItems:
		return "must NOT have duplicate items"
	case *kind.Contains:
		return "must contain at least 1 valid item(s)"
	case *kind.MinProperties:
		return fmt.Sprintf("must NOT have fewer than %d properties", k.Want)
	case *kind.MaxProperties:
		return fmt.Sprintf("must NOT have more than %d properties", k.Want)
	case *kind.Required:
		return fmt.Sprintf("must have required property '%s'", k.Missing[0])
	case *kind.Dependency:
		return fmt.Sprintf("must have property %s when property %s is present", k.Missing[0], k.Prop)
	default:
		return "must be valid against the keyword " + strings.Join(err.KeywordPath(), "/")
	}
}

// inOrder returns the names of types in the order in which Port documents them.
func inOrder(types []string) []string {
	order := []string{"string", "number", "integer", "boolean", "object", "array", "null"}
	return slices.DeleteFunc(order, func(name string) bool { return !slices.Contains(types, name) })
}

// decimal writes a limit as a decimal number, without a trailing /1.
func decimal(limit *big.Rat) string {
	if limit.IsInt() {
		return limit.Num().String()
	}
	value, _ := limit.Float64()
	return strconv.FormatFloat(value, 'g', -1, 64)
}

// list writes allowed values with commas between them.
func list(values []any) string {
	texts := make([]string, len(values))
	for i, value := range values {
		if text, ok := value.(string); ok {
			texts[i] = text
			continue
		}
		encoded, _ := json.Marshal(value) // The value comes from JSON.
		texts[i] = string(encoded)
	}
	return strings.Join(texts, ", ")
}
