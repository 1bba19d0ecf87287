package validate

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/port-changelog/terraform-provider-port/internal/syntax"
	"github.com/port-changelog/terraform-provider-port/internal/template"
)

// This file holds the validators of actions (POST /v1/actions).

// ActionIdentifier checks the identifier of an action.
func ActionIdentifier() []validator.String {
	return textOf(syntax.ActionIdentifier, `must consist of letters, digits and @_.+:=-`, stringvalidator.NoneOf(".", ".."))
}

// InputKeys checks the keys of a map of inputs.
func InputKeys() validator.Map {
	return mapvalidator.KeysAre(textOf(syntax.InputKey, `must consist of letters, digits and @_=\-`)...)
}

// ButtonText checks the text of a button.
func ButtonText() []validator.String {
	return textOf(syntax.ButtonText, "must have at least two characters, and must not start or end with a space")
}

// BoolOrTemplate checks a text that is true, false or a template.
func BoolOrTemplate() []validator.String { return []validator.String{wordOrTemplate{"true", "false"}} }

// MethodOrTemplate checks a text that is an HTTP method or a template.
func MethodOrTemplate() []validator.String {
	return []validator.String{wordOrTemplate{"GET", "POST", "PUT", "PATCH", "DELETE"}}
}

type wordOrTemplate []string

func (v wordOrTemplate) Description(context.Context) string {
	return "must be " + strings.Join(v, ", ") + " or a template between {{ and }}"
}

func (v wordOrTemplate) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (v wordOrTemplate) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	text := req.ConfigValue.ValueString()
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() || slices.Contains(v, text) || hasTemplate(text) {
		return
	}
	resp.Diagnostics.AddAttributeError(req.Path, "Invalid Value",
		fmt.Sprintf("%q is neither one of %s nor a template such as {{ .inputs.name }}.", text, strings.Join(v, ", ")))
}

// hasTemplate reports whether a text contains a template expression. Unmatched braces count as one,
// because another check reports them.
func hasTemplate(text string) bool {
	expressions, err := template.Expressions(text)
	return err != nil || len(expressions) > 0
}

// URLOrTemplate checks an absolute http or https URL, parts of which may be templates.
func URLOrTemplate() []validator.String { return []validator.String{urlOrTemplate{}} }

type urlOrTemplate struct{}

func (urlOrTemplate) Description(context.Context) string {
	return "must be an absolute http or https URL, or a template that evaluates to one"
}

func (v urlOrTemplate) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (urlOrTemplate) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	text := req.ConfigValue.ValueString()
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() || isURL(text) {
		return
	}
	// The URL itself stays out of the message: webhook URLs often hold a secret.
	resp.Diagnostics.AddAttributeError(req.Path, "Invalid URL",
		"The value is neither an absolute URL that starts with http:// or https:// nor a template that may evaluate to one.")
}

// isURL reports whether a text can be a URL once its templates are rendered. A text that begins
// with a template always can.
func isURL(text string) bool {
	expressions, err := template.Expressions(text)
	if err != nil {
		return true
	}
	var rendered strings.Builder
	last := 0
	for _, expression := range expressions {
		rendered.WriteString(text[last:expression.Start-len("{{")] + "x")
		last = expression.End + len("}}")
	}
	rendered.WriteString(text[last:])
	if strings.HasPrefix(strings.TrimSpace(text), "{{") {
		return true
	}
	parsed, err := url.Parse(strings.TrimSpace(rendered.String()))
	return err == nil && (parsed.Scheme == "http" || parsed.Scheme == "https") && parsed.Hostname() != ""
}

// JSONObjectOrList checks that a text of JSON holds an object or a list.
type JSONObjectOrList struct{}

var _ validator.String = JSONObjectOrList{}

// Description implements validator.Describer.
func (JSONObjectOrList) Description(context.Context) string { return "must be a JSON object or list" }

// MarkdownDescription implements validator.Describer.
func (v JSONObjectOrList) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

// ValidateString implements validator.String.
func (v JSONObjectOrList) ValidateString(ctx context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if len(checkKind[map[string]any]("", "", req)) > 0 {
		resp.Diagnostics.Append(checkKind[[]any]("Neither a JSON Object nor a JSON List", v.Description(ctx), req)...)
	}
}
