package action

import (
	"context"
	"maps"

	"github.com/hashicorp/terraform-plugin-framework-validators/boolvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/objectvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/port-changelog/terraform-provider-port/provider/internal/settle"
	"github.com/port-changelog/terraform-provider-port/provider/internal/validate"
)

func automationAttribute() schema.Attribute {
	const blueprint, action = "The identifier of the blueprint of the entities.", "The identifier of the action or automation whose runs trigger this one."
	entityEvent := func(description string) schema.SingleNestedAttribute {
		return eventAttribute(description, map[string]string{"blueprint_identifier": blueprint})
	}
	runEvent := func(description string) schema.SingleNestedAttribute {
		return eventAttribute(description, map[string]string{"action_identifier": action})
	}
	events := map[string]schema.Attribute{
		"entity_updated_event":    entityEvent("An entity of the blueprint was updated."),
		"entity_deleted_event":    entityEvent("An entity of the blueprint was deleted."),
		"any_entity_change_event": entityEvent("An entity of the blueprint was created, updated or deleted."),
		"timer_property_expired_event": eventAttribute("A timer of an entity expired.", map[string]string{
			"blueprint_identifier": blueprint, "property_identifier": "The key of the timer, a string property in the format `timer`.",
		}),
		"run_created_event":    runEvent("A run of the action was created."),
		"run_updated_event":    runEvent("A run of the action was updated, for example its status."),
		"any_run_change_event": runEvent("A run of the action was created or updated."),
	}
	others := make([]path.Expression, 0, len(events))
	for name := range events {
		others = append(others, path.MatchRelative().AtParent().AtName(name))
	}
	created := entityEvent("An entity of the blueprint was created.")
	created.Validators = []validator.Object{objectvalidator.ExactlyOneOf(others...)}
	events["entity_created_event"] = created
	events["jq_condition"] = conditionAttribute()
	return schema.SingleNestedAttribute{
		Optional:            true,
		MarkdownDescription: "Makes the action an automation: Port runs it when an event happens. Exactly one event must be set.",
		Attributes:          events,
	}
}

func eventAttribute(description string, attributes map[string]string) schema.SingleNestedAttribute {
	event := schema.SingleNestedAttribute{Optional: true, MarkdownDescription: description, Attributes: map[string]schema.Attribute{}}
	for name, text := range attributes {
		event.Attributes[name] = schema.StringAttribute{Required: true, MarkdownDescription: text, Validators: validate.NotEmpty()}
	}
	return event
}

func conditionAttribute() schema.Attribute {
	return schema.SingleNestedAttribute{
		Optional: true,
		Computed: true,
		MarkdownDescription: "Which events trigger the automation. The expressions are jq over the event itself: `.diff.before`, `.diff.after`, `.context`, `.action`, `.trigger`. " +
			"Without an expression, every event triggers it.",
		PlanModifiers: []planmodifier.Object{noExpressionsIsNull{}},
		Attributes: map[string]schema.Attribute{
			"expressions": schema.ListAttribute{
				Optional:            true,
				Computed:            true,
				ElementType:         types.StringType,
				MarkdownDescription: "jq expressions that evaluate to `true` or `false`, such as `.diff.before.properties.healthStatus != .diff.after.properties.healthStatus`.",
				PlanModifiers:       []planmodifier.List{settle.EmptyIsNull{}},
				Validators:          []validator.List{listvalidator.NoNullValues()},
			},
			"combinator": schema.StringAttribute{
				Optional:            true,
				Computed:            true,
				PlanModifiers:       []planmodifier.String{settle.DefaultString("and")},
				MarkdownDescription: "Whether all expressions must be true (`and`) or one of them (`or`). Defaults to `and`.",
				Validators:          []validator.String{stringvalidator.OneOf("and", "or")},
			},
		},
	}
}

// noExpressionsIsNull treats an absent condition and one without expressions alike.
type noExpressionsIsNull struct{}

var _ planmodifier.Object = noExpressionsIsNull{}

func (noExpressionsIsNull) Description(context.Context) string {
	return "An absent condition and one without expressions mean the same."
}

func (m noExpressionsIsNull) MarkdownDescription(ctx context.Context) string {
	return m.Description(ctx)
}

func (noExpressionsIsNull) PlanModifyObject(ctx context.Context, req planmodifier.ObjectRequest, resp *planmodifier.ObjectResponse) {
	if !req.ConfigValue.IsNull() {
		return
	}
	resp.PlanValue = types.ObjectNull(req.PlanValue.AttributeTypes(ctx))
	if expressions, exist := req.StateValue.Attributes()["expressions"]; exist && settle.IsEmpty(expressions) {
		resp.PlanValue = req.StateValue
	}
}

