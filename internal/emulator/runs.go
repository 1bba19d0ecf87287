package emulator

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/action"
	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/automation"
	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/catalog"
	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/document"
	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/run"
	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/shape"
)

const (
	runsTemplate = "/v1/actions/runs"
	runTemplate  = runsTemplate + "/{run_id}"
	// maxListedRuns and maxListedLogs are the maximum page sizes.
	maxListedRuns = 1000
	maxListedLogs = 50
)

// runs has the operations on runs.
type runs struct {
	store   *run.Store
	actions *action.Store
	catalog *catalog.Catalog
	engine  *automation.Engine
}

// routes returns the operations. They come before those on actions, where an action identifier has
// the position of "runs".
func (r *runs) routes() []route {
	return []route{
		{method: http.MethodPost, template: runsTemplate + "/claim-pending", handle: r.claimPending},
		{method: http.MethodPatch, template: runsTemplate + "/ack", handle: r.acknowledge},
		{method: http.MethodPatch, template: runTemplate + "/approval", handle: r.approve},
		{method: http.MethodGet, template: runTemplate + "/approvers", handle: r.listApprovers},
		{method: http.MethodGet, template: runTemplate + "/logs", handle: r.listLogs},
		{method: http.MethodPost, template: runTemplate + "/logs", handle: r.addLog},
		{method: http.MethodPatch, template: runTemplate + "/response", handle: r.setResponse},
		{method: http.MethodGet, template: runTemplate, handle: r.get},
		{method: http.MethodPatch, template: runTemplate, handle: r.update},
		{method: http.MethodGet, template: runsTemplate, handle: r.list},
		{method: http.MethodPost, template: actionTemplate + "/runs", handle: r.start},
	}
}

// list is GET /v1/actions/runs.
func (r *runs) list(c *call) (int, *document.Object, error) {
	filter := run.Filter{
		Entity: c.query.Get("entity"), Blueprint: c.query.Get("blueprint"), Action: c.query.Get("action"),
		ExternalRunID: c.query.Get("external_run_id"), Sources: c.list("source"),
		User: c.query.Get("user_id"),
	}
	if email := c.query.Get("user_email"); email != "" {
		filter.User = email
	}
	if c.query.Has("active") {
		active, err := c.flag("active")
		if err != nil {
			return 0, nil, err
		}
		filter.Active = &active
	}
	if err := c.among("source", "UI", "API", "AUTOMATION"); err != nil {
		return 0, nil, err
	}
	if err := c.checkVersion(); err != nil {
		return 0, nil, err
	}
	limit, err := c.within("limit", 1, maxListedRuns)
	if err != nil {
		return 0, nil, err
	}
	filter.Limit = limit
	list := []any{}
	for _, listed := range r.store.List(filter) {
		list = append(list, without(listed, c.list("exclude")))
	}
	return http.StatusOK, success().With("runs", list), nil
}

// without returns a document without the given keys.
func without(d *document.Object, keys []string) *document.Object {
	if len(keys) == 0 {
		return d
	}
	rest := d.Clone()
	for _, key := range keys {
		rest.Delete(key)
	}
	return rest
}

// within returns an optional query parameter that is a number within bounds; the upper bound if it
// is missing.
func (c *call) within(name string, least, most int) (int, error) {
	if !c.query.Has(name) {
		return most, nil
	}
	count, err := strconv.Atoi(c.query.Get(name))
	if err != nil || count < least || count > most {
		return 0, unprocessable(fmt.Sprintf("querystring/%s must be a number from %d to %d", name, least, most))
	}
	return count, nil
}

// get is GET /v1/actions/runs/{run_id}.
func (r *runs) get(c *call) (int, *document.Object, error) {
	if err := c.checkVersion(); err != nil {
		return 0, nil, err
	}
	return withRun(http.StatusOK)(r.store.Get(c.variable("run_id")))
}

// update is PATCH /v1/actions/runs/{run_id}.
func (r *runs) update(c *call) (int, *document.Object, error) {
	if err := c.checkVersion(); err != nil {
		return 0, nil, err
	}
	body, err := c.body(shape.RunUpdate)
	if err != nil {
		return 0, nil, err
	}
	return withRun(http.StatusOK)(r.store.Update(c.variable("run_id"), body))
}

// approve is PATCH /v1/actions/runs/{run_id}/approval.
func (r *runs) approve(c *call) (int, *document.Object, error) {
	if err := c.checkVersion(); err != nil {
		return 0, nil, err
	}
	body, err := c.body(shape.Approval)
	if err != nil {
		return 0, nil, err
	}
	id := c.variable("run_id")
	decided, err := r.store.Approve(id, body)
	if err != nil {
		return 0, nil, err
	}
	if run.Status(decided.Text("status")) == run.InProgress {
		err = r.engine.Execute(id)
	}
	return withRun(http.StatusCreated)(decided, err)
}

// listApprovers is GET /v1/actions/runs/{run_id}/approvers.
func (r *runs) listApprovers(c *call) (int, *document.Object, error) {
	withPending, err := c.flag("include_pending_approvers")
	if err != nil {
		return 0, nil, err
	}
	id := c.variable("run_id")
	_, definition, err := r.store.Cause(id)
	if err != nil {
		return 0, nil, err
	}
	var pending []any
	if permissions, err := r.actions.Permissions(definition.Text("identifier")); err == nil && withPending {
		pending = permissions.Object("approve").List("users")
	}
	approvers, err := r.store.Approvers(id, pending)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, success().With("approvers", approvers), nil
}

