package app

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/changelog"
	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/listener/internal/arrivals"
	"github.com/port-changelog/terraform-provider-port/listener/internal/config"
	"github.com/port-changelog/terraform-provider-port/listener/internal/ingest"
	"github.com/port-changelog/terraform-provider-port/listener/internal/metrics"
	"github.com/port-changelog/terraform-provider-port/listener/internal/queue"
	"github.com/port-changelog/terraform-provider-port/listener/internal/rule"
)

// mostQueries is how many blueprints are asked for one by one. Beyond that one query for all of
// them is cheaper: with port.poll at 15 s each takes 20 of the 15,000 requests that an organization
// has in five minutes.
const maxQueries = 10

// catchUp reads Port's audit log for the events that did not arrive.
type catchUp struct {
	// client returns nil when Port is not to be asked.
	client   func() *port.Client
	config   func() *config.Config
	queue    queue.Queue
	auditLog *ingest.AuditLog
	logger   *slog.Logger
}

// newCatchUp returns one that reads nothing yet. Of the options it sets the plan.
func newCatchUp(opened queue.Queue, current func() *config.Config, options ingest.AuditLogOptions) *catchUp {
	options.Plan = func() ingest.Plan { return planOf(current()) }
	return &catchUp{client: options.Client, config: current, queue: opened, auditLog: ingest.NewAuditLog(options), logger: options.Logger}
}

// auditLogLink shows how far the audit log is read to Prometheus and to the operator.
type auditLogLink struct {
	*metrics.CatchUp
	arrivals *arrivals.Log
}

// Sure implements ingest.AuditLogRecorder.
func (l *auditLogLink) Sure(until time.Time) {
	l.CatchUp.Sure(until)
	l.arrivals.Read(ingest.SourceAuditLog, until)
}

// Leave implements ingest.AuditLogRecorder.
func (l *auditLogLink) Leave() {
	l.CatchUp.Leave()
	l.arrivals.Leave(ingest.SourceAuditLog)
}

// run reads the audit log, as long as no other listener that shares the store does.
func (c *catchUp) run(ctx context.Context) {
	c.warnOfGaps(ctx)
	c.queue.Follow(ctx, c.auditLog.Follow)
}

// reloaded reads the audit log at once with the configuration that there is now.
func (c *catchUp) reloaded(ctx context.Context) {
	c.warnOfGaps(ctx)
	c.auditLog.Wake()
}

// planOf says what the rules of a configuration need of the audit log: each blueprint that one
// could match, or all of them.
func planOf(loaded *config.Config) ingest.Plan {
	plan := ingest.Plan{Interval: loaded.CatchUp.Interval, CatchUp: loaded.CatchUp.Interval, MaxAge: loaded.CatchUp.MaxAge}
	if loaded.Port.Poll > 0 {
		plan.Interval = loaded.Port.Poll
	}
	var blueprints, resources []string
	every := false
	for _, r := range loaded.Rules {
		resources = append(resources, loggedTypes(r)...)
		blueprints = append(blueprints, r.Blueprints...)
		every = every || len(r.Blueprints) == 0
	}
	blueprints, resources = distinct(blueprints), distinct(resources)
	switch {
	case len(resources) == 0:
		return plan
	case every || len(blueprints) > maxQueries:
		blueprints = []string{""}
	}
	for _, blueprint := range blueprints {
		plan.Queries = append(plan.Queries, ingest.Query{Blueprint: blueprint, Resources: resources})
	}
	return plan
}

func distinct(texts []string) []string {
	slices.Sort(texts)
	return slices.Compact(texts)
}

// loggedTypes are the types of resources of a rule that the audit log knows.
func loggedTypes(r config.Rule) []string {
	if len(r.ResourceTypes) == 0 {
		return []string{changelog.ResourceEntity}
	}
	logged := []string{changelog.ResourceBlueprint, changelog.ResourceEntity, changelog.ResourceRun, "webhook", "scorecard", "action", "integration"}
	return slices.DeleteFunc(slices.Clone(r.ResourceTypes), func(given string) bool { return !slices.Contains(logged, given) })
}

// warnOfGaps names the rules that the audit log cannot serve: it may not show the events of
// entities that are gone, and perhaps not those of timers.
func (c *catchUp) warnOfGaps(ctx context.Context) {
	if c.client() == nil {
		return
	}
	var deletions, timers, unlogged []string
	for _, r := range c.config().Rules {
		if asksFor(r, func(action string) bool { return action == changelog.ActionDelete }) {
			deletions = append(deletions, r.Name)
		}
		if asksFor(r, rule.IsTimerAction) {
			timers = append(timers, r.Name)
		}
		if len(loggedTypes(r)) == 0 {
			unlogged = append(unlogged, r.Name)
		}
	}
	for missed, names := range map[string][]string{"deletions": deletions, "timers": timers, "other types of resources": unlogged} {
		if len(names) > 0 {
			c.logger.WarnContext(ctx, "Port's audit log may not contain every event that these rules match; report them with an automation", "missed", missed, "rules", names)
		}
	}
}

// asksFor reports whether a rule is about entities and matches an action: one that names none, and
// no property, matches all.
func asksFor(r config.Rule, matches func(action string) bool) bool {
	isAboutEntities := len(r.ResourceTypes) == 0 || slices.Contains(r.ResourceTypes, changelog.ResourceEntity)
	return isAboutEntities && (slices.ContainsFunc(r.Actions, matches) || len(r.Actions) == 0 && r.Property == "")
}

// refusals makes the audit log be read soon when an event was refused, which Port is not known to
// send again.
type refusals struct {
	*metrics.Metrics
	refused func()
}

// Received implements ingest.Recorder.
func (r *refusals) Received(source string, result metrics.Result) {
	r.Metrics.Received(source, result)
	if result == metrics.ResultUnavailable {
		r.refused()
	}
}
