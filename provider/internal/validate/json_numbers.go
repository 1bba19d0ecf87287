package validate

import (
	"context"
	"encoding/json"
	"fmt"
	"math"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/port-changelog/terraform-provider-port/internal/jsonvalue"
	"github.com/port-changelog/terraform-provider-port/provider/internal/jsontype"
)

// JSONNumbers refuses JSON with a number outside the range of a double, which Port stores numbers
// as. It accepts a text, and maps and lists of texts.
type JSONNumbers struct{}

var (
	_ validator.String = JSONNumbers{}
	_ validator.List   = JSONNumbers{}
	_ validator.Map    = JSONNumbers{}
)

// Description implements validator.Describer.
func (JSONNumbers) Description(context.Context) string {
	return "numbers must be within the range of a double"
}

// MarkdownDescription implements validator.Describer.
func (v JSONNumbers) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

// ValidateString implements validator.String.
func (JSONNumbers) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	resp.Diagnostics.Append(checkJSONNumbers(req.Path, jsontype.Value{StringValue: req.ConfigValue})...)
}

// ValidateList implements validator.List.
func (JSONNumbers) ValidateList(_ context.Context, req validator.ListRequest, resp *validator.ListResponse) {
	resp.Diagnostics.Append(checkJSONNumbers(req.Path, req.ConfigValue)...)
}

// ValidateMap implements validator.Map.
func (JSONNumbers) ValidateMap(_ context.Context, req validator.MapRequest, resp *validator.MapResponse) {
	resp.Diagnostics.Append(checkJSONNumbers(req.Path, req.ConfigValue)...)
}

func checkJSONNumbers(at path.Path, value attr.Value) diag.Diagnostics {
	var diagnostics diag.Diagnostics
	switch value := value.(type) {
	case jsontype.Value:
		decoded, err := jsonvalue.Decode([]byte(value.ValueString()))
		if err != nil {
			return nil
		}
		if number, exists := unstorable(decoded); exists {
			diagnostics.AddAttributeError(at, "Number Out of Range",
				abbreviated(number)+" is outside the range that Port can store, about -1.8e308 to 1.8e308.")
		}
	case types.Map:
		for key, element := range value.Elements() {
			diagnostics.Append(checkJSONNumbers(at.AtMapKey(key), element)...)
		}
	case types.List:
		for i, element := range value.Elements() {
			diagnostics.Append(checkJSONNumbers(at.AtListIndex(i), element)...)
		}
	}
	return diagnostics
}

// unstorable returns a number in a JSON value that would become infinite as a double.
func unstorable(value any) (json.Number, bool) {
	switch value := value.(type) {
	case json.Number:
		number, _ := value.Float64()
		return value, math.IsInf(number, 0)
	case []any:
		for _, element := range value {
			if number, exists := unstorable(element); exists {
				return number, true
			}
		}
	case map[string]any:
		for _, member := range value {
			if number, exists := unstorable(member); exists {
				return number, true
			}
		}
	}
	return "", false
}

// abbreviated shortens a number for a message.
func abbreviated(number json.Number) string {
	const most = 40
	if text := number.String(); len(text) > most {
		return fmt.Sprintf("%s… (%d characters)", text[:most], len(text))
	}
	return number.String()
}
