package automation

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/port-changelog/terraform-provider-port/internal/changelog"
	"github.com/port-changelog/terraform-provider-port/listener/internal/rule"
)

// change describes the entity changes that a rule can match.
type change struct {
	// actions are some of CREATE, UPDATE and DELETE, in this order.
	actions []string
	timers  bool
	rule    rule.Rule
}

// entityActions returns the actions that Port's automations have events for.
func entityActions() []string {
	return []string{changelog.ActionCreate, changelog.ActionUpdate, changelog.ActionDelete}
}

func changeOf(r rule.Rule) change {
	switch {
	case len(r.Actions) == 0 && r.Property == "":
		return change{actions: entityActions(), timers: true, rule: r}
	case len(r.Actions) == 0:
		return change{actions: entityActions()[:2], rule: r}
	}
	result := change{rule: r, timers: r.Property == "" && slices.ContainsFunc(r.Actions, rule.IsTimerAction)}
	for _, action := range entityActions() {
		if slices.Contains(r.Actions, action) {
			result.actions = append(result.actions, action)
		}
	}
	return result
}

// combine returns the event and the condition of an automation that reports all of the changes.
func combine(changes []change) (event string, expressions []string) {
	var all []string
	for _, one := range changes {
		all = append(all, one.actions...)
	}
	slices.Sort(all)
	all = slices.Compact(all)
	event = anyChange
	if len(all) == 1 {
		event = map[string]string{
			changelog.ActionCreate: "ENTITY_CREATED", changelog.ActionUpdate: "ENTITY_UPDATED", changelog.ActionDelete: "ENTITY_DELETED",
		}[all[0]]
	}
	for _, one := range changes {
		expression := one.expression(len(all) == 1)
		if expression == "" {
			return event, nil
		}
		if !slices.Contains(expressions, expression) {
			expressions = append(expressions, expression)
		}
	}
	return event, expressions
}

// expression returns a condition that is true for every event that the rule matches, or "" for
// always. It does not contain the rule's when, because automations see the event in another form
// and use another version of jq. single means that there are only events of one action.
func (c change) expression(single bool) string {
	var clauses []string
	if !single {
		clauses = append(clauses, c.actionClause()...)
	}
	if c.rule.Property != "" {
		clauses = append(clauses, c.propertyClauses()...)
	}
	return strings.Join(clauses, " and ")
}

const (
	isCreation = ".diff.before == null"
	isDeletion = ".diff.after == null"
	hasBefore  = ".diff.before != null"
	hasAfter   = ".diff.after != null"
)

// actionClause returns conditions that distinguish the actions by whether before and after are
// null.
func (c change) actionClause() []string {
	switch strings.Join(c.actions, " ") {
	case "CREATE":
		return []string{isCreation}
	case "UPDATE":
		return []string{hasBefore, hasAfter}
	case "DELETE":
		return []string{isDeletion}
	case "CREATE UPDATE":
		return []string{hasAfter}
	case "UPDATE DELETE":
		return []string{hasBefore}
	case "CREATE DELETE":
		return []string{anyOf(isCreation, isDeletion)}
	}
	return nil
}

// propertyClauses returns conditions that are true if the property has changed as the rule
// requires. In jq, a key of null is null.
func (c change) propertyClauses() []string {
	key, _ := literal(c.rule.Property)
	before, after := ".diff.before.properties["+key+"]", ".diff.after.properties["+key+"]"
	clauses := []string{before + " != " + after}
	if from := compared(before, " == ", c.rule.From); from != nil {
		clauses = append(clauses, anyOf(from...))
	}
	if to := compared(after, " == ", c.rule.To); to != nil {
		clauses = append(clauses, anyOf(to...))
	}
	if unhealthy := compared(after, " != ", c.rule.HealthyValues); unhealthy != nil && c.rule.To == nil && slices.Contains(c.actions, changelog.ActionCreate) {
		// An entity created healthy causes no alert.
		clauses = append(clauses, anyOf(hasBefore, strings.Join(unhealthy, " and ")))
	}
	return clauses
}

func anyOf(expressions ...string) string {
	if len(expressions) == 1 {
		return expressions[0]
	}
	return "(" + strings.Join(expressions, " or ") + ")"
}

// compared compares a path with each value. It returns nothing if there are no values, or if jq
// would compare one differently from the listener.
func compared(path, operator string, values []any) []string {
	var comparisons []string
	for _, value := range values {
		written, ok := literal(value)
		if !ok {
			return nil
		}
		comparisons = append(comparisons, path+operator+written)
	}
	return comparisons
}

// literal returns a value as a jq literal. It returns false for numbers that a float64 may not
// represent exactly, and for lists and objects, which only the listener compares.
func literal(value any) (string, bool) {
	const exactDigits = 15
	switch value := value.(type) {
	case nil, bool:
	case string:
		// In jq, a backslash and a parenthesis begin string interpolation, but no JSON string
		// contains this sequence.
	case json.Number:
		if len(value) > exactDigits {
			return "", false
		}
	default:
		return "", false
	}
	written, err := changelog.Stringify(value)
	return string(written), err == nil
}
