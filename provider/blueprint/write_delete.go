package blueprint

import (
	"context"
	"errors"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/port"
)

// Port may need seconds to delete entities, and until then reports that their blueprint has
// dependents. The delays between attempts double from first to last.
const (
	firstDeleteWait = 500 * time.Millisecond
	lastDeleteWait  = 8 * time.Second
)

// remove deletes a blueprint, which may already be gone.
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
	client := r.Backend.Client
	for wait := firstDeleteWait; ; wait *= 2 {
		err := client.Blueprints.Delete(ctx, identifier, options)
		if !errors.Is(err, port.ErrHasDependents) || wait > lastDeleteWait {
			return err
		}
		if count, countErr := client.Entities.Count(ctx, identifier); countErr == nil && count > 0 {
			return err
		}
		if waitErr := r.Backend.Wait(ctx, wait); waitErr != nil {
			return errors.Join(err, waitErr)
		}
	}
}

// removeWithEntities makes Port delete the entities and waits for it. The route that deletes the
// blueprint with its entities cannot delete its actions, so with that option the blueprint is
// deleted separately.
func (r *blueprintResource) removeWithEntities(ctx context.Context, identifier string, options port.DeleteBlueprintOptions) error {
	start := r.Backend.Client.Blueprints.DeleteWithEntities
	if options.DeleteActions {
		start = r.Backend.Client.Blueprints.DeleteEntities
	}
	migration, err := start(ctx, identifier)
	if err != nil {
		return err
	}
	if migration != "" {
		if err := r.Backend.Client.Migrations.Wait(ctx, migration); err != nil {
			return err
		}
	}
	if options.DeleteActions {
		return r.removeWhenEmpty(ctx, identifier, options)
	}
	return nil
}
