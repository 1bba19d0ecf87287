package batch

import (
	"context"
	"maps"
	"slices"
	"sync"

	"github.com/port-changelog/terraform-provider-port/internal/port"
)

const (
	// straysFirst is how many entities of a blueprint are asked for before its size is.
	straysFirst = 3
	// worthReading is how many entities are read ahead at most for each that was asked
	// for: it bounds what is read in vain, and 1,000 of 50,000 are not worth it.
	worthReading = 40
	// headStart is how many asks count for a blueprint where reading ahead another one has paid:
	// such a run is about many entities.
	headStart = 2
	// pageSize is the most that Port takes.
	pageSize = 1000
)

// ahead reads blueprints whole where a refresh asks for many of their entities.
// What was read is given out once: a refresh asks once.
type ahead struct {
	client     *port.Client
	definition func(ctx context.Context, blueprint string) (*port.Blueprint, error)

	mutex sync.Mutex
	lanes map[string]*lane
	// hasPaid says that a blueprint was worth reading.
	hasPaid bool
}

// lane is the reading ahead of one blueprint's entities.
type lane struct {
	blueprint string
	// changes is the count of the client's changes when the lane began: after another change
	// it is out of date.
	changes uint64
	asks    int
	// asked are the entities that were asked for: they are given out no more.
	asked map[string]bool
	// size is how many entities the blueprint has; -1 until that is known.
	size int64
	// isUseless says that there is nothing to gain: it was read already, or cannot be read.
	isUseless bool
	// cancel stops the reading that is under way; nil if there is none.
	cancel context.CancelFunc
	// entities are those that were read and nobody has asked for.
	entities map[string]*port.Entity
	// waiting are those who wait for an entity, by its identifier.
	waiting map[string][]chan *port.Entity
}

// take returns an entity that was or is being read ahead; nil if the caller has to
// read it.
func (a *ahead) take(ctx context.Context, blueprint, identifier string, gate *gate) *port.Entity {
	a.mutex.Lock()
	l := a.lane(blueprint)
	l.asks++
	l.asked[identifier] = true
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

// lane returns the lane of a blueprint, a new one if what the old one holds is out
// of date. The caller holds the mutex.
func (a *ahead) lane(blueprint string) *lane {
	changes := a.client.Changes()
	l, exists := a.lanes[blueprint]
	if exists && l.changes == changes {
		return l
	}
	l = &lane{
		blueprint: blueprint, changes: changes, size: -1, asked: map[string]bool{},
		entities: map[string]*port.Entity{}, waiting: map[string][]chan *port.Entity{},
	}
	a.lanes[blueprint] = l
	return l
}

// isWorthwhile reports whether to look how many entities the blueprint has, or to
// read them. The caller holds the mutex.
func (a *ahead) isWorthwhile(l *lane) bool {
	asks := l.asks
	if a.hasPaid && asks > 1 {
		asks += headStart
	}
	switch {
	case l.isUseless || asks <= straysFirst:
		return false
	case l.size < 0:
		return true
	default:
		return l.size <= int64(asks)*worthReading
	}
}

// start begins to read. It ends by itself, or when the last who waits gives up. The
// caller holds the mutex.
func (a *ahead) start(ctx context.Context, l *lane) {
	ctx, l.cancel = context.WithCancel(context.WithoutCancel(ctx))
	go a.read(ctx, l)
}

// leave takes back the wait of a caller who gives up.
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

// read reads the blueprint's entities, if there are not too many. Whoever still
// waits at the end reads for himself.
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
	// Who interrupts one reading does not speak for those who come later.
	l.isUseless = err == nil || ctx.Err() == nil
}

// count asks how many entities there are, and reports whether to read them.
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

// computed are the properties that Port computes.
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
			delete(entity.Properties, property) // The answer may hold it all the same.
		}
		if !a.put(l, entity) {
			return nil
		}
	}
	return nil
}

// put hands an entity to those who wait for it, or keeps it for who comes. It
// reports whether the lane is still up to date.
func (a *ahead) put(l *lane, entity *port.Entity) bool {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if l.changes != a.client.Changes() {
		return false
	}
	waiting := l.waiting[entity.Identifier]
	if len(waiting) == 0 {
		if !l.asked[entity.Identifier] {
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

// finish sends away whoever still waits.
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
