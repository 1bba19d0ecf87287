// Package shape has the request bodies that Port documents, as JSON Schema (draft 7) based on the
// OpenAPI document of January 2026. The emulator validates every body against its shape before it
// interprets it.
package shape
