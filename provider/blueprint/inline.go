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

	"github.com/port-changelog/terraform-provider-port/provider/internal/backend"
	"github.com/port-changelog/terraform-provider-port/provider/internal/document"
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

// isShared reports whether others may declare elements of an attribute as well.
func isShared[T any](elements map[string]T, mode types.String) bool {
	return elements == nil || mode.ValueString() == modeDeclared
}

// isOverOurs reports of mirror properties whether they lead over a relation that the
// model declares. Those over relations that others declare belong to them.
func (m *contentModel) isOverOurs() func(mirror any) bool {
	ours := m.Relations
	return func(mirror any) bool {
		object, _ := mirror.(document.Object)
		at, _ := object["path"].(string)
		_, isOurs := ours[firstRelation(at)]
		return isOurs
	}
}

// shared binds a map of which others may declare elements as well: those stay, and a
// refresh looks at those that the model has. isOurs tells of further elements which
// belong to the model; it may be nil. A map that is null and shared hides what others
// declared.
func shared[T any](key string, target *map[string]T, bindings func(*T) []document.Binding, isShared bool, isOurs func(any) bool) document.Binding {
	plain := []document.Binding{document.LooseMap(key, target, bindings)}
	isTheirs := func(name string, element any) bool {
		_, isDeclared := (*target)[name]
		return isShared && !isDeclared && (isOurs == nil || !isOurs(element))
	}
	return document.Custom(
		func(into document.Object) {
			others := document.Child(into, key)
			maps.DeleteFunc(others, func(name string, element any) bool { return !isTheirs(name, element) })
			document.Write(into, plain)
			if len(others) > 0 {
				all := document.Child(into, key)
				maps.Copy(all, others)
				into[key] = all
			}
		},
		func(from document.Object, isNew bool) error {
			own := document.Child(from, key)
			maps.DeleteFunc(own, func(name string, element any) bool { return !isNew && isTheirs(name, element) })
			return document.Read(document.Object{key: own}, plain, isNew)
		},
	)
}
