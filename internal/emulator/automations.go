package emulator

import (
	"context"

	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/action"
	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/automation"
	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/catalog"
	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/event"
)

// automations are actions, their runs, and what makes them act.
type automations struct {
	actions *actions
	runs    *runs
	engine  *automation.Engine
	timers  *automation.Timers
}

// newAutomations returns automations that react to what the catalog reports to
// entityChanged, which may begin once this returns.
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

// changed takes notice of a change. It is called under the lock of the catalog.
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

// reset forgets actions and runs. What is under way is still carried out.
func (a *automations) reset() {
	a.actions.store.Reset()
	a.runs.store.Reset()
}

// close waits for what is under way, and for what that leads to.
func (a *automations) close(ctx context.Context) error {
	a.timers.Close()
	return a.engine.Close(ctx)
}
