// Package convert moves single values and collections between the API's types and Terraform's.
package convert

import "github.com/hashicorp/terraform-plugin-framework/types"

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

// Text converts an optional string. An absent one stays "" if prior is "": Port treats both alike.
func Text(in *string, prior types.String) types.String {
	if in == nil && prior.Equal(types.StringValue("")) {
		return prior
	}
	return types.StringPointerValue(in)
}
