// Package provider is the Terraform provider for Port: its arguments, and the registry of its
// resources and data sources, which the packages below implement.
package provider

import (
	"context"
	"fmt"

	goversion "github.com/hashicorp/go-version"
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/action"
	"github.com/port-changelog/terraform-provider-port/provider/blueprint"
	"github.com/port-changelog/terraform-provider-port/provider/entity"
	"github.com/port-changelog/terraform-provider-port/provider/internal/backend"
)

var (
	_ provider.Provider                  = (*portProvider)(nil)
	_ provider.ProviderWithListResources = (*portProvider)(nil)
)

type portProvider struct {
	version string
	options options
}

// Option sets a default for an argument that the provider block does not set.
type Option func(*options)

type options struct {
	baseURL      string
	clientID     string
	clientSecret string
}

// WithBaseURL sets the address of the API. It takes precedence over PORT_BASE_URL, and the provider
// block over it.
func WithBaseURL(url string) Option {
	return func(o *options) { o.baseURL = url }
}

// WithCredentials sets the client ID and secret. They take precedence over the environment, and the
// provider block over them.
func WithCredentials(clientID, clientSecret string) Option {
	return func(o *options) { o.clientID, o.clientSecret = clientID, clientSecret }
}

// New returns the constructor of the provider. The version is reported to Terraform, and to Port in
// the User-Agent.
func New(version string, opts ...Option) func() provider.Provider {
	return func() provider.Provider {
		p := &portProvider{version: version}
		for _, option := range opts {
			option(&p.options)
		}
		return p
	}
}

// Metadata names the provider.
func (p *portProvider) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = "port"
	resp.Version = p.version
}

// Schema declares the provider block.
func (p *portProvider) Schema(_ context.Context, _ provider.SchemaRequest, resp *provider.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Manages the catalog of a [Port](https://www.getport.io) developer portal: blueprints (the data model), entities (the data) and actions (what people and events trigger).",
		Attributes: map[string]schema.Attribute{
			"client_id": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "The client ID of your organization or service account. Also `PORT_CLIENT_ID`.",
			},
			"secret": schema.StringAttribute{
				Optional:            true,
				Sensitive:           true,
				MarkdownDescription: "The client secret for `client_id`. Also `PORT_CLIENT_SECRET`.",
			},
			"token": schema.StringAttribute{
				Optional:            true,
				Sensitive:           true,
				MarkdownDescription: "An access token to use instead of `client_id` and `secret`. The provider cannot renew it, so a run that outlasts it fails. Also `PORT_TOKEN`.",
			},
			"base_url": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "The address of Port's API. Defaults to `" + port.DefaultBaseURL + "`; organizations in the US region use `https://api.us.getport.io`. " +
					"Also `PORT_BASE_URL`.",
			},
			"blueprint_property_type_change_protection": schema.BoolAttribute{
				Optional: true,
				MarkdownDescription: "Whether a plan that changes the type of a blueprint's property is refused, because it would delete the property's value in every entity. " +
					"Defaults to `true`. Also `PORT_BLUEPRINT_PROPERTY_TYPE_CHANGE_PROTECTION`.",
			},
			"entity_plan_checks": schema.BoolAttribute{
				Optional: true,
				MarkdownDescription: "Whether a plan validates entities, and the events of automations, against their blueprints, so that an unknown property or a value that Port would refuse fails the plan instead of the apply. " +
					"It costs one request for each blueprint that is not planned in the same run. Defaults to `true`. Also `PORT_ENTITY_PLAN_CHECKS`.",
			},
			"max_retries": schema.Int64Attribute{
				Optional:            true,
				MarkdownDescription: "How many times a failed request is retried if that is safe. Defaults to `5`.",
				Validators:          []validator.Int64{int64validator.Between(0, 100)},
			},
			"request_timeout": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "How long each attempt of a request may take, as a duration such as `45s` or a number of seconds. Defaults to `30s`.",
				Validators:          []validator.String{durationValidator{}},
			},
			"json_escape_html": schema.BoolAttribute{
				Optional:            true,
				DeprecationMessage:  "This attribute has no effect: equivalent JSON is never a change, however it is escaped. Remove the attribute.",
				MarkdownDescription: "Has no effect. Accepted so that existing configurations need no change.",
			},
		},
	}
}

// oldestCLI is the oldest supported version of Terraform. All versions of OpenTofu are newer.
const oldestCLI = "1.5.0"

// refuseOldCLI returns an error for a version of Terraform that is too old. It accepts a version
// that it cannot parse, which comes from another client of the protocol.
func refuseOldCLI(text string) diag.Diagnostics {
	running, err := goversion.NewVersion(text)
	if err != nil || running.Core().GreaterThanOrEqual(goversion.Must(goversion.NewVersion(oldestCLI))) {
		return nil
	}
	return diag.Diagnostics{diag.NewErrorDiagnostic("Unsupported Terraform Version", fmt.Sprintf(
		"This provider requires Terraform %s or newer, or any version of OpenTofu; this is Terraform %s. Install a newer version.", oldestCLI, text))}
}

// Configure creates the client that all resources share.
func (p *portProvider) Configure(ctx context.Context, req provider.ConfigureRequest, resp *provider.ConfigureResponse) {
	if resp.Diagnostics.Append(refuseOldCLI(req.TerraformVersion)...); resp.Diagnostics.HasError() {
		return
	}
	settings, diagnostics := p.settings(ctx, req.Config)
	resp.Diagnostics.Append(diagnostics...)
	if resp.Diagnostics.HasError() {
		return
	}
	client, err := settings.newClient(p.userAgent(req.TerraformVersion))
	if err != nil {
		resp.Diagnostics.Append(invalidConfiguration(err))
		return
	}
	configured := backend.New(client, settings.typeChangeProtection)
	configured.EntityPlanChecks = settings.entityPlanChecks
	resp.ResourceData = configured
	resp.DataSourceData = configured
	resp.ListResourceData = configured
}

func (p *portProvider) userAgent(terraformVersion string) string {
	return fmt.Sprintf("terraform-provider-port/%s Terraform/%s", p.version, terraformVersion)
}

// Resources lists the resources.
func (p *portProvider) Resources(context.Context) []func() resource.Resource {
	return []func() resource.Resource{
		blueprint.NewResource, blueprint.NewRelationResource, blueprint.NewAggregationsResource, blueprint.NewSystemResource,
		entity.NewResource,
		action.NewResource, action.NewPermissionsResource,
	}
}

// DataSources lists the data sources.
func (p *portProvider) DataSources(context.Context) []func() datasource.DataSource {
	return []func() datasource.DataSource{
		blueprint.NewDataSource, blueprint.NewListDataSource,
		entity.NewDataSource, entity.NewEntitiesDataSource, entity.NewSearchDataSource,
		action.NewDataSource, action.NewListDataSource,
	}
}

// ListResources lists the list resources, which "terraform query" uses.
func (p *portProvider) ListResources(context.Context) []func() list.ListResource {
	return []func() list.ListResource{blueprint.NewListResource, entity.NewListResource, action.NewListResource}
}
