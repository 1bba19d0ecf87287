package entity

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/backend"
)

// This file contains the warnings of a plan about what its diff does not show.

// destroyWarning says what destroying a declared entity does.
func destroyWarning(state *model, rec record) diag.Diagnostic {
	id := state.ID.ValueString()
	if rec.Origin == originCreated {
		return diag.NewWarningDiagnostic("Entity Will Be Deleted", fmt.Sprintf(
			"Terraform created the entity %q, so destroying it deletes it from Port, including the values that others wrote to it.", id))
	}
	unset := "nothing, because nothing is declared"
	if names := declaredNames(state); len(names) > 0 {
		unset = "only the declared values (" + strings.Join(names, ", ") + ")"
	}
	return diag.NewWarningDiagnostic("Entity Will Be Kept", fmt.Sprintf(
		"Terraform did not create the entity %q, so destroying it unsets %s. The entity itself stays in Port.", id, unset))
}

// leftInPortWarning says that destroying a resource did not delete its entity, because another
// resource manages it now.
func leftInPortWarning(state *model) diag.Diagnostic {
	return diag.NewWarningDiagnostic("Entity Left in Port", fmt.Sprintf(
		"Another resource, or the replacement of this one, has created or adopted the entity %q in this run. Destroying this resource therefore neither deleted nor changed the entity.", state.address()))
}

// recreationWarning says that a plan both destroys and creates the same entity.
func recreationWarning(at address) diag.Diagnostic {
	return diag.NewWarningDiagnostic("Entity Is Destroyed and Created", fmt.Sprintf(
		"This plan destroys the entity %q at one address of the configuration and creates it at another, in no particular order. "+
			"If only its address has changed, add a moved block, and the entity stays as it is:\n\n"+
			"  moved {\n    from = port_entity.<old name>\n    to   = port_entity.<new name>\n  }", at))
}

// declaredNames returns the names of the declared values of an entity.
func declaredNames(state *model) []string {
	var names []string
	if !state.Title.IsNull() {
		names = append(names, "title")
	}
	if !state.Icon.IsNull() {
		names = append(names, "icon")
	}
	if state.Teams != nil {
		names = append(names, "teams")
	}
	names = append(names, sortedKeys(withoutNulls(listedIn(state)))...)
	return append(names, sortedKeys(withoutNulls(state.Relations.toAPI()))...)
}

// releaseWarning names the values that are no longer managed after a change from full to declared
// management, and stay in Port.
func releaseWarning(ctx context.Context, config *partialModel, state *model) diag.Diagnostics {
	if !config.isDeclared() || state.isDeclared() {
		return nil
	}
	var diagnostics diag.Diagnostics
	properties, isKnown := config.properties(ctx, &diagnostics)
	relations, areKnown := config.relations(ctx, &diagnostics)
	if !isKnown || !areKnown {
		return diagnostics
	}
	listed, err := valuesToAPI(properties.typed, properties.untyped)
	if err != nil {
		return diagnostics
	}
	released := dropped(listedIn(state), listed)
	released = append(released, dropped(state.Relations.toAPI(), relations.toAPI())...)
	if len(released) == 0 {
		return diagnostics
	}
	diagnostics.AddAttributeWarning(path.Root("management"), "Values Released", fmt.Sprintf(
		"From now on, Terraform manages only the declared values of the entity %q. These values are removed from the state and stay in Port as they are: %s.",
		state.ID.ValueString(), strings.Join(released, ", ")))
	return diagnostics
}

// dropped returns the keys that have a value in values and are missing in rest.
func dropped(values, rest map[string]any) []string {
	var keys []string
	for _, key := range sortedKeys(withoutNulls(values)) {
		if _, listed := rest[key]; !listed {
			keys = append(keys, key)
		}
	}
	return keys
}

// plannedBlueprint returns a blueprint as planned by this run, unless the checks are turned off. It
// has no definition if the run has not planned it or parts of it are not known yet.
func (r *entityResource) plannedBlueprint(identifier types.String) backend.PlannedBlueprint {
	if r.Backend == nil || !r.Backend.EntityPlanChecks {
		return backend.PlannedBlueprint{}
	}
	planned, _ := r.Backend.Planned.Find(identifier.ValueString())
	return planned
}

// lossWarnings name the values that Port deletes because this run deletes their property or
// relation from the blueprint, or changes its type, although the configuration of the entity, which
// does not change, still sets them. They are no errors, because lifecycle { ignore_changes } makes
// such an entity valid.
func (r *entityResource) lossWarnings(ctx context.Context, config *partialModel) diag.Diagnostics {
	planned := r.plannedBlueprint(config.Blueprint)
	definition := planned.Definition
	if definition == nil {
		return nil
	}
	var diagnostics diag.Diagnostics
	warn := func(at path.Path, what string) {
		diagnostics.AddAttributeWarning(at, "Value Will Be Deleted", fmt.Sprintf(
			"This plan %s. That deletes the value in the entity %q, whose configuration still sets it, so the next plan would fail. Change the entity in the same run: "+
				"remove the value or, if the key was renamed, set it under the new key.", what, config.address()))
	}
	check := func(at path.Path, key string, value any) {
		property, exists := definition.Schema.Properties[key]
		switch {
		case value == nil:
		case !exists:
			warn(at, fmt.Sprintf("deletes the property %q of the blueprint %q", key, definition.Identifier))
		case !isOfType(property.Type, value):
			warn(at, fmt.Sprintf("changes the property %q of the blueprint %q to %s", key, definition.Identifier, withArticle(property.Type)))
		}
	}
	for _, e := range entriesOf(path.Root("properties"), config.Properties) {
		if value, isKnown := e.toAPI(ctx); isKnown {
			check(e.at, e.key, value)
		}
	}
	if untyped, err := objectOf(config.PropertiesJSON); err == nil {
		for _, key := range sortedKeys(untyped) {
			check(path.Root("properties_json"), key, untyped[key])
		}
	}
	for _, e := range entriesOf(path.Root("relations"), config.Relations) {
		if !e.value.IsNull() && slices.Contains(planned.DeletedRelations, e.key) {
			warn(e.at, fmt.Sprintf("deletes the relation %q of the blueprint %q", e.key, definition.Identifier))
		}
	}
	return diagnostics
}

// adoptionWarning says that an entity already exists and will be taken over.
func (r *entityResource) adoptionWarning(ctx context.Context, config *partialModel) diag.Diagnostics {
	if r.Backend == nil || !config.adopts() || config.Identifier.ValueString() == "" || config.Blueprint.ValueString() == "" {
		return nil
	}
	blueprint, identifier := config.Blueprint.ValueString(), config.Identifier.ValueString()
	if planned, isPlanned := r.Backend.Planned.Find(blueprint); isPlanned && planned.Before != "" {
		blueprint = planned.Before
	}
	_, err := r.Backend.Client.Entities.Get(ctx, blueprint, identifier, port.GetEntityOptions{ExcludeCalculated: true})
	if err != nil {
		// The entity does not exist, or the apply meets the same error and reports it.
		return nil
	}
	effect := "It will be overwritten: values that the configuration does not declare are removed."
	if config.isDeclared() {
		effect = "Only the declared values are written; everything else stays."
	}
	return diag.Diagnostics{diag.NewAttributeWarningDiagnostic(path.Root("on_existing"), "Entity Will Be Adopted",
		fmt.Sprintf("The entity %q already exists in Port. %s", entityID(blueprint, identifier), effect))}
}
