package catalog

import (
	"fmt"

	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/document"
)

// Reason is one of Port's error codes.
type Reason string

// The reasons for which the catalog refuses an operation.
const (
	// NotFound: the blueprint, the entity or another object does not exist.
	NotFound Reason = "not_found"
	// Taken: another object of the same kind already has the identifier.
	Taken Reason = "identifier_taken"
	// Conflict: somebody else has already claimed the object.
	Conflict Reason = "conflict"
	// HasDependents: other objects depend on the one to be deleted.
	HasDependents Reason = "has_dependents"
	// Invalid: the request breaks a rule of the blueprint or of the catalog.
	Invalid Reason = "invalid_request"
	// FormatChange: the format of a property must not change.
	FormatChange Reason = "forbidden_format_change"
)

// Error says why an operation was refused. The catalog is unchanged.
type Error struct {
	Reason  Reason
	Message string
	// Details, if not nil, names the subject of the error.
	Details *document.Object
}

// Error returns the message for the sender of the request.
func (e *Error) Error() string { return e.Message }

// Refuse returns the error for a refused operation.
func Refuse(reason Reason, format string, arguments ...any) *Error {
	return refuse(reason, format, arguments...)
}

func refuse(reason Reason, format string, arguments ...any) *Error {
	return &Error{Reason: reason, Message: fmt.Sprintf(format, arguments...)}
}

// refuseProperty refuses an operation because of one property, which the details name.
func refuseProperty(reason Reason, property, format string, arguments ...any) *Error {
	refused := refuse(reason, format, arguments...)
	refused.Details = document.New().With("property", property)
	return refused
}

func blueprintNotFound(identifier string) *Error {
	return refuse(NotFound, "Blueprint with identifier %q was not found", identifier)
}

func entityNotFound(blueprint, identifier string) *Error {
	return refuse(NotFound, "Entity with identifier %q of blueprint %q was not found", identifier, blueprint)
}
