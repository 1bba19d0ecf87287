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

// combine returns the event of an automation that reports all of some changes, and the
// condition on it.
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

// expression holds for every event that the rule matches, "" for always. What the rule
// asks for with when is left to the listener: the automation sees the event in another
// form, and with another jq. single says that there are events of one action only.
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
		return []string{"(" + isCreation + " or " + isDeletion + ")"}
	}
	return nil
}

// propertyClauses hold when the property has changed as the rule asks for. Below what is
// null there is null.
func (c change) propertyClauses() []string {
	key, _ := literal(c.rule.Property)
	before, after := ".diff.before.properties["+key+"]", ".diff.after.properties["+key+"]"
	clauses := []string{before + " != " + after}
	if from, ok := oneOf(before, c.rule.From); ok {
		clauses = append(clauses, from)
	}
	if to, ok := oneOf(after, c.rule.To); ok {
		clauses = append(clauses, to)
	}
	if healthy, ok := oneOf(after, c.rule.HealthyValues); ok && c.rule.To == nil && slices.Contains(c.actions, changelog.ActionCreate) {
		// To be created healthy is no news.
		clauses = append(clauses, "("+hasBefore+" or ("+healthy+" | not))")
	}
	return clauses
}

// oneOf says that a place has one of some values. It reports false if nothing is asked
// for, or if jq would compare otherwise than the listener does.
func oneOf(place string, values []any) (string, bool) {
	if len(values) == 0 {
		return "", false
	}
	comparisons := make([]string, len(values))
	for i, value := range values {
		written, ok := literal(value)
		if !ok {
			return "", false
		}
		comparisons[i] = place + " == " + written
	}
	if len(comparisons) == 1 {
		return comparisons[0], true
	}
	return "(" + strings.Join(comparisons, " or ") + ")", true
}

// literal writes a value in jq. Numbers that a float64 may not hold, and values that
// consist of others, are left to the listener.
func literal(value any) (string, bool) {
	const exactDigits = 15
	switch value := value.(type) {
	case nil, bool:
	case string:
		// In jq a backslash and a parenthesis begin an expression within a text: no
		// text of JSON has both.
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
