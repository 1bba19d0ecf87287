package blueprint_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/port-changelog/terraform-provider-port/internal/emulator"
	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/acctest"
)

const destined = `"webhook_changelog_destination": {"url": "http://127.0.0.1:9/a"}`

func withoutDestinations(o *emulator.Options) { o.ChangelogDestination = emulator.DropDestination }

func TestBlueprint_changelogDestinationIgnored(t *testing.T) {
	t.Parallel()
	const warning = `Changelog Destination Ignored: Port did not store the changelog destination`
	env := acctest.NewEmulated(t, withoutDestinations)
	session := env.NewSession(t, "port_blueprint")

	session.Apply(valid(destined))
	expectWarnings(t, session, warning)
	if !strings.Contains(session.Warnings()[0], `AttributeName("webhook_changelog_destination")`) {
		t.Errorf("the warning is not on the attribute: %s", session.Warnings()[0])
	}

	expectEmptyPlan(t, session, "after the apply", valid(destined))
	expectWarnings(t, session, warning)

	changed := strings.Replace(valid(destined), ":9/a", ":9/b", 1)
	if got := session.Changes(changed); !slices.Equal(got, []string{"webhook_changelog_destination.url"}) {
		t.Errorf("another url changes %v", got)
	}
	expectWarnings(t, session)
	session.Apply(changed)
	expectWarnings(t, session, warning)

	session.Apply(valid(`"kafka_changelog_destination": {}`))
	expectWarnings(t, session, warning)
	expectEmptyPlan(t, session, "with Kafka", valid(`"kafka_changelog_destination": {}`))

	session.Apply(valid(""))
	expectWarnings(t, session)
	expectEmptyPlan(t, session, "without the attribute", valid(""))
	expectWarnings(t, session)
}

// TestBlueprint_changelogDestinationRefused covers the other behavior that Port may have now that
// it has removed destinations.
func TestBlueprint_changelogDestinationRefused(t *testing.T) {
	t.Parallel()
	refuse := func(method, route string) string {
		return `{"method": "` + method + `", "route": "` + route + `", "status": 422, "times": 1,
			"body": {"ok": false, "error": "invalid_request", "message": "changelogDestination is not supported"}}`
	}
	env := acctest.NewEmulated(t, withoutDestinations)
	session := env.NewSession(t, "port_blueprint")
	env.Control(t, http.MethodPost, "/_emulator/faults", refuse("POST", "/v1/blueprints"))

	session.Apply(valid(destined))
	expectWarnings(t, session, `because Port refused it: POST /v1/blueprints: 422`)
	expectEmptyPlan(t, session, "after the create", valid(destined))

	env.Control(t, http.MethodDelete, "/_emulator/faults", "")
	env.Control(t, http.MethodPost, "/_emulator/faults", refuse("PUT", "/v1/blueprints/{identifier}"))
	session.Apply(valid(destined + `, "description": "changed"`))
	expectWarnings(t, session, `so it does not report changes there. Report them with an automation instead (a port_action with automation_trigger and webhook_method), and then remove this attribute.`,
		`changelogDestination is not supported`)
	expectEmptyPlan(t, session, "after the update", valid(destined+`, "description": "changed"`))
}

// TestBlueprint_refusedForAnotherReason checks that the first error is reported if Port refuses the
// blueprint without its destination too.
func TestBlueprint_refusedForAnotherReason(t *testing.T) {
	t.Parallel()
	env := acctest.NewEmulated(t)
	env.Control(t, http.MethodPost, "/_emulator/faults", `{"method": "POST", "route": "/v1/blueprints", "status": 422, "body": {"ok": false, "error": "invalid_request", "message": "icon is unknown"}}`)
	failures := tryApply(env.NewSession(t, "port_blueprint"), valid(destined))
	if len(failures) != 1 || !strings.Contains(failures[0], "icon is unknown") {
		t.Errorf("the apply reports %q", failures)
	}
}

