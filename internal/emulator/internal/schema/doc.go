// Package schema checks JSON documents against JSON Schema, and says what is wrong in
// the words of AJV, with which Port validates.
//
// The emulator uses it twice: for the request bodies, whose schemas are in package
// shape, and for the values of an entity, whose schemas are the properties of its
// blueprint.
package schema
