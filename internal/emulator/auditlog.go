package emulator

import (
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/catalog"
	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/document"
	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/event"
)

// listEvents is GET /v1/audit-log. [?audit-log] The response contains the events under audits,
// newest first.
func (e *Emulator) listEvents(c *call) (int, *document.Object, error) {
	filter, err := c.eventFilter()
	if err != nil {
		return 0, nil, err
	}
	includes := c.list("includes")
	if err := c.among("includes",
		"action", "context", "diff", "identifier", "resourceType", "status", "trigger", "additionalData", "message"); err != nil {
		return 0, nil, err
	}
	events := e.log.Find(filter)
	if len(includes) > 0 {
		for i, shown := range events {
			events[i] = pick(shown, includes)
		}
	}
	return http.StatusOK, success().With("audits", events), nil
}

// pick returns the selected keys of a document.
func pick(value any, keys []string) *document.Object {
	object, _ := value.(*document.Object)
	picked := document.New()
	for key, value := range object.All() {
		if slices.Contains(keys, key) {
			picked.Set(key, value)
		}
	}
	return picked
}

// eventFilter reads the query parameters. Filters for runs, webhooks and integrations match
// nothing: the log has no such events.
func (c *call) eventFilter() (event.Filter, error) {
	filter := event.Filter{
		Identifier: c.query.Get("identifier"),
		Blueprint:  c.query.Get("blueprint"),
		Entity:     c.query.Get("entity"),
		Action:     c.query.Get("action"),
		Status:     c.query.Get("status"),
		Resources:  c.list("resources"),
		Origins:    c.list("origin"),
	}
	for _, name := range []string{"run_id", "webhookId", "webhookEventId", "InstallationId", "actionType"} {
		filter.None = filter.None || c.query.Get(name) != ""
	}
	var err error
	if filter.From, err = c.instant("from"); err != nil {
		return filter, err
	}
	if filter.To, err = c.instant("to"); err != nil {
		return filter, err
	}
	if filter.Limit, err = c.count("limit"); err != nil {
		return filter, err
	}
	if err := c.hideDeleted(&filter); err != nil {
		return filter, err
	}
	if behaviour, ok := c.Context().Value(logBehaviourKey{}).(logBehaviour); ok {
		filter.Lag, filter.Shuffle, filter.Now = behaviour.lag, behaviour.shuffle, c.emulator.options.Now()
	}
	if err := c.among("status", "SUCCESS", "FAILURE"); err != nil {
		return filter, err
	}
	if err := c.among("actionType", "automation", "self-service"); err != nil {
		return filter, err
	}
	return filter, c.among("resources", "blueprint", "entity", "run", "webhook", "scorecard", "action", "integration")
}

// hideDeleted hides the events of deleted entities unless the request includes them, which it can
// for one entity and at most one day. [?audit-log-of-the-deleted] The default is assumed.
func (c *call) hideDeleted(filter *event.Filter) error {
	included, err := c.flag("include_deleted_entities")
	if err != nil {
		return err
	}
	if !included {
		deleted := make(map[[2]string]bool)
		filter.Hidden = func(blueprint, entity string) bool {
			named := [2]string{blueprint, entity}
			if _, known := deleted[named]; !known {
				_, err := c.emulator.catalog.Entity(blueprint, entity, catalog.View{})
				deleted[named] = err != nil
			}
			return deleted[named]
		}
		return nil
	}
	const most = 24 * time.Hour
	if filter.Entity == "" || filter.Blueprint == "" || filter.From.IsZero() || filter.To.IsZero() || filter.To.Sub(filter.From) > most {
		return unprocessable("querystring/include_deleted_entities requires entity, blueprint, and a range of at most one day")
	}
	return nil
}

// logBehaviour is a fault of the audit log. The context of a request contains it under
// logBehaviourKey.
type logBehaviour struct {
	lag     time.Duration
	shuffle bool
}

type logBehaviourKey struct{}

// among checks that the values of a query parameter are in a list.
func (c *call) among(name string, allowed ...string) error {
	for _, value := range c.list(name) {
		if !slices.Contains(allowed, value) {
			return unprocessable(fmt.Sprintf("querystring/%s must be equal to one of the allowed values", name))
		}
	}
	return nil
}
