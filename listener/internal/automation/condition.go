package automation

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/port-changelog/terraform-provider-port/internal/changelog"
	"github.com/port-changelog/terraform-provider-port/listener/internal/rule"
)

// change is which changes of entities a rule can match.
type change struct {
	// actions are of CREATE, UPDATE and DELETE, in this order.
	actions []string
	timers  bool
	rule    rule.Rule
}

// entityActions are the actions of which Port's automations have events.
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
	made := change{rule: r, timers: r.Property == "" && slices.ContainsFunc(r.Actions, rule.IsTimerAction)}
	for _, action := range entityActions() {
		if slices.Contains(r.Actions, action) {
			made.actions = append(made.actions, action)
		}
	}
	return made
}

// combine returns the event of an automation that reports all of some changes, and the condition on
// it.
func combine(wanted []change) (event string, expressions []string) {
	var all []string
	for _, one := range wanted {
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
	for _, one := range wanted {
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

// expression holds for every event that the rule matches, "" for always. What the rule asks for
// with when is left to the listener: the automation sees the event in another form, and with
// another jq. single says that there are events of one action only.
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

// actionClause tells actions by what there is before and after.
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

// propertyClauses hold when the property has changed as the rule asks for. Below what is null there
// is null.
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
		// To be created healthy is no news.
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

// compared compares a place with each of some values. It returns nothing if there are none, or if
// jq would compare one otherwise than the listener does.
func compared(place, operator string, values []any) []string {
	var comparisons []string
	for _, value := range values {
		written, ok := literal(value)
		if !ok {
			return nil
		}
		comparisons = append(comparisons, place+operator+written)
	}
	return comparisons
}

// literal writes a value in jq. Numbers that a float64 may not hold, and values that consist of
// others, are left to the listener.
func literal(value any) (string, bool) {
	const exactDigits = 15
	switch value := value.(type) {
	case nil, bool:
	case string:
		// In jq a backslash and a parenthesis begin an expression within a text: no text of JSON
		// has both.
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
