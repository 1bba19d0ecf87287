// Package automation says which automations of Port report what the rules of a listener look at. It
// makes them as Port's API and as Terraform's language take them, and compares them with those that
// there are. The commands setup and doctor use it.
package automation

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/port-changelog/terraform-provider-port/internal/changelog"
	"github.com/port-changelog/terraform-provider-port/internal/nearword"
	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/listener/internal/rule"
)

// Automation is one that posts the events of a blueprint's entities to a listener.
type Automation struct {
	Identifier, Title string
	// Event is what Port calls the kind of events, such as ANY_ENTITY_CHANGE.
	Event     string
	Blueprint string
	// Timer is the property whose expiry is the event; "" for every other event.
	Timer string
	// Expressions are conditions in jq, of which one must hold; none means always.
	Expressions []string
}

// The kinds of events of Port's automations that rules can need.
const (
	anyChange    = "ANY_ENTITY_CHANGE"
	timerExpired = "TIMER_PROPERTY_EXPIRED"
)

// prefix begins every identifier, as in the module health-alerts.
const prefix = "report_"

// Needed is what the rules need.
type Needed struct {
	Automations []Automation
	// Remarks say what the automations cannot report, a sentence each.
	Remarks []string
}

// Derive returns the automations that rules need: for the selected blueprints, or if there are none
// for those that the rules name and those that have the property of a rule that names no blueprint.
// It returns an error if a selected blueprint is not among those that Port has, and if two
// automations would have one identifier.
func Derive(rules []rule.Rule, selected []string, blueprints []port.Blueprint) (Needed, error) {
	d := &derivation{rules: rules, blueprints: make(map[string]*port.Blueprint)}
	for i := range blueprints {
		d.blueprints[blueprints[i].Identifier] = &blueprints[i]
	}
	d.remarkOnOthers()
	if len(selected) == 0 {
		selected = d.concerned()
	}
	for _, identifier := range selected {
		blueprint, ok := d.blueprints[identifier]
		if !ok {
			return Needed{}, d.unknown(identifier)
		}
		d.derive(blueprint)
	}
	return d.needed, d.checkIdentifiers()
}

// derivation gathers what rules need.
type derivation struct {
	rules      []rule.Rule
	blueprints map[string]*port.Blueprint
	needed     Needed
}

func (d *derivation) remark(format string, values ...any) {
	d.needed.Remarks = append(d.needed.Remarks, fmt.Sprintf(format, values...))
}

func (d *derivation) unknown(identifier string) error {
	known := slices.Sorted(maps.Keys(d.blueprints))
	if meant, ok := nearword.Nearest(identifier, known); ok {
		return fmt.Errorf("Port has no blueprint %q; did you mean %s?", identifier, meant) //nolint:staticcheck // Port is a name.
	}
	return fmt.Errorf("Port has no blueprint %q; create it first", identifier) //nolint:staticcheck // Port is a name.
}

// remarkOnOthers says which rules are about what automations do not report.
func (d *derivation) remarkOnOthers() {
	for _, r := range d.rules {
		if slices.Contains(r.ResourceTypes, changelog.ResourceRun) {
			d.remark("Rule %s covers runs: they need an automation per action with the event ANY_RUN_CHANGE, which setup does not create.", r.Name)
		}
		if slices.Contains(r.ResourceTypes, changelog.ResourceBlueprint) {
			d.remark("Rule %s covers blueprints: Port's automations do not report changes of a blueprint itself.", r.Name)
		}
	}
}

// concerned returns the blueprints that the rules are about.
func (d *derivation) concerned() []string {
	found := make(map[string]bool)
	for _, r := range d.rules {
		if !isAboutEntities(r) {
			continue
		}
		for _, identifier := range r.Blueprints {
			if found[identifier] = d.blueprints[identifier] != nil; !found[identifier] {
				d.remark("Rule %s names the blueprint %s, which Port does not have.", r.Name, identifier)
			}
		}
		if len(r.Blueprints) > 0 {
			continue
		}
		if r.Property == "" {
			d.remark("Rule %s covers every blueprint: name the ones to report with -blueprint.", r.Name)
			continue
		}
		any := false
		for identifier, blueprint := range d.blueprints {
			if hasProperty(blueprint, r.Property) {
				found[identifier], any = true, true
			}
		}
		if !any {
			d.remark("Rule %s watches %s, which no blueprint has.", r.Name, r.Property)
		}
	}
	maps.DeleteFunc(found, func(_ string, there bool) bool { return !there })
	return slices.Sorted(maps.Keys(found))
}

func isAboutEntities(r rule.Rule) bool {
	return len(r.ResourceTypes) == 0 || slices.Contains(r.ResourceTypes, changelog.ResourceEntity)
}

