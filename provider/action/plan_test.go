package action_test

import (
	"strings"
	"testing"
)

const timer = `"timer_property_expired_event": {"blueprint_identifier": "service", "property_identifier": `

// TestPlan_eventAndBlueprint holds the event of an automation to its blueprint at Port.
func TestPlan_eventAndBlueprint(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ config, want string }{
		"a timer":                             {event(timer + `"ttl"}`), ""},
		"a property that is not there":        {event(timer + `"tll"}`), `ERROR AttributeName("automation_trigger").AttributeName("timer_property_expired_event").AttributeName("property_identifier"): Unknown Property: The blueprint "service" has no property "tll", so the timer never expires. Its timers: ttl.`},
		"a property that is no timer":         {event(timer + `"healthStatus"}`), `WARNING AttributeName("automation_trigger").AttributeName("timer_property_expired_event").AttributeName("property_identifier"): Not a Timer: `},
		"a property that is not known":        {event(timer + `"(unknown)"}`), ""},
		"a blueprint that is not there":       {event(`"any_entity_change_event": {"blueprint_identifier": "sevrice"}`), `WARNING AttributeName("automation_trigger").AttributeName("any_entity_change_event").AttributeName("blueprint_identifier"): Unknown Blueprint: The blueprint "sevrice" does not exist at Port`},
		"a blueprint that is not known":       {event(`"any_entity_change_event": {"blueprint_identifier": "(unknown)"}`), ""},
		"a condition on a property":           {condition(`{"expressions": [".diff.after.properties.healthStatus == 'x'"]}`), ""},
		"a condition on a property elsewhere": {condition(`{"expressions": ["true", ".diff.after.properties.helathStatus == 'x'"]}`), `ElementKeyInt(1): Unknown Property: The expression reads the property "helathStatus", which the blueprint "service" does not have`},
		"a condition on a quoted property":    {condition(`{"expressions": [".diff.after.properties[\"healthStatus\"] != .diff.before.properties[\"wealthStatus\"]"]}`), `reads the property "wealthStatus"`},
		"an event of a run":                   {event(`"run_created_event": {"action_identifier": "scale"}`), ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found := newPort(t).NewSession(t, "port_action").Plan(test.config)
			if (len(found) > 0) != (test.want != "") || !strings.Contains(strings.Join(found, "\n"), test.want) {
				t.Errorf("got %q, want %q", found, test.want)
			}
		})
	}
}

// TestPlan_eventAndPlannedBlueprint holds the event to the blueprint that the same run plans.
func TestPlan_eventAndPlannedBlueprint(t *testing.T) {
	t.Parallel()
	session := newPort(t).NewSession(t, "port_action")
	blueprint := session.Beside("port_blueprint")
	blueprint.Plan(`{"identifier": "lease", "title": "Lease", "aggregation_properties": {}, "properties": {"string_props": {"end": {"format": "timer"}}}}`)
	for property, want := range map[string]string{"end": "", "ned": "Unknown Property"} {
		found := session.Plan(event(strings.Replace(timer, "service", "lease", 1) + `"` + property + `"}`))
		if (len(found) > 0) != (want != "") || !strings.Contains(strings.Join(found, "\n"), want) {
			t.Errorf("%s: got %q", property, found)
		}
	}
}

// TestPlan_withoutChecks asks Port for nothing.
func TestPlan_withoutChecks(t *testing.T) {
	t.Parallel()
	env := newPort(t)
	session := env.NewConfiguredSession(t, "port_action", `{"entity_plan_checks": false}`)
	if found := session.Plan(event(timer + `"tll"}`)); len(found) > 0 {
		t.Errorf("got %q", found)
	}
}

// TestPlan_anUnchangedActionIsNotChecked spares a plan without changes the request
// and its warnings.
func TestPlan_anUnchangedActionIsNotChecked(t *testing.T) {
	t.Parallel()
	env := newPort(t)
	session := env.NewSession(t, "port_action")
	session.Apply(automation())
	later := env.NewSession(t, "port_action")
	later.Import("tell")
	env.Requests(t)
	expectQuiet(t, later, "after the import", automation())
	if reads := env.Requests(t)["GET /v1/blueprints/{identifier}"]; reads > 0 {
		t.Errorf("the plan read %d blueprints", reads)
	}
}
