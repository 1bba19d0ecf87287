package batch

import (
	"context"
	"maps"
	"slices"
	"sync"

	"github.com/port-changelog/terraform-provider-port/internal/port"
)

const (
	// singleReads is the number of entities of a blueprint that are read without asking how many
	// the blueprint has.
	singleReads = 3
	// maxReadPerRequested limits the entities that are read ahead for each requested one, and so
	// the entities that are read in vain: for 1,000 of 50,000, reading ahead does not pay.
	maxReadPerRequested = 40
	// headStart is the number of requests that count for a blueprint after reading ahead has paid
	// for another one: such a run is about many entities.
	headStart = 2
	// pageSize is the maximum that Port accepts.
	pageSize = 1000
)

// ahead reads all entities of a blueprint when a refresh requests many of them. It returns each
// entity once, because a refresh requests each entity once.
type ahead struct {
	client     *port.Client
	definition func(ctx context.Context, blueprint string) (*port.Blueprint, error)

	mutex sync.Mutex
	lanes map[string]*lane
	// hasPaid says that reading ahead has paid for a blueprint.
	hasPaid bool
}

// lane is the state of reading ahead the entities of one blueprint.
type lane struct {
	blueprint string
	// changes is the client's number of changes when the lane began. After another change the lane
	// is out of date.
	changes  uint64
	requests int
	// requested contains the entities that were requested. They are not returned again.
	requested map[string]bool
	// size is the number of entities of the blueprint, or -1 until it is known.
	size int64
	// isUseless says that reading cannot help: it is done, or it failed.
	isUseless bool
	// cancel stops the current reading; nil if there is none.
	cancel context.CancelFunc
	// entities contains the entities that were read and have not been requested.
	entities map[string]*port.Entity
	// waiting contains the callers that wait for an entity, by its identifier.
	waiting map[string][]chan *port.Entity
}

// take returns an entity that was read ahead, or is about to be. It returns nil if the caller has
// to read the entity itself.
func (a *ahead) take(ctx context.Context, blueprint, identifier string, gate *gate) *port.Entity {
	a.mutex.Lock()
	l := a.lane(blueprint)
	l.requests++
	l.requested[identifier] = true
	if entity, isRead := l.entities[identifier]; isRead {
		delete(l.entities, identifier)
		a.mutex.Unlock()
		return entity
	}
	if l.cancel == nil {
		if !a.isWorthwhile(l) {
			a.mutex.Unlock()
			return nil
		}
		a.start(ctx, l)
	}
	arrival := make(chan *port.Entity, 1)
	l.waiting[identifier] = append(l.waiting[identifier], arrival)
	a.mutex.Unlock()

	defer gate.visit()()
	select {
	case entity := <-arrival:
		return entity
	case <-ctx.Done():
		a.leave(l, identifier, arrival)
		return nil
	}
}

// lane returns the lane of a blueprint, or a new one if the existing one is out of date. The caller
// holds the mutex.
func (a *ahead) lane(blueprint string) *lane {
	changes := a.client.Changes()
	l, exists := a.lanes[blueprint]
	if exists && l.changes == changes {
		return l
	}
	l = &lane{
		blueprint: blueprint, changes: changes, size: -1, requested: map[string]bool{},
		entities: map[string]*port.Entity{}, waiting: map[string][]chan *port.Entity{},
	}
	a.lanes[blueprint] = l
	return l
}

// isWorthwhile reports whether to count the entities of the blueprint or, if their number is known,
// to read them. The caller holds the mutex.
func (a *ahead) isWorthwhile(l *lane) bool {
	requests := l.requests
	if a.hasPaid && requests > 1 {
		requests += headStart
	}
	switch {
	case l.isUseless || requests <= singleReads:
		return false
	case l.size < 0:
		return true
	default:
		return l.size <= int64(requests)*maxReadPerRequested
	}
}

// start begins to read. The reading ends by itself, or when the last waiting caller gives up. The
// caller holds the mutex.
func (a *ahead) start(ctx context.Context, l *lane) {
	ctx, l.cancel = context.WithCancel(context.WithoutCancel(ctx))
	go a.read(ctx, l)
}

// leave removes a waiting caller that gives up.
func (a *ahead) leave(l *lane, identifier string, arrival chan *port.Entity) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	l.waiting[identifier] = slices.DeleteFunc(l.waiting[identifier], func(other chan *port.Entity) bool { return other == arrival })
	if len(l.waiting[identifier]) == 0 {
		delete(l.waiting, identifier)
	}
	if len(l.waiting) == 0 && l.cancel != nil {
		l.cancel()
	}
}

// read reads the entities of the blueprint, unless there are too many. Callers that still wait at
// the end read their entities themselves.
func (a *ahead) read(ctx context.Context, l *lane) {
	defer a.finish(l)
	a.mutex.Lock()
	isCounted := l.size >= 0
	a.mutex.Unlock()
	if !isCounted && !a.count(ctx, l) {
		return
	}
	definition, err := a.definition(ctx, l.blueprint)
	if err == nil {
		err = a.readPages(ctx, l, computed(definition))
	}
	a.mutex.Lock()
	defer a.mutex.Unlock()
	// After an interruption, later callers may still want the entities.
	l.isUseless = err == nil || ctx.Err() == nil
}

// count requests the number of entities and reports whether to read them.
func (a *ahead) count(ctx context.Context, l *lane) bool {
	size, err := a.client.Entities.Count(ctx, l.blueprint)
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if err != nil {
		l.isUseless = ctx.Err() == nil
		return false
	}
	l.size = size
	isWorthwhile := a.isWorthwhile(l)
	a.hasPaid = a.hasPaid || isWorthwhile
	return isWorthwhile
}

// computed returns the properties that Port computes.
func computed(definition *port.Blueprint) []string {
	return slices.Concat(
		slices.Sorted(maps.Keys(definition.MirrorProperties)),
		slices.Sorted(maps.Keys(definition.CalculationProperties)),
		slices.Sorted(maps.Keys(definition.AggregationProperties)),
	)
}

func (a *ahead) readPages(ctx context.Context, l *lane, exclude []string) error {
	for entity, err := range a.client.Entities.SearchBlueprint(ctx, l.blueprint, nil, port.SearchBlueprintOptions{PageSize: pageSize, Exclude: exclude}) {
		if err != nil {
			return err
		}
		for _, property := range exclude {
			delete(entity.Properties, property) // The response may contain it nevertheless.
		}
		if !a.put(l, entity) {
			return nil
		}
	}
	return nil
}

// put passes an entity to the callers that wait for it, or stores it for a later one. It reports
// whether the lane is still up to date.
func (a *ahead) put(l *lane, entity *port.Entity) bool {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if l.changes != a.client.Changes() {
		return false
	}
	waiting := l.waiting[entity.Identifier]
	if len(waiting) == 0 {
		if !l.requested[entity.Identifier] {
			l.entities[entity.Identifier] = entity
		}
		return true
	}
	delete(l.waiting, entity.Identifier)
	for _, arrival := range waiting {
		copied := *entity
		arrival <- &copied
	}
	return true
}

// finish tells the waiting callers to read their entities themselves.
func (a *ahead) finish(l *lane) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	l.cancel()
	l.cancel = nil
	for _, waiting := range l.waiting {
		for _, arrival := range waiting {
			arrival <- nil
		}
	}
	clear(l.waiting)
}
