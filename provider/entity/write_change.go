package entity

import (
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/port-changelog/terraform-provider-port/internal/jsonvalue"
	"github.com/port-changelog/terraform-provider-port/internal/port"
)

// This file determines what an update writes. The plan uses it too, so that updated_at is unknown
// only if something will be written.

// change is one write: a replacement, a patch, or nothing.
type change struct {
	replacement *port.Entity
	patch       *port.EntityPatch
}

func (c change) isEmpty() bool { return c.replacement == nil && c.patch == nil }

// changeFrom compares a plan with the state. An entity that Terraform manages completely is
// replaced, so that Port has exactly what is planned. If only declared keys are managed, before or
// after, a patch leaves the rest alone.
func (m *model) changeFrom(state *model, rec record) (change, error) {
	desired, err := m.toAPI()
	if err != nil {
		return change{}, err
	}
	current, err := state.toAPI()
	if err != nil {
		return change{}, err
	}
	if m.isDeclared() || state.isDeclared() {
		patch := m.patchFrom(state, desired, current)
		if patch == nil {
			return change{}, nil
		}
		return change{patch: patch}, nil
	}
	filled := rec.filled(current.Properties)
	addMissing(desired.Properties, filled)
	addMissing(current.Properties, filled)
	if !m.Title.IsUnknown() && sameEntity(desired, current) {
		return change{}, nil
	}
	return change{replacement: desired}, nil
}

// addMissing adds the entries of more whose keys values lacks. A key with a nil value is present.
func addMissing(values, more map[string]any) {
	for key, value := range more {
		if _, there := values[key]; !there {
			values[key] = value
		}
	}
}

// sameEntity reports whether Port would store the two equally. Absent, null and empty mean the same
// for titles, icons, teams and relations, and absent and null for properties.
func sameEntity(a, b *port.Entity) bool {
	return a.Identifier == b.Identifier &&
		textOf(a.Title) == textOf(b.Title) &&
		textOf(a.Icon) == textOf(b.Icon) &&
		sameTeams(a.Team, b.Team) &&
		jsonvalue.Equal(withoutNulls(a.Properties), withoutNulls(b.Properties)) &&
		sameRelations(a.Relations, b.Relations)
}

func textOf(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}

func sameTeams(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

func withoutNulls(values map[string]any) map[string]any {
	rest := maps.Clone(values)
	maps.DeleteFunc(rest, func(_ string, value any) bool { return value == nil })
	return orEmpty(rest)
}

func sameRelations(a, b map[string]any) bool {
	for _, key := range sortedKeys(a, b) {
		if !slices.Equal(targets(a[key]), targets(b[key])) {
			return false
		}
	}
	return true
}

// patchFrom returns a patch with the values that differ from the state. It unsets values that a
// declared state lists and the plan does not, because they were managed. It returns nil if there is
// nothing to change.
func (m *model) patchFrom(state *model, desired, current *port.Entity) *port.EntityPatch {
	managed := state.isDeclared()
	patch := &port.EntityPatch{
		Title:      textChange(m.Title, state.Title, managed),
		Icon:       textChange(m.Icon, state.Icon, managed),
		Team:       teamChange(m.Teams, state.Teams, managed),
		Properties: valueChanges(desired.Properties, current.Properties, managed, func(a, b any) bool { return jsonvalue.Equal(a, b) }),
		Relations: valueChanges(desired.Relations, current.Relations, managed, func(a, b any) bool {
			return slices.Equal(targets(a), targets(b))
		}),
	}
	if desired.Identifier != current.Identifier {
		patch.Identifier = desired.Identifier
	}
	if patch.Identifier == "" && patch.Title.IsZero() && patch.Icon.IsZero() && patch.Team.IsZero() &&
		len(patch.Properties) == 0 && len(patch.Relations) == 0 {
		return nil
	}
	return patch
}

func textChange(planned, prior types.String, managed bool) port.Change[string] {
	switch {
	case planned.ValueString() == prior.ValueString():
		return port.Change[string]{}
	case !planned.IsNull():
		return port.Set(planned.ValueString())
	case managed:
		return port.Unset[string]()
	default:
		return port.Change[string]{}
	}
}

func teamChange(planned, prior []types.String, managed bool) port.Change[[]string] {
	switch {
	case sameTeams(plainTexts(planned), plainTexts(prior)):
		return port.Change[[]string]{}
	case planned != nil:
		return port.Set(append([]string{}, plainTexts(planned)...))
	case managed:
		return port.Unset[[]string]()
	default:
		return port.Change[[]string]{}
	}
}

// valueChanges compares listed values. If managed is true, it sends values that the state does not
// list even if they are null, because Port may have a value.
func valueChanges(planned, prior map[string]any, managed bool, same func(a, b any) bool) map[string]any {
	changes := map[string]any{}
	for key, value := range planned {
		old, listed := prior[key]
		if !same(value, old) || (!listed && managed) {
			changes[key] = value
		}
	}
	for key, old := range prior {
		if _, stays := planned[key]; !stays && managed && old != nil {
			changes[key] = nil
		}
	}
	return changes
}

// declaredPatch returns a patch that sets the declared values of an existing entity.
func (m *model) declaredPatch() (*port.EntityPatch, error) {
	desired, err := m.toAPI()
	if err != nil {
		return nil, err
	}
	patch := &port.EntityPatch{Properties: desired.Properties, Relations: desired.Relations}
	if !m.Title.IsNull() {
		patch.Title = port.Set(m.Title.ValueString())
	}
	if !m.Icon.IsNull() {
		patch.Icon = port.Set(m.Icon.ValueString())
	}
	if m.Teams != nil {
		patch.Team = port.Set(append([]string{}, desired.Team...))
	}
	return patch, nil
}

// unsetPatch returns a patch that unsets all listed values.
func (m *model) unsetPatch() (*port.EntityPatch, error) {
	nothing := &model{Management: m.Management, Identifier: m.Identifier}
	listed, err := m.toAPI()
	if err != nil {
		return nil, err
	}
	empty, err := nothing.toAPI()
	if err != nil {
		return nil, err
	}
	return nothing.patchFrom(m, empty, listed), nil
}

// onlyListed returns the response without the values that the state does not list.
func onlyListed(response *port.Entity, state *model, listed map[string]any) *port.Entity {
	reduced := *response
	if state.Title.IsNull() {
		reduced.Title = nil
	}
	if state.Icon.IsNull() {
		reduced.Icon = nil
	}
	if state.Teams == nil {
		reduced.Team = nil
	}
	reduced.Properties = only(response.Properties, listed)
	reduced.Relations = only(response.Relations, state.Relations.toAPI())
	return &reduced
}

func only(values, listed map[string]any) map[string]any {
	reduced := maps.Clone(values)
	maps.DeleteFunc(reduced, func(key string, _ any) bool {
		_, isListed := listed[key]
		return !isListed
	})
	return reduced
}
