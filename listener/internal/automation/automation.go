// Package automation derives the Port automations that the rules of a listener need, in the form of
// Port's API and as Terraform configuration, and compares them with existing ones. The commands
// setup and doctor use it.
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

// Automation is an automation that posts the events of a blueprint's entities to a listener.
type Automation struct {
	Identifier, Title string
	// Event is Port's type of the trigger event, such as ANY_ENTITY_CHANGE.
	Event     string
	Blueprint string
	// Timer is the timer property whose expiry is the event, or "" for other events.
	Timer string
	// Expressions are jq conditions, one of which must be true; none means always.
	Expressions []string
}

// The event types of Port's automations that rules can need.
const (
	anyChange    = "ANY_ENTITY_CHANGE"
	timerExpired = "TIMER_PROPERTY_EXPIRED"
)

// prefix is the prefix of every identifier, as in the module health-alerts.
const prefix = "report_"

// Needed is what the rules need.
type Needed struct {
	Automations []Automation
	// Remarks are sentences about what the automations cannot report.
	Remarks []string
}

// Derive returns the automations that rules need: for the selected blueprints or, if there are
// none, for those that the rules name and those that have the property of a rule without
// blueprints. It returns an error if a selected blueprint does not exist in Port, or if two
// automations would have the same identifier.
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

// derivation collects what rules need.
type derivation struct {
	rules      []rule.Rule
	blueprints map[string]*port.Blueprint
	needed     Needed
}

func (d *derivation) remark(format string, values ...any) {
	d.needed.Remarks = append(d.needed.Remarks, fmt.Sprintf(format, values...))
}

func (d *derivation) unknown(identifier string) error {
	names := slices.Sorted(maps.Keys(d.blueprints))
	if meant, ok := nearword.Nearest(identifier, names); ok {
		return fmt.Errorf("Port has no blueprint %q; did you mean %s?", identifier, meant) //nolint:staticcheck // Port is a name.
	}
	return fmt.Errorf("Port has no blueprint %q; create it first", identifier) //nolint:staticcheck // Port is a name.
}

// remarkOnOthers adds remarks on rules that automations cannot serve.
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
	selected := make(map[string]bool)
	for _, r := range d.rules {
		if !isAboutEntities(r) {
			continue
		}
		for _, identifier := range r.Blueprints {
			if selected[identifier] = d.blueprints[identifier] != nil; !selected[identifier] {
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
				selected[identifier], any = true, true
			}
		}
		if !any {
			d.remark("Rule %s watches %s, which no blueprint has.", r.Name, r.Property)
		}
	}
	maps.DeleteFunc(selected, func(_ string, there bool) bool { return !there })
	return slices.Sorted(maps.Keys(selected))
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

// isForeign reports whether the value of a property comes from other entities.
func isForeign(blueprint *port.Blueprint, name string) bool {
	_, mirrored := blueprint.MirrorProperties[name]
	_, aggregated := blueprint.AggregationProperties[name]
	return mirrored || aggregated
}

// derive adds the automations of one blueprint.
func (d *derivation) derive(blueprint *port.Blueprint) {
	result := Automation{Identifier: identifierOf(blueprint.Identifier), Blueprint: blueprint.Identifier, Title: "Report changes of " + blueprint.Identifier}
	var changes []change
	properties, wantsTimers := make(map[string]bool), false
	for _, r := range d.rulesOf(blueprint) {
		one := changeOf(r)
		if len(one.actions) > 0 {
			changes = append(changes, one)
			properties[r.Property] = true
		}
		d.remarkOnProperty(r, blueprint)
		wantsTimers = wantsTimers || one.timers
		if one.timers && len(r.Actions) > 0 && len(timersOf(blueprint)) == 0 {
			d.remark("Rule %s waits for timers, but %s has no property with the format timer.", r.Name, blueprint.Identifier)
		}
	}
	if len(changes) == 0 && !wantsTimers {
		d.remark("No rule matches changes of %s.", blueprint.Identifier)
		return
	}
	if len(changes) > 0 {
		result.Event, result.Expressions = combine(changes)
		if only := slices.Collect(maps.Keys(properties)); len(only) == 1 && only[0] != "" {
			result.Title = "Report changes of " + only[0] + " of " + blueprint.Identifier
		}
		d.needed.Automations = append(d.needed.Automations, result)
	}
	if wantsTimers {
		d.deriveTimers(blueprint)
	}
}

// rulesOf returns the rules for a blueprint. A rule without blueprints whose property the blueprint
// lacks is only returned if there are no others.
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

// deriveTimers adds an automation for each timer, because each needs its own trigger event.
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

// identifierOf returns the identifier of the automation for a blueprint. Unlike identifiers of
// blueprints, it must not contain slashes.
func identifierOf(blueprint string) string {
	return prefix + regexp.MustCompile(`[^\pL0-9@_.+:=-]`).ReplaceAllString(blueprint, "_")
}

// checkIdentifiers returns an error if two automations have the same identifier.
func (d *derivation) checkIdentifiers() error {
	seen := make(map[string]string)
	for _, a := range d.needed.Automations {
		if other, taken := seen[a.Identifier]; taken {
			return fmt.Errorf("the automations of %s and %s would have the same identifier %s; set one of them up manually", other, a.Blueprint, a.Identifier)
		}
		seen[a.Identifier] = a.Blueprint
	}
	return nil
}

// IsOurs reports whether an identifier has the form that setup uses.
func IsOurs(identifier string) bool { return strings.HasPrefix(identifier, prefix) }
