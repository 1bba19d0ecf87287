// Package catalog is Port's software catalog in memory: blueprints, entities,
// relations between them, what is calculated from them, and migrations.
//
// It knows nothing of HTTP, tokens or events; the emulator's handlers are thin
// over it. Every method is safe for concurrent use, takes effect as a whole or
// not at all, and costs the same however many entities there are, unless it has
// to look at all of them.
//
// Its parts work without each other: a graph holds the entities, a viewer shows them, migrations
// wait until they are due, a notifier reports changes, a loader reads a seed. Catalog is the
// operations of the API on them, under one lock.
package catalog
