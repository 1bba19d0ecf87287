package action

import (
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/port-changelog/terraform-provider-port/provider/internal/document"
	"github.com/port-changelog/terraform-provider-port/provider/internal/jsontype"
)

// automationModel is a trigger of an automation: one event, and conditions on it.
type automationModel struct {
	EntityCreated   *entityEventModel `tfsdk:"entity_created_event"`
	EntityUpdated   *entityEventModel `tfsdk:"entity_updated_event"`
	EntityDeleted   *entityEventModel `tfsdk:"entity_deleted_event"`
	AnyEntityChange *entityEventModel `tfsdk:"any_entity_change_event"`
	TimerExpired    *timerEventModel  `tfsdk:"timer_property_expired_event"`
	RunCreated      *runEventModel    `tfsdk:"run_created_event"`
	RunUpdated      *runEventModel    `tfsdk:"run_updated_event"`
	AnyRunChange    *runEventModel    `tfsdk:"any_run_change_event"`
	Condition       *jqConditionModel `tfsdk:"jq_condition"`
}

type entityEventModel struct {
	Blueprint types.String `tfsdk:"blueprint_identifier"`
}

type timerEventModel struct {
	Blueprint types.String `tfsdk:"blueprint_identifier"`
	Property  types.String `tfsdk:"property_identifier"`
}

type runEventModel struct {
	Action types.String `tfsdk:"action_identifier"`
}

type jqConditionModel struct {
	Expressions []types.String `tfsdk:"expressions"`
	Combinator  types.String   `tfsdk:"combinator"`
}

func (m *automationModel) bindings() []document.Binding {
	return []document.Binding{
		document.OneOf("event", "type",
			document.When("ENTITY_CREATED", &m.EntityCreated, (*entityEventModel).bindings),
			document.When("ENTITY_UPDATED", &m.EntityUpdated, (*entityEventModel).bindings),
			document.When("ENTITY_DELETED", &m.EntityDeleted, (*entityEventModel).bindings),
			document.When("ANY_ENTITY_CHANGE", &m.AnyEntityChange, (*entityEventModel).bindings),
			document.When("TIMER_PROPERTY_EXPIRED", &m.TimerExpired, (*timerEventModel).bindings),
			document.When("RUN_CREATED", &m.RunCreated, (*runEventModel).bindings),
			document.When("RUN_UPDATED", &m.RunUpdated, (*runEventModel).bindings),
			document.When("ANY_RUN_CHANGE", &m.AnyRunChange, (*runEventModel).bindings),
		),
		document.Custom(m.writeCondition, m.readCondition),
	}
}

func (m *entityEventModel) bindings() []document.Binding {
	return []document.Binding{document.Text("blueprintIdentifier", &m.Blueprint)}
}

func (m *timerEventModel) bindings() []document.Binding {
	return []document.Binding{
		document.Text("blueprintIdentifier", &m.Blueprint),
		document.Text("propertyIdentifier", &m.Property),
	}
}

func (m *runEventModel) bindings() []document.Binding {
	return []document.Binding{document.Text("actionIdentifier", &m.Action)}
}

const conditionKey = "condition"

func (m *automationModel) conditionBinding() document.Binding {
	return document.OneOf(conditionKey, "type", document.When("JQ", &m.Condition, (*jqConditionModel).bindings))
}

func (m *jqConditionModel) bindings() []document.Binding {
	return []document.Binding{
		document.LooseTexts("expressions", &m.Expressions),
		document.TextWithDefault("combinator", &m.Combinator, "and"),
	}
}

// writeCondition omits a condition without expressions: Port treats both as always true, and a
// condition must have expressions.
func (m *automationModel) writeCondition(into document.Object) {
	current, isObject := into[conditionKey].(document.Object)
	expressions, _ := current["expressions"].([]any)
	hasNone := m.Condition == nil || len(m.Condition.Expressions) == 0
	switch {
	case hasNone && isObject && len(expressions) == 0:
		// It is unchanged.
	case hasNone:
		delete(into, conditionKey)
	default:
		document.Write(into, []document.Binding{m.conditionBinding()})
	}
}

// readCondition preserves the form that a condition without expressions has in the model.
func (m *automationModel) readCondition(from document.Object, isNew bool) error {
	prior := m.Condition
	if err := document.Read(from, []document.Binding{m.conditionBinding()}, isNew); err != nil {
		return err
	}
	hasNone := m.Condition == nil || len(m.Condition.Expressions) == 0
	switch {
	case hasNone && isNew:
		m.Condition = &jqConditionModel{Expressions: []types.String{}, Combinator: types.StringValue("and")}
	case hasNone && prior != nil && len(prior.Expressions) > 0:
		m.Condition = nil
	case hasNone:
		m.Condition = prior
	}
	return nil
}

// selfServiceModel is the trigger of a self-service action: its form.
type selfServiceModel struct {
	Operation         types.String          `tfsdk:"operation"`
	Blueprint         types.String          `tfsdk:"blueprint_identifier"`
	UserProperties    *userPropertiesModel  `tfsdk:"user_properties"`
	RequiredJQ        types.String          `tfsdk:"required_jq_query"`
	Order             []types.String        `tfsdk:"order_properties"`
	Steps             []stepModel           `tfsdk:"steps"`
	Titles            map[string]titleModel `tfsdk:"titles"`
	Condition         jsontype.Value        `tfsdk:"condition"`
	CardButtonText    types.String          `tfsdk:"action_card_button_text"`
	ExecuteButtonText types.String          `tfsdk:"execute_action_button_text"`
}

type stepModel struct {
	Title     types.String   `tfsdk:"title"`
	Order     []types.String `tfsdk:"order"`
	Visible   types.Bool     `tfsdk:"visible"`
	VisibleJQ types.String   `tfsdk:"visible_jq_query"`
}

type titleModel struct {
	Title       types.String `tfsdk:"title"`
	Description types.String `tfsdk:"description"`
	Visible     types.Bool   `tfsdk:"visible"`
	VisibleJQ   types.String `tfsdk:"visible_jq_query"`
}

func (m *selfServiceModel) bindings() []document.Binding {
	return []document.Binding{
		document.Text("operation", &m.Operation),
		document.Text("blueprintIdentifier", &m.Blueprint),
		document.Inside("userInputs",
			document.Custom(m.writeUserProperties, m.readUserProperties),
			document.LooseTexts("order", &m.Order),
			document.LooseObjects("steps", &m.Steps, (*stepModel).bindings),
			document.LooseMap("titles", &m.Titles, (*titleModel).bindings),
		),
		document.JSON(conditionKey, &m.Condition),
		document.Text("actionCardButtonText", &m.CardButtonText),
		document.Text("executeActionButtonText", &m.ExecuteButtonText),
	}
}

func (m *stepModel) bindings() []document.Binding {
	return []document.Binding{
		document.Text("title", &m.Title),
		document.LooseTexts("order", &m.Order),
		visible(&m.Visible, &m.VisibleJQ),
	}
}

func (m *titleModel) bindings() []document.Binding {
	return []document.Binding{
		document.Text("title", &m.Title),
		document.Text("description", &m.Description),
		visible(&m.Visible, &m.VisibleJQ),
	}
}

func visible(value *types.Bool, query *types.String) document.Binding {
	return document.OrQuery("visible", document.Bool("visible", value), query)
}
