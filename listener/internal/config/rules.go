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
	"github.com/port-changelog/terraform-provider-port/listener/internal/message"
	"github.com/port-changelog/terraform-provider-port/listener/internal/name"
	"github.com/port-changelog/terraform-provider-port/listener/internal/nearword"
	"github.com/port-changelog/terraform-provider-port/listener/internal/rule"
)

// Rule is a rule with what becomes of the events that it matches.
type Rule struct {
	rule.Rule
	// Destinations are the names of destinations; there is at least one.
	Destinations []string
	// Template is nil for the default message.
	Template *message.Template
}

// Rule returns the rule of a name.
func (c *Config) Rule(name string) (Rule, bool) {
	i := slices.IndexFunc(c.Rules, func(known Rule) bool { return known.Name == name })
	if i < 0 {
		return Rule{}, false
	}
	return c.Rules[i], true
}

// Evaluates reports whether a rule has a condition or a template.
func (c *Config) Evaluates() bool {
	return slices.ContainsFunc(c.Rules, func(known Rule) bool { return known.When != nil || known.Template != nil })
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
	for i, known := range c.Rules {
		names[i] = known.Name
	}
	return names
}

// ruleKeys are the keys of a rule.
func ruleKeys() []string {
	return []string{"name", "blueprint", "resource_type", "actions", "property", "from", "to", "healthy_values", "when", "destination", "template"}
}

// usualActions and usualTypes are those that Port is known to send. Others are
// taken as well: Port may send new ones.
func usualActions() []string {
	return []string{changelog.ActionCreate, changelog.ActionUpdate, changelog.ActionDelete, "TIMER_EXPIRED", "TIMER_PROPERTY_EXPIRED"}
}

func usualTypes() []string {
	return []string{changelog.ResourceEntity, changelog.ResourceBlueprint, changelog.ResourceRun}
}

// applyRules takes the rules of the file. Without any the classic one applies,
// for every destination.
func (l *loader) applyRules() {
	given := child(l.root, "rules")
	if given == nil {
		l.config.Rules = []Rule{{Rule: rule.DefaultHealth(), Destinations: l.declared}}
		return
	}
	rules, ok := given.(*ast.SequenceNode)
	if !ok || len(rules.Values) == 0 {
		l.report(l.placeOf("rules"), "it must be a list with a rule in each element, which begins with - name:")
		return
	}
	for i, node := range rules.Values {
		l.applyRule(ruleReader{loader: l, node: node, path: []string{"rules", fmt.Sprintf("[%d]", i)}})
	}
}

func (l *loader) applyRule(r ruleReader) {
	before := len(l.problems)
	if _, ok := entries(r.node); !ok {
		r.report("", "a rule must be a section with the keys "+list(ruleKeys()))
		return
	}
	l.checkKnown(r.node, join(r.path), ruleKeys())
	actions, types := r.changes()
	made := Rule{Rule: rule.Rule{
		Name:          r.name(),
		Blueprints:    r.identifiers("blueprint"),
		ResourceTypes: types,
		Actions:       actions,
		Property:      r.property(),
		From:          r.values("from"),
		To:            r.values("to"),
		HealthyValues: r.values("healthy_values"),
		When:          r.condition(),
	}}
	r.checkProperty(made.Rule)
	made.Destinations = r.destinations()
	if reason := made.Never(); reason != "" && len(l.problems) == before {
		r.report(r.first("from", "to", "property", "resource_type"), reason)
	}
	if len(l.problems) > before {
		return
	}
	made.Template = r.template(made.Rule)
	l.config.Rules = append(l.config.Rules, made)
}

// ruleReader reads the values of one rule, and reports those that cannot be.
type ruleReader struct {
	loader *loader
	node   ast.Node
	path   []string
}

// report reports a problem with a value of the rule, or with the rule itself.
func (r ruleReader) report(key, problem string) {
	path := r.path
	if key != "" {
		path = append(slices.Clone(path), steps(key)...)
	}
	r.loader.report(r.loader.placeOf(path...), problem)
}

// show returns a value as the file has it.
func (r ruleReader) show(value string) string {
	return r.loader.variables.show(value)
}

// first returns the first of some keys that the rule has.
func (r ruleReader) first(keys ...string) string {
	i := slices.IndexFunc(keys, func(key string) bool {
		name, _ := descend(r.node, key)
		return name != nil
	})
	return keys[max(i, 0)]
}

