package validate

import (
	"context"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/port-changelog/terraform-provider-port/internal/jsonvalue"
	"github.com/port-changelog/terraform-provider-port/provider/internal/jsontype"
)

// NotNull refuses the JSON text null for keys that Port does not accept null for. Terraform's null
// omits the value instead.
type NotNull struct{}

var _ validator.String = NotNull{}

// Description implements validator.Describer.
func (NotNull) Description(context.Context) string { return "must not be the JSON text null" }

// MarkdownDescription implements validator.Describer.
func (v NotNull) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

// ValidateString implements validator.String.
func (NotNull) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	resp.Diagnostics.Append(checkNotNull(req.Path, req.ConfigValue.ValueString())...)
}

func checkNotNull(at path.Path, text string) diag.Diagnostics {
	var diagnostics diag.Diagnostics
	if strings.TrimSpace(text) == "null" {
		diagnostics.AddAttributeError(at, "JSON Null", "The JSON text null means no value. Leave the value out, or set it to null without jsonencode.")
	}
	return diagnostics
}

// JSONObject checks that a text of JSON holds an object.
type JSONObject struct{}

var _ validator.String = JSONObject{}

// Description implements validator.Describer.
func (JSONObject) Description(context.Context) string { return "must be a JSON object" }

// MarkdownDescription implements validator.Describer.
func (v JSONObject) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

// ValidateString implements validator.String.
func (v JSONObject) ValidateString(ctx context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	resp.Diagnostics.Append(checkKind[map[string]any]("Not a JSON Object", v.Description(ctx), req)...)
}

// JSONList checks that a text of JSON holds a list.
type JSONList struct{}

var _ validator.String = JSONList{}

// Description implements validator.Describer.
func (JSONList) Description(context.Context) string { return "must be a JSON list" }

// MarkdownDescription implements validator.Describer.
func (v JSONList) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

// ValidateString implements validator.String.
func (v JSONList) ValidateString(ctx context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	resp.Diagnostics.Append(checkKind[[]any]("Not a JSON List", v.Description(ctx), req)...)
}

// Query checks that a text of JSON has the form of a search query (POST /v1/entities/search).
type Query struct{}

var _ validator.String = Query{}

// Description implements validator.Describer.
func (Query) Description(context.Context) string { return "must be a search query" }

// MarkdownDescription implements validator.Describer.
func (v Query) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

// ValidateString implements validator.String.
func (Query) ValidateString(ctx context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	JSONObject{}.ValidateString(ctx, req, resp)
	value, err := jsonvalue.Decode([]byte(req.ConfigValue.ValueString()))
	query, isObject := value.(map[string]any)
	if err != nil || !isObject {
		return
	}
	_, hasRules := query["rules"].([]any)
	if combinator := query["combinator"]; !hasRules || (combinator != "and" && combinator != "or") {
		resp.Diagnostics.AddAttributeError(req.Path, "Invalid Query", `A query is an object with a combinator, "and" or "or", and a list of rules.`)
	}
}

// checkKind checks the type of the JSON value in a string.
func checkKind[T any](summary, description string, req validator.StringRequest) diag.Diagnostics {
	var diagnostics diag.Diagnostics
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return nil
	}
	value, err := jsonvalue.Decode([]byte(req.ConfigValue.ValueString()))
	if err != nil {
		return jsontype.New(req.ConfigValue.ValueString()).Check(req.Path)
	}
	if _, ok := value.(T); !ok {
		diagnostics.AddAttributeError(req.Path, summary, "The value "+description+". Use jsonencode() to build it from a Terraform value.")
	}
	return diagnostics
}

// JSONElements checks that the elements of a map or a list are texts of JSON other than null. The
// framework validates the type of an attribute, but that of its elements only when a resource reads
// them, which is during the apply.
type JSONElements struct{}

var (
	_ validator.Map  = JSONElements{}
	_ validator.List = JSONElements{}
)

// Description implements validator.Describer.
func (JSONElements) Description(context.Context) string { return "elements must be JSON" }

// MarkdownDescription implements validator.Describer.
func (v JSONElements) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

// ValidateMap implements validator.Map.
func (JSONElements) ValidateMap(_ context.Context, req validator.MapRequest, resp *validator.MapResponse) {
	resp.Diagnostics.Append(checkJSON(req.Path, req.ConfigValue)...)
}

// ValidateList implements validator.List.
func (JSONElements) ValidateList(_ context.Context, req validator.ListRequest, resp *validator.ListResponse) {
	resp.Diagnostics.Append(checkJSON(req.Path, req.ConfigValue)...)
}

func checkJSON(at path.Path, value attr.Value) diag.Diagnostics {
	var diagnostics diag.Diagnostics
	switch value := value.(type) {
	case jsontype.Value:
		return append(value.Check(at), checkNotNull(at, value.ValueString())...)
	case types.Map:
		for key, element := range value.Elements() {
			diagnostics.Append(checkJSON(at.AtMapKey(key), element)...)
		}
	case types.List:
		for i, element := range value.Elements() {
			diagnostics.Append(checkJSON(at.AtListIndex(i), element)...)
		}
	}
	return diagnostics
}
