package blueprint

import (
	"context"
	"errors"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/port"
)

// Port may need seconds to forget entities that were just deleted, and until
// then says that their blueprint has dependents. The waits between attempts
// grow from the first to the last.
const (
	firstDeleteWait = 500 * time.Millisecond
	lastDeleteWait  = 8 * time.Second
)

// remove deletes a blueprint that may already be gone.
func (r *blueprintResource) remove(ctx context.Context, identifier string, withEntities bool) error {
	err := r.removeWhenEmpty(ctx, identifier, withEntities)
	if errors.Is(err, port.ErrNotFound) {
		return nil
	}
	return err
}

func (r *blueprintResource) removeWhenEmpty(ctx context.Context, identifier string, withEntities bool) error {
	if withEntities {
		return r.removeWithEntities(ctx, identifier)
	}
	client := r.backend.Client
	for wait := firstDeleteWait; ; wait *= 2 {
		err := client.Blueprints.Delete(ctx, identifier, port.DeleteBlueprintOptions{})
		if !errors.Is(err, port.ErrHasDependents) || wait > lastDeleteWait {
			return err
		}
		if count, countErr := client.Entities.Count(ctx, identifier); countErr == nil && count > 0 {
			return err
		}
		if waitErr := r.backend.Wait(ctx, wait); waitErr != nil {
			return errors.Join(err, waitErr)
		}
	}
}

// removeWithEntities starts Port's own migration and waits until it is done.
func (r *blueprintResource) removeWithEntities(ctx context.Context, identifier string) error {
	migration, err := r.backend.Client.Blueprints.DeleteWithEntities(ctx, identifier)
	if err != nil || migration == "" {
		return err
	}
	return r.backend.Client.Migrations.Wait(ctx, migration)
}
