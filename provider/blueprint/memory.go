package blueprint

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/port-changelog/terraform-provider-port/provider/internal/recall"
	"github.com/port-changelog/terraform-provider-port/provider/internal/settle"
)

// Relations and aggregation properties may be declared by others too, so a configuration without
// the attribute leaves alone what it has not declared itself. Each apply records the declared keys
// in the private state: removing the attribute from the configuration deletes these and nothing
// else. After an import, or with state from another provider, nothing counts as declared. Mirror
// properties over relations of others belong to the others as well.

// sharedAttributes are the attributes whose elements others may declare too.
var sharedAttributes = []string{"relations", "mirror_properties", "aggregation_properties"}

// declaredKey is the key of the declared keys in the private state.
const declaredKey = "declared"

// declaredKeys are the keys that the last apply found in the configuration, by attribute.
type declaredKeys map[string][]string

// all returns the keys of all attributes, sorted.
func (k declaredKeys) all() []string {
	return slices.Sorted(slices.Values(slices.Concat(slices.Collect(maps.Values(k))...)))
}

func loadDeclared(ctx context.Context, private recall.Reader) (declaredKeys, diag.Diagnostics) {
	keys := declaredKeys{}
	diagnostics := recall.LoadKey(ctx, private, declaredKey, &keys)
	return keys, diagnostics
}

// saveDeclared records the keys that the configuration declares.
func saveDeclared(ctx context.Context, config tfsdk.Config, private recall.Writer) diag.Diagnostics {
	keys := declaredKeys{}
	var diagnostics diag.Diagnostics
	for _, name := range sharedAttributes {
		var elements types.Map
		diagnostics.Append(config.GetAttribute(ctx, path.Root(name), &elements)...)
		if len(elements.Elements()) > 0 {
			keys[name] = slices.Sorted(maps.Keys(elements.Elements()))
		}
	}
	return append(diagnostics, recall.SaveKey(ctx, private, declaredKey, keys)...)
}

// undeclared returns a map without the declared keys of an attribute.
func undeclared[V any](declared declaredKeys, attribute string, elements map[string]V) map[string]V {
	rest := maps.Clone(elements)
	maps.DeleteFunc(rest, func(key string, _ V) bool { return slices.Contains(declared[attribute], key) })
	return rest
}

// keepOfOthers plans what others declared if the attribute is not configured.
type keepOfOthers struct{}

var _ planmodifier.Map = keepOfOthers{}

func (keepOfOthers) Description(context.Context) string {
	return "If it is not configured, what others declared stays."
}

func (m keepOfOthers) MarkdownDescription(ctx context.Context) string { return m.Description(ctx) }

func (keepOfOthers) PlanModifyMap(ctx context.Context, req planmodifier.MapRequest, resp *planmodifier.MapResponse) {
	if !req.ConfigValue.IsNull() {
		return
	}
	declared, diagnostics := loadDeclared(ctx, req.Private)
	resp.Diagnostics.Append(diagnostics...)
	resp.PlanValue = req.StateValue
	before := req.StateValue.Elements()
	after := undeclared(declared, req.Path.String(), before)
	switch {
	case len(after) == len(before):
	case len(after) == 0:
		resp.PlanValue = types.MapNull(req.StateValue.ElementType(ctx))
	default:
		value, diagnostics := types.MapValue(req.StateValue.ElementType(ctx), after)
		resp.Diagnostics.Append(diagnostics...)
		resp.PlanValue = value
	}
}

// keepMirrorsOfOthers is [keepOfOthers] if others may declare relations, and [settle.EmptyIsNull]
// otherwise.
type keepMirrorsOfOthers struct{ keepOfOthers }

var _ planmodifier.Map = keepMirrorsOfOthers{}

func (m keepMirrorsOfOthers) PlanModifyMap(ctx context.Context, req planmodifier.MapRequest, resp *planmodifier.MapResponse) {
	var relations types.Map
	var mode types.String
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("relations"), &relations)...)
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("relations_mode"), &mode)...)
	if relations.IsNull() || mode.ValueString() == modeDeclared {
		m.keepOfOthers.PlanModifyMap(ctx, req, resp)
	} else {
		settle.EmptyIsNull{}.PlanModifyMap(ctx, req, resp)
	}
}

// planReleases warns about the values that are deleted with relations that are no longer
// configured.
func planReleases(ctx context.Context, req resource.ModifyPlanRequest) diag.Diagnostics {
	at := path.Root("relations")
	var configured, before types.Map
	diagnostics := req.Config.GetAttribute(ctx, at, &configured)
	diagnostics.Append(req.State.GetAttribute(ctx, at, &before)...)
	declared, problems := loadDeclared(ctx, req.Private)
	diagnostics.Append(problems...)
	removed, areHandedOver, problems := removedRelations(ctx, req, req.Plan.GetAttribute)
	diagnostics.Append(problems...)
	if areHandedOver && len(removed) > 0 {
		diagnostics.Append(relationsLeftWarning(removed))
	}
	if !configured.IsNull() || areHandedOver {
		return diagnostics
	}
	removed = missingKeys(before.Elements(), undeclared(declared, at.String(), before.Elements()))
	if len(removed) > 0 {
		diagnostics.AddAttributeWarning(at, "Relations Will Be Deleted", fmt.Sprintf(
			"relations is no longer configured. Applying this deletes the relations that this resource declared, %s, with the related entities of every entity. "+
				"Relations that others declared stay. To keep all of them, set relations_mode = \"declared\" in the same change.",
			quoted(removed)))
	}
	return diagnostics
}
