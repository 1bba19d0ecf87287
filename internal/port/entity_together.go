package port

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"
)

// Creation is the result for one entity of [EntityService.CreateTogether]: an entity or an error.
type Creation struct {
	// Entity is the entity as Port returned it or, without CreatedAt, as it was sent.
	Entity *Entity
	Err    error
}

// CreateTogether creates at most twenty entities of a blueprint, each with an identifier, in one
// request: POST /v1/blueprints/{blueprint}/entities/bulk. The results are in the order of the
// entities, and each is what [EntityService.Create] would have returned for that entity. A refused
// entity is sent again alone, since its relation target may have come later in the same request and
// since only a single request returns the complete error. If the response is lost or reports a
// server error, a read determines the outcome of each entity.
func (s *EntityService) CreateTogether(ctx context.Context, blueprint string, entities []*Entity, options CreateEntityOptions) []Creation {
	lingering, release := Linger(ctx)
	defer release()
	t := &together{service: s, blueprint: blueprint, options: options, entities: targetsFirst(entities), began: time.Now()}
	t.results, t.failures = make([]*Creation, len(entities)), map[int]error{}
	response, outcome, err := s.bulkCreate(ctx, blueprint, t.entities, options)
	switch {
	case err == nil:
		t.take(ctx, response)
	case outcome.mayHaveHappened, isServerError(err):
		t.settle(lingering, ctx.Err() == nil, err)
	case errors.Is(err, ErrInvalid), errors.Is(err, ErrTooLarge), errors.Is(err, ErrNotFound), errors.Is(err, ErrConflict):
		// One of them may have caused the failure.
		t.createAlone(ctx)
	default:
		t.fail(err)
	}
	if slices.Contains(t.results, nil) {
		t.settle(lingering, ctx.Err() == nil, errNotMentioned)
	}
	results := make([]Creation, len(entities))
	for i, entity := range entities {
		results[i] = *t.results[slices.Index(t.entities, entity)]
	}
	return results
}

// isServerError reports whether Port failed, possibly after it had created some of the entities.
func isServerError(err error) bool {
	failure, isResponse := errors.AsType[*Error](err)
	return isResponse && failure.StatusCode >= http.StatusInternalServerError
}

// errNotMentioned means that the response to a bulk create omits an entity.
var errNotMentioned = errors.New("the response contains no result for the entity")

// together is one bulk create. A result is nil until it is known.
type together struct {
	service   *EntityService
	blueprint string
	options   CreateEntityOptions
	entities  []*Entity
	results   []*Creation
	// failures are server errors for single entities, which may have been created nevertheless.
	failures map[int]error
	began    time.Time
}

// take records the results of the response.
func (t *together) take(ctx context.Context, response *bulkCreateResponse) {
	isRefused := false
	response.yield(0, func(result BulkResult, err error) bool {
		at, isMember := t.position(result)
		switch refusal, failed := errors.AsType[*BulkError](err); {
		case !isMember:
		case !failed:
			sent := t.entities[at].writable()
			sent.Blueprint = t.blueprint
			t.results[at] = &Creation{Entity: &sent}
		case refusal.Is(ErrExists):
			t.results[at] = &Creation{Err: t.refusal(refusal)}
		case refusal.StatusCode < http.StatusInternalServerError:
			isRefused = true
			t.results[at] = &Creation{Err: refusal}
		default:
			t.failures[at] = t.refusal(refusal)
		}
		return true
	})
	if !isRefused {
		return
	}
	for i, result := range t.results {
		if result != nil {
			if refusal, failed := errors.AsType[*BulkError](result.Err); failed && !refusal.Is(ErrExists) {
				t.results[i] = t.alone(ctx, t.entities[i])
			}
		}
	}
}

// position returns which entity a result is about. If its index and its identifier disagree, the
// identifier is right.
func (t *together) position(result BulkResult) (at int, isMember bool) {
	at, isMember = result.Index, result.Index >= 0 && result.Index < len(t.entities)
	if isMember && t.entities[at].Identifier == result.Identifier {
		return at, true
	}
	named := slices.IndexFunc(t.entities, func(entity *Entity) bool { return entity.Identifier == result.Identifier })
	if named >= 0 {
		return named, true
	}
	return at, isMember
}

