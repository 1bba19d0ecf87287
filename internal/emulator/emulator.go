package emulator

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"

	"github.com/gorilla/mux"

	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/action"
	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/catalog"
	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/document"
	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/event"
	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/shape"
)

// Emulator is Port's API as an http.Handler. It is safe for concurrent use.
type Emulator struct {
	options      Options
	bodies       *shape.Bodies
	catalog      *catalog.Catalog
	actions      *actions
	organization organization
	tokens       tokens
	limiter      limiter
	traffic      traffic
	faults       faults
	log          event.Log
	sender       *event.Sender
	router       *mux.Router
	operations   map[operation]bool     // those of routes, also without a method
	baseline     atomic.Pointer[[]byte] // the dump that a reset returns to
	closed       atomic.Bool
}

// New returns an emulator with an empty catalog, or an error that says what is
// wrong with the options. It has no goroutines until there are events to post;
// Close waits for those.
func New(options Options) (*Emulator, error) {
	options, err := options.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("configuring the emulator: %w", err)
	}
	e := &Emulator{
		options: options,
		bodies:  shape.New(),
		tokens:  newTokens(options),
		limiter: limiter{options: options},
		faults:  newFaults(),
		sender: event.NewSender(event.Config{
			Secret:    options.ClientSecret,
			Seconds:   options.TimestampUnit == Seconds,
			Retries:   options.DeliveryRetries,
			Now:       options.Now,
			Transport: options.DeliveryTransport,
		}),
	}
	e.organization.reset(options.OrganizationID)
	e.catalog = catalog.New(catalog.Config{
		Now:                      options.Now,
		Actor:                    options.ClientID,
		DeleteLag:                options.DeleteLag,
		DropChangelogDestination: !options.ChangelogDestination,
		Notify:                   e.publish,
	})
	e.actions = &actions{
		bodies:  shape.NewActionBodies(),
		store:   action.NewStore(options.Now, options.ClientID),
		catalog: e.catalog,
	}
	e.buildRouter()
	return e, nil
}

// ServeHTTP answers a request to the API or to the control endpoints.
func (e *Emulator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Trace-Id", strings.ToLower(rand.Text()))
	if e.closed.Load() {
		errorResponse(http.StatusServiceUnavailable, "unavailable", "The emulator is shutting down").write(w)
		return
	}
	e.router.ServeHTTP(w, r)
}

// Close stops accepting requests and waits for the events that are to be posted.
// When ctx ends first those are dropped, and the error is that of ctx.
func (e *Emulator) Close(ctx context.Context) error {
	e.closed.Store(true)
	return e.sender.Close(ctx)
}

// publish records a change and posts it to the blueprint's webhook. The catalog
// calls it under its lock, in the order of the changes.
func (e *Emulator) publish(change catalog.Change) {
	origin := event.Origin{Organization: e.options.OrganizationID, User: e.options.ClientID}
	e.log.Add("event_"+strings.ToLower(rand.Text()), change, origin)
	if from, to, renamed := change.BlueprintRename(); renamed {
		e.actions.store.RenameBlueprint(from, to)
	}
	if change.Webhook == "" {
		return
	}
	key := string(change.Resource) + "\x00" + change.Blueprint + "\x00" + change.Entity
	if e.options.EventShape == ChangelogEvents {
		e.sender.Post(key, change.Webhook, nil, event.Changelog(change, origin))
		return
	}
	if change.Resource == catalog.EntityResource {
		run := "r_" + strings.ToLower(rand.Text())
		e.sender.Post(key, change.Webhook, http.Header{"Run_id": {run}}, event.Automation(change, origin, run))
	}
}

// number returns what happens to the numbers of a document that comes in.
func (e *Emulator) number() func(json.Number) json.Number {
	if e.options.JSNumbers {
		return document.RoundNumber
	}
	return document.KeepNumber
}
