// Package operation bounds in time what a resource does at Port, and says when
// a change was completed although its time had ended. Every resource uses it.
package operation

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/diag"
)

// defaultLimit is how long an operation without a limit in timeouts may take, all retries included.
// It is generous: deleting a blueprint with all its entities takes Port a while.
const defaultLimit = 20 * time.Minute

// Limited is a model that says how long operations on it may take, which *M implements.
type Limited[M any] interface {
	*M
	Limits() timeouts.Value
}

// Limit is the method of [timeouts.Value] that has the limit of one operation, such as
// timeouts.Value.Create.
type Limit func(timeouts.Value, context.Context, time.Duration) (time.Duration, diag.Diagnostics)

// Source is a plan or a state.
type Source interface {
	Get(ctx context.Context, target any) diag.Diagnostics
}

// Begin decodes the plan or the state that an operation works with, and bounds the
// operation by its limit. The operation must not go on if there is an error.
func Begin[M any, P Limited[M]](ctx context.Context, from Source, limit Limit, diagnostics *diag.Diagnostics) (P, context.Context, context.CancelFunc) {
	decoded := P(new(M))
	diagnostics.Append(from.Get(ctx, decoded)...)
	if diagnostics.HasError() {
		return decoded, ctx, func() {}
	}
	duration, problems := limit(decoded.Limits(), ctx, defaultLimit)
	diagnostics.Append(problems...)
	bounded, cancel := context.WithTimeout(ctx, duration)
	return decoded, bounded, cancel
}

// Completed warns of a change that succeeded although the context of its operation has ended:
// somebody interrupted Terraform, or the limit passed, while the request was under way. What was
// done is in the state all the same: the resource must not count as failed. The change is described
// as in `create blueprint "service"`.
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
