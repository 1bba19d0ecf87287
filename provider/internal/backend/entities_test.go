package backend_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/emulator"
	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/backend"
)

// newBackend returns a backend for an emulator with some latency and these entities.
func newBackend(t *testing.T, identifiers ...string) *backend.Backend {
	t.Helper()
	server, err := emulator.New(emulator.Options{ClientID: "id", ClientSecret: "secret-of-the-emulator", Latency: 20 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	listener := httptest.NewServer(server)
	t.Cleanup(func() {
		listener.Close()
		if err := server.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	client, err := port.New(listener.URL, port.WithCredentials("id", "secret-of-the-emulator"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Blueprints.Create(t.Context(), &port.Blueprint{Identifier: "thing", Title: "Thing"}, port.CreateBlueprintOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, identifier := range identifiers {
		if _, err := client.Entities.Create(t.Context(), "thing", &port.Entity{Identifier: identifier}, port.CreateEntityOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	return backend.New(client, true)
}

// TestBlueprint_missing checks that a blueprint that does not exist is read once, and again after a
// change.
func TestBlueprint_missing(t *testing.T) {
	t.Parallel()
	shared := newBackend(t)
	_, first := shared.Blueprint(t.Context(), "late")
	_, second := shared.Blueprint(t.Context(), "late")
	if !errors.Is(first, port.ErrNotFound) || first != second { //nolint:errorlint // The same error was not read again.
		t.Errorf("the reads end with %v and %v", first, second)
	}
	if _, err := shared.Client.Blueprints.Create(t.Context(), &port.Blueprint{Identifier: "late", Title: "Late"}, port.CreateBlueprintOptions{}); err != nil {
		t.Fatal(err)
	}
	if created, err := shared.Blueprint(t.Context(), "late"); err != nil || created.Title != "Late" {
		t.Errorf("after it was created, it is %v, %v", created, err)
	}
}

func TestEntities_concurrentReads(t *testing.T) {
	t.Parallel()
	shared := newBackend(t, "e0", "e1", "e2", "e3", "e4")
	var group sync.WaitGroup
	for i := range 40 {
		group.Go(func() {
			identifier := fmt.Sprintf("e%d", i%8)
			entity, err := shared.Entities.Refresh(t.Context(), "thing", identifier)
			switch {
			case i%8 < 5 && (err != nil || entity.Identifier != identifier):
				t.Errorf("%s: %v, %v", identifier, entity, err)
			case i%8 >= 5 && !errors.Is(err, port.ErrNotFound):
				t.Errorf("%s does not exist: got the error %v", identifier, err)
			}
		})
	}
	group.Wait()
}

// TestEntities_canceledCaller checks that a caller whose context is canceled does not affect the
// others that share its request.
func TestEntities_canceledCaller(t *testing.T) {
	t.Parallel()
	shared := newBackend(t, "e")
	var group sync.WaitGroup
	for i := range 40 {
		group.Go(func() {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			isCanceled := i%2 == 0
			if isCanceled {
				timer := time.AfterFunc(time.Duration(i)*time.Millisecond, cancel)
				defer timer.Stop()
			}
			if _, err := shared.Entities.Refresh(ctx, "thing", "e"); err != nil && !isCanceled {
				t.Errorf("a caller that was not canceled got %v", err)
			}
		})
	}
	group.Wait()
}
