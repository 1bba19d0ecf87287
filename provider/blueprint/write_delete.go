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
func (r *blueprintResource) remove(ctx context.Context, identifier string, how localModel) error {
	options := port.DeleteBlueprintOptions{DeleteActions: how.DeleteActions.ValueBool()}
	var err error
	if how.ForceDeleteEntities.ValueBool() {
		err = r.removeWithEntities(ctx, identifier, options)
	} else {
		err = r.removeWhenEmpty(ctx, identifier, options)
	}
	if errors.Is(err, port.ErrNotFound) {
		return nil
	}
	return err
}

func (r *blueprintResource) removeWhenEmpty(ctx context.Context, identifier string, options port.DeleteBlueprintOptions) error {
	client := r.backend.Client
	for wait := firstDeleteWait; ; wait *= 2 {
		err := client.Blueprints.Delete(ctx, identifier, options)
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

// removeWithEntities has Port delete the entities, and waits until that is done.
// The route that deletes the blueprint along with them has no say about its
// actions, so that those need a deletion of the blueprint alone afterwards.
func (r *blueprintResource) removeWithEntities(ctx context.Context, identifier string, options port.DeleteBlueprintOptions) error {
	start := r.backend.Client.Blueprints.DeleteWithEntities
	if options.DeleteActions {
		start = r.backend.Client.Blueprints.DeleteEntities
	}
	migration, err := start(ctx, identifier)
	if err != nil {
		return err
	}
	if migration != "" {
		if err := r.backend.Client.Migrations.Wait(ctx, migration); err != nil {
			return err
		}
	}
	if options.DeleteActions {
		return r.removeWhenEmpty(ctx, identifier, options)
	}
	return nil
}
