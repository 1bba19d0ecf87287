package action_test

import (
	"strings"
	"testing"
)

const timer = `"timer_property_expired_event": {"blueprint_identifier": "service", "property_identifier": `

// TestPlan_eventAndBlueprint validates the event of an automation against its blueprint in Port.
func TestPlan_eventAndBlueprint(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ config, want string }{
		"a timer":                           {event(timer + `"ttl"}`), ""},
		"a missing property":                {event(timer + `"tll"}`), `ERROR AttributeName("automation_trigger").AttributeName("timer_property_expired_event").AttributeName("property_identifier"): Unknown Property: The blueprint "service" has no property "tll", so the timer never expires. Its timers: ttl.`},
		"a property that is not a timer":    {event(timer + `"healthStatus"}`), `WARNING AttributeName("automation_trigger").AttributeName("timer_property_expired_event").AttributeName("property_identifier"): Not a Timer: `},
		"an unknown property":               {event(timer + `"(unknown)"}`), ""},
		"a missing blueprint":               {event(`"any_entity_change_event": {"blueprint_identifier": "sevrice"}`), `WARNING AttributeName("automation_trigger").AttributeName("any_entity_change_event").AttributeName("blueprint_identifier"): Unknown Blueprint: The blueprint "sevrice" does not exist in Port`},
		"an unknown blueprint":              {event(`"any_entity_change_event": {"blueprint_identifier": "(unknown)"}`), ""},
		"a condition on a property":         {condition(`{"expressions": [".diff.after.properties.healthStatus == 'x'"]}`), ""},
		"a condition on a missing property": {condition(`{"expressions": ["true", ".diff.after.properties.helathStatus == 'x'"]}`), `ElementKeyInt(1): Unknown Property: The expression reads the property "helathStatus", which the blueprint "service" does not have`},
		"a condition on a quoted property":  {condition(`{"expressions": [".diff.after.properties[\"healthStatus\"] != .diff.before.properties[\"wealthStatus\"]"]}`), `reads the property "wealthStatus"`},
		"an event of a run":                 {event(`"run_created_event": {"action_identifier": "scale"}`), ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			diagnostics := newPort(t).NewSession(t, "port_action").Plan(test.config)
			if (len(diagnostics) > 0) != (test.want != "") || !strings.Contains(strings.Join(diagnostics, "\n"), test.want) {
				t.Errorf("got %q, want %q", diagnostics, test.want)
			}
		})
	}
}

// TestPlan_eventAndPlannedBlueprint validates the event against a blueprint that the same run
// plans.
func TestPlan_eventAndPlannedBlueprint(t *testing.T) {
	t.Parallel()
	session := newPort(t).NewSession(t, "port_action")
	blueprint := session.Sibling("port_blueprint")
	blueprint.Plan(`{"identifier": "lease", "title": "Lease", "aggregation_properties": {}, "properties": {"string_props": {"end": {"format": "timer"}}}}`)
	for property, want := range map[string]string{"end": "", "ned": "Unknown Property"} {
		diagnostics := session.Plan(event(strings.Replace(timer, "service", "lease", 1) + `"` + property + `"}`))
		if (len(diagnostics) > 0) != (want != "") || !strings.Contains(strings.Join(diagnostics, "\n"), want) {
			t.Errorf("%s: got %q", property, diagnostics)
		}
	}
}

// TestPlan_withoutChecks checks that entity_plan_checks = false disables the checks.
func TestPlan_withoutChecks(t *testing.T) {
	t.Parallel()
	env := newPort(t)
	session := env.NewConfiguredSession(t, "port_action", `{"entity_plan_checks": false}`)
	if diagnostics := session.Plan(event(timer + `"tll"}`)); len(diagnostics) > 0 {
		t.Errorf("got %q", diagnostics)
	}
}

// TestPlan_unchanged checks that a plan without changes reads no blueprint.
func TestPlan_unchanged(t *testing.T) {
	t.Parallel()
	env := newPort(t)
	session := env.NewSession(t, "port_action")
	session.Apply(automation())
	later := env.NewSession(t, "port_action")
	later.Import("tell")
	env.Requests(t)
	expectEmptyPlan(t, later, "after the import", automation())
	if reads := env.Requests(t)["GET /v1/blueprints/{identifier}"]; reads > 0 {
		t.Errorf("the plan read %d blueprints", reads)
	}
}
