package automation

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/action"
	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/catalog"
	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/document"
	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/event"
	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/jq"
	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/run"
	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/template"
	porttemplate "github.com/port-changelog/terraform-provider-port/internal/template"
)

// longestChain is the maximum number of automations that may trigger one another.
// [?automation-chains] Port documents that automations may trigger each other, but no protection
// against loops.
const longestChain = 10

// errChain is recorded for an automation at the end of a chain that is too long.
var errChain = fmt.Errorf("not fired: %d automations have triggered one another, which may be a loop", longestChain)

// Config configures an engine.
type Config struct {
	Now      func() time.Time
	Origin   event.Origin
	Actions  *action.Store
	Entities Entities
	Sender   *event.Sender
	Log      *slog.Logger
}

// Entities writes the entities of UPSERT_ENTITY.
type Entities interface {
	CreateEntity(blueprint string, body *document.Object, options catalog.WriteOptions) (*document.Object, bool, error)
}

// Engine fires automations and executes runs sequentially in the background. Its goroutine exists
// only while there is work; Close waits for it.
type Engine struct {
	config Config
	runs   *run.Store
	queue  queue
}

// New returns an engine without runs, which is idle until something changes.
func New(config Config) *Engine {
	e := &Engine{config: config}
	e.runs = run.NewStore(run.Config{Now: config.Now, Actor: config.Origin.User, Notify: e.runChanged})
	return e
}

// Runs returns the runs that the engine executes.
func (e *Engine) Runs() *run.Store { return e.runs }

// Close waits until all work is done or ctx ends; then the rest is dropped.
func (e *Engine) Close(ctx context.Context) error { return e.queue.close(ctx) }

// EntityChanged fires the automations that react to the change of an entity. It never blocks, so it
// may be called while the catalog is locked.
func (e *Engine) EntityChanged(change catalog.Change) {
	kind, ok := map[catalog.Action]string{
		catalog.Create: "ENTITY_CREATED", catalog.Update: "ENTITY_UPDATED", catalog.Delete: "ENTITY_DELETED",
	}[change.Action]
	if !ok {
		return
	}
	e.fire(occurrence{
		signal: action.Signal{Types: []string{kind, "ANY_ENTITY_CHANGE"}, Blueprint: change.Blueprint},
		cause:  change.Cause,
		key:    event.Key(change),
		event:  func() *document.Object { return event.Automation(change, e.config.Origin) },
	})
}

// TimerExpired fires the automations that react to a timer.
func (e *Engine) TimerExpired(timer catalog.Timer) {
	e.fire(occurrence{
		signal: action.Signal{Types: []string{"TIMER_PROPERTY_EXPIRED"}, Blueprint: timer.Blueprint, Property: timer.Property},
		key:    "timer\x00" + timer.Blueprint + "\x00" + timer.Entity,
		event:  func() *document.Object { return event.TimerExpired(timer, e.config.Origin) },
	})
}

// runChanged fires the automations that react to the change of a run. It is called while the runs
// are locked.
func (e *Engine) runChanged(change run.Change) {
	kind := "RUN_UPDATED"
	if change.Before == nil {
		kind = "RUN_CREATED"
	}
	e.fire(occurrence{
		signal: action.Signal{Types: []string{kind, "ANY_RUN_CHANGE"}, Action: change.Action.Text("identifier")},
		cause:  change.Cause,
		key:    "run\x00" + change.After.Text("id"),
		event: func() *document.Object {
			return event.Run("event_"+rand.Text()[:16], change, e.config.Origin)
		},
	})
}

// occurrence is a change or an expiry that automations may react to.
type occurrence struct {
	signal action.Signal
	cause  catalog.Cause
	// key groups deliveries that must stay in order.
	key string
	// event returns the event that conditions and templates see.
	event func() *document.Object
}

// fire starts the automations that currently react to the occurrence, in the background.
func (e *Engine) fire(o occurrence) {
	automations := e.config.Actions.Listening(o.signal)
	if len(automations) == 0 {
		return
	}
	if o.cause.Chain >= longestChain {
		e.refuseAll(automations, errChain)
		return
	}
	err := e.queue.add(func() {
		occurred := o.event()
		for _, automation := range automations {
			if holds(automation.Object("trigger").Object("condition"), occurred) {
				e.startAutomation(automation, occurred, o)
			}
		}
	})
	if err != nil {
		e.refuseAll(automations, err)
	}
}

