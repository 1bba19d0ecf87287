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

// maxQueries is the maximum number of separate queries, one per blueprint. Beyond that, one query
// for all blueprints is cheaper: with port.poll at 15 s, each query takes 20 of the 15,000 requests
// that Port allows an organization in five minutes.
const maxQueries = 10

// catchUp reads events that did not arrive from Port's audit log.
type catchUp struct {
	// client returns nil if no client id is configured.
	client   func() *port.Client
	config   func() *config.Config
	queue    queue.Queue
	auditLog *ingest.AuditLog
	logger   *slog.Logger
}

// newCatchUp returns a catchUp that reads nothing yet. It sets Plan in the options.
func newCatchUp(opened queue.Queue, current func() *config.Config, options ingest.AuditLogOptions) *catchUp {
	options.Plan = func() ingest.Plan { return planOf(current()) }
	return &catchUp{client: options.Client, config: current, queue: opened, auditLog: ingest.NewAuditLog(options), logger: options.Logger}
}

// auditLogLink reports the position in the audit log to Prometheus and to the operator.
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

// run reads the audit log, unless another listener that shares the store does.
func (c *catchUp) run(ctx context.Context) {
	c.warnOfGaps(ctx)
	c.queue.Follow(ctx, c.auditLog.Follow)
}

// reloaded makes it read the audit log at once with the new configuration.
func (c *catchUp) reloaded(ctx context.Context) {
	c.warnOfGaps(ctx)
	c.auditLog.Wake()
}

// planOf returns what the rules of a configuration need from the audit log: each blueprint that a
// rule can match, or all of them.
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

// loggedTypes returns the resource types of a rule that the audit log contains.
func loggedTypes(r config.Rule) []string {
	if len(r.ResourceTypes) == 0 {
		return []string{changelog.ResourceEntity}
	}
	logged := []string{changelog.ResourceBlueprint, changelog.ResourceEntity, changelog.ResourceRun, "webhook", "scorecard", "action", "integration"}
	return slices.DeleteFunc(slices.Clone(r.ResourceTypes), func(given string) bool { return !slices.Contains(logged, given) })
}

// warnOfGaps logs which rules need events that the audit log may not contain: those of deleted
// entities, and perhaps those of timers.
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

// asksFor reports whether a rule is about entities and can match an action for which matches
// returns true. A rule without actions and property matches all actions.
func asksFor(r config.Rule, matches func(action string) bool) bool {
	isAboutEntities := len(r.ResourceTypes) == 0 || slices.Contains(r.ResourceTypes, changelog.ResourceEntity)
	return isAboutEntities && (slices.ContainsFunc(r.Actions, matches) || len(r.Actions) == 0 && r.Property == "")
}

// refusals triggers a read of the audit log soon after an event was refused, because Port may not
// send it again.
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
