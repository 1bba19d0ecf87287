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

// failure describes a failed operation on a blueprint.
func failure(ctx context.Context, verb, identifier string, err error) diagnose.Failure {
	return diagnose.New(ctx, verb, "Blueprint", identifier, err)
}

func createFailure(ctx context.Context, identifier string, err error) diag.Diagnostic {
	described := failure(ctx, "Create", identifier, err)
	if !errors.Is(err, port.ErrExists) {
		return described.Diagnostic()
	}
	described.Advice = fmt.Sprintf("A blueprint with this identifier already exists. To manage it with Terraform, import it: terraform import port_blueprint.<name> %q", identifier)
	described.Path = path.Root("identifier")
	return described.Diagnostic()
}

func updateFailure(ctx context.Context, identifier string, err error) diag.Diagnostic {
	described := failure(ctx, "Update", identifier, err)
	switch {
	case errors.Is(err, errTypeChanged):
		described.Advice = "Nothing was written, because changing the type back would delete the value of every entity. Run terraform plan again to see what changed."
	case errors.Is(err, errFormatKept):
		described.Advice = "To keep the values, add a property with the new format under another key, copy the values to it, and remove the old property. " +
			"To delete the values, set blueprint_property_type_change_protection = false in the provider block: the property is then deleted and added again."
	case errors.Is(err, port.ErrNotFound):
		described.Advice = "The blueprint, or something that it refers to, was deleted after Terraform read it. Run terraform plan again: it will create what is missing."
	case errors.Is(err, port.ErrExists):
		described.Advice = "The new identifier or key is already in use. Choose another one, or remove the existing one."
	}
	return described.Diagnostic()
}

// adviceOnDependents explains how to remove a relation in the run that destroys its target. By
// default, Terraform destroys the target first.
const adviceOnDependents = "If this configuration changes a relation to another target, that must happen first: apply the resources that have the relation with -target, " +
	"or set lifecycle { create_before_destroy = true } on this resource and apply that before you destroy it. Otherwise remove whatever refers to it."

func deleteFailure(ctx context.Context, identifier string, isForced bool, err error) diag.Diagnostic {
	described := failure(ctx, "Delete", identifier, err)
	switch {
	case strings.HasPrefix(identifier, "_"):
		described.Advice = "Identifiers that begin with an underscore belong to system blueprints, which cannot be deleted. " +
			"To remove it from the state and keep it in Port, replace the resource block with a removed block with lifecycle { destroy = false }."
	case errors.Is(err, port.ErrHasDependents) && isForced:
		described.Advice = "Another blueprint refers to this one. " + adviceOnDependents
	case errors.Is(err, port.ErrHasDependents):
		described.Advice = "The blueprint has entities, or another blueprint refers to it. " + adviceOnDependents + " " +
			"To delete its entities as well, set force_delete_entities = true and apply that before you destroy it."
	}
	return described.Diagnostic()
}
