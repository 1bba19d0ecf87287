// Package validate holds the validators that the resources share. They refuse at plan time what
// Port would refuse at apply time, and accept unknown values. The rules come from the documented
// request schemas (POST /v1/blueprints and POST /v1/blueprints/{blueprint}/entities).
package validate

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/port-changelog/terraform-provider-port/internal/syntax"
	"github.com/port-changelog/terraform-provider-port/provider/internal/convert"
)

// BlueprintIdentifier checks the identifier of a blueprint.
func BlueprintIdentifier() []validator.String {
	return textOf(syntax.BlueprintIdentifier, `must consist of letters, digits and @_.+:\/-`, stringvalidator.NoneOf(".", ".."))
}

// EntityIdentifier checks the identifier of an entity.
func EntityIdentifier() []validator.String {
	return textOf(syntax.EntityIdentifier, `must consist of letters, digits and @_.+:\/='-`, stringvalidator.NoneOf(".", ".."))
}

// Key checks the key of a property or a relation.
func Key() []validator.String {
	return textOf(syntax.Key, `must consist of letters, digits and @_=\-`)
}

// Keys checks the keys of a map of properties or relations.
func Keys() validator.Map { return mapvalidator.KeysAre(Key()...) }

// MirrorPath checks the syntax of a path from a blueprint to a property of a related one.
func MirrorPath() []validator.String {
	return textOf(syntax.MirrorPath, "must be relations and then a property, separated by dots, such as service.language")
}

// Title checks a title that must not be empty.
func Title() []validator.String { return textOf(syntax.Title, "") }

// OptionalTitle checks a title that may be empty.
func OptionalTitle() []validator.String { return textOf(syntax.OptionalTitle, "") }

// Description checks the description of a blueprint.
func Description() []validator.String { return textOf(syntax.Description, "") }

// textOf returns the validators for the pattern and the length of a text. message describes the
// pattern.
func textOf(text syntax.Text, message string, more ...validator.String) []validator.String {
	minLength := text.MinLength
	validators := more
	if text.Pattern != "" { // No pattern matches the empty string.
		minLength = max(minLength, 1)
		validators = append(validators, stringvalidator.RegexMatches(text.Expression(), message))
	}
	switch {
	case text.MaxLength == 0:
		return validators
	case minLength == 0:
		return append(validators, stringvalidator.UTF8LengthAtMost(text.MaxLength))
	default:
		return append(validators, stringvalidator.UTF8LengthBetween(minLength, text.MaxLength))
	}
}

// NotEmpty refuses the empty text.
func NotEmpty() []validator.String {
	return []validator.String{stringvalidator.LengthAtLeast(1)}
}

// Enum checks the allowed values of a property.
func Enum() []validator.List {
	return []validator.List{NoNulls{}}
}

// Colors checks a map from values to the names of Port's colours.
func Colors() []validator.Map {
	return []validator.Map{NoNulls{}, mapvalidator.ValueStringsAre(stringvalidator.OneOf(syntax.Colors...))}
}

// Spec checks the spec of a property, which determines how Port displays its value.
func Spec() []validator.String {
	return []validator.String{stringvalidator.OneOf(syntax.Specs...)}
}

// Format warns about a format that this version of the provider does not know. It is not an error,
// because Port adds formats.
func Format() []validator.String {
	return []validator.String{knownFormat{}}
}

type knownFormat struct{}

func (knownFormat) Description(context.Context) string { return "should be a format that Port knows" }

func (v knownFormat) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (knownFormat) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() || slices.Contains(syntax.Formats, req.ConfigValue.ValueString()) {
		return
	}
	resp.Diagnostics.AddAttributeWarning(req.Path, "Unknown Format", fmt.Sprintf(
		"%q is not one of the formats that were documented when this provider was released (%s). Port may refuse it.",
		req.ConfigValue.ValueString(), strings.Join(syntax.Formats, ", ")))
}

// Pattern checks the syntax of a regular expression (ECMA-262).
func Pattern() []validator.String {
	return []validator.String{pattern{}}
}

type pattern struct{}

func (pattern) Description(context.Context) string { return "must be a regular expression (ECMA-262)" }

func (v pattern) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (pattern) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if _, err := syntax.ParsePattern(req.ConfigValue.ValueString()); err != nil {
		resp.Diagnostics.AddAttributeError(req.Path, "Invalid Regular Expression",
			fmt.Sprintf("The pattern must be a JavaScript regular expression (ECMA-262): %s.", err))
	}
}

