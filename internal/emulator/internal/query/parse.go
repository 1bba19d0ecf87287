package query

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/document"
)

// Dialect is the set of rules that an operation accepts.
type Dialect int

const (
	// Everywhere is the dialect of POST /v1/entities/search, of aggregation properties and of
	// relations by query.
	Everywhere Dialect = iota
	// InBlueprint is the dialect of POST /v1/blueprints/{id}/entities/search, which also has rules
	// over relations and scorecards.
	InBlueprint
)

// Parse reads a query. The error names the invalid field, starting with its path.
func Parse(where string, body *document.Object, dialect Dialect) (*Query, error) {
	p := &parser{dialect: dialect, operators: operators()}
	root := p.group(where, body)
	if p.err != nil {
		return nil, p.err
	}
	return &Query{root: root}, nil
}

// parser records the first mistake.
type parser struct {
	dialect   Dialect
	operators map[string]operator
	err       error
}

func (p *parser) fail(where, format string, arguments ...any) {
	if p.err == nil {
		p.err = fmt.Errorf("%s %s", where, fmt.Sprintf(format, arguments...))
	}
}

func (p *parser) group(where string, body *document.Object) group {
	p.keys(where, body, "combinator", "rules")
	combinator := body.Text("combinator")
	if combinator != "and" && combinator != "or" {
		p.fail(where+"/combinator", "must be equal to one of the allowed values: and, or")
	}
	list, ok := body.Value("rules").([]any)
	if !ok {
		p.fail(where+"/rules", "must be array")
	}
	g := group{or: combinator == "or"}
	for i, item := range list {
		if p.err != nil {
			break
		}
		g.rules = append(g.rules, p.rule(where+"/rules/"+strconv.Itoa(i), item))
	}
	return g
}

// keys refuses unknown keys.
func (p *parser) keys(where string, body *document.Object, allowed ...string) {
	for key := range body.All() {
		if !slices.Contains(allowed, key) {
			p.fail(where, "must NOT have additional properties: '%s'", key)
		}
	}
}

// rule distinguishes the forms of a rule by their keys.
func (p *parser) rule(where string, item any) rule {
	body, ok := item.(*document.Object)
	switch {
	case !ok:
		p.fail(where, "must be object")
		return group{}
	case body.Has("combinator") || body.Has("rules"):
		return p.group(where, body)
	case body.Text("operator") == "relatedTo":
		return p.relatedTo(where, body)
	case body.Has("propertySchema"):
		return p.propertySchema(where, body)
	case p.dialect == InBlueprint && body.Has("relation"):
		return p.relation(where, body)
	case p.dialect == InBlueprint && body.Has("scorecard"):
		return p.scorecard(where, body)
	case body.Text("operator") == "matchAny":
		return p.matchAny(where, body)
	default:
		return p.comparison(where, body)
	}
}

// operator reads the operator of a comparison.
func (p *parser) operator(where string, body *document.Object) operator {
	name, ok := body.Value("operator").(string)
	o, known := p.operators[name]
	if !ok || !known {
		p.fail(where+"/operator", "must be equal to one of the allowed values: %q is not an operator of Port's search", name)
	}
	return o
}

func (p *parser) comparison(where string, body *document.Object) rule {
	o := p.operator(where, body)
	p.keys(where, body, o.keys("property")...)
	c := comparison{operator: o, value: p.value(where, body, o)}
	c.contextualValue = isContext(c.value)
	c.property, c.contextualProperty = p.property(where, body)
	return c
}

// property reads the name of a property, or a property of the user.
func (p *parser) property(where string, body *document.Object) (name string, contextual bool) {
	switch property := body.Value("property").(type) {
	case string:
		if strings.HasPrefix(property, "$") && !slices.Contains(metaProperties[:], property) {
			p.fail(where+"/property", "must be a property: %q is not a meta-property", property)
		}
		return property, false
	case *document.Object:
		p.context(where+"/property", property)
		return "", true
	default:
		p.fail(where, "must have required property 'property'")
		return "", false
	}
}

// metaProperties are the properties that every entity has.
var metaProperties = [...]string{
	"$identifier", "$title", "$blueprint", "$team", "$icon", "$createdAt", "$updatedAt", "$createdBy", "$updatedBy",
	"$datasource",
}

func (p *parser) context(where string, body *document.Object) {
	if context := body.Text("context"); context != "user" && context != "userTeams" {
		p.fail(where+"/context", "must be equal to one of the allowed values: user, userTeams")
	}
	if _, ok := body.Value("property").(string); !ok {
		p.fail(where+"/property", "must be string")
	}
}

// value reads the operand in the form that the operator accepts.
func (p *parser) value(where string, body *document.Object, o operator) any {
	if o.operand == noOperand {
		return nil
	}
	value, ok := body.Get("value")
	if !ok {
		p.fail(where, "must have required property 'value'")
		return nil
	}
	where += "/value"
	if isContext(value) {
		object, _ := value.(*document.Object)
		p.context(where, object)
		return value
	}
	switch o.operand {
	case orderedOperand:
		p.orderedValue(where, value)
	case rangeOperand:
		p.rangeValue(where, value)
	case equalityOperand:
		if _, isObject := value.(*document.Object); isObject {
			p.rangeValue(where, value)
		}
	case anyOperand:
		if _, isObject := value.(*document.Object); isObject {
			p.fail(where, "must be null, string, number, boolean or array")
		}
	case noOperand:
	}
	return value
}

