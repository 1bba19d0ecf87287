// Package operation bounds in time what a resource does at Port, and says when
// a change was completed although its time had ended. Every resource uses it.
package operation

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
)

// defaultLimit is how long an operation without a limit in timeouts may take,
// all retries included. It is generous: deleting a blueprint with all its
// entities takes Port a while.
const defaultLimit = 20 * time.Minute

// Limit bounds an operation by its limit in timeouts. The operation must not
// begin if there is an error.
func Limit(
	ctx context.Context, limit func(context.Context, time.Duration) (time.Duration, diag.Diagnostics),
) (context.Context, context.CancelFunc, diag.Diagnostics) {
	duration, diagnostics := limit(ctx, defaultLimit)
	bounded, cancel := context.WithTimeout(ctx, duration)
	return bounded, cancel, diagnostics
}

// Completed warns of a change that succeeded although the context of its
// operation has ended: somebody interrupted Terraform, or the limit passed,
// while the request was under way. What was done is in the state all the same:
// the resource must not count as failed. The change is described as in
// `create blueprint "service"`.
func Completed(ctx context.Context, change string) diag.Diagnostics {
	var cause string
	switch {
	case ctx.Err() == nil:
		return nil
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		cause = "the limit in timeouts passed"
	default:
		cause = "Terraform was interrupted"
	}
	return diag.Diagnostics{diag.NewWarningDiagnostic("Change Completed Late", fmt.Sprintf(
		"When %s, the request to %s was already under way. Port completed it, so it is recorded as a success.", cause, change))}
}