// listLogs is GET /v1/actions/runs/{run_id}/logs.
func (r *runs) listLogs(c *call) (int, *document.Object, error) {
	limit, err := c.within("limit", 1, maxListedLogs)
	if err != nil {
		return 0, nil, err
	}
	offset := 0
	if c.query.Has("offset") {
		if offset, err = c.within("offset", 0, 1<<30); err != nil {
			return 0, nil, err
		}
	}
	logs, err := r.store.Logs(c.variable("run_id"), limit, offset)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, success().With("runLogs", logs), nil
}

// addLog is POST /v1/actions/runs/{run_id}/logs.
func (r *runs) addLog(c *call) (int, *document.Object, error) {
	body, err := c.body(shape.RunLog)
	if err != nil {
		return 0, nil, err
	}
	line, err := r.store.AddLog(c.variable("run_id"), body)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusCreated, success().With("runLog", line), nil
}

// setResponse is PATCH /v1/actions/runs/{run_id}/response, which Port's agent uses and Port does
// not document.
func (r *runs) setResponse(c *call) (int, *document.Object, error) {
	body, err := c.body(shape.RunResponse)
	if err != nil {
		return 0, nil, err
	}
	return withRun(http.StatusOK)(r.store.SetResponse(c.variable("run_id"), body.Value("response")))
}

// claimPending is POST /v1/actions/runs/claim-pending, which agents use and Port does not document.
func (r *runs) claimPending(c *call) (int, *document.Object, error) {
	const defaultVisibility = 90 * time.Second
	body, err := c.body(shape.Claim)
	if err != nil {
		return 0, nil, err
	}
	limit, visibility := maxListedRuns, defaultVisibility
	if count, ok := body.Int("limit"); ok {
		limit = count
	}
	if length, ok := body.Int("visibilityTimeoutMs"); ok {
		visibility = time.Duration(length) * time.Millisecond
	}
	var exclude []string
	for _, item := range body.List("exclude") {
		id, _ := item.(string)
		exclude = append(exclude, id)
	}
	list := []any{}
	for _, claimed := range r.store.ClaimPending(body.Text("installationId"), limit, visibility, exclude) {
		list = append(list, claimed)
	}
	return http.StatusOK, success().With("runs", list), nil
}

// acknowledge is PATCH /v1/actions/runs/ack, which agents use and Port does not document.
func (r *runs) acknowledge(c *call) (int, *document.Object, error) {
	body, err := c.body(shape.Acknowledgement)
	if err != nil {
		return 0, nil, err
	}
	var ids []string
	if id := body.Text("runId"); id != "" {
		ids = append(ids, id)
	}
	for _, item := range body.List("runIds") {
		if id, _ := item.(string); !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	count, err := r.store.Acknowledge(ids)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, success().With("ackedCount", count), nil
}

// start is POST /v1/actions/{action_identifier}/runs.
func (r *runs) start(c *call) (int, *document.Object, error) {
	definition, err := r.actions.Get(c.variable("action_identifier"))
	if err != nil {
		return 0, nil, err
	}
	body, err := c.body(shape.Run)
	if err != nil {
		return 0, nil, err
	}
	form, err := r.form(definition, body)
	if err != nil {
		return 0, nil, err
	}
	form.RunAs, form.Cause = c.query.Get("run_as"), c.cause
	return withRun(http.StatusAccepted)(r.engine.Start(form), nil)
}

// during wraps the handler of an operation that writes entities: a run given by run_id must be in
// progress.
func (r *runs) during(handle handler) handler {
	return func(c *call) (int, *document.Object, error) {
		if id := c.query.Get("run_id"); id != "" {
			if err := r.store.CheckWritable(id); err != nil {
				return 0, nil, err
			}
		}
		return handle(c)
	}
}

// form validates a run against its action. [?runs] The status for an automation, which cannot be
// run manually, is assumed.
func (r *runs) form(definition, body *document.Object) (automation.Form, error) {
	trigger := definition.Object("trigger")
	if trigger.Text("type") != "self-service" {
		return automation.Form{}, unprocessable(fmt.Sprintf("Action %q is an automation and cannot be run", definition.Text("identifier")))
	}
	form := automation.Form{Action: definition}
	var err error
	if form.Properties, err = action.ReadInputs(trigger.Object("userInputs"), body.Object("properties")); err != nil {
		return form, err
	}
	blueprint := trigger.Text("blueprintIdentifier")
	if blueprint == "" {
		return form, nil
	}
	if form.Blueprint, err = r.catalog.Blueprint(blueprint); err != nil || trigger.Text("operation") == "CREATE" {
		return form, err
	}
	if body.Text("entity") == "" {
		return form, unprocessable("body must have required property 'entity'")
	}
	form.Entity, err = r.catalog.Entity(blueprint, body.Text("entity"), catalog.View{})
	return form, err
}

// withRun turns the result of the store into a response.
func withRun(status int) func(*document.Object, error) (int, *document.Object, error) {
	return func(stored *document.Object, err error) (int, *document.Object, error) {
		if err != nil {
			return 0, nil, err
		}
		return status, success().With("run", stored), nil
	}
}
