// Package operation applies time limits to what a resource does in Port, and warns of changes that
// Port completed after an interruption or timeout. Every resource uses it.
package operation

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// defaultLimit is how long an operation without a limit in timeouts may take, including all
// retries. It is generous, because deleting a blueprint with all its entities takes Port a while.
const defaultLimit = 20 * time.Minute

// Limited is a model with time limits for operations, which *M implements.
type Limited[M any] interface {
	*M
	Limits() timeouts.Value
}

// NoTimeouts returns a null value for a timeouts attribute, which has the type that the attribute
// declares.
func NoTimeouts(attribute interface{ GetType() attr.Type }) timeouts.Value {
	declared, _ := attribute.GetType().(timeouts.Type)
	return timeouts.Value{Object: types.ObjectNull(declared.AttributeTypes())}
}

// Limit is the method of [timeouts.Value] that returns the limit of one operation, such as
// timeouts.Value.Create.
type Limit func(timeouts.Value, context.Context, time.Duration) (time.Duration, diag.Diagnostics)

// Source is a plan or a state.
type Source interface {
	Get(ctx context.Context, target any) diag.Diagnostics
}

// Begin decodes the plan or the state of an operation, and returns a context with the operation's
// time limit. After an error the operation must not continue.
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

// WarnIfLate warns of a change that succeeded although its context ended: Terraform was
// interrupted, or the limit passed, while the request was in flight. The change is in the state, so
// it must not be reported as a failure. change describes it, as in `create blueprint "service"`.
func WarnIfLate(ctx context.Context, change string) diag.Diagnostics {
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
