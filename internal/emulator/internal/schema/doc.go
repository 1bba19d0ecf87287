// Package schema validates JSON documents against JSON Schema, with the error messages of AJV,
// which Port uses.
//
// The emulator uses it twice: for the request bodies, whose schemas are in package shape, and for
// the values of an entity, whose schemas are the properties of its blueprint.
package schema
