package catalog

import (
	"sync"
	"time"
)

// Config configures a catalog.
type Config struct {
	// Now is the clock.
	Now func() time.Time
	// Actor is the author of every change: createdBy and updatedBy.
	Actor string
	// DeleteLag is how long a deletion takes to complete: how long a blueprint cannot be deleted
	// after its entities, and how long a migration runs.
	DeleteLag time.Duration
	// Destination says how writes treat the key changelogDestination of blueprints.
	Destination DestinationMode
	// Notify is called for every change, in order, while the catalog is locked: it must neither
	// block nor call the catalog.
	Notify func(Change)
}

// DestinationMode is how writes treat changelogDestination. [?changelog-destination] Since Port
// removed the feature from production it either ignores the key or refuses it.
type DestinationMode int

// The modes; the zero value is Port's former behaviour.
const (
	KeepDestination DestinationMode = iota
	DropDestination
	RefuseDestination
)

// Catalog holds all blueprints with their entities. It is the API of the package: each operation
// locks it, and what is within it needs no lock of its own.
type Catalog struct {
	config  Config
	stamper stamper

	mutex      sync.RWMutex
	graph      *graph
	viewer     *viewer
	migrations *migrations
	pages      map[string]*page
	notifier   notifier
}

// New returns a catalog with only Port's system blueprints.
func New(config Config) *Catalog {
	c := &Catalog{config: config, stamper: stamper{clock: config.Now, actor: config.Actor}, notifier: notifier{report: config.Notify}}
	c.Reset()
	return c
}

// adopt makes a graph the content of the catalog.
func (c *Catalog) adopt(g *graph) {
	c.graph, c.viewer = g, &viewer{graph: g, now: c.config.Now}
}

// Reset empties the catalog without notifying anybody.
func (c *Catalog) Reset() {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.adopt(newGraph())
	c.pages = make(map[string]*page)
	c.migrations = &migrations{stamper: c.stamper, lag: c.config.DeleteLag}
	c.addSystemBlueprints()
}

// write locks the catalog for a change and returns what unlocks it.
func (c *Catalog) write() func() {
	c.mutex.Lock()
	c.migrations.settle()
	return c.mutex.Unlock
}

// writeFor locks the catalog for a change that has a cause.
func (c *Catalog) writeFor(cause Cause) func() {
	unlock := c.write()
	c.notifier.cause = cause
	return func() {
		c.notifier.cause = Cause{}
		unlock()
	}
}

// read locks the catalog for reading and returns what unlocks it. Migrations that have become due
// take effect first.
func (c *Catalog) read() func() {
	c.mutex.RLock()
	if c.migrations.due() {
		c.mutex.RUnlock()
		c.write()()
		c.mutex.RLock()
	}
	return c.mutex.RUnlock
}