func TestBlueprint_roundedNumbers(t *testing.T) {
	t.Parallel()
	config := properties(`"number_props": {"n": {"default": 9007199254740993, "minimum": 0.1}}, "array_props": {"l": {"number_items": {"default": [1, 9007199254740993]}}}`)
	const scalar, list = `Value Changed by Port: Port stores a different value of properties.number_props["n"].default from the one that was written;`,
		`Value Changed by Port: Port stores a different value of properties.array_props["l"].number_items.default from the one that was written;`
	env := acctest.NewEmulated(t, func(o *emulator.Options) { o.JSNumbers = true })
	session := env.NewSession(t, "port_blueprint")

	session.Apply(config)
	expectWarnings(t, session, scalar, list)
	expectEmptyPlan(t, session, "after the apply", config)

	change(t, env, func(b *port.Blueprint) {
		property(b, "n", func(p *port.Property) { p.Default = []byte("9007199254740990") })
	})
	if got, want := session.Changes(config), []string{"properties.number_props.n.default"}; !slices.Equal(got, want) {
		t.Errorf("after a change the plan changes %v, want %v", got, want)
	}

	imported := env.NewSession(t, "port_blueprint")
	imported.Import("service")
	imported.Apply(config)
	expectWarnings(t, imported, scalar, list)
	expectEmptyPlan(t, imported, "after an import and an apply", config)
}

// TestBlueprint_exactNumbers is the counterpart of [TestBlueprint_roundedNumbers]: if Port keeps
// the digits, a change to the next number shows.
func TestBlueprint_exactNumbers(t *testing.T) {
	t.Parallel()
	config := properties(`"number_props": {"n": {"default": 9007199254740993, "minimum": 0.1}}`)
	env := acctest.NewEmulated(t)
	session := env.NewSession(t, "port_blueprint")
	session.Apply(config)
	expectWarnings(t, session)
	if got := document(t, env); !strings.Contains(got, `"default":9007199254740993`) || !strings.Contains(got, `"minimum":0.1`) {
		t.Errorf("Port has %s", got)
	}
	change(t, env, func(b *port.Blueprint) {
		property(b, "n", func(p *port.Property) { p.Default = []byte("9007199254740992") })
	})
	if got, want := session.Changes(config), []string{"properties.number_props.n.default"}; !slices.Equal(got, want) {
		t.Errorf("the plan changes %v, want %v", got, want)
	}
}

// TestBlueprint_responsesThatDiffer makes Port normalize a URL and fill in values.
func TestBlueprint_responsesThatDiffer(t *testing.T) {
	t.Parallel()
	config := valid(`"webhook_changelog_destination": {"url": "http://127.0.0.1:9"}, "properties": {"string_props": {"a": {}}}, "relations": {"r": {"target": "service"}}`)
	normalize := strings.NewReplacer(
		`"url":"http://127.0.0.1:9"`, `"url":"http://127.0.0.1:9/"`,
		`"title":"Service"`, `"title":"Service","includeInGlobalSearch":true`,
		`"a":{"type":"string"}`, `"a":{"icon":"DefaultProperty","type":"string","format":null}`,
	)
	emulated := acctest.NewEmulated(t)
	env := emulated.Rewritten(t, normalize.Replace)
	session := env.NewSession(t, "port_blueprint")

	session.Apply(config)
	expectWarnings(t, session, `Value Changed by Port: Port stores a different value of webhook_changelog_destination.url from the one that was written;`)
	expectEmptyPlan(t, session, "after the create", config)

	session.Apply(strings.Replace(config, `"title": "Service"`, `"title": "Service", "description": "d"`, 1))
	expectEmptyPlan(t, session, "after an update", strings.Replace(config, `"title": "Service"`, `"title": "Service", "description": "d"`, 1))

	change(t, env, func(b *port.Blueprint) { b.ChangelogDestination.URL = new("http://127.0.0.1:9/other") })
	if got, want := session.Changes(strings.Replace(config, `"title": "Service"`, `"title": "Service", "description": "d"`, 1)), []string{"webhook_changelog_destination.url"}; !slices.Equal(got, want) {
		t.Errorf("after a change the plan changes %v, want %v", got, want)
	}
}
