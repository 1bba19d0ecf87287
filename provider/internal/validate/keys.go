package validate

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// DistinctKeys refuses a key that appears in two maps of an object: the maps sort
// by type what Port keeps under one key, so that one of the two would be lost.
type DistinctKeys struct{}

var _ validator.Object = DistinctKeys{}

// Description implements validator.Describer.
func (DistinctKeys) Description(context.Context) string { return "a key may stand in one map only" }

// MarkdownDescription implements validator.Describer.
func (v DistinctKeys) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

// ValidateObject implements validator.Object.
func (DistinctKeys) ValidateObject(_ context.Context, req validator.ObjectRequest, resp *validator.ObjectResponse) {
	resp.Diagnostics.Append(keySeeker{firstMap: map[string]string{}}.seek(req.Path, req.ConfigValue.Attributes())...)
}

// keySeeker remembers the map in which it found each key first.
type keySeeker struct {
	firstMap map[string]string
}

func (s keySeeker) seek(at path.Path, attributes map[string]attr.Value) diag.Diagnostics {
	var diagnostics diag.Diagnostics
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		switch value := attributes[name].(type) {
		case types.Object:
			diagnostics.Append(s.seek(at.AtName(name), value.Attributes())...)
		case types.Map:
			diagnostics.Append(s.check(at.AtName(name), name, value)...)
		}
	}
	return diagnostics
}

func (s keySeeker) check(at path.Path, name string, elements types.Map) diag.Diagnostics {
	var diagnostics diag.Diagnostics
	for _, key := range slices.Sorted(maps.Keys(elements.Elements())) {
		first, taken := s.firstMap[key]
		if !taken {
			s.firstMap[key] = name
			continue
		}
		diagnostics.AddAttributeError(at.AtMapKey(key), "Duplicate Key",
			fmt.Sprintf("The key %q also appears in %s. It can have one type only: remove it from one of the two.", key, first))
	}
	return diagnostics
}
