package server_test

import (
	"context"
	"errors"
	"runtime"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/port-changelog/terraform-provider-port/provider/internal/server"
)

// fakeFramework is a provider server that derives a context in each call and retains it, as the
// framework does.
type fakeFramework struct {
	tfprotov6.ProviderServer
	tfprotov6.ListResourceServer

	retained    []context.Context
	diagnostics []*tfprotov6.Diagnostic
	// during is called with the derived context during each call.
	during func(ctx context.Context)
}

func (f *fakeFramework) ReadResource(ctx context.Context, _ *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	derived, cancel := context.WithCancel(ctx)
	_ = cancel // The framework calls it when the provider stops.
	f.retained = append(f.retained, derived)
	f.during(derived)
	return &tfprotov6.ReadResourceResponse{}, nil
}

func (f *fakeFramework) ValidateResourceConfig(context.Context, *tfprotov6.ValidateResourceConfigRequest) (*tfprotov6.ValidateResourceConfigResponse, error) {
	return &tfprotov6.ValidateResourceConfigResponse{Diagnostics: f.diagnostics}, nil
}

type key struct{}

// TestDiagnostics_nameNestedAttributes checks that the text of a diagnostic names a nested
// attribute, which Terraform does not show.
func TestDiagnostics_nameNestedAttributes(t *testing.T) {
	t.Parallel()
	at := tftypes.NewAttributePath
	nested := at().WithAttributeName("properties").WithAttributeName("number_props").WithElementKeyString("n").WithAttributeName("enum").WithElementKeyInt(1)
	tests := map[string]struct {
		at           *tftypes.AttributePath
		detail, want string
	}{
		"none":     {nil, "Bad.", "Bad."},
		"a root":   {at().WithAttributeName("title"), "Bad.", "Bad."},
		"nested":   {nested, "Bad.", "Bad.\n\nAttribute: properties.number_props[\"n\"].enum[1]"},
		"named":    {nested, `Attribute properties.number_props["n"].enum[1] is bad.`, `Attribute properties.number_props["n"].enum[1] is bad.`},
		"in a set": {at().WithAttributeName("teams").WithElementKeyValue(tftypes.NewValue(tftypes.String, "x")), "Bad.", "Bad.\n\nAttribute: teams"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			framework := &fakeFramework{diagnostics: []*tfprotov6.Diagnostic{{Summary: "Invalid", Detail: test.detail, Attribute: test.at}}}
			response, err := server.New(framework).ValidateResourceConfig(t.Context(), nil)
			if err != nil || response.Diagnostics[0].Detail != test.want {
				t.Errorf("the detail is %q, %v, want %q", response.Diagnostics[0].Detail, err, test.want)
			}
		})
	}
}

func TestCall_context(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.WithValue(t.Context(), key{}, "value"))
	defer cancel()
	framework := &fakeFramework{during: func(derived context.Context) {
		if derived.Value(key{}) != "value" || derived.Err() != nil {
			t.Errorf("during the call the context has the value %v and the error %v", derived.Value(key{}), derived.Err())
		}
		cancel()
		<-derived.Done()
	}}
	if _, err := server.New(framework).ReadResource(ctx, nil); err != nil {
		t.Fatal(err)
	}
}

// TestCall_withoutLog checks that the context of a call without log has no values, and ends with
// that of the request.
func TestCall_withoutLog(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.WithValue(t.Context(), key{}, "value"))
	defer cancel()
	framework := &fakeFramework{during: func(derived context.Context) {
		if derived.Value(key{}) != nil || derived.Err() != nil {
			t.Errorf("during the call the context has the value %v and the error %v", derived.Value(key{}), derived.Err())
		}
		cancel()
		<-derived.Done()
	}}
	if _, err := server.NewWithoutLog(framework).ReadResource(ctx, nil); err != nil {
		t.Fatal(err)
	}
}

// TestCall_releasesItsContext measures what many calls leave behind.
func TestCall_releasesItsContext(t *testing.T) { //nolint:paralleltest // It counts the goroutines of the process.
	const calls, large = 1_000, 100_000
	framework := &fakeFramework{during: func(context.Context) {}}
	wrapped := server.New(framework)
	before, goroutines := heap(), runtime.NumGoroutine()
	for range calls {
		ctx := context.WithValue(t.Context(), key{}, make([]byte, large))
		if _, err := wrapped.ReadResource(ctx, nil); err != nil {
			t.Fatal(err)
		}
	}
	if grown := heap() - before; grown > calls*large/10 {
		t.Errorf("%d calls retain %d bytes", calls, grown)
	}
	if left := runtime.NumGoroutine() - goroutines; left > calls/10 {
		t.Errorf("%d calls leave %d goroutines running", calls, left)
	}
	for _, retained := range framework.retained {
		if !errors.Is(retained.Err(), context.Canceled) || retained.Value(key{}) != nil {
			t.Fatalf("after its call a context has the value %v and the error %v", retained.Value(key{}), retained.Err())
		}
	}
}

func heap() int64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}
