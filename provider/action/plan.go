package action

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/envelope"
)

// ModifyPlan plans the ID, and checks the event of an automation against its blueprint.
func (r *actionResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() {
		return
	}
	resp.Diagnostics.Append(r.PlanID(ctx, resp)...)
	if r.Backend == nil || !r.Backend.EntityPlanChecks || req.Plan.Raw.Equal(req.State.Raw) {
		return
	}
	configured, diagnostics := envelope.Partial[model](ctx, req.Config)
	resp.Diagnostics.Append(diagnostics...)
	if configured != nil && configured.Automation != nil {
		resp.Diagnostics.Append(r.checkEvent(ctx, configured)...)
	}
}

// eventBlueprint returns the blueprint that the event refers to, and the event's path in the
// configuration.
func (m *automationModel) eventBlueprint() (types.String, path.Path) {
	at := path.Root("automation_trigger")
	for name, event := range map[string]*entityEventModel{
		"entity_created_event": m.EntityCreated, "entity_updated_event": m.EntityUpdated,
		"entity_deleted_event": m.EntityDeleted, "any_entity_change_event": m.AnyEntityChange,
	} {
		if event != nil {
			return event.Blueprint, at.AtName(name)
		}
	}
	if m.TimerExpired != nil {
		return m.TimerExpired.Blueprint, at.AtName("timer_property_expired_event")
	}
	return types.StringNull(), at
}

// checkEvent validates the event against the blueprint: the one planned in this process, or the one
// in Port.
func (r *actionResource) checkEvent(ctx context.Context, m *model) diag.Diagnostics {
	blueprint, at := m.Automation.eventBlueprint()
	identifier := blueprint.ValueString()
	if identifier == "" {
		return nil
	}
	definition, isOpen, err := r.definition(ctx, identifier)
	if errors.Is(err, port.ErrNotFound) {
		return diag.Diagnostics{diag.NewAttributeWarningDiagnostic(at.AtName("blueprint_identifier"), "Unknown Blueprint", fmt.Sprintf(
			"The blueprint %q does not exist in Port and is not planned before the action. If this configuration creates it, refer to it (port_blueprint.<name>.identifier), so that it is created first.", identifier))}
	}
	if err != nil || definition == nil {
		// The apply reports the same problem, or the blueprint is not known yet.
		return nil
	}
	var diagnostics diag.Diagnostics
	if m.Automation.TimerExpired != nil {
		diagnostics.Append(checkTimer(at.AtName("property_identifier"), m.Automation.TimerExpired.Property, definition)...)
	}
	if !isOpen {
		diagnostics.Append(unknownReads(m, definition)...)
	}
	return diagnostics
}

// definition returns the blueprint as planned; nil if unknown. An open one may have further
// properties, declared by other resources.
func (r *actionResource) definition(ctx context.Context, identifier string) (definition *port.Blueprint, isOpen bool, err error) {
	if planned, isPlanned := r.Backend.Planned.Find(identifier); isPlanned {
		return planned.Definition, planned.Definition != nil && (planned.Definition.AggregationProperties == nil || planned.Definition.Relations == nil), nil
	}
	definition, err = r.Backend.Blueprint(ctx, identifier)
	return definition, false, err
}

func checkTimer(at path.Path, property types.String, definition *port.Blueprint) diag.Diagnostics {
	var diagnostics diag.Diagnostics
	key := property.ValueString()
	if key == "" {
		return nil
	}
	declared, exists := definition.Schema.Properties[key]
	switch {
	case !exists:
		diagnostics.AddAttributeError(at, "Unknown Property", fmt.Sprintf("The blueprint %q has no property %q, so the timer never expires. %s\n\n"+
			"To plan without this check, set entity_plan_checks = false in the provider block.", definition.Identifier, key, timersOf(definition)))
	case declared.Format == nil || *declared.Format != "timer":
		diagnostics.AddAttributeWarning(at, "Not a Timer", fmt.Sprintf("The property %q of the blueprint %q does not have the format timer, so it never expires. %s",
			key, definition.Identifier, timersOf(definition)))
	}
	return diagnostics
}

func timersOf(definition *port.Blueprint) string {
	var timers []string
	for key, property := range definition.Schema.Properties {
		if property.Format != nil && *property.Format == "timer" {
			timers = append(timers, key)
		}
	}
	if len(timers) == 0 {
		return "The blueprint has no timers."
	}
	slices.Sort(timers)
	return "Its timers: " + strings.Join(timers, ", ") + "."
}

// propertyRead matches the property of the entity that an expression reads.
var propertyRead = regexp.MustCompile(`\.diff\.(?:before|after)\??\.properties\??(?:\.([A-Za-z_][A-Za-z0-9_]*)|\.?\["([^"\\]+)"\])`)

// unknownReads warns of properties that conditions read and the blueprint lacks: they are null.
func unknownReads(m *model, definition *port.Blueprint) diag.Diagnostics {
	if m.Automation.Condition == nil {
		return nil
	}
	var diagnostics diag.Diagnostics
	for i, expression := range m.Automation.Condition.Expressions {
		unknown := map[string]bool{}
		for _, read := range propertyRead.FindAllStringSubmatch(expression.ValueString(), -1) {
			if key := read[1] + read[2]; !hasProperty(definition, key) {
				unknown[key] = true
			}
		}
		for _, key := range slices.Sorted(maps.Keys(unknown)) {
			diagnostics.AddAttributeWarning(path.Root("automation_trigger").AtName("jq_condition").AtName("expressions").AtListIndex(i), "Unknown Property",
				fmt.Sprintf("The expression reads the property %q, which the blueprint %q does not have: it is always null.", key, definition.Identifier))
		}
	}
	return diagnostics
}

func hasProperty(definition *port.Blueprint, key string) bool {
	_, isProperty := definition.Schema.Properties[key]
	_, isMirror := definition.MirrorProperties[key]
	_, isCalculation := definition.CalculationProperties[key]
	_, isAggregation := definition.AggregationProperties[key]
	return isProperty || isMirror || isCalculation || isAggregation
}
