package envelope

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/diagnose"
)

func (r *Resource[M, P]) failure(ctx context.Context, verb, key string, err error) diagnose.Failure {
	return diagnose.New(ctx, verb, r.Name, key, err)
}

func (r *Resource[M, P]) createFailure(ctx context.Context, key string, err error) diag.Diagnostic {
	failure := r.failure(ctx, "Create", key, err)
	if !errors.Is(err, port.ErrExists) {
		return failure.Diagnostic()
	}
	failure.Advice = fmt.Sprintf("To manage what already exists with Terraform, import it: terraform import port_%s.<name> %q", r.TypeName, key)
	return diag.WithPath(path.Root(r.KeyAttribute), failure.Diagnostic())
}

func (r *Resource[M, P]) updateFailure(ctx context.Context, key string, err error) diag.Diagnostic {
	failure := r.failure(ctx, "Update", key, err)
	switch {
	case errors.Is(err, port.ErrNotFound):
		failure.Advice = "This object, or something that it refers to, has been deleted since Terraform read it. Plan again: Terraform creates what is missing."
	case errors.Is(err, port.ErrExists):
		failure.Advice = "The new identifier is taken. Choose another one, or delete the object that has it."
		return diag.WithPath(path.Root(r.KeyAttribute), failure.Diagnostic())
	}
	return failure.Diagnostic()
}