// name returns the name of the rule, which nothing else may have.
func (r ruleReader) name() string {
	given := r.text("name")
	switch {
	case given == "":
		r.report("", "a rule needs a name")
	case !name.Valid(given):
		r.report("name", "the name of a rule has lower-case letters, digits, dashes and underscores, at most 63 of them")
	case slices.Contains(r.loader.ruleNames, given):
		r.report("name", fmt.Sprintf("another rule is called %q", r.show(given)))
	}
	r.loader.ruleNames = append(r.loader.ruleNames, given)
	return given
}

// text returns a single text, "" if there is none.
func (r ruleReader) text(key string) string {
	node := child(r.node, key)
	if node == nil {
		return ""
	}
	text, ok := textOf(node)
	if !ok || strings.TrimSpace(text) == "" {
		r.report(key, "it must be a single text")
	}
	return text
}

// texts returns the texts of a list, or a single one.
func (r ruleReader) texts(key string) []string {
	node := child(r.node, key)
	if node == nil {
		return nil
	}
	elements := []ast.Node{node}
	if list, ok := node.(*ast.SequenceNode); ok {
		elements = list.Values
	}
	var texts []string
	for _, element := range elements {
		text, ok := textOf(element)
		if !ok || strings.TrimSpace(text) == "" {
			r.report(key, "it must be a text, or a list of texts such as [first, second]")
			return nil
		}
		texts = append(texts, text)
	}
	if len(texts) == 0 {
		r.report(key, "the list is empty; leave the key out if it does not matter")
	}
	return texts
}

// identifiers returns the texts of a list, or a single one, which must be able to be
// identifiers.
func (r ruleReader) identifiers(key string) []string {
	texts := r.texts(key)
	for _, text := range texts {
		if strings.ContainsFunc(text, unicode.IsSpace) {
			r.report(key, fmt.Sprintf("%q has a space in it, and no identifier has one, so no event can match", r.show(text)))
			return nil
		}
	}
	return texts
}

// property returns the identifier of the watched property.
func (r ruleReader) property() string {
	given := r.text("property")
	if given == "" || regexp.MustCompile(`^[\pL0-9@_=\\-]+$`).MatchString(given) {
		return given
	}
	problem := fmt.Sprintf("%q cannot be the identifier of a property, so no event can match", r.show(given))
	_, last, isPath := strings.Cut(given, "properties.")
	if isPath && last != "" && r.show(given) == given {
		problem += "; did you mean " + last + "?"
	}
	r.report("property", problem)
	return given
}

// eventKind is what an automation of Port calls a kind of events.
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

// changes returns the actions of the rule and the types of things that it is about.
// The name of an event of Port's automations stands for both.
func (r ruleReader) changes() (actions, types []string) {
	types = r.identifiers("resource_type")
	r.checkUsual("resource_type", types, usualTypes())
	var implied, others []string
	for _, given := range r.identifiers("actions") {
		if kind, ok := eventKinds()[given]; ok {
			actions, implied = append(actions, kind.actions...), append(implied, kind.resource)
			continue
		}
		actions, others = append(actions, given), append(others, given)
	}
	r.checkUsual("actions", others, append(usualActions(), slices.Sorted(maps.Keys(eventKinds()))...))
	slices.Sort(implied)
	implied = slices.Compact(implied)
	switch {
	case len(implied) > 1:
		r.report("actions", "it names events of entities and of runs; make a rule for each")
	case len(implied) == 1 && len(types) == 0:
		types = implied
	case len(implied) == 1 && !slices.Equal(types, implied):
		r.report("resource_type", fmt.Sprintf("the actions name events of the type %s; leave resource_type out", implied[0]))
	}
	return slices.Compact(actions), types
}

// values returns the values of a list, or a single one. null is a value.
func (r ruleReader) values(key string) []any {
	_, node := descend(r.node, key)
	if node == nil {
		return nil
	}
	value, ok := valueOf(node)
	if !ok {
		r.report(key, "it must be a value, or a list of values such as [Crashed, 80, true, null]")
		return nil
	}
	values, isList := value.([]any)
	if !isList {
		return []any{value}
	}
	if len(values) == 0 {
		r.report(key, "the list is empty; leave the key out if it does not matter")
	}
	return values
}

// condition reads "when": an expression, a list of which all must hold, or the
// condition of an automation as it stands there.
func (r ruleReader) condition() *rule.Condition {
	node := child(r.node, "when")
	if node == nil {
		return nil
	}
	key, combine := "when", rule.All
	if _, isSection := entries(node); isSection {
		if !r.isCondition(node) {
			r.report("when", "it must be an expression in jq, and YAML takes it for a section; "+quoteHint)
			return nil
		}
		key, node, combine = "when.expressions", child(node, "expressions"), r.combination(node)
		if list, isList := node.(*ast.SequenceNode); isList && len(list.Values) == 0 {
			// As at Port, a condition without expressions always holds.
			return nil
		}
	}
	var expressions []string
	if node != nil {
		expressions = r.expressions(key, node)
	}
	if len(expressions) == 0 {
		r.report("when", "it needs an expression in jq, such as .diff.after.properties.cpuUtil > 80")
		return nil
	}
	condition, err := combine(expressions...)
	switch {
	case err == nil:
	case r.loader.variables.hold(node):
		r.report(key, unshown)
	default:
		r.report(key, err.Error())
	}
	return condition
}

