package config

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/goccy/go-yaml/ast"

	"github.com/port-changelog/terraform-provider-port/internal/changelog"
	"github.com/port-changelog/terraform-provider-port/internal/nearword"
	"github.com/port-changelog/terraform-provider-port/listener/internal/message"
	"github.com/port-changelog/terraform-provider-port/listener/internal/name"
	"github.com/port-changelog/terraform-provider-port/listener/internal/rule"
)

// Rule is a rule with its destinations and template.
type Rule struct {
	rule.Rule
	// Destinations are the names of destinations; there is at least one.
	Destinations []string
	// Template is nil for the default message.
	Template *message.Template
}

// Rule returns the rule with a name.
func (c *Config) Rule(name string) (Rule, bool) {
	i := slices.IndexFunc(c.Rules, func(other Rule) bool { return other.Name == name })
	if i < 0 {
		return Rule{}, false
	}
	return c.Rules[i], true
}

// Evaluates reports whether a rule has a condition or a template.
func (c *Config) Evaluates() bool {
	return slices.ContainsFunc(c.Rules, func(r Rule) bool { return r.When != nil || r.Template != nil })
}

// DestinationNames returns the names of all destinations, in order.
func (c *Config) DestinationNames() []string {
	names := make([]string, len(c.Destinations))
	for i, destination := range c.Destinations {
		names[i] = destination.Name
	}
	return names
}

// RuleNames returns the names of all rules, in order.
func (c *Config) RuleNames() []string {
	names := make([]string, len(c.Rules))
	for i, r := range c.Rules {
		names[i] = r.Name
	}
	return names
}

// usualActions and usualTypes return the ones that Port documents. Others are accepted, because
// Port may add new ones.
func usualActions() []string {
	return []string{changelog.ActionCreate, changelog.ActionUpdate, changelog.ActionDelete, "TIMER_EXPIRED", "TIMER_PROPERTY_EXPIRED"}
}

func usualTypes() []string {
	return []string{changelog.ResourceEntity, changelog.ResourceBlueprint, changelog.ResourceRun}
}

// ruleList is a non-empty list of rules.
type ruleList struct{ list[ruleSection] }

func (r *ruleList) read(l *loader) {
	if sequence, ok := r.node.(*ast.SequenceNode); !ok || len(sequence.Values) == 0 {
		l.refuse(&r.item, "it must be a list of rules, each of which begins with - name:")
		return
	}
	r.list.read(l)
}

// applyRules applies the rules of the file. Without any, it adds the default rule for every
// declared destination.
func (l *loader) applyRules(rules *ruleList, templates *names[templateSection], declared []string) {
	if !rules.given() {
		l.config.Rules = []Rule{{Rule: rule.DefaultHealth(), Destinations: declared}}
	}
	for _, key := range templates.keys {
		l.compile(templates.byName[key], anyRule(), false)
	}
	for i := range rules.elements {
		section := &rules.elements[i]
		if named := section.Name.value; named != "" && slices.ContainsFunc(rules.elements[:i], func(other ruleSection) bool { return other.Name.value == named }) {
			l.refuse(&section.Name.item, fmt.Sprintf("another rule has the name %q", section.Name.written))
		}
		l.applyRule(section, templates, declared)
	}
}

// applyRule applies a rule, unless it has a mistake.
func (l *loader) applyRule(section *ruleSection, templates *names[templateSection], declared []string) {
	l.checkName(section)
	l.checkIdentifiers(&section.Blueprint, &section.ResourceType, &section.Actions)
	l.checkProperty(section)
	actions, types := l.changes(section)
	result := Rule{Rule: rule.Rule{
		Name:          section.Name.value,
		Blueprints:    section.Blueprint.texts(),
		ResourceTypes: types,
		Actions:       actions,
		Property:      section.Property.value,
		From:          section.From.list(),
		To:            section.To.list(),
		HealthyValues: section.HealthyValues.list(),
		When:          section.When.compiled,
	}}
	result.Destinations = l.destinations(section, declared)
	if reason := result.Never(); reason != "" && !section.incomplete {
		l.refuse(firstOf(&section.From.item, &section.To.item, &section.Property.item, &section.ResourceType.item), reason)
	}
	result.Template = l.template(section, templates, result.Rule)
	l.config.Rules = append(l.config.Rules, result)
}

// firstOf returns the first value that is set in the file.
func firstOf(items ...*item) *item {
	return items[max(slices.IndexFunc(items, (*item).given), 0)]
}

func (l *loader) checkName(section *ruleSection) {
	switch {
	case section.mistaken || section.Name.mistaken:
	case !section.Name.given():
		l.refuse(&section.item, "a rule requires a name")
	case !name.Valid(section.Name.value):
		l.refuse(&section.Name.item, "the name of a rule must consist of at most 63 lower-case letters, digits, dashes and underscores")
	}
}

