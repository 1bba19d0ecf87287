package operation_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/port-changelog/terraform-provider-port/provider/internal/operation"
)

func limitOf(duration time.Duration) func(context.Context, time.Duration) (time.Duration, diag.Diagnostics) {
	return func(_ context.Context, fallback time.Duration) (time.Duration, diag.Diagnostics) {
		if duration == 0 {
			return fallback, nil
		}
		return duration, nil
	}
}

func TestLimit(t *testing.T) {
	t.Parallel()
	for configured, want := range map[time.Duration]time.Duration{0: 20 * time.Minute, time.Second: time.Second} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel, diagnostics := operation.Limit(t.Context(), limitOf(configured))
			defer cancel()
			began := time.Now()
			<-ctx.Done()
			if took := time.Since(began); took != want || diagnostics.HasError() {
				t.Errorf("a limit of %s ended after %s with %v", configured, took, diagnostics)
			}
		})
	}
}

func TestCompleted(t *testing.T) {
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
			diagnostics := operation.Completed(test.ctx, `delete entity "a:b"`)
			if diagnostics.HasError() {
				t.Errorf("it reports an error: %v", diagnostics)
			}
			switch {
			case test.want == "" && len(diagnostics) > 0:
				t.Errorf("it reports %v", diagnostics)
			case test.want != "" && (len(diagnostics) != 1 || !strings.HasPrefix(diagnostics[0].Detail(), test.want)):
				t.Errorf("it reports %v, want %q", diagnostics, test.want)
			}
		})
	}
}
