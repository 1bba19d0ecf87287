package entity

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/port-changelog/terraform-provider-port/internal/port"
)

// This file holds what a plan says in words because its diff cannot.

// destroyWarning describes the end of a declared entity.
func destroyWarning(state *model, known record) diag.Diagnostic {
	id := state.ID.ValueString()
	if known.Origin == originCreated {
		return diag.NewWarningDiagnostic("Entity Will Be Deleted", fmt.Sprintf(
			"Terraform created the entity %q, so destroying it deletes it from Port, with all that others wrote to it.", id))
	}
	ours := "nothing, because nothing is declared"
	if names := declaredNames(state); len(names) > 0 {
		ours = "only what is declared (" + strings.Join(names, ", ") + ")"
	}
	return diag.NewWarningDiagnostic("Entity Will Be Kept", fmt.Sprintf(
		"Terraform did not create the entity %q, so destroying it unsets %s. The entity itself stays in Port.", id, ours))
}

// leftWarning says that the end of an object did not end its entity.
func leftWarning(state *model) diag.Diagnostic {
	return diag.NewWarningDiagnostic("Entity Left in Port", fmt.Sprintf(
		"Another resource, or the one that replaces this one, has created or adopted the entity %q in this run. So it was neither deleted nor changed when this one was destroyed.", state.address()))
}

// recreationWarning says that a plan both destroys and creates an entity.
func recreationWarning(at address) diag.Diagnostic {
	return diag.NewWarningDiagnostic("Entity Is Destroyed and Created", fmt.Sprintf(
		"This plan destroys the entity %q at one address of the configuration and creates it at another, in no particular order. "+
			"If only its address has changed, tell Terraform with a moved block, and the entity stays as it is:\n\n"+
			"  moved {\n    from = port_entity.<old name>\n    to   = port_entity.<new name>\n  }", at))
}

// declaredNames lists what a declared entity lists.
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

// releaseNotice says what happens to values that a change from full to declared
// management drops from the state: nothing.
func releaseNotice(ctx context.Context, config *partialModel, state *model) diag.Diagnostics {
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
		"From now on only what the configuration of the entity %q lists is Terraform's. These values leave the state and stay in Port as they are: %s.",
		state.ID.ValueString(), strings.Join(released, ", ")))
	return diagnostics
}

// dropped lists the keys that have a value and are not kept.
func dropped(values, kept map[string]any) []string {
	var keys []string
	for _, key := range sortedKeys(withoutNulls(values)) {
		if _, listed := kept[key]; !listed {
			keys = append(keys, key)
		}
	}
	return keys
}

// adoptionNotice says at plan time that an entity exists and will be taken over.
func (r *entityResource) adoptionNotice(ctx context.Context, config *partialModel) diag.Diagnostics {
	if r.backend == nil || !config.adopts() || config.Identifier.ValueString() == "" || config.Blueprint.ValueString() == "" {
		return nil
	}
	blueprint, identifier := config.Blueprint.ValueString(), config.Identifier.ValueString()
	if planned, isPlanned := r.backend.Planned.Find(blueprint); isPlanned && planned.Before != "" {
		blueprint = planned.Before
	}
	_, err := r.backend.Client.Entities.Get(ctx, blueprint, identifier, port.GetEntityOptions{ExcludeCalculated: true})
	if err != nil {
		// There is none; or the apply will meet the same problem and report it.
		return nil
	}
	effect := "It will be replaced: what the configuration leaves out is removed."
	if config.isDeclared() {
		effect = "What the configuration lists is written; everything else stays."
	}
	return diag.Diagnostics{diag.NewAttributeWarningDiagnostic(path.Root("on_existing"), "Entity Will Be Adopted",
		fmt.Sprintf("The entity %q exists in Port already. %s", entityID(blueprint, identifier), effect))}
}
