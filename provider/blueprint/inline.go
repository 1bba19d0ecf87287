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

// Parts of a blueprint may be declared inline or in their own resources. This file prevents the two
// from deleting what the other declares.

// The modes of an attribute whose elements others may declare too.
const (
	modeAuthoritative = "authoritative"
	modeDeclared      = "declared"
)

func modeAttribute(of, resources string) schema.Attribute {
	return schema.StringAttribute{
		Optional: true,
		MarkdownDescription: "What happens to elements that `" + of + "` does not declare. `authoritative`: this resource deletes them. `declared`: they belong to others, such as " + resources +
			", and stay, including those that are removed from `" + of + "` in the change that sets this mode. Defaults to `authoritative` if `" + of + "` is set.",
		Validators: []validator.String{stringvalidator.OneOf(modeAuthoritative, modeDeclared)},
	}
}

// inlineParts returns what a configuration declares inline. Unknown values count as open to others.
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

// declarePart records a part that is planned in its own resource. It refuses a part that the
// blueprint, if it was planned before, would delete.
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

// refuseParts refuses a blueprint that would delete parts that were planned before it.
func refuseParts(b *backend.Backend, planned backend.PlannedBlueprint) diag.Diagnostics {
	var diagnostics diag.Diagnostics
	for _, part := range b.Planned.Parts(planned.After) {
		if conflict := conflictOf(planned, part); conflict != "" {
			diagnostics.AddAttributeError(path.Root(part.Attribute), "Conflicting Ownership", conflict)
		}
	}
	return diagnostics
}

// conflictOf returns why an attribute of a blueprint and another resource cannot both declare a
// part, or "".
func conflictOf(planned backend.PlannedBlueprint, part backend.PlannedPart) string {
	inline, isSet := planned.Inline[part.Attribute]
	switch {
	case part.IsNew && part.Attribute == "relations" && slices.Contains(planned.DeletedRelations, part.Key):
		return recreationConflict(planned.After, part.Key)
	case !isSet:
		return ""
	case part.Key == "":
		return fmt.Sprintf("The attribute %[1]s of the blueprint %[2]q and a separate resource both declare the %[3]s of the blueprint. Remove %[1]s from the blueprint, or remove the other resource.",
			part.Attribute, planned.After, inWords(part.Attribute))
	case slices.Contains(inline.Keys, part.Key):
		return fmt.Sprintf("The attribute %[1]s of the blueprint %[2]q and a separate resource both declare %[3]q. Remove it from one of the two.",
			part.Attribute, planned.After, part.Key)
	case inline.IsAuthoritative:
		return fmt.Sprintf("The attribute %[1]s of the blueprint %[2]q is authoritative, so it would delete %[3]q, which a separate resource declares. "+
			"Set %[1]s_mode = \"declared\" on the blueprint, remove %[1]s from it, or declare %[3]q there.", part.Attribute, planned.After, part.Key)
	default:
		return ""
	}
}

// inWords returns the name of an attribute in words.
func inWords(attribute string) string { return strings.ReplaceAll(attribute, "_", " ") }

// openToOthers returns the model without the attributes that others may add to.
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

// isShared reports whether others may declare elements of an attribute too.
func isShared[T any](elements map[string]T, mode types.String) bool {
	return elements == nil || mode.ValueString() == modeDeclared
}

// usesOwnRelation returns a function that reports whether a mirror property uses a relation that
// the model declares. Mirror properties over relations of others belong to the others.
func (m *contentModel) usesOwnRelation() func(mirror any) bool {
	own := m.Relations
	return func(mirror any) bool {
		object, _ := mirror.(document.Object)
		at, _ := object["path"].(string)
		_, isOwn := own[firstRelation(at)]
		return isOwn
	}
}

// shared binds a map whose elements others may declare too: a write keeps these, and a refresh
// reads only the elements that the model has. isOwn, which may be nil, selects additional elements
// that belong to the model. A map that is null and shared hides what others declared.
func shared[T any](key string, target *map[string]T, bindings func(*T) []document.Binding, isShared bool, isOwn func(any) bool) document.Binding {
	plain := []document.Binding{document.LooseMap(key, target, bindings)}
	isTheirs := func(name string, element any) bool {
		_, isDeclared := (*target)[name]
		return isShared && !isDeclared && (isOwn == nil || !isOwn(element))
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