// refusal is the failure of one entity as the response to a single request would report it.
func (t *together) refusal(refused *BulkError) error {
	return &Error{
		StatusCode: refused.StatusCode, Code: refused.Code, Message: refused.Message, exists: refused.Is(ErrExists),
		Method: http.MethodPost, Route: request{path: entitiesPath(t.blueprint, "bulk")}.route(),
	}
}

func (t *together) alone(ctx context.Context, entity *Entity) *Creation {
	created, err := t.service.Create(ctx, t.blueprint, entity, t.options)
	return &Creation{Entity: created, Err: err}
}

func (t *together) createAlone(ctx context.Context) {
	for i, entity := range t.entities {
		t.results[i] = t.alone(ctx, entity)
	}
}

func (t *together) fail(err error) {
	for i := range t.entities {
		t.results[i] = &Creation{Err: err}
	}
}

// settle reads the entities that have no result, because the response was lost or does not contain
// one. isFinal says that entities which do not exist now will not be created later.
func (t *together) settle(ctx context.Context, isFinal bool, err error) {
	lost := outcome{mayHaveHappened: true}
	byIdentifier := t.find(ctx)
	for i, entity := range t.entities {
		if t.results[i] != nil {
			continue
		}
		cause := err
		if failure, failed := t.failures[i]; failed {
			cause = failure
		}
		existing, readErr := byIdentifier[entity.Identifier], error(nil)
		if existing == nil {
			// A search may miss existing entities.
			existing, readErr = t.service.Get(ctx, t.blueprint, entity.Identifier, GetEntityOptions{ExcludeCalculated: true})
		}
		switch {
		case errors.Is(readErr, ErrNotFound) && isFinal:
			t.results[i] = &Creation{Err: cause}
		case readErr == nil && matchesSent(existing, entity.writable()) && (t.options.Upsert || t.service.isSince(existing, t.began)):
			t.results[i] = &Creation{Entity: existing}
		default:
			t.results[i] = &Creation{Err: lost.explain(cause)}
		}
	}
}

// find returns the existing entities that a search finds, by identifier.
func (t *together) find(ctx context.Context) map[string]*Entity {
	identifiers := make([]string, len(t.entities))
	for i, entity := range t.entities {
		identifiers[i] = entity.Identifier
	}
	byIdentifier := map[string]*Entity{}
	query, err := QueryIdentifiers(map[string][]string{t.blueprint: identifiers})
	if err != nil {
		return byIdentifier
	}
	result, err := t.service.Search(ctx, query, SearchOptions{GetEntityOptions: GetEntityOptions{ExcludeCalculated: true}})
	if err != nil {
		return byIdentifier // settle reads them one by one.
	}
	for i := range result.Entities {
		if result.Entities[i].Blueprint == t.blueprint {
			byIdentifier[result.Entities[i].Identifier] = &result.Entities[i]
		}
	}
	return byIdentifier
}

// targetsFirst orders entities so that relation targets come before the entities that refer to
// them, as far as possible.
func targetsFirst(entities []*Entity) []*Entity {
	byIdentifier := make(map[string]*Entity, len(entities))
	for _, entity := range entities {
		byIdentifier[entity.Identifier] = entity
	}
	ordered := make([]*Entity, 0, len(entities))
	isSeen := make(map[*Entity]bool, len(entities))
	var add func(entity *Entity)
	add = func(entity *Entity) {
		if entity == nil || isSeen[entity] {
			return
		}
		isSeen[entity] = true
		for _, value := range entity.Relations {
			switch targets := value.(type) {
			case string:
				add(byIdentifier[targets])
			case []string:
				for _, target := range targets {
					add(byIdentifier[target])
				}
			}
		}
		ordered = append(ordered, entity)
	}
	for _, entity := range entities {
		add(entity)
	}
	return ordered
}
