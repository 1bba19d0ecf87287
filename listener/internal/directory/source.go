package directory

import (
	"cmp"
	"context"
	"errors"
	"strings"

	"github.com/port-changelog/terraform-provider-port/internal/port"
)

// kind is what a name is of.
type kind string

const (
	people       kind = "users"
	applications kind = "applications"
	blueprints   kind = "blueprints"
	owners       kind = "owners"
	teamTitles   kind = "teams"
)

// source says how Port is asked for names of a kind.
type source struct {
	kind kind
	// most is how many answers are remembered.
	most int
	// whole says that one request answers for all names of the kind.
	whole bool
	// ask returns the texts of the key, and of others if it gets them at once.
	ask func(ctx context.Context, client *port.Client, key string) (map[string][]string, error)
}

func kinds() []source {
	return []source{
		{people, maxMembers, true, askPeople},
		{applications, maxMembers, true, askApplications},
		{blueprints, maxOthers, false, askBlueprint},
		{owners, maxOthers, false, askOwners},
		{teamTitles, maxOthers, false, askTeam},
	}
}

// clientSuffix ends the id of an application in events.
const clientSuffix = "@clients"

// userKind tells people from applications: their ids are "auth0|5f3" or an e-mail address, and
// those of applications client ids.
func userKind(id string) kind {
	if strings.HasSuffix(id, clientSuffix) || !strings.ContainsAny(id, "|@") {
		return applications
	}
	return people
}

func askPeople(ctx context.Context, client *port.Client, _ string) (map[string][]string, error) {
	users, err := client.Users.List(ctx)
	if err != nil {
		return nil, err
	}
	names := make(map[string][]string, 2*len(users))
	for _, user := range users {
		name := cmp.Or(strings.TrimSpace(user.FirstName+" "+user.LastName), user.Email)
		for _, id := range []string{user.ID, user.Email} {
			add(names, id, name)
		}
	}
	return names, nil
}

func askApplications(ctx context.Context, client *port.Client, _ string) (map[string][]string, error) {
	apps, err := client.Users.Apps(ctx)
	if err != nil {
		return nil, err
	}
	names := make(map[string][]string, len(apps))
	for _, app := range apps {
		id := strings.TrimSuffix(app.ID, clientSuffix)
		add(names, id, app.Name)
		add(names, id+clientSuffix, app.Name)
	}
	return names, nil
}

func askBlueprint(ctx context.Context, client *port.Client, identifier string) (map[string][]string, error) {
	blueprint, err := client.Blueprints.Get(ctx, identifier)
	if err != nil {
		return nil, absence(err)
	}
	names := map[string][]string{}
	add(names, identifier, blueprint.Title)
	return names, nil
}

func askTeam(ctx context.Context, client *port.Client, identifier string) (map[string][]string, error) {
	team, err := client.Entities.Get(ctx, "_team", identifier, port.GetEntityOptions{})
	if err != nil {
		return nil, absence(err)
	}
	names := map[string][]string{}
	if team.Title != nil {
		add(names, identifier, *team.Title)
	}
	return names, nil
}

// ownerKey names an entity: no identifier holds a line break.
func ownerKey(blueprint, entity string) string { return blueprint + "\n" + entity }

func askOwners(ctx context.Context, client *port.Client, key string) (map[string][]string, error) {
	blueprint, identifier, _ := strings.Cut(key, "\n")
	entity, err := client.Entities.Get(ctx, blueprint, identifier, port.GetEntityOptions{})
	if err != nil {
		return nil, absence(err)
	}
	return map[string][]string{key: entity.Team}, nil
}

// absence takes it for an answer that there is no such thing, or that there can be none.
func absence(err error) error {
	if errors.Is(err, port.ErrNotFound) || errors.Is(err, port.ErrInvalidIdentifier) || errors.Is(err, port.ErrInvalid) {
		return nil
	}
	return err
}

// longestName is how much of a name is kept, in bytes. Messages show less.
const longestName = 500

func add(names map[string][]string, id, name string) {
	if id = strings.TrimSpace(id); id == "" || id == clientSuffix || strings.TrimSpace(name) == "" {
		return
	}
	names[clone(id)] = []string{clone(strings.ToValidUTF8(name[:min(len(name), longestName)], ""))}
}

// clone keeps a text without the document that it was read from.
func clone(text string) string { return strings.Clone(text) }

// Reason says why Port did not answer with a name.
type Reason string

// The reasons.
const (
	ReasonUnauthorized Reason = "unauthorized"
	ReasonForbidden    Reason = "forbidden"
	ReasonRateLimited  Reason = "rate_limited"
	ReasonSlow         Reason = "slow"
	ReasonUnusable     Reason = "unusable"
	ReasonUnavailable  Reason = "unavailable"
)

// Reasons are all of them.
func Reasons() []Reason {
	return []Reason{ReasonUnauthorized, ReasonForbidden, ReasonRateLimited, ReasonSlow, ReasonUnusable, ReasonUnavailable}
}

// reasonOf classifies the error of a request.
func reasonOf(err error) Reason {
	answered, isAnswer := errors.AsType[*port.Error](err)
	switch {
	case errors.Is(err, port.ErrUnauthorized):
		return ReasonUnauthorized
	case errors.Is(err, port.ErrForbidden):
		return ReasonForbidden
	case errors.Is(err, port.ErrRateLimited):
		return ReasonRateLimited
	case errors.Is(err, context.DeadlineExceeded):
		return ReasonSlow
	case isAnswer && answered.StatusCode < 500:
		return ReasonUnusable
	}
	return ReasonUnavailable
}

// isAboutOneKind reports whether Port may answer questions of another kind all the same.
func (r Reason) isAboutOneKind() bool { return r == ReasonForbidden || r == ReasonUnusable }