// Matches reports whether a text matches a JavaScript regular expression. It also does if the
// pattern is invalid or takes too long to evaluate.
func Matches(pattern, text string) bool {
	expression, err := syntax.ParsePattern(pattern)
	return err != nil || expression.MatchString(text)
}

// Number refuses a number outside the range of a double, which Port stores numbers as: it would
// become infinite, which JSON cannot represent.
func Number() []validator.Number {
	return []validator.Number{storable{}}
}

// Count refuses a number that is not a non-negative integer.
func Count() []validator.Number {
	return []validator.Number{count{}}
}

type count struct{}

func (count) Description(context.Context) string { return "must be a non-negative integer" }

func (v count) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (count) ValidateNumber(_ context.Context, req validator.NumberRequest, resp *validator.NumberResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	number := req.ConfigValue.ValueBigFloat()
	if !number.IsInt() || number.Sign() < 0 {
		resp.Diagnostics.AddAttributeError(req.Path, "Invalid Count", fmt.Sprintf("%s is not a non-negative integer.", convert.NumberText(req.ConfigValue)))
		return
	}
	resp.Diagnostics.Append(checkStorable(req.Path, req.ConfigValue)...)
}

// PositiveDuration refuses zero and negative durations. Another validator refuses text that is not
// a duration.
type PositiveDuration struct{}

// Description implements validator.Describer.
func (PositiveDuration) Description(context.Context) string { return "must be greater than zero" }

// MarkdownDescription implements validator.Describer.
func (v PositiveDuration) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

// ValidateString implements validator.String.
func (PositiveDuration) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	duration, err := time.ParseDuration(req.ConfigValue.ValueString())
	if err == nil && duration <= 0 {
		resp.Diagnostics.AddAttributeError(req.Path, "Invalid Duration", fmt.Sprintf("%q is not greater than zero. Use a duration such as 30s or 5m.", req.ConfigValue.ValueString()))
	}
}

// Numbers is [Number] for the numbers in a map or a list.
type Numbers struct{ storable }

// ValidateMap implements validator.Map.
func (Numbers) ValidateMap(_ context.Context, req validator.MapRequest, resp *validator.MapResponse) {
	resp.Diagnostics.Append(checkStorable(req.Path, req.ConfigValue)...)
}

// ValidateList implements validator.List.
func (Numbers) ValidateList(_ context.Context, req validator.ListRequest, resp *validator.ListResponse) {
	resp.Diagnostics.Append(checkStorable(req.Path, req.ConfigValue)...)
}

type storable struct{}

func (storable) Description(context.Context) string { return "must be within the range of a double" }

func (v storable) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (storable) ValidateNumber(_ context.Context, req validator.NumberRequest, resp *validator.NumberResponse) {
	resp.Diagnostics.Append(checkStorable(req.Path, req.ConfigValue)...)
}

func checkStorable(at path.Path, value attr.Value) diag.Diagnostics {
	var diagnostics diag.Diagnostics
	switch value := value.(type) {
	case types.Number:
		if !convert.IsStorable(value) {
			diagnostics.AddAttributeError(at, "Number Out of Range",
				fmt.Sprintf("%s is outside the range that Port can store, about -1.8e308 to 1.8e308.", convert.NumberText(value)))
		}
	case types.Map:
		for key, element := range value.Elements() {
			diagnostics.Append(checkStorable(at.AtMapKey(key), element)...)
		}
	case types.List:
		for i, element := range value.Elements() {
			diagnostics.Append(checkStorable(at.AtListIndex(i), element)...)
		}
	}
	return diagnostics
}

// AbsoluteURL refuses a text that is not an absolute http or https URL.
func AbsoluteURL() []validator.String {
	return []validator.String{absoluteURL{}}
}

type absoluteURL struct{}

func (absoluteURL) Description(context.Context) string {
	return "must be an absolute http or https URL"
}

func (v absoluteURL) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (absoluteURL) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	parsed, err := url.Parse(req.ConfigValue.ValueString())
	if err == nil && (parsed.Scheme == "http" || parsed.Scheme == "https") && parsed.Hostname() != "" {
		return
	}
	// The URL itself stays out of the message: webhook URLs often hold a secret.
	resp.Diagnostics.AddAttributeError(req.Path, "Invalid URL", "The value is not an absolute URL that starts with http:// or https://.")
}
