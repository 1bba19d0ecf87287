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

// Relations and aggregation properties may be declared by others too, so that a
// configuration without the attribute leaves alone what it has not declared
// itself. What it has, the resource remembers in its private state at each
// apply: taking the attribute out of the configuration removes that and nothing
// else. After an import, or in the state of another provider, nothing counts as
// declared. Mirror properties over relations of others are theirs as well.

// sharedAttributes are those whose elements others may declare too.
var sharedAttributes = []string{"relations", "mirror_properties", "aggregation_properties"}

// declaredKey is where the private state holds the declared keys.
const declaredKey = "declared"

// declaredKeys holds, by attribute, the keys that the last apply found in the
// configuration.
type declaredKeys map[string][]string

// all are the keys of all attributes in order.
func (k declaredKeys) all() []string {
	return slices.Sorted(slices.Values(slices.Concat(slices.Collect(maps.Values(k))...)))
}

func loadDeclared(ctx context.Context, private recall.Reader) (declaredKeys, diag.Diagnostics) {
	keys := declaredKeys{}
	diagnostics := recall.LoadKey(ctx, private, declaredKey, &keys)
	return keys, diagnostics
}

// saveDeclared remembers what the configuration declares.
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

// keepOfOthers plans what others declared when nothing is configured.
type keepOfOthers struct{}

var _ planmodifier.Map = keepOfOthers{}

func (keepOfOthers) Description(context.Context) string {
	return "Without a value in the configuration, what others declared stays."
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

// keepMirrorsOfOthers is [keepOfOthers] where others may declare relations, and
// [settle.EmptyIsNull] where they may not.
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

// planReleases warns of the values that go with relations which are no longer
// configured.
func planReleases(ctx context.Context, req resource.ModifyPlanRequest) diag.Diagnostics {
	at := path.Root("relations")
	var configured, before types.Map
	diagnostics := req.Config.GetAttribute(ctx, at, &configured)
	diagnostics.Append(req.State.GetAttribute(ctx, at, &before)...)
	declared, found := loadDeclared(ctx, req.Private)
	diagnostics.Append(found...)
	gone, areHandedOver, found := relationsGone(ctx, req, req.Plan.GetAttribute)
	diagnostics.Append(found...)
	if areHandedOver && len(gone) > 0 {
		diagnostics.Append(relationsLeft(gone))
	}
	if !configured.IsNull() || areHandedOver {
		return diagnostics
	}
	gone = lacking(before.Elements(), undeclared(declared, at.String(), before.Elements()))
	if len(gone) > 0 {
		diagnostics.AddAttributeWarning(at, "Relations Will Be Deleted", fmt.Sprintf(
			"relations is no longer configured. Applying this deletes what this resource declared, %s, with the targets of every entity. "+
				"Relations that others declared stay. To leave these at Port too, set relations_mode = \"declared\" in the same change.",
			quoted(gone)))
	}
	return diagnostics
}
