package batch

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/port-changelog/terraform-provider-port/internal/port"
)

// run makes the requests of a round, all at once: one search for the reads of every
// blueprint, a bulk request for the creates and one for the deletes of each.
func (s *Store) run(calls []*call) {
	var group sync.WaitGroup
	requests, creates := map[requestKey][]*call{}, map[requestKey][]*call{}
	for _, c := range calls {
		requests[c.requestKey()] = append(requests[c.requestKey()], c)
	}
	for key, together := range requests {
		switch key.kind {
		case read:
			for chunk := range slices.Chunk(together, maxReads) {
				group.Go(func() { s.search(chunk) })
			}
		case create:
			creates[key] = together
		case remove:
			for chunk := range slices.Chunk(together, maxDeletes) {
				group.Go(func() { s.deleteTogether(key, chunk) })
			}
		}
	}
	group.Go(func() { s.createAll(creates) })
	group.Wait()
}

// finish tells callers that their calls have ended.
func finish(calls []*call) {
	for _, c := range calls {
		close(c.done)
	}
}

// sharedContext is the context of a request for several callers: it ends when the
// last of theirs has.
func sharedContext(calls []*call) (context.Context, func()) {
	shared, cancel := context.WithCancel(context.WithoutCancel(calls[0].ctx))
	var left atomic.Int64
	left.Store(int64(len(calls)))
	stops := make([]func() bool, len(calls))
	for i, c := range calls {
		stops[i] = context.AfterFunc(c.ctx, func() {
			if left.Add(-1) == 0 {
				cancel()
			}
		})
	}
	return shared, func() {
		for _, stop := range stops {
			stop()
		}
		cancel()
	}
}

// search reads entities and tells the callers. What it does not find, for whatever
// reason, they read themselves.
func (s *Store) search(calls []*call) {
	defer finish(calls)
	ctx, release := sharedContext(calls)
	defer release()
	if len(calls) == 1 {
		c := calls[0]
		c.entity, c.err = s.getAlone(c.ctx, c.blueprint, c.identifier)
		return
	}
	wanted := make(map[address][]*call, len(calls))
	for _, c := range calls {
		at := address{c.blueprint, c.identifier}
		wanted[at] = append(wanted[at], c)
	}
	found, err := s.find(ctx, wanted)
	for _, c := range calls {
		switch entity := found[address{c.blueprint, c.identifier}]; {
		case entity != nil:
			copied := *entity
			c.entity = &copied
		case err != nil && concernsAll(err):
			c.err = err
		}
	}
}

// address names an entity.
type address struct{ blueprint, identifier string }

// find searches for entities of any blueprints.
func (s *Store) find(ctx context.Context, wanted map[address][]*call) (map[address]*port.Entity, error) {
	identifiers := map[string][]string{}
	for at := range wanted {
		identifiers[at.blueprint] = append(identifiers[at.blueprint], at.identifier)
	}
	query, err := port.QueryIdentifiers(identifiers)
	if err != nil {
		return nil, err
	}
	result, err := s.client.Entities.Search(ctx, query, port.SearchOptions{GetEntityOptions: port.GetEntityOptions{ExcludeCalculated: true}})
	if err != nil {
		return nil, err
	}
	found := make(map[address]*port.Entity, len(result.Entities))
	for i := range result.Entities {
		entity := &result.Entities[i]
		found[address{entity.Blueprint, entity.Identifier}] = entity
	}
	return found, nil
}

// createAll creates the entities of a round. The response to a single create is complete; the
// entities that were created in bulk are read afterwards, in one search.
func (s *Store) createAll(creates map[requestKey][]*call) {
	var group sync.WaitGroup
	var mutex sync.Mutex
	var created []*call
	for key, together := range creates {
		for chunk := range slices.Chunk(together, maxCreates) {
			group.Go(func() {
				incomplete := s.createTogether(key, chunk)
				mutex.Lock()
				defer mutex.Unlock()
				created = append(created, incomplete...)
			})
		}
	}
	group.Wait()
	for chunk := range slices.Chunk(created, maxReads) {
		group.Go(func() { s.complete(chunk) })
	}
	group.Wait()
}

// createTogether makes the entities of one request. It returns the calls of which
// the answer is not complete, and finishes the others.
func (s *Store) createTogether(key requestKey, calls []*call) (incomplete []*call) {
	if len(calls) == 1 {
		defer finish(calls)
		c := calls[0]
		c.entity, c.err = s.client.Entities.Create(c.ctx, c.blueprint, c.sent, c.creating)
		return nil
	}
	ctx, release := sharedContext(calls)
	defer release()
	entities := make([]*port.Entity, len(calls))
	for i, c := range calls {
		entities[i] = c.sent
	}
	for i, result := range s.client.Entities.CreateTogether(ctx, key.blueprint, entities, key.creating) {
		c := calls[i]
		c.entity, c.err = result.Entity, result.Err
		if c.err == nil && c.entity.CreatedAt == "" {
			incomplete = append(incomplete, c)
			continue
		}
		close(c.done)
	}
	return incomplete
}

// complete reads what was created, and tells the callers. An entity that cannot be
// read was created all the same.
func (s *Store) complete(calls []*call) {
	defer finish(calls)
	ctx, release := sharedContext(calls)
	defer release()
	lingering, stop := port.Linger(ctx)
	defer stop()
	wanted := make(map[address][]*call, len(calls))
	for _, c := range calls {
		wanted[address{c.blueprint, c.identifier}] = []*call{c}
	}
	found, err := s.find(lingering, wanted)
	for at, waiting := range wanted {
		entity := found[at]
		if entity == nil && (err == nil || !concernsAll(err)) {
			entity, _ = s.getAlone(lingering, at.blueprint, at.identifier)
		}
		if entity != nil {
			waiting[0].entity = entity
		}
	}
}

// deleteTogether removes the entities of one request. What it does not remove, for
// whatever reason, the callers remove themselves: Port removes all or none of
// them, and says of which of them there is something to report only one by one.
func (s *Store) deleteTogether(key requestKey, calls []*call) {
	defer finish(calls)
	if len(calls) == 1 {
		c := calls[0]
		c.err, c.isDone = s.client.Entities.Delete(c.ctx, c.blueprint, c.identifier, c.deleting), true
		return
	}
	ctx, release := sharedContext(calls)
	defer release()
	identifiers := make([]string, len(calls))
	for i, c := range calls {
		identifiers[i] = c.identifier
	}
	deleted := map[string]bool{}
	for identifier, err := range s.client.Entities.BulkDelete(ctx, key.blueprint, slices.Values(identifiers), key.deleting) {
		if err == nil {
			deleted[identifier] = true
		}
	}
	for _, c := range calls {
		c.isDone = deleted[c.identifier]
	}
}
