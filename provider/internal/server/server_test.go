package server_test

import (
	"context"
	"errors"
	"runtime"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/port-changelog/terraform-provider-port/provider/internal/server"
)

// keeper is a provider server that derives a context in each call and keeps it, as the
// framework does.
type keeper struct {
	tfprotov6.ProviderServer
	tfprotov6.ListResourceServer

	kept []context.Context
	// during is called in each call.
	during func(ctx context.Context)
}

func (k *keeper) ReadResource(ctx context.Context, _ *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	derived, cancel := context.WithCancel(ctx)
	_ = cancel // The framework calls it when the provider stops.
	k.kept = append(k.kept, derived)
	k.during(derived)
	return &tfprotov6.ReadResourceResponse{}, nil
}

type key struct{}

func TestCallHasItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.WithValue(t.Context(), key{}, "value"))
	defer cancel()
	framework := &keeper{during: func(derived context.Context) {
		if derived.Value(key{}) != "value" || derived.Err() != nil {
			t.Errorf("in the call the context holds %v and has the error %v", derived.Value(key{}), derived.Err())
		}
		cancel()
		<-derived.Done()
	}}
	if _, err := server.New(framework).ReadResource(ctx, nil); err != nil {
		t.Fatal(err)
	}
}

// TestCallLeavesNothingBehind counts what is kept of the contexts of many calls.
func TestCallLeavesNothingBehind(t *testing.T) { //nolint:paralleltest // It counts the goroutines of the process.
	const calls, large = 1_000, 100_000
	framework := &keeper{during: func(context.Context) {}}
	wrapped := server.New(framework)
	before, goroutines := heap(), runtime.NumGoroutine()
	for range calls {
		ctx := context.WithValue(t.Context(), key{}, make([]byte, large))
		if _, err := wrapped.ReadResource(ctx, nil); err != nil {
			t.Fatal(err)
		}
	}
	if grown := heap() - before; grown > calls*large/10 {
		t.Errorf("%d calls leave %d bytes behind", calls, grown)
	}
	if left := runtime.NumGoroutine() - goroutines; left > calls/10 {
		t.Errorf("%d calls leave %d goroutines behind", calls, left)
	}
	for _, kept := range framework.kept {
		if !errors.Is(kept.Err(), context.Canceled) || kept.Value(key{}) != nil {
			t.Fatalf("after its call a context holds %v and has the error %v", kept.Value(key{}), kept.Err())
		}
	}
}

func heap() int64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}