// conditionKeys are the keys of the condition of an automation.
func conditionKeys() []string {
	return []string{"type", "expressions", "combinator"}
}

// isCondition reports whether a section can be the condition of an automation, and
// is not jq that YAML has taken apart.
func (r ruleReader) isCondition(node ast.Node) bool {
	values, _ := entries(node)
	return len(values) == 0 || slices.ContainsFunc(values, func(value *ast.MappingValueNode) bool {
		_, near := nearword.Nearest(keyOf(value), conditionKeys())
		return near
	})
}

// combination reads how the expressions of an automation's condition are combined,
// and reports what else is wrong beside them.
func (r ruleReader) combination(node ast.Node) func(...string) (*rule.Condition, error) {
	r.loader.checkKnown(node, join(r.path)+".when", conditionKeys())
	if kind := child(node, "type"); kind != nil && !reads(kind, "JQ") {
		r.report("when.type", "it must be JQ")
	}
	combinator := child(node, "combinator")
	switch {
	case combinator == nil || reads(combinator, "and"):
	case reads(combinator, "or"):
		return rule.Any
	default:
		r.report("when.combinator", "it must be and, or or")
	}
	return rule.All
}

// reads reports whether a node is a certain text.
func reads(node ast.Node, wanted string) bool {
	text, ok := textOf(node)
	return ok && text == wanted
}

// isText reports whether YAML takes a scalar for a text.
func isText(node ast.Node) bool {
	switch node.(type) {
	case *ast.StringNode, *ast.LiteralNode:
		return true
	}
	return false
}

func (r ruleReader) expressions(key string, node ast.Node) []string {
	elements := []ast.Node{node}
	if list, ok := node.(*ast.SequenceNode); ok {
		elements = list.Values
	}
	var expressions []string
	for _, element := range elements {
		text, ok := textOf(element)
		if !ok || strings.TrimSpace(text) == "" || !isText(element) {
			r.report(key, "it must be an expression in jq, or a list of them; put quotes around one that YAML takes for something else")
			return []string{"."}
		}
		expressions = append(expressions, text)
	}
	return expressions
}

// checkUsual reports a word that is almost one of those that Port sends.
func (r ruleReader) checkUsual(key string, words, usual []string) {
	lower := make([]string, len(usual))
	for i, word := range usual {
		lower[i] = strings.ToLower(word)
	}
	for _, word := range words {
		meant, near := nearword.Nearest(strings.ToLower(word), lower)
		if !near || slices.Contains(usual, word) {
			continue
		}
		hint := "did you mean " + usual[slices.Index(lower, meant)] + "?"
		if r.show(word) != word {
			hint = "it sends " + list(usual)
		}
		r.report(key, fmt.Sprintf("%q is not something that Port sends; %s", r.show(word), hint))
	}
}

// checkProperty reports what makes no sense with a property, or without one.
func (r ruleReader) checkProperty(made rule.Rule) {
	if made.Property == "" {
		for _, key := range []string{"from", "to", "healthy_values"} {
			if _, given := descend(r.node, key); given != nil {
				r.report(key, "it says which values of a property matter; name the property")
			}
		}
		return
	}
	if slices.ContainsFunc(made.Actions, rule.IsTimerAction) {
		r.report("property", "a property must change, and a timer that expires changes none; leave it out, or ask for a timer with when: .context.propertyIdentifier == \""+r.show(made.Property)+"\"")
	}
}

// destinations returns the destinations of the rule: those that it names, or the
// only one there can be meant.
func (r ruleReader) destinations() []string {
	declared := r.loader.declared
	named := r.texts("destination")
	if child(r.node, "destination") == nil {
		switch {
		case len(declared) == 1:
			return declared
		case slices.Contains(declared, defaultDestination):
			return []string{defaultDestination}
		case len(declared) > 1:
			r.report("", "it needs a destination; there are "+list(declared))
		}
		return nil
	}
	for _, wanted := range named {
		if len(declared) > 0 && !slices.Contains(declared, wanted) {
			r.report("destination", fmt.Sprintf("there is no destination %q; %s", r.show(wanted), suggest(r.show(wanted), declared, "there are only")))
		}
	}
	slices.Sort(named)
	return slices.Compact(named)
}