func selfServiceAttribute() schema.Attribute {
	return typedSingle(schema.SingleNestedAttribute{
		Optional:            true,
		MarkdownDescription: "Makes the action a self-service action: people run it from Port.",
		Validators:          []validator.Object{objectvalidator.ExactlyOneOf(path.MatchRoot("automation_trigger"))},
		Attributes: map[string]schema.Attribute{
			"operation": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "What the action does to an entity: `CREATE`, `DAY-2` (an operation on an existing entity) or `DELETE`.",
				Validators:          []validator.String{stringvalidator.OneOf("CREATE", "DAY-2", "DELETE")},
			},
			"blueprint_identifier": schema.StringAttribute{Optional: true, MarkdownDescription: "The identifier of the blueprint that the action belongs to."},
			"user_properties":      userPropertiesAttribute(),
			"required_jq_query": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "A jq query that computes the keys of the required inputs. Conflicts with `required` of an input.",
			},
			"order_properties": schema.ListAttribute{
				Optional:            true,
				Computed:            true,
				ElementType:         types.StringType,
				MarkdownDescription: "The keys of the inputs in the order in which the form shows them. Conflicts with `steps`.",
				PlanModifiers:       []planmodifier.List{settle.EmptyIsNull{}},
				Validators:          []validator.List{listvalidator.NoNullValues()},
			},
			"steps": schema.ListNestedAttribute{
				Optional:            true,
				Computed:            true,
				MarkdownDescription: "The pages of the form. Conflicts with `order_properties`.",
				PlanModifiers:       []planmodifier.List{settle.EmptyIsNull{}},
				Validators:          []validator.List{listvalidator.NoNullValues()},
				NestedObject: schema.NestedAttributeObject{Validators: []validator.Object{validate.Attributes("title", "order")}, Attributes: withVisible(map[string]schema.Attribute{
					"title": schema.StringAttribute{
						Optional:            true,
						MarkdownDescription: validate.Required + "The title of the page, at most 25 characters.",
						Validators:          []validator.String{stringvalidator.UTF8LengthAtMost(25)},
					},
					"order": schema.ListAttribute{
						Optional:            true,
						ElementType:         types.StringType,
						MarkdownDescription: validate.Required + "The keys of the inputs on the page, in order.",
						Validators:          []validator.List{listvalidator.NoNullValues()},
					},
				})},
			},
			"titles": schema.MapNestedAttribute{
				Optional:            true,
				Computed:            true,
				MarkdownDescription: "Headings between the inputs, by key. To place a heading, list its key in `order_properties` or in `order` of a step.",
				PlanModifiers:       []planmodifier.Map{settle.EmptyIsNull{}},
				Validators:          []validator.Map{validate.InputKeys(), mapvalidator.NoNullValues()},
				NestedObject: schema.NestedAttributeObject{Validators: []validator.Object{validate.Attributes("title")}, Attributes: withVisible(map[string]schema.Attribute{
					"title": schema.StringAttribute{
						Optional:            true,
						MarkdownDescription: validate.Required + "The title, 1 to 140 characters.",
						Validators:          []validator.String{stringvalidator.UTF8LengthBetween(1, 140)},
					},
					"description": schema.StringAttribute{
						Optional:            true,
						MarkdownDescription: "The text below the title, at most 1000 characters.",
						Validators:          []validator.String{stringvalidator.UTF8LengthAtMost(1000)},
					},
				})},
			},
			"condition": jsonAttribute("The entities that the action is offered for: a JSON object with `type` (`SEARCH`), `rules` and `combinator`. Not allowed for the operation `CREATE`.",
				validate.Query{}),
			"action_card_button_text": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "The text of the button on the card of the action, 2 to 15 characters.",
				Validators:          validate.ButtonText(),
			},
			"execute_action_button_text": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "The text of the button that runs the action, 2 to 15 characters.",
				Validators:          validate.ButtonText(),
			},
		},
	})
}

// withVisible adds the attributes for visibility.
func withVisible(attributes map[string]schema.Attribute) map[string]schema.Attribute {
	maps.Copy(attributes, switchAttributes("visible", "Whether it is visible."))
	return attributes
}

// switchAttributes declares a boolean and a jq query that may replace it.
func switchAttributes(name, description string) map[string]schema.Attribute {
	query := name + "_jq_query"
	return map[string]schema.Attribute{
		name:  schema.BoolAttribute{Optional: true, MarkdownDescription: description, Validators: []validator.Bool{boolvalidator.ConflictsWith(sibling(query))}},
		query: schema.StringAttribute{Optional: true, MarkdownDescription: "A jq query that computes `" + name + "` from the form. Conflicts with `" + name + "`."},
	}
}

func sibling(name string) path.Expression { return path.MatchRelative().AtParent().AtName(name) }
