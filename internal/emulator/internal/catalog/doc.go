// Package catalog is Port's software catalog in memory: blueprints, entities, their relations and
// calculated properties, and migrations.
//
// It does not depend on HTTP, tokens or events; the emulator's handlers are thin wrappers around
// it. Every method is safe for concurrent use and atomic, and its cost does not depend on the
// number of entities unless it has to visit all of them.
//
// Its parts are independent: a graph holds the entities, a viewer renders them, migrations wait
// until they are due, a notifier reports changes, a loader reads a seed. Catalog implements the
// operations of the API on them, under one lock.
package catalog
