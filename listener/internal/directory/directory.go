// Package directory looks up the names for the ids in events, for package message. It queries
// Port's API when a message is rendered, caches the results, and delays a message only briefly:
// names that do not arrive in time are left out. Rules never use the names.
package directory

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/changelog"
	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/listener/internal/message"
)

const (
	// patience is how long a message waits for names.
	patience = 800 * time.Millisecond
	// pause is how long to wait after a failure.
	pause = 30 * time.Second
	// maxPause limits the pause that Port may request instead.
	maxPause = 5 * time.Minute
	// requestTime is the timeout of a request. A response that arrives after patience is used for
	// later messages.
	requestTime = 10 * time.Second
	// maxRequests is the maximum number of concurrent requests.
	maxRequests = 8
	// freshFor is how long a result is fresh.
	freshFor = 10 * time.Minute
	// completeFor is how long a list of all people or applications counts as complete.
	completeFor = time.Minute
	// maxMembers and maxOthers are the cache sizes.
	maxMembers = 10_000
	maxOthers  = 2_000
)

// Recorder counts what happens.
type Recorder interface {
	// NameLookupFailed counts a failed request.
	NameLookupFailed(reason Reason)
}

// Options configure a Directory.
type Options struct {
	// Client returns the current client of Port's API, or nil if none is configured.
	Client   func() *port.Client
	Recorder Recorder
	Logger   *slog.Logger
	Now      func() time.Time
}

// Directory looks up names in its caches or in Port. It is safe for concurrent use.
type Directory struct {
	options Options
	kinds   map[kind]*kindCache
	// ctx ends when the directory is closed; requests counts the requests in progress.
	ctx      context.Context
	end      context.CancelFunc
	requests sync.WaitGroup

	mu sync.Mutex
	// client is the client that the cached results come from: another one may belong to another
	// organization.
	client *port.Client
	// inProgress counts the requests in progress.
	inProgress int
	// pausedUntil is the end of the pause for all requests.
	pausedUntil time.Time
}

// New returns a directory with empty caches.
func New(options Options) *Directory {
	d := &Directory{options: options}
	d.forget()
	d.ctx, d.end = context.WithCancel(context.Background())
	return d
}

// forget empties the caches.
func (d *Directory) forget() {
	d.pausedUntil, d.kinds = time.Time{}, make(map[kind]*kindCache)
	for _, one := range kinds() {
		d.kinds[one.kind] = &kindCache{source: one, results: newCache(one.limit, freshFor), inProgress: make(map[string]*request)}
	}
}

// HasClient reports whether there is a client.
func (d *Directory) HasClient() bool { return d.options.Client() != nil }

// Close cancels the requests in progress.
func (d *Directory) Close(ctx context.Context) error {
	d.end()
	ended := make(chan struct{})
	go func() {
		d.requests.Wait()
		close(ended)
	}()
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Query lists the ids in an event to look up.
type Query struct {
	user, blueprint, entity string
	// teams are the teams in the event; needsTeams means that the message needs them.
	teams      []string
	needsTeams bool
}

// NewQuery returns the query for an event, without keeping references to the event. teams is true
// if the message contains the teams that own the entity.
func NewQuery(event *changelog.Event, teams bool) Query {
	query := Query{blueprint: clone(event.Context.Blueprint), needsTeams: teams}
	if event.Trigger.By.Name == "" {
		query.user = clone(event.User())
	}
	if event.ResourceType == changelog.ResourceEntity && event.Diff.After != nil {
		query.entity = clone(event.Context.Entity)
	}
	if teams {
		for _, team := range event.Teams() {
			query.teams = append(query.teams, clone(team))
		}
	}
	return query
}

// Names returns the names that are available within patience. app is the base URL of links to Port,
// or "" if unknown; links need no lookup.
func (d *Directory) Names(ctx context.Context, query Query, app string) message.Names {
	names := message.Names{Link: Link(app, query.blueprint, query.entity)}
	if !d.HasClient() {
		return names
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var looking sync.WaitGroup
	looking.Go(func() { names.User = d.first(ctx, userKind(query.user), query.user) })
	looking.Go(func() { names.Blueprint = d.first(ctx, blueprints, query.blueprint) })
	if query.needsTeams {
		looking.Go(func() { names.Teams = d.teams(ctx, query) })
	}
	looking.Wait()
	return names
}

// teams returns the titles of the teams in the event, otherwise those of the entity.
func (d *Directory) teams(ctx context.Context, query Query) []string {
	teams := query.teams
	if len(teams) == 0 && query.entity != "" {
		teams = d.look(ctx, owners, ownerKey(query.blueprint, query.entity))
	}
	titles := make([]string, len(teams))
	var looking sync.WaitGroup
	for i, team := range teams {
		looking.Go(func() {
			if titles[i] = d.first(ctx, teamTitles, team); titles[i] == "" {
				titles[i] = team
			}
		})
	}
	looking.Wait()
	return titles
}

func (d *Directory) first(ctx context.Context, of kind, key string) string {
	if texts := d.look(ctx, of, key); len(texts) > 0 {
		return texts[0]
	}
	return ""
}
