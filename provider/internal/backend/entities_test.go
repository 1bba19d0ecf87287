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

// newBackend is a backend with a Port that answers after a while and that has these entities.
func newBackend(t *testing.T, identifiers ...string) *backend.Backend {
	t.Helper()
	server, err := emulator.New(emulator.Options{ClientID: "id", ClientSecret: "secret-of-the-emulator", Latency: 20 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	listening := httptest.NewServer(server)
	t.Cleanup(func() {
		listening.Close()
		if err := server.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	client, err := port.New(listening.URL, port.WithCredentials("id", "secret-of-the-emulator"))
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

func TestEntity_readsOfManyCallers(t *testing.T) {
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
				t.Errorf("%s is not there, and the error is %v", identifier, err)
			}
		})
	}
	group.Wait()
}

// TestEntity_callerWhoGivesUp holds nobody up, whether it waits for others or they wait for it.
func TestEntity_callerWhoGivesUp(t *testing.T) {
	t.Parallel()
	shared := newBackend(t, "e")
	var group sync.WaitGroup
	for i := range 40 {
		group.Go(func() {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			gives := i%2 == 0
			if gives {
				timer := time.AfterFunc(time.Duration(i)*time.Millisecond, cancel)
				defer timer.Stop()
			}
			if _, err := shared.Entities.Refresh(ctx, "thing", "e"); err != nil && !gives {
				t.Errorf("a caller who waits got %v", err)
			}
		})
	}
	group.Wait()
}
