package emulator

import (
	"net/http"

	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/action"
	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/catalog"
	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/document"
	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/shape"
)

const (
	actionsTemplate     = "/v1/actions"
	actionTemplate      = "/v1/actions/{action_identifier}"
	permissionsTemplate = actionTemplate + "/permissions"
)

// actions has the operations on actions and their permissions.
type actions struct {
	store   *action.Store
	catalog *catalog.Catalog
}

func (a *actions) routes() []route {
	return []route{
		{method: http.MethodGet, template: permissionsTemplate, handle: a.getPermissions},
		{method: http.MethodPatch, template: permissionsTemplate, handle: a.updatePermissions},
		{method: http.MethodGet, template: actionTemplate, handle: a.get},
		{method: http.MethodPut, template: actionTemplate, handle: a.replace},
		{method: http.MethodDelete, template: actionTemplate, handle: a.remove},
		{method: http.MethodGet, template: actionsTemplate, handle: a.list},
		{method: http.MethodPost, template: actionsTemplate, handle: a.create},
	}
}

// list is GET /v1/actions.
func (a *actions) list(c *call) (int, *document.Object, error) {
	filter := action.Filter{
		Actions:      c.list("action_identifier"),
		Blueprints:   c.list("blueprint_identifier"),
		Operations:   c.list("operation"),
		TriggerType:  c.query.Get("trigger_type"),
		Events:       c.list("trigger_event"),
		EventActions: c.list("trigger_event_action_identifier"),
	}
	if c.query.Has("published") {
		published, err := c.flag("published")
		if err != nil {
			return 0, nil, err
		}
		filter.Published = &published
	}
	for name, allowed := range map[string][]string{
		"operation":    {"CREATE", "DAY-2", "DELETE"},
		"trigger_type": {"self-service", "automation"},
		"trigger_event": {
			"ENTITY_CREATED", "ENTITY_UPDATED", "ENTITY_DELETED", "TIMER_PROPERTY_EXPIRED", "ANY_ENTITY_CHANGE",
			"RUN_CREATED", "RUN_UPDATED", "ANY_RUN_CHANGE",
		},
	} {
		if err := c.among(name, allowed...); err != nil {
			return 0, nil, err
		}
	}
	if err := c.checkVersion(); err != nil {
		return 0, nil, err
	}
	return http.StatusOK, success().With("actions", a.store.List(filter)), nil
}

// checkVersion validates the parameter version. [?runs] Version v1 is an older form of actions and
// runs, which the emulator does not have.
func (c *call) checkVersion() error { return c.among("version", "v1", "v2") }

// get is GET /v1/actions/{action_identifier}.
func (a *actions) get(c *call) (int, *document.Object, error) {
	return withAction(http.StatusOK)(a.store.Get(c.variable("action_identifier")))
}

// create is POST /v1/actions. [?action-created] The OpenAPI document has no success response; other
// create operations return 201.
func (a *actions) create(c *call) (int, *document.Object, error) {
	body, err := a.body(c)
	if err != nil {
		return 0, nil, err
	}
	return withAction(http.StatusCreated)(a.store.Create(body))
}

// replace is PUT /v1/actions/{action_identifier}.
func (a *actions) replace(c *call) (int, *document.Object, error) {
	if _, err := a.store.Get(c.variable("action_identifier")); err != nil {
		return 0, nil, err
	}
	body, err := a.body(c)
	if err != nil {
		return 0, nil, err
	}
	return withAction(http.StatusOK)(a.store.Replace(c.variable("action_identifier"), body))
}

// body reads an action. [?action-blueprint] The blueprint of its trigger must exist: the documented
// 404 of this operation can mean nothing else.
func (a *actions) body(c *call) (*document.Object, error) {
	body, err := c.body(shape.Action)
	if err != nil {
		return nil, err
	}
	trigger := body.Object("trigger")
	if trigger.Has("condition") && trigger.Text("type") == "self-service" && !trigger.Has("blueprintIdentifier") {
		return nil, unprocessable("body/trigger must have property blueprintIdentifier when property condition is present")
	}
	for _, target := range []*document.Object{trigger, trigger.Object("event")} {
		if !target.Has("blueprintIdentifier") {
			continue
		}
		if _, err := a.catalog.Blueprint(target.Text("blueprintIdentifier")); err != nil {
			return nil, err
		}
	}
	return body, nil
}

// remove is DELETE /v1/actions/{action_identifier}.
func (a *actions) remove(c *call) (int, *document.Object, error) {
	if err := a.store.Delete(c.variable("action_identifier")); err != nil {
		return 0, nil, err
	}
	return http.StatusOK, success(), nil
}

// getPermissions is GET /v1/actions/{action_identifier}/permissions.
func (a *actions) getPermissions(c *call) (int, *document.Object, error) {
	return withPermissions(a.store.Permissions(c.variable("action_identifier")))
}

// updatePermissions is PATCH /v1/actions/{action_identifier}/permissions.
func (a *actions) updatePermissions(c *call) (int, *document.Object, error) {
	body, err := c.body(shape.Permissions)
	if err != nil {
		return 0, nil, err
	}
	return withPermissions(a.store.UpdatePermissions(c.variable("action_identifier"), body))
}

// withAction turns the result of the store into a response.
func withAction(status int) func(*document.Object, error) (int, *document.Object, error) {
	return func(stored *document.Object, err error) (int, *document.Object, error) {
		if err != nil {
			return 0, nil, err
		}
		return status, success().With("action", stored), nil
	}
}

func withPermissions(permissions *document.Object, err error) (int, *document.Object, error) {
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, success().With("permissions", permissions), nil
}
