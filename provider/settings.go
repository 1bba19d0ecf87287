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

// The environment variables that stand in for arguments.
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

// settings is the provider's configuration once every source was asked.
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
	protection, protectionDiagnostics := switchedOn(configured.TypeChangeProtection, envTypeChangeProtection)
	diagnostics.Append(protectionDiagnostics...)
	checks, checksDiagnostics := switchedOn(configured.EntityPlanChecks, envEntityPlanChecks)
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

// unknownArguments refuses arguments whose value is known only after an apply:
// without them nothing can be read or planned.
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
				fmt.Sprintf("The value of %s is not known yet, because it depends on something that Terraform has still to create. "+
					"Apply that first with -target, or give the value another way.", argument.name))
		}
	}
	return diagnostics
}

// switchedOn reads a switch that is on unless the provider block or the environment turns it off.
func switchedOn(argument types.Bool, variable string) (bool, diag.Diagnostics) {
	if !argument.IsNull() {
		return argument.ValueBool(), nil
	}
	text := os.Getenv(variable)
	if text == "" {
		return true, nil
	}
	on, err := strconv.ParseBool(text)
	if err != nil {
		return true, diag.Diagnostics{diag.NewErrorDiagnostic("Invalid Environment Variable",
			fmt.Sprintf("%s must be true or false, got %q.", variable, text))}
	}
	return on, nil
}

// check reports missing credentials, each on the argument that lacks.
func (s settings) check() diag.Diagnostics {
	var diagnostics diag.Diagnostics
	if s.token != "" {
		return nil
	}
	const advice = "Create credentials in Port under Settings > Credentials, or set a token (token, " + envToken + ")."
	if s.clientID == "" {
		diagnostics.AddAttributeError(path.Root("client_id"), "Missing Port Credentials",
			"The client id is not set: neither client_id in the provider block nor "+envClientID+". "+advice)
	}
	if s.clientSecret == "" {
		diagnostics.AddAttributeError(path.Root("secret"), "Missing Port Credentials",
			"The client secret is not set: neither secret in the provider block nor "+envClientSecret+". "+advice)
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

// invalidConfiguration names the argument that the client refuses.
func invalidConfiguration(err error) diag.Diagnostic {
	const summary = "Invalid Provider Configuration"
	if errors.Is(err, port.ErrBaseURL) {
		return diag.NewAttributeErrorDiagnostic(path.Root("base_url"), summary,
			fmt.Sprintf("%s. It comes from base_url in the provider block or from %s, and looks like %s.", err, envBaseURL, port.DefaultBaseURL))
	}
	return diag.NewErrorDiagnostic(summary, err.Error())
}

// first returns the first text that is not empty, without spaces and line breaks
// around it, such as the one at the end of a file that holds a secret.
func first(texts ...string) string {
	for _, text := range texts {
		if trimmed := strings.TrimSpace(text); trimmed != "" {
			return trimmed
		}
	}
	return ""
}

// parseDuration reads a Go duration or a plain number of seconds.
func parseDuration(text string) (time.Duration, error) {
	duration, err := time.ParseDuration(text)
	if seconds, numberErr := strconv.ParseUint(text, 10, 31); numberErr == nil {
		duration, err = time.Duration(seconds)*time.Second, nil
	}
	if err != nil || duration <= 0 {
		return 0, fmt.Errorf("%q is not a duration above zero. Write it as 45s, 2m or a whole number of seconds", text)
	}
	return duration, nil
}

type durationValidator struct{}

func (durationValidator) Description(context.Context) string { return "must be a duration above zero" }

func (v durationValidator) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (durationValidator) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if _, err := parseDuration(req.ConfigValue.ValueString()); err != nil {
		resp.Diagnostics.AddAttributeError(req.Path, "Invalid Duration", err.Error())
	}
}
