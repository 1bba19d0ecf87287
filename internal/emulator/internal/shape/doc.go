// Package shape has the request bodies that Port documents, as JSON Schema (draft 7)
// after the OpenAPI document of January 2026. The emulator holds every body to its shape
// before it looks at what the body says.
package shape
