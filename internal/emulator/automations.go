package emulator

import (
	"context"

	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/action"
	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/automation"
	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/catalog"
	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/event"
)

// automations are actions, their runs, and the engine that fires them.
type automations struct {
	actions *actions
	runs    *runs
	engine  *automation.Engine
	timers  *automation.Timers
}

// newAutomations returns automations that react to the changes reported to entityChanged, which may
// be called once this returns.
func newAutomations(options Options, origin event.Origin, entities *catalog.Catalog, sender *event.Sender) *automations {
	store := action.NewStore(options.Now, options.ClientID)
	engine := automation.New(automation.Config{
		Now: options.Now, Origin: origin, Actions: store, Entities: entities,
		Sender: sender, Log: options.Log,
	})
	return &automations{
		actions: &actions{store: store, catalog: entities},
		runs:    &runs{store: engine.Runs(), actions: store, catalog: entities, engine: engine},
		engine:  engine,
		timers:  automation.NewTimers(options.Now, entities.Timers, engine.TimerExpired),
	}
}

// changed handles a change. It is called while the catalog is locked.
func (a *automations) changed(change catalog.Change) {
	if change.Resource == catalog.EntityResource {
		a.engine.EntityChanged(change)
		a.timers.Note(change.Timers...)
		return
	}
	if from, to, renamed := change.BlueprintRename(); renamed {
		a.actions.store.RenameBlueprint(from, to)
	}
	a.timers.Refresh() // A property may have become a timer.
}

// reset deletes actions and runs. Work in progress still completes.
func (a *automations) reset() {
	a.actions.store.Reset()
	a.runs.store.Reset()
}

// close waits for work in progress, and for the automations that it triggers.
func (a *automations) close(ctx context.Context) error {
	a.timers.Close()
	return a.engine.Close(ctx)
}
