package catalog

import (
	"strings"

	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/document"
)

// The system blueprints that the emulator has.
const (
	userBlueprint       = "_user"
	teamBlueprint       = "_team"
	scorecardBlueprint  = "_scorecard"
	ruleBlueprint       = "_rule"
	ruleResultBlueprint = "_rule_result"
	groupBlueprint      = "_scorecard_group"
)

// addSystemBlueprints adds the blueprints that every organization has. [?system-structure] Their
// exact content is unknown: the emulator has the keys that Port's documentation shows.
func (c *Catalog) addSystemBlueprints() {
	for _, body := range systemBlueprints() {
		d, err := define(body, c.config.Destination)
		if err != nil {
			panic("catalog: a system blueprint is not valid: " + err.Error())
		}
		c.graph.addBlueprint(d, c.stamper.created())
	}
}

// SystemStructure returns the base structure of a system blueprint: its content before anybody adds
// to it.
func (c *Catalog) SystemStructure(identifier string) (*document.Object, error) {
	base, ok := systemBase(identifier)
	if !ok {
		return nil, refuse(NotFound, "System blueprint with identifier %q was not found", identifier)
	}
	return base, nil
}

func systemBase(identifier string) (*document.Object, bool) {
	if !strings.HasPrefix(identifier, "_") {
		return nil, false
	}
	for _, body := range systemBlueprints() {
		if body.Text("identifier") == identifier {
			return body, true
		}
	}
	return nil, false
}

func isSystem(identifier string) bool {
	_, ok := systemBase(identifier)
	return ok
}

// checkSystem refuses a redefinition of a system blueprint that renames it or omits part of its
// base structure.
func checkSystem(identifier string, d *definition) error {
	base, ok := systemBase(identifier)
	if !ok {
		return nil
	}
	if d.identifier != identifier {
		return refuse(Invalid, "body/identifier must NOT change: blueprint %q belongs to the system", identifier)
	}
	for _, part := range systemParts() {
		changed := part.of(d.document)
		for key := range part.of(base).All() {
			if !changed.Has(key) {
				return refuse(Invalid, "body/%s must have system %s '%s'", part.at, part.noun, key)
			}
		}
	}
	return nil
}

// checkSystemChange refuses a change of a system blueprint that is protected, or of its base
// structure.
//
// [D] A PUT with an old version of the base structure is 422, and a PATCH cannot modify it.
// [?protected-blueprints] Assumed: which blueprints are protected, and the status of the refusal.
func checkSystemChange(b *blueprint, body *document.Object) error {
	identifier := b.definition.identifier
	base, ok := systemBase(identifier)
	if !ok {
		return nil
	}
	if identifier == ruleBlueprint || identifier == groupBlueprint {
		return refuse(Invalid, "Blueprint %q is protected and cannot be changed", identifier)
	}
	for _, part := range systemParts() {
		existing, changed := part.of(b.definition.document), part.of(body)
		for key := range part.of(base).All() {
			if changed.Has(key) && !document.Equal(changed.Value(key), existing.Value(key)) {
				return refuse(Invalid, "body/%s/%s must NOT change: it belongs to the system", part.at, key)
			}
		}
	}
	return nil
}

// systemPart is a collection to which a base structure may contribute elements.
type systemPart struct {
	noun, at string
	of       func(blueprint *document.Object) *document.Object
}

func systemParts() []systemPart {
	return []systemPart{
		{"property", "schema/properties", func(b *document.Object) *document.Object { return b.Object("schema").Object("properties") }},
		{"relation", "relations", func(b *document.Object) *document.Object { return b.Object("relations") }},
		{"aggregation property", "aggregationProperties", func(b *document.Object) *document.Object { return b.Object("aggregationProperties") }},
	}
}

// systemBlueprints returns the base structures, in an order in which the targets of relations come
// first.
func systemBlueprints() []*document.Object {
	return []*document.Object{
		systemBlueprint(teamBlueprint, "Team", "Team", document.New().
			With("description", textProperty("Description", "")).
			With("size", numberProperty("Size")), document.New()),
		systemBlueprint(userBlueprint, "User", "User", document.New().
			With("status", textProperty("Status", "")).
			With("moderated_blueprints", listProperty("Moderated Blueprints")).
			With("port_role", textProperty("Port Role", "")).
			With("port_type", textProperty("Port Type", "")), document.New().
			With("team", systemRelation("Team", teamBlueprint, true))),
		systemBlueprint(scorecardBlueprint, "Scorecard", "Scorecards", document.New().
			With("blueprint", textProperty("Blueprint", "")).
			With("levels", document.New().With("type", "array").With("title", "Levels").
				With("items", document.New().With("type", "object"))), document.New()).
			With("aggregationProperties", document.New().With("rules_tested", document.New().With("title", "Rules tested").With("target", ruleBlueprint).With("type", "number").
				With("calculationSpec", document.New().With("func", "count").With("calculationBy", "entities")))),
		systemBlueprint(ruleBlueprint, "Rule", "Rule", document.New().
			With("level", textProperty("Level", "")).
			With("rule_description", textProperty("Rule Description", "")).
			With("query", objectProperty("Query")), document.New().
			With("scorecard", systemRelation("Scorecard", scorecardBlueprint, false))),
		systemBlueprint(ruleResultBlueprint, "Rule Result", "RuleResult", document.New().
			With("result", textProperty("Result", "")).
			With("entity", textProperty("Entity", "")).
			With("result_last_change", textProperty("Result Last Change", "date-time")), document.New().
			With("rule", systemRelation("Rule", ruleBlueprint, false))),
		systemBlueprint(groupBlueprint, "Scorecard Group", "Scorecards", document.New(), document.New()),
	}
}

func systemBlueprint(identifier, title, icon string, properties, relations *document.Object) *document.Object {
	return document.New().
		With("identifier", identifier).
		With("title", title).
		With("icon", icon).
		With("schema", document.New().With("properties", properties).With("required", []any{})).
		With("mirrorProperties", document.New()).
		With("calculationProperties", document.New()).
		With("aggregationProperties", document.New()).
		With("relations", relations)
}

func textProperty(title, format string) *document.Object {
	p := document.New().With("type", "string").With("title", title)
	if format != "" {
		p.Set("format", format)
	}
	return p
}

func numberProperty(title string) *document.Object {
	return document.New().With("type", "number").With("title", title)
}

func listProperty(title string) *document.Object {
	return document.New().With("type", "array").With("title", title).
		With("items", document.New().With("type", "string"))
}

func objectProperty(title string) *document.Object {
	return document.New().With("type", "object").With("title", title)
}

func systemRelation(title, target string, many bool) *document.Object {
	return document.New().With("title", title).With("target", target).With("required", false).With("many", many)
}