// checkIdentifiers reports invalid identifiers.
func (l *loader) checkIdentifiers(given ...*matcher) {
	for _, identifiers := range given {
		for i := range identifiers.elements {
			if text := &identifiers.elements[i]; strings.ContainsFunc(text.value, unicode.IsSpace) {
				text.mistaken = true
				l.refuse(&identifiers.item, fmt.Sprintf("%q contains a space, which is not allowed in identifiers, so no event can match", text.written))
			}
		}
	}
}

// checkProperty reports an invalid property identifier, and keys that make no sense with or without
// a property.
func (l *loader) checkProperty(section *ruleSection) {
	given := &section.Property
	if !given.given() {
		for _, values := range []*values{&section.From, &section.To, &section.HealthyValues} {
			if values.given() && !values.incomplete {
				l.refuse(&values.item, "it lists values of a property; set property as well")
			}
		}
	}
	if given.value == "" {
		return
	}
	if slices.ContainsFunc(section.Actions.texts(), rule.IsTimerAction) {
		l.refuse(&given.item, "a timer that expires changes no property; remove property, or select the timer with when: .context.propertyIdentifier == \""+given.written+"\"")
	}
	if regexp.MustCompile(`^[\pL0-9@_=\\-]+$`).MatchString(given.value) {
		return
	}
	problem := fmt.Sprintf("%q is not a valid property identifier, so no event can match", given.written)
	_, last, isPath := strings.Cut(given.value, "properties.")
	if isPath && last != "" && given.written == given.value {
		problem += "; did you mean " + last + "?"
	}
	l.refuse(&given.item, problem)
}

// eventKind is an event type of Port's automations.
type eventKind struct {
	resource string
	actions  []string
}

func eventKinds() map[string]eventKind {
	created, updated, deleted := []string{changelog.ActionCreate}, []string{changelog.ActionUpdate}, []string{changelog.ActionDelete}
	return map[string]eventKind{
		"ENTITY_CREATED": {changelog.ResourceEntity, created}, "ENTITY_UPDATED": {changelog.ResourceEntity, updated}, "ENTITY_DELETED": {changelog.ResourceEntity, deleted},
		"ANY_ENTITY_CHANGE": {changelog.ResourceEntity, slices.Concat(created, updated, deleted)},
		"RUN_CREATED":       {changelog.ResourceRun, created}, "RUN_UPDATED": {changelog.ResourceRun, updated},
		"ANY_RUN_CHANGE": {changelog.ResourceRun, slices.Concat(created, updated)},
	}
}

// changes returns the actions and resource types of the rule. An event type of Port's automations
// determines both.
func (l *loader) changes(section *ruleSection) (actions, types []string) {
	types = section.ResourceType.texts()
	l.checkUsual(&section.ResourceType, "a resource type", usualTypes())
	l.checkUsual(&section.Actions, "an action", append(usualActions(), slices.Sorted(maps.Keys(eventKinds()))...))
	var implied []string
	for _, given := range section.Actions.texts() {
		kind, ok := eventKinds()[given]
		if !ok {
			actions = append(actions, given)
			continue
		}
		actions, implied = append(actions, kind.actions...), append(implied, kind.resource)
	}
	slices.Sort(implied)
	implied = slices.Compact(implied)
	switch {
	case len(implied) > 1:
		l.refuse(&section.Actions.item, "it lists events of both entities and runs; write a rule for each")
	case len(implied) == 1 && !section.ResourceType.given():
		types = implied
	case len(implied) == 1 && !section.ResourceType.incomplete && !slices.Equal(types, implied):
		l.refuse(&section.ResourceType.item, fmt.Sprintf("the actions belong to the resource type %s; remove resource_type", implied[0]))
	}
	return slices.Compact(actions), types
}

// checkUsual reports a word that is almost, but not quite, a usual one.
func (l *loader) checkUsual(words *matcher, noun string, usual []string) {
	for _, given := range words.elements {
		word := given.value
		meant, near := nearword.Nearest(word, usual)
		if !near || given.mistaken || slices.Contains(usual, word) {
			continue
		}
		hint := "did you mean " + meant + "?"
		if given.written != word {
			hint = "it sends " + enumerate(usual)
		}
		l.refuse(&words.item, fmt.Sprintf("%q is not %s that Port sends; %s", given.written, noun, hint))
	}
}

// destinations returns the destinations of the rule: those that it names, or the default one.
func (l *loader) destinations(section *ruleSection, declared []string) []string {
	named := &section.Destination
	if !named.given() {
		switch {
		case len(declared) == 1:
			return declared
		case slices.Contains(declared, defaultDestination):
			return []string{defaultDestination}
		case len(declared) > 1 && !section.mistaken:
			l.refuse(&section.item, "it requires a destination; the configured destinations are "+enumerate(declared))
		}
		return nil
	}
	for _, given := range named.elements {
		if len(declared) > 0 && given.value != "" && !slices.Contains(declared, given.value) {
			l.refuse(&named.item, fmt.Sprintf("there is no destination %q; %s", given.written, suggest(given.written, declared, "the configured destinations are")))
		}
	}
	texts := named.texts()
	slices.Sort(texts)
	return slices.Compact(texts)
}
