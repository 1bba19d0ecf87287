package blueprint

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/backend"
)

// Parts of a blueprint may be declared inline, or as resources of their own. This
// file keeps the two from deleting what the other one declares.

// The modes of an attribute whose elements others may declare too.
const (
	modeAuthoritative = "authoritative"
	modeDeclared      = "declared"
)

func modeAttribute(of, resources string) schema.Attribute {
	return schema.StringAttribute{
		Optional: true,
		MarkdownDescription: "Who owns what `" + of + "` does not declare. `authoritative`: this resource, which deletes it. `declared`: others, such as " + resources +
			"; it is left alone, also what `" + of + "` loses in the change that sets this. Defaults to `authoritative` where `" + of + "` is set.",
		Validators: []validator.String{stringvalidator.OneOf(modeAuthoritative, modeDeclared)},
	}
}

// inlineParts reads what a configuration declares inline. What is not known yet
// counts as open to others.
func inlineParts(ctx context.Context, config tfsdk.Config) (map[string]backend.InlineParts, diag.Diagnostics) {
	var diagnostics diag.Diagnostics
	inline := map[string]backend.InlineParts{}
	for _, name := range []string{"relations", "aggregation_properties"} {
		var elements types.Map
		var mode types.String
		diagnostics.Append(config.GetAttribute(ctx, path.Root(name), &elements)...)
		diagnostics.Append(config.GetAttribute(ctx, path.Root(name+"_mode"), &mode)...)
		if elements.IsNull() || elements.IsUnknown() {
			continue
		}
		inline[name] = backend.InlineParts{
			IsAuthoritative: !mode.IsUnknown() && mode.ValueString() != modeDeclared,
			Keys:            slices.Sorted(maps.Keys(elements.Elements())),
		}
	}
	return inline, diagnostics
}

// declarePart announces a part that is planned as a resource of its own, and refuses
// one that the blueprint, if it was planned before, would delete.
func declarePart(b *backend.Backend, blueprint string, part backend.PlannedPart) diag.Diagnostics {
	b.Planned.AddPart(blueprint, part)
	planned, isPlanned := b.Planned.Find(blueprint)
	if !isPlanned {
		return nil
	}
	if conflict := conflictOf(planned, part); conflict != "" {
		return diag.Diagnostics{diag.NewErrorDiagnostic("Conflicting Ownership", conflict)}
	}
	return nil
}

// refuseParts refuses a blueprint that would delete parts which were planned before it.
func refuseParts(b *backend.Backend, planned backend.PlannedBlueprint) diag.Diagnostics {
	var diagnostics diag.Diagnostics
	for _, part := range b.Planned.Parts(planned.After) {
		if conflict := conflictOf(planned, part); conflict != "" {
			diagnostics.AddAttributeError(path.Root(part.Attribute), "Conflicting Ownership", conflict)
		}
	}
	return diagnostics
}

// conflictOf says why an attribute of a blueprint and a resource of its own cannot
// both declare a part, or "".
func conflictOf(planned backend.PlannedBlueprint, part backend.PlannedPart) string {
	inline, isSet := planned.Inline[part.Attribute]
	switch {
	case part.IsNew && part.Attribute == "relations" && slices.Contains(planned.DeletedRelations, part.Key):
		return recreated(planned.After, part.Key)
	case !isSet:
		return ""
	case part.Key == "":
		return fmt.Sprintf("The attribute %[1]s of the blueprint %[2]q and a resource of its own both declare the %[3]s of the blueprint. Remove %[1]s from the blueprint, or remove the resource.",
			part.Attribute, planned.After, spoken(part.Attribute))
	case slices.Contains(inline.Keys, part.Key):
		return fmt.Sprintf("The attribute %[1]s of the blueprint %[2]q and a resource of its own both declare %[3]q. Remove it from one of the two.",
			part.Attribute, planned.After, part.Key)
	case inline.IsAuthoritative:
		return fmt.Sprintf("The attribute %[1]s of the blueprint %[2]q is authoritative, so it would delete %[3]q, which a resource of its own declares. "+
			"Set %[1]s_mode = \"declared\" on the blueprint, remove %[1]s from it, or declare %[3]q there.", part.Attribute, planned.After, part.Key)
	default:
		return ""
	}
}

// spoken is the name of an attribute as people say it.
func spoken(attribute string) string { return strings.ReplaceAll(attribute, "_", " ") }

// openToOthers is the model without the elements of attributes that others may add
// to.
func (m *model) openToOthers() *model {
	open := *m
	if m.RelationsMode.ValueString() == modeDeclared {
		open.Relations = nil
	}
	if m.AggregationsMode.ValueString() == modeDeclared {
		open.AggregationProperties = nil
	}
	return &open
}

// sharesRelations reports whether others may declare relations of the blueprint, and
// mirror properties over them.
func (m *model) sharesRelations() bool {
	return m.Relations == nil || m.RelationsMode.ValueString() == modeDeclared
}

// ownElements are the elements of an attribute that a refresh looks at: those that
// the state has, and all of them where the attribute is authoritative.
func ownElements[V, M any](mode types.String, all map[string]V, prior map[string]M) map[string]V {
	if mode.ValueString() != modeDeclared {
		return all
	}
	own := maps.Clone(all)
	maps.DeleteFunc(own, func(key string, _ V) bool { _, isOurs := prior[key]; return !isOurs })
	return own
}

// ownMirrors are the mirror properties that a refresh looks at. Those over relations
// that others declare belong to them.
func (m *model) ownMirrors(all map[string]port.MirrorProperty) map[string]port.MirrorProperty {
	if !m.sharesRelations() {
		return all
	}
	own := maps.Clone(all)
	maps.DeleteFunc(own, func(key string, mirror port.MirrorProperty) bool {
		_, isOurs := m.MirrorProperties[key]
		_, isOverOurs := m.Relations[firstRelation(mirror.Path)]
		return !isOurs && !isOverOurs
	})
	return own
}
