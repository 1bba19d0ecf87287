package catalog

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/document"
)

// Config is what a catalog needs to know of its surroundings.
type Config struct {
	// Now is the clock.
	Now func() time.Time
	// Actor is who makes every change: createdBy and updatedBy.
	Actor string
	// DeleteLag is how long a deletion takes to complete: for so long a blueprint
	// cannot be deleted after its entities, and a migration runs.
	DeleteLag time.Duration
	// Destination says what becomes of the key changelogDestination of blueprints.
	Destination DestinationMode
	// Notify is called for every change, in order, while the catalog is locked: it
	// must neither block nor call back.
	Notify func(Change)
}

// DestinationMode is what writes do with changelogDestination. [?changelog-destination] Since Port
// removed the feature from production it either ignores the key or refuses it.
type DestinationMode int

// The modes; the zero value is what Port did before.
const (
	KeepDestination DestinationMode = iota
	DropDestination
	RefuseDestination
)

// Catalog holds all blueprints with their entities.
type Catalog struct {
	config Config

	mutex      sync.RWMutex
	blueprints map[string]*blueprint
	// dependents has, for every entity that is the target of a relation, the
	// entities that have that relation.
	dependents map[reference]map[reference]struct{}
	pages      map[string]*page
	migrations []*migration
	running    []*migration // those that have not taken effect, by when they are due
	// sequence counts the blueprints and entities ever made; it orders lists.
	sequence uint64
	// cause is that of the change that is being made.
	cause Cause
}

// reference names an entity.
type reference struct{ blueprint, entity string }

// New returns a catalog that holds Port's system blueprints and nothing else.
func New(config Config) *Catalog {
	c := &Catalog{config: config}
	c.Reset()
	return c
}

// Reset empties the catalog, without telling anybody.
func (c *Catalog) Reset() {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.blueprints = make(map[string]*blueprint)
	c.dependents = make(map[reference]map[reference]struct{})
	c.pages = make(map[string]*page)
	c.migrations, c.running = nil, nil
	c.addSystemBlueprints()
}

// write locks the catalog for a change and returns what unlocks it.
func (c *Catalog) write() func() {
	c.mutex.Lock()
	c.settle()
	return c.mutex.Unlock
}

// writeFor locks the catalog for a change that has a cause.
func (c *Catalog) writeFor(cause Cause) func() {
	unlock := c.write()
	c.cause = cause
	return func() {
		c.cause = Cause{}
		unlock()
	}
}

// read locks the catalog for reading and returns what unlocks it. Migrations
// that have become due take effect first.
func (c *Catalog) read() func() {
	c.mutex.RLock()
	if c.due() {
		c.mutex.RUnlock()
		c.write()()
		c.mutex.RLock()
	}
	return c.mutex.RUnlock
}

// now returns the present instant as Port stores it.
func (c *Catalog) now() time.Time { return c.config.Now().UTC().Truncate(time.Millisecond) }

// next returns the next number of the sequence.
func (c *Catalog) next() uint64 {
	c.sequence++
	return c.sequence
}

// find returns the blueprint, or the error that says it is not there.
func (c *Catalog) find(identifier string) (*blueprint, error) {
	b, ok := c.blueprints[identifier]
	if !ok {
		return nil, blueprintNotFound(identifier)
	}
	return b, nil
}

// ordered returns all blueprints in the order in which they were made.
func (c *Catalog) ordered() []*blueprint {
	all := make([]*blueprint, 0, len(c.blueprints))
	for _, b := range c.blueprints {
		all = append(all, b)
	}
	slices.SortFunc(all, func(a, b *blueprint) int { return cmp.Compare(a.sequence, b.sequence) })
	return all
}

// lookup returns the entity that a reference names, or nil.
func (c *Catalog) lookup(r reference) *entity {
	b, ok := c.blueprints[r.blueprint]
	if !ok {
		return nil
	}
	return b.entities[r.entity]
}

// stamp says who made and who last changed something, and when.
type stamp struct {
	createdAt, updatedAt time.Time
	createdBy, updatedBy string
}

// created returns the stamp of something new.
func (c *Catalog) created() stamp {
	now := c.now()
	return stamp{createdAt: now, updatedAt: now, createdBy: c.config.Actor, updatedBy: c.config.Actor}
}

// updated returns the stamp of something that is changed now. Every change moves
// updatedAt, also when two come within one millisecond.
func (c *Catalog) updated(s stamp) stamp {
	now := c.now()
	if !now.After(s.updatedAt) {
		now = s.updatedAt.Add(time.Millisecond)
	}
	s.updatedAt, s.updatedBy = now, c.config.Actor
	return s
}

// addTo writes the stamp as the last keys of a document.
func (s stamp) addTo(d *document.Object) *document.Object {
	return d.
		With("createdAt", document.Instant(s.createdAt)).
		With("createdBy", s.createdBy).
		With("updatedAt", document.Instant(s.updatedAt)).
		With("updatedBy", s.updatedBy)
}
