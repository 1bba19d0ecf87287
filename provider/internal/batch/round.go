package batch

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/port-changelog/terraform-provider-port/internal/port"
)

// run makes the requests of a round concurrently: one search for all reads, and for each blueprint
// a bulk request for its creates and one for its deletes.
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

// finish tells the callers that their calls are done.
func finish(calls []*call) {
	for _, c := range calls {
		close(c.done)
	}
}

// sharedContext returns the context of a request for several callers. It ends when the contexts of
// all of them have ended.
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

// search reads entities and tells the callers. They read the entities that it does not find, for
// whatever reason, themselves.
func (s *Store) search(calls []*call) {
	defer finish(calls)
	ctx, release := sharedContext(calls)
	defer release()
	if len(calls) == 1 {
		c := calls[0]
		c.entity, c.err = s.getAlone(c.ctx, c.blueprint, c.identifier)
		return
	}
	entities, err := s.find(ctx, calls)
	for _, c := range calls {
		switch entity := entities[c.address()]; {
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

func (c *call) address() address { return address{c.blueprint, c.identifier} }

// find searches for the entities of calls.
func (s *Store) find(ctx context.Context, calls []*call) (map[address]*port.Entity, error) {
	identifiers, isKnown := map[string][]string{}, map[address]bool{}
	for _, c := range calls {
		if !isKnown[c.address()] {
			isKnown[c.address()] = true
			identifiers[c.blueprint] = append(identifiers[c.blueprint], c.identifier)
		}
	}
	query, err := port.QueryIdentifiers(identifiers)
	if err != nil {
		return nil, err
	}
	result, err := s.client.Entities.Search(ctx, query, port.SearchOptions{GetEntityOptions: port.GetEntityOptions{ExcludeCalculated: true}})
	if err != nil {
		return nil, err
	}
	entities := make(map[address]*port.Entity, len(result.Entities))
	for i := range result.Entities {
		entity := &result.Entities[i]
		entities[address{entity.Blueprint, entity.Identifier}] = entity
	}
	return entities, nil
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

// createTogether creates entities in one request. It returns the calls for which the response is
// incomplete, and finishes the others.
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
		if result.Err == nil && result.Entity.CreatedAt == "" {
			c.unread = result.Entity
			close(c.created)
			incomplete = append(incomplete, c)
			continue
		}
		c.entity, c.err = result.Entity, result.Err
		close(c.done)
	}
	return incomplete
}

// complete reads the created entities and tells the callers. An entity that cannot be read was
// created nevertheless.
func (s *Store) complete(calls []*call) {
	defer finish(calls)
	ctx, release := sharedContext(calls)
	defer release()
	lingering, stop := port.Linger(ctx)
	defer stop()
	entities, err := s.find(lingering, calls)
	for _, c := range calls {
		entity := entities[c.address()]
		if entity == nil && (err == nil || !concernsAll(err)) {
			entity, _ = s.getAlone(lingering, c.blueprint, c.identifier)
		}
		c.entity = cmp.Or(entity, c.unread)
	}
}

// deleteTogether deletes entities in one request. The callers delete the entities that it does not
// delete, for whatever reason, themselves: Port deletes all of them or none, and only a single
// request reports what is wrong with an entity.
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
