package blueprint

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/diagnose"
)

// failure describes what went wrong with a blueprint.
func failure(ctx context.Context, verb, identifier string, err error) diagnose.Failure {
	return diagnose.New(ctx, verb, "Blueprint", identifier, err)
}

func createFailure(ctx context.Context, identifier string, err error) diag.Diagnostic {
	described := failure(ctx, "Create", identifier, err)
	if !errors.Is(err, port.ErrExists) {
		return described.Diagnostic()
	}
	described.Advice = fmt.Sprintf("A blueprint with this identifier exists already. To manage it with Terraform, import it: terraform import port_blueprint.<name> %q", identifier)
	described.Path = path.Root("identifier")
	return described.Diagnostic()
}

func updateFailure(ctx context.Context, identifier string, err error) diag.Diagnostic {
	described := failure(ctx, "Update", identifier, err)
	switch {
	case errors.Is(err, errTypeChanged):
		described.Advice = "Nothing was written: changing the type back would delete the value of every entity. Plan again to see what has changed."
	case errors.Is(err, errFormatKept):
		described.Advice = "To keep the values, add a property with the new format under another key, copy the values to it, and remove the old property. " +
			"To delete the values, set blueprint_property_type_change_protection = false in the provider block: the property is then deleted and added again."
	case errors.Is(err, port.ErrNotFound):
		described.Advice = "The blueprint, or what it refers to, has gone since Terraform read it. Plan again: Terraform creates what is missing."
	case errors.Is(err, port.ErrExists):
		described.Advice = "The new identifier or key is taken. Choose another one, or remove what has it."
	}
	return described.Diagnostic()
}

// adviceOnDependents says how to end a relation in the run that destroys its
// target. Terraform destroys the target first, unless it is told otherwise.
const adviceOnDependents = "If this configuration moves a relation to another target, that has to happen first: apply the resources that have the relation with -target, " +
	"or set lifecycle { create_before_destroy = true } on this resource and apply that before its end. Otherwise remove what points at it."

func deleteFailure(ctx context.Context, identifier string, isForced bool, err error) diag.Diagnostic {
	described := failure(ctx, "Delete", identifier, err)
	switch {
	case strings.HasPrefix(identifier, "_"):
		described.Advice = "Identifiers that begin with an underscore are those of Port's own blueprints, which cannot be deleted. " +
			"To end Terraform's management of it and keep it at Port, replace the resource block with a removed block that has lifecycle { destroy = false }."
	case errors.Is(err, port.ErrHasDependents) && isForced:
		described.Advice = "Another blueprint points at this one. " + adviceOnDependents
	case errors.Is(err, port.ErrHasDependents):
		described.Advice = "The blueprint has dependent entities, or another blueprint points at it. " + adviceOnDependents + " " +
			"To delete the entities of the blueprint with it, set force_delete_entities = true and apply that before you destroy it."
	}
	return described.Diagnostic()
}
