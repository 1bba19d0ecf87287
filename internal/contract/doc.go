// Package contract holds the traffic between the client and the emulator
// against Port's OpenAPI document, so that neither drifts away from the API
// that Port documents. The tests of internal/port and, through
// provider/internal/acctest, those of the provider wrap their emulators with it.
//
// The environment variable PORT_OPENAPI_SPEC names the document, which is not
// part of the repository. Without it nothing is checked.
//
// Requests must fit the document without exception. Of the answers, the list
// named exceptions says where Port is known to differ from its own document.
package contract
