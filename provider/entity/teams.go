package entity

import (
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/port-changelog/terraform-provider-port/internal/port"
)

// inheritsTeams reports whether Port computes the teams of a blueprint's
// entities from what they are related to.
func inheritsTeams(definition *port.Blueprint) bool {
	const inherited = "Inherited"
	return definition != nil && (definition.TeamInheritance != nil || (definition.Ownership != nil && definition.Ownership.Type == inherited))
}

// teamsWarning says that Port does not keep the teams of an entity as they are
// configured, which is so because of its blueprint.
func teamsWarning(entity *model) diag.Diagnostic {
	return diag.NewAttributeWarningDiagnostic(path.Root("teams"), "Teams Stored Differently", fmt.Sprintf(
		"Port keeps other teams of the entity %q than those that were written. The ownership of the blueprint %q decides which teams its entities have. "+
			"Plans show no difference as long as Port keeps them; to end it, leave teams out or change the ownership. "+
			"Other entities of the blueprint may be concerned too; this is reported once.",
		entity.ID.ValueString(), entity.Blueprint.ValueString()))
}
