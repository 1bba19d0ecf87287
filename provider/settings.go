package provider

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/port-changelog/terraform-provider-port/internal/port"
)

// The environment variables that replace arguments.
const (
	envClientID             = "PORT_CLIENT_ID"
	envClientSecret         = "PORT_CLIENT_SECRET" //nolint:gosec // The name of a variable, not a secret.
	envToken                = "PORT_TOKEN"
	envBaseURL              = "PORT_BASE_URL"
	envTypeChangeProtection = "PORT_BLUEPRINT_PROPERTY_TYPE_CHANGE_PROTECTION"
	envEntityPlanChecks     = "PORT_ENTITY_PLAN_CHECKS"
)

type providerModel struct {
	ClientID             types.String `tfsdk:"client_id"`
	Secret               types.String `tfsdk:"secret"`
	Token                types.String `tfsdk:"token"`
	BaseURL              types.String `tfsdk:"base_url"`
	TypeChangeProtection types.Bool   `tfsdk:"blueprint_property_type_change_protection"`
	EntityPlanChecks     types.Bool   `tfsdk:"entity_plan_checks"`
	MaxRetries           types.Int64  `tfsdk:"max_retries"`
	RequestTimeout       types.String `tfsdk:"request_timeout"`
	JSONEscapeHTML       types.Bool   `tfsdk:"json_escape_html"`
}

// settings is the provider's configuration after all sources have been merged.
type settings struct {
	clientID             string
	clientSecret         string
	token                string
	baseURL              string
	typeChangeProtection bool
	entityPlanChecks     bool
	maxRetries           *int64
	requestTimeout       time.Duration
}

func (p *portProvider) settings(ctx context.Context, config tfsdk.Config) (settings, diag.Diagnostics) {
	var configured providerModel
	diagnostics := config.Get(ctx, &configured)
	if diagnostics.HasError() {
		return settings{}, diagnostics
	}
	diagnostics.Append(configured.unknownArguments()...)
	protection, protectionDiagnostics := isEnabled(configured.TypeChangeProtection, envTypeChangeProtection)
	diagnostics.Append(protectionDiagnostics...)
	checks, checksDiagnostics := isEnabled(configured.EntityPlanChecks, envEntityPlanChecks)
	diagnostics.Append(checksDiagnostics...)
	if diagnostics.HasError() {
		return settings{}, diagnostics
	}
	resolved := settings{
		clientID:             first(configured.ClientID.ValueString(), p.options.clientID, os.Getenv(envClientID)),
		clientSecret:         first(configured.Secret.ValueString(), p.options.clientSecret, os.Getenv(envClientSecret)),
		token:                first(configured.Token.ValueString()),
		baseURL:              first(configured.BaseURL.ValueString(), p.options.baseURL, os.Getenv(envBaseURL)),
		typeChangeProtection: protection,
		entityPlanChecks:     checks,
		maxRetries:           configured.MaxRetries.ValueInt64Pointer(),
	}
	if resolved.token == "" && p.options.clientSecret == "" {
		resolved.token = first(os.Getenv(envToken))
	}
	if !configured.RequestTimeout.IsNull() {
		timeout, err := parseDuration(configured.RequestTimeout.ValueString())
		if err != nil {
			diagnostics.AddAttributeError(path.Root("request_timeout"), "Invalid Duration", err.Error())
		}
		resolved.requestTimeout = timeout
	}
	diagnostics.Append(resolved.check()...)
	return resolved, diagnostics
}

// unknownArguments refuses arguments whose value is known only after the apply, because nothing can
// be read or planned without them.
func (m *providerModel) unknownArguments() diag.Diagnostics {
	var diagnostics diag.Diagnostics
	arguments := []struct {
		name    string
		unknown bool
	}{
		{"client_id", m.ClientID.IsUnknown()},
		{"secret", m.Secret.IsUnknown()},
		{"token", m.Token.IsUnknown()},
		{"base_url", m.BaseURL.IsUnknown()},
		{"blueprint_property_type_change_protection", m.TypeChangeProtection.IsUnknown()},
		{"entity_plan_checks", m.EntityPlanChecks.IsUnknown()},
		{"max_retries", m.MaxRetries.IsUnknown()},
		{"request_timeout", m.RequestTimeout.IsUnknown()},
	}
	for _, argument := range arguments {
		if argument.unknown {
			diagnostics.AddAttributeError(path.Root(argument.name), "Unknown Provider Argument",
				fmt.Sprintf("The value of %s is not known yet, because it depends on something that Terraform has yet to create. "+
					"Apply that first with -target, or provide the value in another way.", argument.name))
		}
	}
	return diagnostics
}

