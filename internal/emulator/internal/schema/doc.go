// Package schema validates JSON documents against the part of JSON Schema that
// Port uses.
//
// The emulator uses it twice: for the documented request bodies, whose schemas
// are written in Go, and for the values of an entity, whose schemas are compiled
// from the properties of its blueprint.
package schema
