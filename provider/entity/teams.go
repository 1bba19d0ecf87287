package entity

import (
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/port-changelog/terraform-provider-port/internal/port"
)

// inheritsTeams reports whether Port derives the teams of a blueprint's entities from related
// entities.
func inheritsTeams(definition *port.Blueprint) bool {
	const inherited = "Inherited"
	return definition != nil && (definition.TeamInheritance != nil || (definition.Ownership != nil && definition.Ownership.Type == inherited))
}

// teamsWarning says that Port stores different teams than configured, which depends on the
// blueprint.
func teamsWarning(entity *model) diag.Diagnostic {
	return diag.NewAttributeWarningDiagnostic(path.Root("teams"), "Teams Stored Differently", fmt.Sprintf(
		"Port stores different teams for the entity %q than were written: the ownership of the blueprint %q determines the teams of its entities. "+
			"Plans show no difference until Port's value changes. To resolve this, remove teams or change the ownership. "+
			"Other entities of the blueprint may be affected too; this warning appears only once.",
		entity.ID.ValueString(), entity.Blueprint.ValueString()))
}
