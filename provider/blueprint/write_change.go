package blueprint

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/port-changelog/terraform-provider-port/internal/jsonvalue"
	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/convert"
	"github.com/port-changelog/terraform-provider-port/provider/internal/jsontype"
	"github.com/port-changelog/terraform-provider-port/provider/internal/recall"
)

// toCreate gives the blueprint to create, extra_json included.
func (m *model) toCreate() (*port.Blueprint, diag.Diagnostics) {
	extra, diagnostics := m.checkExtra()
	if diagnostics.HasError() {
		return nil, diagnostics
	}
	whole := m.document()
	mergeExtra(whole, extra)
	body, err := fromDocument[port.Blueprint](whole)
	if err != nil {
		diagnostics.Append(unmergeable(err))
	}
	return body, diagnostics
}

// newChange gives what an update has to do. Whether somebody else owns the
// relations and the aggregation properties only the configuration says: the
// plan holds those that are there. Those that it declared before are released.
func newChange(ctx context.Context, config tfsdk.Config, private recall.Reader, state, plan *model) (change, diag.Diagnostics) {
	extra, diagnostics := plan.checkExtra()
	previousExtra, err := decodeExtra(state.ExtraJSON)
	if err != nil {
		diagnostics.Append(unmergeable(err))
	}
	var relations, aggregations types.Map
	diagnostics.Append(config.GetAttribute(ctx, path.Root("relations"), &relations)...)
	diagnostics.Append(config.GetAttribute(ctx, path.Root("aggregation_properties"), &aggregations)...)
	released, found := loadDeclared(ctx, private)
	diagnostics.Append(found...)
	if handsOver(state.RelationsMode, plan.RelationsMode) {
		delete(released, "relations")
		delete(released, "mirror_properties")
	}
	if handsOver(state.AggregationsMode, plan.AggregationsMode) {
		delete(released, "aggregation_properties")
	}
	wanted := change{released: released, desired: *plan, previousExtra: previousExtra, extra: extra, renames: findRenames(state, plan)}
	if relations.IsNull() {
		wanted.desired.Relations = nil
	}
	if aggregations.IsNull() {
		wanted.desired.AggregationProperties = nil
	}
	return wanted, diagnostics
}

// sendsNothing reports whether state and plan differ in nothing that Port
// stores.
func sendsNothing(state, plan *model) bool {
	return jsonvalue.Equal(plan.document(), state.document()) && sameExtra(state.ExtraJSON, plan.ExtraJSON) && findRenames(state, plan).isEmpty()
}

func sameExtra(a, b jsontype.Value) bool {
	if a.IsNull() || b.IsNull() {
		return a.IsNull() == b.IsNull()
	}
	return jsonvalue.EqualText(a.ValueString(), b.ValueString())
}

// checkExtra decodes extra_json and refuses keys in it that attributes stand
// for: which of the two was meant would not be clear.
func (m *model) checkExtra() (map[string]any, diag.Diagnostics) {
	var diagnostics diag.Diagnostics
	extra, err := decodeExtra(m.ExtraJSON)
	if err != nil {
		diagnostics.Append(unmergeable(err))
		return nil, diagnostics
	}
	owned, err := m.ownedKeys(extra)
	if err != nil {
		diagnostics.Append(unmergeable(err))
		return nil, diagnostics
	}
	if len(owned) > 0 {
		diagnostics.AddAttributeError(path.Root("extra_json"), "Key With an Attribute",
			"extra_json is for keys that no attribute of this resource stands for. Set these with their attributes instead: "+strings.Join(owned, ", ")+".")
	}
	if stray := m.strayProperties(extra); len(stray) > 0 {
		diagnostics.AddAttributeError(path.Root("extra_json"), "Keys of an Unknown Property",
			fmt.Sprintf("extra_json has keys of %s under schema.properties, and the blueprint has no such property. Correct the key, or remove it from extra_json.", quoted(stray)))
	}
	return extra, diagnostics
}

func unmergeable(err error) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(path.Root("extra_json"), "Invalid Extra JSON",
		"extra_json cannot be merged into the blueprint: "+err.Error()+".")
}

// refresh takes over what Port holds now, in the form of the state. After an import
// there is no form yet: what is empty is null, as in the state of the official
// provider, so that generated configuration says no more than it has to.
func (m *model) refresh(current *port.Blueprint) error {
	isNew := m.IsUnread()
	if err := m.fromAPI(current, isNew); err != nil {
		return err
	}
	if isNew {
		convert.OmitEmpty(m)
	}
	return nil
}
