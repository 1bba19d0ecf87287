package action

import (
	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/objectvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/port-changelog/terraform-provider-port/provider/internal/jsontype"
	"github.com/port-changelog/terraform-provider-port/provider/internal/settle"
	"github.com/port-changelog/terraform-provider-port/provider/internal/validate"
)

// templated ends the description of attributes that accept templates.
const templated = " May contain templates: jq between `{{` and `}}`."

// methodAttributes declares the methods, of which an action has exactly one.
func methodAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"kafka_method": schema.SingleNestedAttribute{
			Optional:            true,
			MarkdownDescription: "Write a message to your organization's Kafka topic.",
			Validators: []validator.Object{objectvalidator.ExactlyOneOf(
				path.MatchRoot("webhook_method"), path.MatchRoot("github_method"), path.MatchRoot("gitlab_method"), path.MatchRoot("azure_method"),
				path.MatchRoot("upsert_entity_method"), path.MatchRoot("integration_method"),
			)},
			Attributes: map[string]schema.Attribute{
				"payload": jsonAttribute("The message: a JSON object or list."+templated, validate.JSONObjectOrList{}),
			},
		},
		"webhook_method":       webhookAttribute(),
		"github_method":        schema.SingleNestedAttribute{Optional: true, MarkdownDescription: "Run a workflow of GitHub Actions through Port's GitHub app.", Attributes: githubAttributes()},
		"gitlab_method":        gitlabAttribute(),
		"azure_method":         azureAttribute(),
		"upsert_entity_method": upsertAttribute(),
		"integration_method": schema.SingleNestedAttribute{
			Optional:            true,
			MarkdownDescription: "Run an action of one of Port's integrations.",
			Attributes: map[string]schema.Attribute{
				"installation_id":         schema.StringAttribute{Required: true, MarkdownDescription: "The ID of the integration's installation."},
				"integration_action_type": schema.StringAttribute{Required: true, MarkdownDescription: "What the integration does: `dispatch_workflow`."},
				"integration_action_execution_properties": schema.SingleNestedAttribute{
					Required:            true,
					MarkdownDescription: "The workflow of GitHub Actions to run.",
					Attributes:          githubAttributes(),
				},
			},
		},
	}
}

// jsonAttribute declares an optional JSON attribute.
func jsonAttribute(description string, form ...validator.String) schema.StringAttribute {
	return schema.StringAttribute{
		Optional:            true,
		CustomType:          jsontype.Type{},
		MarkdownDescription: description + " Use `jsonencode`.",
		PlanModifiers:       []planmodifier.String{settle.SameJSON{}},
		Validators:          append(form, validate.JSONNumbers{}),
	}
}

func webhookAttribute() schema.Attribute {
	return schema.SingleNestedAttribute{
		Optional:            true,
		MarkdownDescription: "Send an HTTP request, signed with the client secret of your organization.",
		Attributes: map[string]schema.Attribute{
			"url": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "The absolute URL to send the request to." + templated,
				Validators:          validate.URLOrTemplate(),
			},
			"agent": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Whether Port's agent in your network sends the request: `true`, `false` or a template.",
				Validators:          validate.BoolOrTemplate(),
			},
			"synchronized": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "Whether the status of the response ends the run: `true`, `false` or a template. " +
					"Otherwise the run stays in progress until it is updated through Port's API.",
				Validators: validate.BoolOrTemplate(),
			},
			"method": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "The HTTP method: `GET`, `POST`, `PUT`, `PATCH`, `DELETE` or a template. Port sends a `POST` if it is not set.",
				Validators:          validate.MethodOrTemplate(),
			},
			"headers": schema.MapAttribute{
				Optional:            true,
				Computed:            true,
				ElementType:         types.StringType,
				MarkdownDescription: "The headers of the request, in addition to those that Port sets." + templated,
				PlanModifiers:       []planmodifier.Map{settle.EmptyIsNull{}},
				Validators:          []validator.Map{mapvalidator.NoNullValues()},
			},
			"body": jsonAttribute("The body of the request: a JSON object or list."+templated, validate.JSONObjectOrList{}),
		},
	}
}

func githubAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"org":             schema.StringAttribute{Required: true, MarkdownDescription: "The organization or user that owns the repository." + templated},
		"repo":            schema.StringAttribute{Required: true, MarkdownDescription: "The name of the repository." + templated},
		"workflow":        schema.StringAttribute{Required: true, MarkdownDescription: "The file name or the ID of the workflow." + templated},
		"workflow_inputs": jsonAttribute("The inputs of the workflow: a JSON object."+templated, validate.JSONObject{}),
		"report_workflow_status": schema.StringAttribute{
			Optional:            true,
			MarkdownDescription: "Whether the status of the workflow ends the run: `true`, `false` or a template. Port assumes `true` if it is not set.",
			Validators:          validate.BoolOrTemplate(),
		},
	}
}

func gitlabAttribute() schema.Attribute {
	return schema.SingleNestedAttribute{
		Optional:            true,
		MarkdownDescription: "Run a pipeline of GitLab through Port's agent.",
		Attributes: map[string]schema.Attribute{
			"project_name":       schema.StringAttribute{Required: true, MarkdownDescription: "The name of the project." + templated},
			"group_name":         schema.StringAttribute{Required: true, MarkdownDescription: "The name of the group." + templated},
			"default_ref":        schema.StringAttribute{Optional: true, MarkdownDescription: "The branch or tag to run the pipeline for." + templated},
			"pipeline_variables": jsonAttribute("The variables of the pipeline: a JSON object."+templated, validate.JSONObject{}),
		},
	}
}

func azureAttribute() schema.Attribute {
	return schema.SingleNestedAttribute{
		Optional:            true,
		MarkdownDescription: "Run a pipeline of Azure DevOps through an incoming webhook.",
		Attributes: map[string]schema.Attribute{
			"webhook": schema.StringAttribute{Required: true, MarkdownDescription: "The name of the incoming webhook." + templated},
			"org":     schema.StringAttribute{Required: true, MarkdownDescription: "The name of the Azure DevOps organization." + templated},
			"payload": jsonAttribute("The payload for the pipeline: a JSON object or list."+templated, validate.JSONObjectOrList{}),
		},
	}
}

func upsertAttribute() schema.Attribute {
	return schema.SingleNestedAttribute{
		Optional:            true,
		MarkdownDescription: "Create or update an entity.",
		Attributes: map[string]schema.Attribute{
			"blueprint_identifier": schema.StringAttribute{Required: true, MarkdownDescription: "The identifier of the blueprint of the entity."},
			"title":                schema.StringAttribute{Optional: true, MarkdownDescription: "The title of the entity." + templated},
			"mapping": schema.SingleNestedAttribute{
				Optional:            true,
				Computed:            true,
				MarkdownDescription: "What to write to the entity.",
				PlanModifiers:       []planmodifier.Object{settle.EmptyIsNull{}},
				Attributes: map[string]schema.Attribute{
					"identifier": schema.StringAttribute{Optional: true, MarkdownDescription: "The identifier of the entity. Port generates one for a new entity if it is not set." + templated},
					"icon":       schema.StringAttribute{Optional: true, MarkdownDescription: "The icon of the entity." + templated},
					"teams": schema.SetAttribute{
						Optional:            true,
						ElementType:         types.StringType,
						MarkdownDescription: "The teams that own the entity." + templated,
						Validators:          []validator.Set{setvalidator.ConflictsWith(path.MatchRelative().AtParent().AtName("teams_jq"))},
					},
					"teams_jq":   schema.StringAttribute{Optional: true, MarkdownDescription: "A template that evaluates to the teams that own the entity.", Validators: []validator.String{stringvalidator.LengthAtLeast(1)}},
					"properties": jsonAttribute("The properties of the entity: a JSON object."+templated, validate.JSONObject{}),
					"relations":  jsonAttribute("The relations of the entity: a JSON object."+templated, validate.JSONObject{}),
				},
			},
		},
	}
}