func (p *parser) orderedValue(where string, value any) {
	if _, isNumber := value.(json.Number); isNumber {
		return
	}
	if _, isInstant := parseInstant(value); !isInstant {
		p.fail(where, "must be number or date-time")
	}
}

func (p *parser) rangeValue(where string, value any) {
	object, ok := value.(*document.Object)
	if !ok {
		p.fail(where, "must be object")
		return
	}
	if preset, ok := object.Get("preset"); ok {
		p.preset(where, preset)
		return
	}
	for _, key := range []string{"from", "to"} {
		if _, ok := parseInstant(object.Value(key)); !ok {
			p.fail(where+"/"+key, "must be date-time")
		}
	}
}

// preset validates a preset; lastDay is not documented for the search of one blueprint.
func (p *parser) preset(where string, value any) {
	name, _ := value.(string)
	_, spans := spanPresets()[name]
	_, day := dayPresets()[name]
	if !spans && !day || name == "lastDay" && p.dialect == InBlueprint {
		p.fail(where+"/preset", "must be equal to one of the allowed values, not %q", name)
	}
}

func (p *parser) relatedTo(where string, body *document.Object) rule {
	p.keys(where, body, "operator", "blueprint", "value", "direction", "required")
	r := RelatedTo{Blueprint: body.Text("blueprint"), Direction: body.Text("direction")}
	if r.Blueprint == "" {
		p.fail(where, "must have required property 'blueprint'")
	}
	if direction, ok := body.Get("direction"); ok && direction != "upstream" && direction != "downstream" {
		p.fail(where+"/direction", "must be equal to one of the allowed values: upstream, downstream")
	}
	if value, ok := body.Get("required"); ok {
		required, isBool := value.(bool)
		if !isBool {
			p.fail(where+"/required", "must be boolean")
		}
		r.Required = &required
	}
	r.Identifiers = p.identifiers(where, body)
	return relatedRule{rule: r}
}

// identifiers reads one identifier or several.
func (p *parser) identifiers(where string, body *document.Object) []string {
	identifiers, ok := texts(body.Value("value"))
	if !ok {
		p.fail(where+"/value", "must be string or array of strings")
	}
	return identifiers
}

func (p *parser) propertySchema(where string, body *document.Object) rule {
	p.keys(where, body, "operator", "propertySchema", "value")
	o := p.operator(where, body)
	if !slices.Contains([]string{"=", "!=", "contains"}, o.name) {
		p.fail(where+"/operator", "must be equal to one of the allowed values: =, !=, contains")
	}
	definition := body.Object("propertySchema")
	p.keys(where+"/propertySchema", definition, "type", "format", "items")
	kind := KindOf(definition)
	if kind.Type == "" {
		p.fail(where+"/propertySchema", "must have required property 'type'")
	}
	return schemaRule{kind: kind, operator: o, value: body.Value("value")}
}

func (p *parser) relation(where string, body *document.Object) rule {
	o := p.operator(where, body)
	p.keys(where, body, o.keys("relation", "targetProperty")...)
	r := relationRule{relation: body.Text("relation"), targetProperty: "$identifier", operator: o, value: p.value(where, body, o)}
	if r.relation == "" {
		p.fail(where+"/relation", "must be string")
	}
	if target, ok := body.Get("targetProperty"); ok {
		if target != "$identifier" && target != "$title" {
			p.fail(where+"/targetProperty", "must be equal to one of the allowed values: $title, $identifier")
		}
		r.targetProperty, _ = target.(string)
	}
	return r
}

func (p *parser) scorecard(where string, body *document.Object) rule {
	o := p.operator(where, body)
	p.keys(where, body, o.keys("scorecard", "scorecardRule")...)
	return scorecardRule{operator: o, value: p.value(where, body, o)}
}

func (p *parser) matchAny(where string, body *document.Object) rule {
	property, ok := body.Value("property").(*document.Object)
	if !ok || !property.Has("path") {
		if p.dialect == InBlueprint {
			p.fail(where+"/property", "must be object with a path")
		}
		return p.comparison(where, body)
	}
	p.keys(where, body, "property", "operator", "value")
	p.keys(where+"/property", property, "path", "fromBlueprint")
	path := Path{From: property.Text("fromBlueprint"), Steps: p.steps(where+"/property/path", property.List("path"))}
	if !isContext(body.Value("value")) {
		path.Identifiers = p.identifiers(where, body)
	}
	return pathRule{path: path}
}

func (p *parser) steps(where string, list []any) []Step {
	steps := make([]Step, 0, len(list))
	if len(list) == 0 {
		p.fail(where, "must NOT have fewer than 1 items")
	}
	for i, item := range list {
		steps = append(steps, p.step(where+"/"+strconv.Itoa(i), item))
	}
	return steps
}

// maxHops is the documented limit of a variable step.
const maxHops = 15

func (p *parser) step(where string, item any) Step {
	switch item := item.(type) {
	case string:
		return Step{Relation: item, Hops: 1}
	case *document.Object:
		number, _ := item.Value("maxHops").(json.Number)
		hops, err := strconv.Atoi(number.String())
		if err != nil || hops < 1 || hops > maxHops {
			p.fail(where+"/maxHops", "must be a number from 1 to %d", maxHops)
		}
		return Step{Relation: item.Text("relation"), Hops: hops, Variable: true}
	default:
		p.fail(where, "must be string or object")
		return Step{}
	}
}
