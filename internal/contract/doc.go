// Package contract validates the traffic between the client and the emulator against Port's OpenAPI
// document, so that both conform to the API that Port documents. The tests of internal/port and,
// through provider/internal/acctest, those of the provider wrap their emulators with it.
//
// The environment variable PORT_OPENAPI_SPEC names the document, which is not part of the
// repository. Without it nothing is validated.
//
// Requests must conform to the document without exception. For responses, the list exceptions says
// where Port is known to differ from its own document.
package contract
