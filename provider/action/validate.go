package action

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/port-changelog/terraform-provider-port/provider/internal/envelope"
)

// ValidateConfig runs the checks that involve more than one attribute, or the content of one.
func (r *actionResource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	configured, diagnostics := envelope.Partial[model](ctx, req.Config)
	resp.Diagnostics.Append(diagnostics...)
	if resp.Diagnostics.HasError() {
		return
	}
	checks := checker{isAutomation: configured.Automation != nil}
	checks.method(configured)
	if automation := configured.Automation; automation != nil {
		if automation.Condition != nil {
			at := path.Root("automation_trigger").AtName("jq_condition").AtName("expressions")
			for i, expression := range automation.Condition.Expressions {
				checks.condition(at.AtListIndex(i), expression)
			}
		}
		resp.Diagnostics.Append(loopWarning(configured)...)
	}
	if trigger := configured.SelfService; trigger != nil {
		at := path.Root("self_service_trigger")
		checks.inputs(at, trigger)
		resp.Diagnostics.Append(checkForm(at, trigger)...)
		resp.Diagnostics.Append(checkRequired(at, trigger)...)
	}
	resp.Diagnostics.Append(checks.diagnostics...)
}

// checkForm checks the parts of a form against each other.
func checkForm(at path.Path, m *selfServiceModel) diag.Diagnostics {
	var diagnostics diag.Diagnostics
	if len(m.Order) > 0 && len(m.Steps) > 0 {
		diagnostics.AddAttributeError(at.AtName("steps"), "Steps and an Order", "A form has either steps, each with its own order, or a single order: remove steps or order_properties.")
	}
	if !m.Condition.IsNull() && m.Operation.ValueString() == "CREATE" {
		diagnostics.AddAttributeError(at.AtName(conditionKey), "Condition Without an Entity", "An action that creates an entity does not apply to an existing one, so it cannot have a condition: remove the condition, or change the operation.")
	}
	if !m.Condition.IsNull() && m.Blueprint.IsNull() {
		diagnostics.AddAttributeWarning(at.AtName(conditionKey), "Condition Without a Blueprint", "A condition selects entities of a blueprint: set blueprint_identifier. Port may refuse the action otherwise.")
	}
	diagnostics.Append(unknownInputs(at.AtName("order_properties"), m.Order, m)...)
	for i, step := range m.Steps {
		diagnostics.Append(unknownInputs(at.AtName("steps").AtListIndex(i).AtName("order"), step.Order, m)...)
	}
	return diagnostics
}

// unknownInputs warns of keys in an order that neither an input nor a title has.
func unknownInputs(at path.Path, order []types.String, m *selfServiceModel) diag.Diagnostics {
	var diagnostics diag.Diagnostics
	inputs := m.UserProperties.inputs()
	for i, key := range order {
		_, isInput := inputs[key.ValueString()]
		_, isTitle := m.Titles[key.ValueString()]
		if !isInput && !isTitle && !key.IsUnknown() && !key.IsNull() && len(inputs) > 0 {
			diagnostics.AddAttributeWarning(at.AtListIndex(i), "Unknown Input", fmt.Sprintf("The action has neither an input nor a title %q, so the form shows nothing for it.", key.ValueString()))
		}
	}
	return diagnostics
}

// checkRequired refuses required inputs in addition to a query for the required inputs.
func checkRequired(at path.Path, m *selfServiceModel) diag.Diagnostics {
	if m.RequiredJQ.IsNull() {
		return nil
	}
	required := m.UserProperties.requiredInputs()
	if len(required) == 0 {
		return nil
	}
	return diag.Diagnostics{diag.NewAttributeErrorDiagnostic(at.AtName("required_jq_query"), "Required Twice", fmt.Sprintf(
		"required_jq_query already says which inputs are required: remove it, or remove required from %s.", strings.Join(required, ", ")))}
}

// loopWarning warns of an automation that may trigger itself.
func loopWarning(m *model) diag.Diagnostics {
	var diagnostics diag.Diagnostics
	automation := m.Automation
	for name, event := range map[string]*entityEventModel{
		"entity_created_event": automation.EntityCreated, "entity_updated_event": automation.EntityUpdated, "any_entity_change_event": automation.AnyEntityChange,
	} {
		if event != nil && m.Upsert != nil && isSame(event.Blueprint, m.Upsert.Blueprint) {
			diagnostics.AddAttributeWarning(path.Root("automation_trigger").AtName(name), "Automation May Trigger Itself", fmt.Sprintf(
				"The automation writes entities of the blueprint %q and is triggered when such entities change, so it may run endlessly. "+
					"Make sure that a condition (jq_condition) excludes its own changes.", event.Blueprint.ValueString()))
		}
	}
	for name, event := range map[string]*runEventModel{
		"run_created_event": automation.RunCreated, "run_updated_event": automation.RunUpdated, "any_run_change_event": automation.AnyRunChange,
	} {
		if event != nil && isSame(event.Action, m.Identifier) {
			diagnostics.AddAttributeWarning(path.Root("automation_trigger").AtName(name), "Automation May Trigger Itself",
				"The automation is triggered by its own runs, so it may run endlessly. Use a different action.")
		}
	}
	return diagnostics
}

// isSame reports whether two texts are known and the same.
func isSame(a, b types.String) bool {
	return !a.IsNull() && !a.IsUnknown() && a.Equal(b)
}
