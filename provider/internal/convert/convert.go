// Package convert moves single values and collections between the API's types
// and Terraform's. The resources' toAPI and fromAPI are built from it. Its one
// rule: where Port treats an absent and an empty value alike, the form that
// Terraform already holds is kept, so that neither looks like a change.
package convert

import (
	"encoding/json"

	"github.com/hashicorp/terraform-plugin-framework/types"
)

// Map applies a conversion to every element. A nil map stays nil.
func Map[From, To any](in map[string]From, element func(From) To) map[string]To {
	if in == nil {
		return nil
	}
	out := make(map[string]To, len(in))
	for key, value := range in {
		out[key] = element(value)
	}
	return out
}

// MapWithPrior converts the elements of an answer, each beside the value that
// Terraform holds under the same key. An empty answer becomes nil when prior is
// nil, and an empty map otherwise.
func MapWithPrior[From, To any](in map[string]From, prior map[string]To, element func(From, To) To) map[string]To {
	if len(in) == 0 && prior == nil {
		return nil
	}
	out := make(map[string]To, len(in))
	for key, value := range in {
		out[key] = element(value, prior[key])
	}
	return out
}

// Text reads an optional string. An absent one stays "" when prior is "".
func Text(in *string, prior types.String) types.String {
	if in == nil && prior.Equal(types.StringValue("")) {
		return prior
	}
	return types.StringPointerValue(in)
}

// TextMap reads a map of strings.
func TextMap(in map[string]string, prior map[string]types.String) map[string]types.String {
	return MapWithPrior(in, prior, func(value string, _ types.String) types.String { return types.StringValue(value) })
}

// TextMapToAPI writes a map of strings without its null elements. An empty map
// is nil: Port means the same by it.
func TextMapToAPI(in map[string]types.String) map[string]string {
	if len(in) == 0 {
		return nil
	}
	out := make(map[string]string, len(in))
	for key, value := range in {
		if !value.IsNull() {
			out[key] = value.ValueString()
		}
	}
	return out
}

// Number reads an optional number with all its digits.
func Number(in *json.Number) (types.Number, error) {
	if in == nil {
		return types.NumberNull(), nil
	}
	return NumberFromText(*in)
}

// NumberToAPI writes an optional number with all its digits.
func NumberToAPI(in types.Number) *json.Number {
	if in.IsNull() {
		return nil
	}
	out := NumberText(in)
	return &out
}