// hasProperty reports whether the entities of a blueprint have a property, of whatever kind.
func hasProperty(blueprint *port.Blueprint, name string) bool {
	_, own := blueprint.Schema.Properties[name]
	_, calculated := blueprint.CalculationProperties[name]
	return own || calculated || isForeign(blueprint, name)
}

// isForeign reports whether a property shows values of other entities.
func isForeign(blueprint *port.Blueprint, name string) bool {
	_, mirrored := blueprint.MirrorProperties[name]
	_, aggregated := blueprint.AggregationProperties[name]
	return mirrored || aggregated
}

// derive adds the automations of one blueprint.
func (d *derivation) derive(blueprint *port.Blueprint) {
	made := Automation{Identifier: identifierOf(blueprint.Identifier), Blueprint: blueprint.Identifier, Title: "Report changes of " + blueprint.Identifier}
	var wanted []change
	properties, wantsTimers := make(map[string]bool), false
	for _, r := range d.rulesOf(blueprint) {
		one := changeOf(r)
		if len(one.actions) > 0 {
			wanted = append(wanted, one)
			properties[r.Property] = true
		}
		d.remarkOnProperty(r, blueprint)
		wantsTimers = wantsTimers || one.timers
		if one.timers && len(r.Actions) > 0 && len(timersOf(blueprint)) == 0 {
			d.remark("Rule %s waits for timers, but %s has no property with the format timer.", r.Name, blueprint.Identifier)
		}
	}
	if len(wanted) == 0 && !wantsTimers {
		d.remark("No rule matches changes of %s.", blueprint.Identifier)
		return
	}
	if len(wanted) > 0 {
		made.Event, made.Expressions = combine(wanted)
		if only := slices.Collect(maps.Keys(properties)); len(only) == 1 && only[0] != "" {
			made.Title = "Report changes of " + only[0] + " of " + blueprint.Identifier
		}
		d.needed.Automations = append(d.needed.Automations, made)
	}
	if wantsTimers {
		d.deriveTimers(blueprint)
	}
}

// rulesOf returns the rules that are about a blueprint. One that names no blueprint is about those
// with its property, and only if there is no other rule about any.
func (d *derivation) rulesOf(blueprint *port.Blueprint) []rule.Rule {
	var certain, possible []rule.Rule
	for _, r := range d.rules {
		switch {
		case !isAboutEntities(r) || len(r.Blueprints) > 0 && !slices.Contains(r.Blueprints, blueprint.Identifier):
		case len(r.Blueprints) == 0 && r.Property != "" && !hasProperty(blueprint, r.Property):
			possible = append(possible, r)
		default:
			certain = append(certain, r)
		}
	}
	if len(certain) == 0 {
		return possible
	}
	return certain
}

func (d *derivation) remarkOnProperty(r rule.Rule, blueprint *port.Blueprint) {
	switch {
	case r.Property == "":
	case isForeign(blueprint, r.Property):
		d.remark("Rule %s watches %s of %s, whose value comes from other entities: automations do not run when it changes there.", r.Name, r.Property, blueprint.Identifier)
	case !hasProperty(blueprint, r.Property):
		d.remark("Rule %s watches %s, which %s does not have.", r.Name, r.Property, blueprint.Identifier)
	}
}

// deriveTimers adds an automation for each timer, which is an event of its own.
func (d *derivation) deriveTimers(blueprint *port.Blueprint) {
	for _, timer := range timersOf(blueprint) {
		d.needed.Automations = append(d.needed.Automations, Automation{
			Identifier: identifierOf(blueprint.Identifier) + ":" + identifierOf(timer)[len(prefix):], Title: "Report the timer " + timer + " of " + blueprint.Identifier,
			Event: timerExpired, Blueprint: blueprint.Identifier, Timer: timer,
		})
	}
}

func timersOf(blueprint *port.Blueprint) []string {
	var timers []string
	for _, name := range slices.Sorted(maps.Keys(blueprint.Schema.Properties)) {
		if format := blueprint.Schema.Properties[name].Format; format != nil && *format == "timer" {
			timers = append(timers, name)
		}
	}
	return timers
}

// identifierOf returns the identifier of a blueprint's automation. A blueprint's own may hold
// slashes, which that of an automation may not.
func identifierOf(blueprint string) string {
	return prefix + regexp.MustCompile(`[^\pL0-9@_.+:=-]`).ReplaceAllString(blueprint, "_")
}

// checkIdentifiers refuses two automations of one identifier.
func (d *derivation) checkIdentifiers() error {
	seen := make(map[string]string)
	for _, made := range d.needed.Automations {
		if other, taken := seen[made.Identifier]; taken {
			return fmt.Errorf("the automations of %s and %s would have the same identifier %s; set one of them up manually", other, made.Blueprint, made.Identifier)
		}
		seen[made.Identifier] = made.Blueprint
	}
	return nil
}

// IsOurs reports whether an identifier is one that setup gives.
func IsOurs(identifier string) bool { return strings.HasPrefix(identifier, prefix) }
