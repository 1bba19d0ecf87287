package operation_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/port-changelog/terraform-provider-port/provider/internal/operation"
)

// plan is both a model and the plan that it is decoded from.
type plan struct{ limits timeouts.Value }

func (p *plan) Limits() timeouts.Value { return p.limits }

func (*plan) Get(_ context.Context, target any) diag.Diagnostics {
	_, isPlan := target.(*plan)
	if !isPlan {
		return diag.Diagnostics{diag.NewErrorDiagnostic("Unreadable", "")}
	}
	return nil
}

func limitOf(duration time.Duration) operation.Limit {
	return func(_ timeouts.Value, _ context.Context, fallback time.Duration) (time.Duration, diag.Diagnostics) {
		if duration == 0 {
			return fallback, nil
		}
		return duration, nil
	}
}

func TestBegin(t *testing.T) {
	t.Parallel()
	for configured, want := range map[time.Duration]time.Duration{0: 20 * time.Minute, time.Second: time.Second} {
		synctest.Test(t, func(t *testing.T) {
			var diagnostics diag.Diagnostics
			_, ctx, cancel := operation.Begin[plan](t.Context(), &plan{}, limitOf(configured), &diagnostics)
			defer cancel()
			began := time.Now()
			<-ctx.Done()
			if took := time.Since(began); took != want || diagnostics.HasError() {
				t.Errorf("a limit of %s ended after %s with %v", configured, took, diagnostics)
			}
		})
	}
}

// other is a model that the plan cannot be read into.
type other struct{ plan }

func TestBegin_unreadable(t *testing.T) {
	t.Parallel()
	var diagnostics diag.Diagnostics
	_, _, cancel := operation.Begin[other](t.Context(), &plan{}, limitOf(0), &diagnostics)
	cancel()
	if !diagnostics.HasError() {
		t.Error("Begin reported no error")
	}
}

func TestWarnIfLate(t *testing.T) {
	t.Parallel()
	interrupted, interrupt := context.WithCancel(t.Context())
	interrupt()
	late, cancelLate := context.WithDeadline(t.Context(), time.Unix(0, 0))
	t.Cleanup(cancelLate)
	tests := map[string]struct {
		ctx  context.Context
		want string
	}{
		"in time":         {t.Context(), ""},
		"interrupted":     {interrupted, `When Terraform was interrupted, the request to delete entity "a:b" was already under way.`},
		"after the limit": {late, `When the limit in timeouts passed, the request to delete entity "a:b" was already under way.`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			diagnostics := operation.WarnIfLate(test.ctx, `delete entity "a:b"`)
			if diagnostics.HasError() {
				t.Errorf("got an error: %v", diagnostics)
			}
			switch {
			case test.want == "" && len(diagnostics) > 0:
				t.Errorf("got %v, want no warning", diagnostics)
			case test.want != "" && (len(diagnostics) != 1 || !strings.HasPrefix(diagnostics[0].Detail(), test.want)):
				t.Errorf("got %v, want %q", diagnostics, test.want)
			}
		})
	}
}
