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

// toCreate returns the blueprint to create, including extra_json.
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

// newChange returns the change for an update. Only the configuration tells whether others own the
// relations and aggregation properties, because the plan contains the existing ones. Those that
// this resource declared before are released.
func newChange(ctx context.Context, config tfsdk.Config, private recall.Reader, state, plan *model) (change, diag.Diagnostics) {
	extra, diagnostics := plan.checkExtra()
	previousExtra, err := decodeExtra(state.ExtraJSON)
	if err != nil {
		diagnostics.Append(unmergeable(err))
	}
	var relations, aggregations types.Map
	diagnostics.Append(config.GetAttribute(ctx, path.Root("relations"), &relations)...)
	diagnostics.Append(config.GetAttribute(ctx, path.Root("aggregation_properties"), &aggregations)...)
	released, problems := loadDeclared(ctx, private)
	diagnostics.Append(problems...)
	if handsOver(state.RelationsMode, plan.RelationsMode) {
		delete(released, "relations")
		delete(released, "mirror_properties")
	}
	if handsOver(state.AggregationsMode, plan.AggregationsMode) {
		delete(released, "aggregation_properties")
	}
	result := change{released: released, desired: *plan, previousExtra: previousExtra, extra: extra, renames: findRenames(state, plan)}
	if relations.IsNull() {
		result.desired.Relations = nil
	}
	if aggregations.IsNull() {
		result.desired.AggregationProperties = nil
	}
	return result, diagnostics
}

// sendsNothing reports whether state and plan are equal in everything that Port stores.
func sendsNothing(state, plan *model) bool {
	return jsonvalue.Equal(plan.document(), state.document()) && sameExtra(state.ExtraJSON, plan.ExtraJSON) && findRenames(state, plan).isEmpty()
}

func sameExtra(a, b jsontype.Value) bool {
	if a.IsNull() || b.IsNull() {
		return a.IsNull() == b.IsNull()
	}
	return jsonvalue.EqualText(a.ValueString(), b.ValueString())
}

// checkExtra decodes extra_json and refuses keys that have an attribute, because two values would
// conflict.
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
			"extra_json is for keys that have no attribute. Set these with their attributes instead: "+strings.Join(owned, ", ")+".")
	}
	if stray := m.undeclaredProperties(extra); len(stray) > 0 {
		diagnostics.AddAttributeError(path.Root("extra_json"), "Keys of an Unknown Property",
			fmt.Sprintf("extra_json has keys for %s under schema.properties, but the blueprint has no such property. Correct the key, or remove it from extra_json.", quoted(stray)))
	}
	return extra, diagnostics
}

func unmergeable(err error) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(path.Root("extra_json"), "Invalid Extra JSON",
		"extra_json cannot be merged into the blueprint: "+err.Error()+".")
}

// refresh reads the current blueprint in the form of the state. After an import, empty values
// become null, as in the official provider, so that generated configuration is short.
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
