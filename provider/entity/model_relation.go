package entity

import (
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// relationsModel holds relations by whether they have one target or many.
type relationsModel struct {
	Single map[string]types.String   `tfsdk:"single_relations"`
	Many   map[string][]types.String `tfsdk:"many_relations"`
}

// toAPI returns the targets of each relation: nil, a string or a []string.
func (m *relationsModel) toAPI() map[string]any {
	relations := map[string]any{}
	if m == nil {
		return relations
	}
	for key, target := range m.Single {
		relations[key] = nil
		if !target.IsNull() {
			relations[key] = target.ValueString()
		}
	}
	for key, targets := range m.Many {
		identifiers := make([]string, 0, len(targets))
		for _, target := range targets {
			identifiers = append(identifiers, target.ValueString())
		}
		relations[key] = identifiers
	}
	return relations
}

// relationsFromAPI distributes relations over the two maps. A relation without a target is listed
// only if prior lists it.
func relationsFromAPI(relations map[string]any, prior *relationsModel) *relationsModel {
	listed := prior
	if listed == nil {
		listed = &relationsModel{}
	}
	single, many := map[string]types.String{}, map[string][]types.String{}
	for key := range listed.Single {
		single[key] = types.StringNull()
	}
	for key, targets := range listed.Many {
		many[key] = emptyList(targets)
	}
	for key, target := range relations {
		switch target := target.(type) {
		case string:
			delete(many, key)
			single[key] = types.StringValue(target)
		case []string:
			if len(target) > 0 {
				delete(single, key)
				many[key] = textList(target)
			}
		}
	}
	if prior == nil && len(single) == 0 && len(many) == 0 {
		return nil
	}
	return &relationsModel{Single: orNil(single, listed.Single), Many: orNil(many, listed.Many)}
}

// emptyList returns a list without elements, null if prior is null.
func emptyList(prior []types.String) []types.String {
	if prior == nil {
		return nil
	}
	return []types.String{}
}

// targets returns the identifiers of the entities that a relation points to.
func targets(value any) []string {
	switch value := value.(type) {
	case string:
		return []string{value}
	case []string:
		return value
	default:
		return nil
	}
}

// orNil returns nil instead of an empty map if prior is nil.
func orNil[T any](values, prior map[string]T) map[string]T {
	if len(values) == 0 && prior == nil {
		return nil
	}
	return values
}

func textList(in []string) []types.String {
	out := make([]types.String, 0, len(in))
	for _, value := range in {
		out = append(out, types.StringValue(value))
	}
	return out
}
