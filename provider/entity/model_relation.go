package entity

import (
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// relationsModel holds relations by whether they have one target or many.
type relationsModel struct {
	Single map[string]types.String   `tfsdk:"single_relations"`
	Many   map[string][]types.String `tfsdk:"many_relations"`
}

// toAPI gives the targets of each relation: nil, a string or a []string.
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

// relationsFromAPI sorts relations by whether they are single. One without a
// target is listed only if Terraform lists it.
func relationsFromAPI(relations map[string]any, prior *relationsModel) *relationsModel {
	known := prior
	if known == nil {
		known = &relationsModel{}
	}
	single, many := map[string]types.String{}, map[string][]types.String{}
	for key := range known.Single {
		single[key] = types.StringNull()
	}
	for key, targets := range known.Many {
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
	return &relationsModel{Single: orNil(single, known.Single), Many: orNil(many, known.Many)}
}

// emptyList is a list without elements, null if the prior one is null.
func emptyList(prior []types.String) []types.String {
	if prior == nil {
		return nil
	}
	return []types.String{}
}

// targets lists the entities that a relation points at: none for nil.
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

// orNil gives an empty map the form that prior has.
func orNil[T any](fresh, prior map[string]T) map[string]T {
	if len(fresh) == 0 && prior == nil {
		return nil
	}
	return fresh
}

func textList(in []string) []types.String {
	out := make([]types.String, 0, len(in))
	for _, value := range in {
		out = append(out, types.StringValue(value))
	}
	return out
}
