package entity

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/port-changelog/terraform-provider-port/internal/jsonvalue"
	"github.com/port-changelog/terraform-provider-port/internal/port"
)

// Port may answer with another title, icon, team or target than it was sent, or
// compute one that was left out, such as teams that the blueprint inherits. The
// record keeps those answers beside the values of properties, under keys that no
// property can have.
const (
	titleKey       = "$title"
	iconKey        = "$icon"
	teamKey        = "$team"
	relationPrefix = "relations/"
)

// attributesOf are the attributes of an entity that are not empty, by their key
// in a record.
func attributesOf(entity *port.Entity) map[string]any {
	attributes := map[string]any{}
	if title := textOf(entity.Title); title != "" {
		attributes[titleKey] = title
	}
	if icon := textOf(entity.Icon); icon != "" {
		attributes[iconKey] = icon
	}
	if len(entity.Team) > 0 {
		attributes[teamKey] = anyList(slices.Sorted(slices.Values(entity.Team)))
	}
	for key, target := range entity.Relations {
		if identifiers := targets(target); len(identifiers) > 0 {
			attributes[relationPrefix+key] = anyList(identifiers)
		}
	}
	return attributes
}

// isAttribute reports whether a key in a record is none of a property.
func isAttribute(key string) bool { return strings.ContainsAny(key, "$/") }

func anyList(texts []string) []any {
	list := make([]any, 0, len(texts))
	for _, text := range texts {
		list = append(list, text)
	}
	return list
}

// answeredAttributes are the attributes of the answer to a write, nil where it
// lacks one that was sent. That it does not mention a relation tells nothing,
// and a title that was not sent is one that Port makes up.
func answeredAttributes(sent map[string]any, answer *port.Entity) map[string]any {
	attributes := attributesOf(answer)
	for key := range sent {
		relation, isRelation := strings.CutPrefix(key, relationPrefix)
		if !has(attributes, key) && (!isRelation || has(answer.Relations, relation)) {
			attributes[key] = nil
		}
	}
	if !has(sent, titleKey) {
		delete(attributes, titleKey)
	}
	return attributes
}

// restoreAttributes gives the attributes of an answer as Terraform lists them
// where Port still has what it answered to that.
func (r record) restoreAttributes(current, listed *port.Entity) {
	attributes := attributesOf(current)
	isAnswered := func(key string) bool {
		answer, isKnown := r.Answers[key]
		return isKnown && jsonvalue.Equal(attributes[key], answer)
	}
	if isAnswered(titleKey) {
		current.Title = listed.Title
	}
	if isAnswered(iconKey) {
		current.Icon = listed.Icon
	}
	if isAnswered(teamKey) {
		current.Team = listed.Team
	}
	for key := range r.Answers {
		relation, isRelation := strings.CutPrefix(key, relationPrefix)
		if !isRelation || !isAnswered(key) {
			continue
		}
		if current.Relations == nil {
			current.Relations = map[string]any{}
		}
		current.Relations[relation] = listed.Relations[relation]
	}
}

// inheritsTeams reports whether Port computes the teams of a blueprint's
// entities from what they are related to.
func inheritsTeams(definition *port.Blueprint) bool {
	const inherited = "Inherited"
	return definition != nil && (definition.TeamInheritance != nil || (definition.Ownership != nil && definition.Ownership.Type == inherited))
}

// attributePath is where an attribute of a record is configured.
func (m *model) attributePath(key string) path.Path {
	switch key {
	case titleKey:
		return path.Root("title")
	case iconKey:
		return path.Root("icon")
	case teamKey:
		return path.Root("teams")
	}
	if relation, isRelation := strings.CutPrefix(key, relationPrefix); isRelation {
		return m.relationPath(relation)
	}
	return m.propertyPath(key)
}

// describedKey names an attribute of a record as a sentence does.
func describedKey(key string) string {
	switch key {
	case titleKey:
		return "the title"
	case iconKey:
		return "the icon"
	case teamKey:
		return "the teams"
	}
	if relation, isRelation := strings.CutPrefix(key, relationPrefix); isRelation {
		return fmt.Sprintf("the relation %q", relation)
	}
	return fmt.Sprintf("the property %q", key)
}

// teamsWarning says that Port does not keep the teams of an entity as they are
// configured, which is so because of its blueprint.
func teamsWarning(entity *model, sent, stored any) diag.Diagnostic {
	return diag.NewAttributeWarningDiagnostic(path.Root("teams"), "Teams Stored Differently", fmt.Sprintf(
		"Port has %s as the teams of the entity %q; %s was sent. The ownership of the blueprint %q decides which teams its entities have. "+
			"Plans show no difference as long as Port keeps this; to end it, leave teams out or change the ownership. "+
			"Other entities of the blueprint may be concerned too; this is reported once.",
		shown(stored), entity.ID.ValueString(), shown(sent), entity.Blueprint.ValueString()))
}