// refuseAll records and logs that automations are not fired.
func (e *Engine) refuseAll(automations []*document.Object, cause error) {
	for _, automation := range automations {
		identifier := automation.Text("identifier")
		e.config.Sender.Record(event.Delivery{
			Kind: automation.Object("invocationMethod").Text("type"), Action: identifier,
		}, cause)
		if errors.Is(cause, errChain) {
			e.config.Log.Warn("an automation was not fired", "automation", identifier, "cause", cause.Error())
		}
	}
}

// holds evaluates the condition of an automation for an event. A condition without expressions is
// true. [?conditions] An expression is satisfied only by the value true.
func holds(condition, occurred *document.Object) bool {
	expressions := condition.List("expressions")
	if len(expressions) == 0 {
		return true
	}
	input := jq.Prepare(occurred)
	isAny := condition.Text("combinator") == "or"
	for _, item := range expressions {
		expression, _ := item.(string)
		if isTrue(expression, input) == isAny {
			return isAny
		}
	}
	return !isAny
}

func isTrue(expression string, input jq.Prepared) bool {
	program, err := jq.Compile(porttemplate.Program(expression))
	if err != nil {
		return false
	}
	value, _, err := program.Evaluate(input)
	return err == nil && value == true
}

// startAutomation creates and executes a run of an automation.
func (e *Engine) startAutomation(automation, occurred *document.Object, o occurrence) {
	draft := run.Draft{
		ID: run.NewID(), Action: automation, Properties: document.New(), Source: "AUTOMATION",
		Cause: catalog.Cause{Chain: o.cause.Chain + 1},
	}
	data := document.New().
		With("inputs", nil).
		With("trigger", document.New().
			With("by", e.config.Origin.By()).
			With("origin", "AUTOMATION").
			With("at", document.Instant(e.config.Now()))).
		With("event", occurred).
		With("entity", nil).
		With("action", document.New().With("identifier", automation.Text("identifier")))
	e.start(draft, data, o.key)
}

// Form is the input of a run of a self-service action.
type Form struct {
	Action     *document.Object
	Properties *document.Object
	// Blueprint is nil for an action without a blueprint. Entity is nil for CREATE.
	Blueprint, Entity *document.Object
	RunAs             string
	Cause             catalog.Cause
}

// Start creates a run of a self-service action and returns it. It is executed in the background, or
// after its approval.
func (e *Engine) Start(form Form) *document.Object {
	trigger := form.Action.Object("trigger")
	entity := form.Entity
	if entity == nil {
		entity = document.New()
	}
	action := document.New().With("identifier", form.Action.Text("identifier"))
	if form.Blueprint != nil {
		action.Set("blueprint", form.Blueprint.Text("identifier"))
	}
	draft := run.Draft{
		ID: run.NewID(), Action: form.Action, Properties: form.Properties, Source: form.Cause.Origin(), RunAs: form.RunAs, Cause: form.Cause,
	}
	if form.Blueprint != nil {
		draft.Blueprint = run.Reference(form.Blueprint)
	}
	if form.Entity != nil {
		draft.Entity = run.Reference(form.Entity)
	}
	data := document.New().
		With("inputs", form.Properties).
		With("trigger", document.New().
			With("by", e.config.Origin.By()).
			With("origin", form.Cause.Origin()).
			With("at", document.Instant(e.config.Now())).
			With("operation", trigger.Text("operation"))).
		With("event", nil).
		With("entity", entity).
		With("action", action.With("encryptedProperties", []any{}))
	return e.start(draft, data, "run\x00"+draft.ID)
}

// start renders the invocation and creates the run. If rendering fails, the run fails immediately.
func (e *Engine) start(draft run.Draft, data *document.Object, key string) *document.Object {
	data.With("run", document.New().With("id", draft.ID)).With("secrets", document.New())
	payload, err := render(draft.Action.Object("invocationMethod"), template.NewData(data))
	if err == nil {
		draft.Payload = payload
	}
	created := e.runs.Create(draft)
	switch {
	case err != nil:
		e.fail(draft.ID, fmt.Errorf("rendering the invocation: %w", err))
	case run.Status(created.Text("status")) == run.InProgress:
		e.execute(created, draft.Action, draft.Cause, key)
	}
	return created
}

// fail ends a run and logs the reason.
func (e *Engine) fail(id string, cause error) {
	e.runs.Note(id, cause.Error())
	e.runs.Finish(id, run.Failure, nil)
}
