package directory

import (
	"cmp"
	"context"
	"errors"
	"strings"

	"github.com/port-changelog/terraform-provider-port/internal/port"
)

// kind is the kind of a name.
type kind string

const (
	people       kind = "users"
	applications kind = "applications"
	blueprints   kind = "blueprints"
	owners       kind = "owners"
	teamTitles   kind = "teams"
)

// source looks up names of one kind in Port.
type source struct {
	kind kind
	// limit is the size of the cache.
	limit int
	// whole means that one request returns all names of the kind.
	whole bool
	// fetch returns the texts for a key, and for other keys in the same response.
	fetch func(ctx context.Context, client *port.Client, key string) (map[string][]string, error)
}

func kinds() []source {
	return []source{
		{people, maxMembers, true, fetchPeople},
		{applications, maxMembers, true, fetchApplications},
		{blueprints, maxOthers, false, fetchBlueprint},
		{owners, maxOthers, false, fetchOwners},
		{teamTitles, maxOthers, false, fetchTeam},
	}
}

// clientSuffix is the suffix of the id of an application in events.
const clientSuffix = "@clients"

// userKind distinguishes people from applications: the id of a person is like "auth0|5f3" or an
// e-mail address, that of an application is a client id.
func userKind(id string) kind {
	if strings.HasSuffix(id, clientSuffix) || !strings.ContainsAny(id, "|@") {
		return applications
	}
	return people
}

func fetchPeople(ctx context.Context, client *port.Client, _ string) (map[string][]string, error) {
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

func fetchApplications(ctx context.Context, client *port.Client, _ string) (map[string][]string, error) {
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

func fetchBlueprint(ctx context.Context, client *port.Client, identifier string) (map[string][]string, error) {
	blueprint, err := client.Blueprints.Get(ctx, identifier)
	if err != nil {
		return nil, absence(err)
	}
	names := map[string][]string{}
	add(names, identifier, blueprint.Title)
	return names, nil
}

func fetchTeam(ctx context.Context, client *port.Client, identifier string) (map[string][]string, error) {
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

// ownerKey returns the key of an entity. Identifiers contain no line breaks.
func ownerKey(blueprint, entity string) string { return blueprint + "\n" + entity }

func fetchOwners(ctx context.Context, client *port.Client, key string) (map[string][]string, error) {
	blueprint, identifier, _ := strings.Cut(key, "\n")
	entity, err := client.Entities.Get(ctx, blueprint, identifier, port.GetEntityOptions{})
	if err != nil {
		return nil, absence(err)
	}
	return map[string][]string{key: entity.Team}, nil
}

// absence treats errors that mean that something does not, or cannot, exist as an empty result.
func absence(err error) error {
	if errors.Is(err, port.ErrNotFound) || errors.Is(err, port.ErrInvalidIdentifier) || errors.Is(err, port.ErrInvalid) {
		return nil
	}
	return err
}

// longestName is the maximum length of a cached name in bytes. Messages show less.
const longestName = 500

func add(names map[string][]string, id, name string) {
	if id = strings.TrimSpace(id); id == "" || id == clientSuffix || strings.TrimSpace(name) == "" {
		return
	}
	names[clone(id)] = []string{clone(strings.ToValidUTF8(name[:min(len(name), longestName)], ""))}
}

// clone copies a text, so that the document it came from can be freed.
func clone(text string) string { return strings.Clone(text) }

// Reason is why a lookup failed.
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

// Reasons returns all reasons.
func Reasons() []Reason {
	return []Reason{ReasonUnauthorized, ReasonForbidden, ReasonRateLimited, ReasonSlow, ReasonUnusable, ReasonUnavailable}
}

// reasonOf classifies the error of a request.
func reasonOf(err error) Reason {
	failure, isResponse := errors.AsType[*port.Error](err)
	switch {
	case errors.Is(err, port.ErrUnauthorized):
		return ReasonUnauthorized
	case errors.Is(err, port.ErrForbidden):
		return ReasonForbidden
	case errors.Is(err, port.ErrRateLimited):
		return ReasonRateLimited
	case errors.Is(err, context.DeadlineExceeded):
		return ReasonSlow
	case isResponse && failure.StatusCode < 500:
		return ReasonUnusable
	}
	return ReasonUnavailable
}

// isAboutOneKind reports whether lookups of other kinds may still succeed.
func (r Reason) isAboutOneKind() bool { return r == ReasonForbidden || r == ReasonUnusable }
