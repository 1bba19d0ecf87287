package blueprint

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/port-changelog/terraform-provider-port/provider/internal/backend"
)

// A relation that moves from its blueprint to its own resource must not be deleted and created
// again, because entities would lose their related entities. While the provider updates the
// blueprint, it does not know what else the run declares. So the update that sets the mode of an
// attribute to declared keeps what the attribute no longer declares, and another resource of the
// same run takes it over. A plan that would delete and create the same relation is refused.

// handsOver reports whether an update leaves what an attribute no longer declares to others.
func handsOver(before, after types.String) bool {
	return after.ValueString() == modeDeclared && before.ValueString() != modeDeclared
}

// handOver records the parts that an update has left to other resources.
func handOver(b *backend.Backend, state, plan *model) {
	blueprint := plan.Identifier.ValueString()
	if handsOver(state.RelationsMode, plan.RelationsMode) {
		b.HandOver(blueprint, "relations", missingKeys(state.Relations, plan.Relations))
		b.HandOver(blueprint, "mirror_properties", missingKeys(state.MirrorProperties, plan.MirrorProperties))
	}
	if handsOver(state.AggregationsMode, plan.AggregationsMode) {
		b.HandOver(blueprint, "aggregation_properties", missingKeys(state.AggregationProperties, plan.AggregationProperties))
	}
}

// missingKeys returns the keys of before that after lacks, sorted.
func missingKeys[A, B any](before map[string]A, after map[string]B) []string {
	keys := slices.Collect(maps.Keys(before))
	keys = slices.DeleteFunc(keys, func(key string) bool { _, stays := after[key]; return stays })
	slices.Sort(keys)
	return keys
}

// removedRelations returns the relations of the state that the plan lacks and does not rename, and
// whether the update leaves them to others.
func removedRelations(ctx context.Context, req resource.ModifyPlanRequest, planned getter) (keys []string, areHandedOver bool, diagnostics diag.Diagnostics) {
	at := path.Root("relations")
	var mode, modeBefore types.String
	diagnostics = planned(ctx, path.Root("relations_mode"), &mode)
	diagnostics.Append(req.State.GetAttribute(ctx, path.Root("relations_mode"), &modeBefore)...)
	before, problems := declaredIn(ctx, req.State.GetAttribute, at, "relation")
	diagnostics.Append(problems...)
	after, problems := declaredIn(ctx, planned, at, "relation")
	diagnostics.Append(problems...)
	if after.partial {
		return nil, false, diagnostics
	}
	keys = missingKeys(before.byKey, after.byKey)
	for _, m := range findMoves(renamed(before.byKey), renamed(after.byKey)) {
		keys = slices.DeleteFunc(keys, func(key string) bool { return key == m.from })
	}
	return keys, handsOver(modeBefore, mode), diagnostics
}

// deletedRelations returns the relations that the update deletes. If the map is not authoritative,
// these are only relations that this resource declared.
func deletedRelations(ctx context.Context, req resource.ModifyPlanRequest, planned getter) ([]string, diag.Diagnostics) {
	if req.State.Raw.IsNull() {
		return nil, nil
	}
	keys, areHandedOver, diagnostics := removedRelations(ctx, req, planned)
	if areHandedOver {
		return nil, diagnostics
	}
	var mode types.String
	diagnostics.Append(planned(ctx, path.Root("relations_mode"), &mode)...)
	if mode.ValueString() != modeDeclared {
		return keys, diagnostics
	}
	declared, problems := loadDeclared(ctx, req.Private)
	diagnostics.Append(problems...)
	return slices.DeleteFunc(keys, func(key string) bool { return !slices.Contains(declared["relations"], key) }), diagnostics
}

// relationsLeftWarning names the relations that an update leaves to others.
func relationsLeftWarning(keys []string) diag.Diagnostic {
	return diag.NewAttributeWarningDiagnostic(path.Root("relations_mode"), "Relations Left to Others", fmt.Sprintf(
		"relations_mode changes to \"declared\", so the relations that this resource no longer declares stay in Port as they are: %s. "+
			"To manage them, create a port_blueprint_relation for each in the same run, which takes it over.", quoted(keys)))
}

// recreationConflict describes why a relation cannot be deleted by its blueprint and created by its
// own resource in the same run.
func recreationConflict(blueprint, key string) string {
	return fmt.Sprintf("Applying this deletes the relation %[2]q of the blueprint %[1]q, with the related entities of every entity, and creates it again as a port_blueprint_relation. "+
		"To keep it, set relations_mode = \"declared\" on the blueprint in the same change. "+
		"If the mode is already set, first remove the blueprint %[1]q from the state with terraform state rm and import it again with terraform import.", blueprint, key)
}
