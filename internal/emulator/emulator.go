package emulator

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"

	"github.com/gorilla/mux"

	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/catalog"
	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/document"
	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/event"
)

// Emulator is Port's API as an http.Handler. It is safe for concurrent use.
type Emulator struct {
	options      Options
	catalog      *catalog.Catalog
	automations  *automations
	organization organization
	members      members
	tokens       tokens
	limiter      limiter
	traffic      traffic
	faults       faults
	log          event.Log
	sender       *event.Sender
	own          *ownAPI
	router       *mux.Router
	operations   map[operation]bool     // the routes, including those without a method
	baseline     atomic.Pointer[[]byte] // the dump that reset restores
	closed       atomic.Bool
}

// New returns an emulator with an empty catalog, or an error if the options are invalid. It starts
// goroutines only for events to post, automations to fire or timers to wait for; Close waits for
// them.
func New(options Options) (*Emulator, error) {
	options, err := options.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("configuring the emulator: %w", err)
	}
	e := &Emulator{
		options: options,
		tokens:  newTokens(options),
		limiter: limiter{options: options},
		faults:  newFaults(),
	}
	e.own = &ownAPI{emulator: e}
	e.sender = event.NewSender(event.Config{
		Secret:    options.ClientSecret,
		Seconds:   options.TimestampUnit == Seconds,
		Retries:   options.DeliveryRetries,
		Now:       options.Now,
		Transport: options.DeliveryTransport,
		Inward:    e.own,
	})
	e.organization.reset(options.OrganizationID)
	e.members.reset(options.ClientID)
	e.catalog = catalog.New(catalog.Config{
		Now:         options.Now,
		Actor:       options.ClientID,
		DeleteLag:   options.DeleteLag,
		Destination: destinationModes[options.ChangelogDestination],
		Notify:      e.publish,
	})
	e.automations = newAutomations(options, e.origin(), e.catalog, e.sender)
	e.buildRouter()
	return e, nil
}

// ServeHTTP serves the API and the control endpoints. The latter work even after Close, to report
// the outcome of the last deliveries.
func (e *Emulator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Trace-Id", strings.ToLower(rand.Text()))
	if e.closed.Load() && !strings.HasPrefix(r.URL.Path, controlPrefix) {
		errorResponse(http.StatusServiceUnavailable, "unavailable", "The emulator is shutting down").write(w)
		return
	}
	e.router.ServeHTTP(w, r)
}

// Close stops accepting requests and waits until pending automations have fired and pending events
// are posted. If ctx ends first, the rest is dropped, and the error is that of ctx.
func (e *Emulator) Close(ctx context.Context) error {
	e.closed.Store(true)
	return errors.Join(e.automations.close(ctx), e.sender.Close(ctx))
}

// ServedAt sets the host and port at which the emulator is reached, so that webhooks can call its
// API as they call Port's own.
func (e *Emulator) ServedAt(host string) { e.own.served.Store(&host) }

// origin is the author of every change.
func (e *Emulator) origin() event.Origin {
	return event.Origin{Organization: e.options.OrganizationID, User: e.options.ClientID}
}

// publish records a change, posts it to the blueprint's webhook and fires the automations that
// react to it. The catalog calls it while it is locked, in the order of the changes.
func (e *Emulator) publish(change catalog.Change) {
	e.log.Add("event_"+strings.ToLower(rand.Text()), change, e.origin())
	if change.Webhook != "" {
		e.sender.Post(event.Key(change), change.Webhook, event.Changelog(change, e.origin()))
	}
	e.automations.changed(change)
}

// number returns the conversion for the numbers of incoming documents.
func (e *Emulator) number() func(json.Number) json.Number {
	if e.options.JSNumbers {
		return document.RoundNumber
	}
	return document.KeepNumber
}