// isEnabled reads a setting that is on unless the provider block or the environment turns it off.
func isEnabled(argument types.Bool, variable string) (bool, diag.Diagnostics) {
	if !argument.IsNull() {
		return argument.ValueBool(), nil
	}
	text := os.Getenv(variable)
	if text == "" {
		return true, nil
	}
	enabled, err := strconv.ParseBool(text)
	if err != nil {
		return true, diag.Diagnostics{diag.NewErrorDiagnostic("Invalid Environment Variable",
			fmt.Sprintf("%s must be true or false, got %q.", variable, text))}
	}
	return enabled, nil
}

// check reports missing credentials, each on its argument.
func (s settings) check() diag.Diagnostics {
	var diagnostics diag.Diagnostics
	if s.token != "" {
		return nil
	}
	const advice = "Create credentials in Port under Settings > Credentials, or set a token (token, " + envToken + ")."
	if s.clientID == "" {
		diagnostics.AddAttributeError(path.Root("client_id"), "Missing Port Credentials",
			"The client ID is not set, neither by client_id in the provider block nor by "+envClientID+". "+advice)
	}
	if s.clientSecret == "" {
		diagnostics.AddAttributeError(path.Root("secret"), "Missing Port Credentials",
			"The client secret is not set, neither by secret in the provider block nor by "+envClientSecret+". "+advice)
	}
	return diagnostics
}

func (s settings) newClient(userAgent string) (*port.Client, error) {
	opts := []port.Option{port.WithUserAgent(userAgent)}
	if s.token != "" {
		opts = append(opts, port.WithToken(s.token))
	} else {
		opts = append(opts, port.WithCredentials(s.clientID, s.clientSecret))
	}
	if s.maxRetries != nil {
		opts = append(opts, port.WithMaxRetries(int(*s.maxRetries)))
	}
	if s.requestTimeout > 0 {
		opts = append(opts, port.WithRequestTimeout(s.requestTimeout))
	}
	return port.New(s.baseURL, opts...)
}

// invalidConfiguration reports an error of the client on the argument that caused it.
func invalidConfiguration(err error) diag.Diagnostic {
	const summary = "Invalid Provider Configuration"
	if errors.Is(err, port.ErrBaseURL) {
		return diag.NewAttributeErrorDiagnostic(path.Root("base_url"), summary,
			fmt.Sprintf("%s. Set base_url (%s) to a URL such as %s.", err, envBaseURL, port.DefaultBaseURL))
	}
	return diag.NewErrorDiagnostic(summary, err.Error())
}

// first returns the first text that is not empty after trimming white space, such as the newline at
// the end of a file with a secret.
func first(texts ...string) string {
	for _, text := range texts {
		if trimmed := strings.TrimSpace(text); trimmed != "" {
			return trimmed
		}
	}
	return ""
}

// parseDuration parses a Go duration or a plain number of seconds.
func parseDuration(text string) (time.Duration, error) {
	duration, err := time.ParseDuration(text)
	if seconds, numberErr := strconv.ParseUint(text, 10, 31); numberErr == nil {
		duration, err = time.Duration(seconds)*time.Second, nil
	}
	if err != nil || duration <= 0 {
		return 0, fmt.Errorf("%q is not a duration greater than zero. Use a duration such as 45s or 2m, or an integer number of seconds", text)
	}
	return duration, nil
}

type durationValidator struct{}

func (durationValidator) Description(context.Context) string {
	return "must be a duration greater than zero"
}

func (v durationValidator) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (durationValidator) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if _, err := parseDuration(req.ConfigValue.ValueString()); err != nil {
		resp.Diagnostics.AddAttributeError(req.Path, "Invalid Duration", err.Error())
	}
}
