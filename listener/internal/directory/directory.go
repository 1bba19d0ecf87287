// Package directory knows what people call the things and people that an event names by their ids.
// It asks Port's API when a message is made, remembers the answers for a while, and never keeps a
// message waiting: what Port does not say in time is left out. The application gives what it finds
// to the message package; rules never see it.
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
	// pause is how long Port is not asked again after a failure.
	pause = 30 * time.Second
	// longestPause bounds what Port may ask for instead.
	longestPause = 5 * time.Minute
	// requestTime is how long a request may take. When it takes longer than patience its answer
	// serves later messages.
	requestTime = 10 * time.Second
	// mostRequests is how many may be on their way.
	maxRequests = 8
	// freshFor is how long an answer is used before Port is asked again.
	freshFor = 10 * time.Minute
	// completeFor is how long a list of everybody is taken to name everybody.
	completeFor = time.Minute
	// mostMembers and mostOthers are how many answers of a kind are remembered.
	maxMembers = 10_000
	maxOthers  = 2_000
)

// Recorder counts what happens.
type Recorder interface {
	// NameLookupFailed counts a request that failed, by the reason of the failure.
	NameLookupFailed(reason Reason)
}

// Options describe a directory.
type Options struct {
	// Client returns the client of Port's API that there is now; nil when Port is not to be asked.
	Client   func() *port.Client
	Recorder Recorder
	Logger   *slog.Logger
	Now      func() time.Time
}

// Directory answers from what it remembers, or asks Port. It is safe for concurrent use.
type Directory struct {
	options Options
	kinds   map[kind]*shelf
	// living ends when the directory is closed; requests are those on their way.
	living   context.Context
	end      context.CancelFunc
	requests sync.WaitGroup

	mu sync.Mutex
	// client is the one that has answered: another one may be that of another organization.
	client *port.Client
	// underway counts the requests.
	underway int
	// resting is until when nothing is asked at all.
	resting time.Time
}

// New returns a directory that knows nothing yet.
func New(options Options) *Directory {
	made := &Directory{options: options}
	made.forget()
	made.living, made.end = context.WithCancel(context.Background())
	return made
}

// forget begins with nothing known.
func (d *Directory) forget() {
	d.resting, d.kinds = time.Time{}, make(map[kind]*shelf)
	for _, one := range kinds() {
		d.kinds[one.kind] = &shelf{source: one, answers: newCache(one.most, freshFor), underway: make(map[string]*request)}
	}
}

// Asks reports whether Port is to be asked.
func (d *Directory) Asks() bool { return d.options.Client() != nil }

// Close gives up the requests on their way.
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

// Question is what there is to be found out about an event.
type Question struct {
	user, blueprint, entity string
	// teams are those that the event names; askTeams says that they matter.
	teams    []string
	askTeams bool
}

// Ask returns the question about an event. It keeps nothing of the event. teams says whether the
// message names the teams that own the entity.
func Ask(event *changelog.Event, teams bool) Question {
	asked := Question{blueprint: clone(event.Context.Blueprint), askTeams: teams}
	if event.Trigger.By.Name == "" {
		asked.user = clone(event.User())
	}
	if event.ResourceType == changelog.ResourceEntity && event.Diff.After != nil {
		asked.entity = clone(event.Context.Entity)
	}
	if teams {
		for _, team := range event.Teams() {
			asked.teams = append(asked.teams, clone(team))
		}
	}
	return asked
}

// Names returns what is known after a short time. The link needs no answer: app is the base address
// of Port's pages, "" if it is not known.
func (d *Directory) Names(ctx context.Context, asked Question, app string) message.Names {
	names := message.Names{Link: Link(app, asked.blueprint, asked.entity)}
	if !d.Asks() {
		return names
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var looking sync.WaitGroup
	looking.Go(func() { names.User = d.first(ctx, userKind(asked.user), asked.user) })
	looking.Go(func() { names.Blueprint = d.first(ctx, blueprints, asked.blueprint) })
	if asked.askTeams {
		looking.Go(func() { names.Teams = d.teams(ctx, asked) })
	}
	looking.Wait()
	return names
}

// teams returns the titles of the teams that the event names, or else those of the entity.
func (d *Directory) teams(ctx context.Context, asked Question) []string {
	teams := asked.teams
	if len(teams) == 0 && asked.entity != "" {
		teams = d.look(ctx, owners, ownerKey(asked.blueprint, asked.entity))
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
