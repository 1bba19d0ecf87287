// Package diagnose turns errors of the Port client into diagnostics that say what was attempted, on
// which object, what Port responded and what to do next.
package diagnose

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/port-changelog/terraform-provider-port/internal/port"
)

// Failure describes an operation that failed.
type Failure struct {
	// Verb is the operation in the infinitive: Create, Read, Update, Delete or Import.
	Verb string
	// Kind is the concept, capitalized: Blueprint or Entity.
	Kind string
	// Identifier identifies the object as in its ID; "" if it has none yet, or if the operation is
	// about all objects of its kind.
	Identifier string
	// Parent is what an object without an identifier belongs to, such as `blueprint "service"`.
	Parent string
	// Err is the cause.
	Err error
	// Advice says what to do next if the cause alone does not. It replaces the general advice.
	Advice string
	// Path is the attribute that caused the failure; the zero value means none.
	Path path.Path

	isTimeout bool
}

// New describes an operation that failed, possibly because ctx exceeded a limit from timeouts.
func New(ctx context.Context, verb, kind, identifier string, err error) Failure {
	return Failure{Verb: verb, Kind: kind, Identifier: identifier, Err: err, isTimeout: errors.Is(ctx.Err(), context.DeadlineExceeded)}
}

// Diagnostic renders the failure.
func (f Failure) Diagnostic() diag.Diagnostic {
	object := strings.ToLower(f.Kind)
	switch {
	case f.Identifier != "":
		object += fmt.Sprintf(" %q", f.Identifier)
	case f.Parent != "":
		object += " without an identifier in " + f.Parent
	}
	detail := fmt.Sprintf("%s %s: %s", gerund(f.Verb), object, f.Err)
	if advice := f.advice(); advice != "" {
		detail += "\n\n" + advice
	}
	rendered := diag.NewErrorDiagnostic(fmt.Sprintf("Unable to %s %s", f.Verb, f.Kind), detail)
	if len(f.Path.Steps()) == 0 {
		return rendered
	}
	return diag.WithPath(f.Path, rendered)
}

func (f Failure) advice() string {
	switch {
	case f.Advice != "":
		return f.Advice
	case f.isTimeout:
		return fmt.Sprintf("The operation exceeded its time limit. If Port needs longer, raise the limit: timeouts = { %s = \"40m\" }.", strings.ToLower(f.Verb))
	case errors.Is(f.Err, port.ErrUnauthorized):
		return "Check client_id (PORT_CLIENT_ID), secret (PORT_CLIENT_SECRET), token (PORT_TOKEN) and base_url (PORT_BASE_URL)."
	case errors.Is(f.Err, port.ErrForbidden):
		return "The credentials are valid but lack permission for this operation."
	case errors.Is(f.Err, port.ErrRateLimited):
		return "Requests still exceeded Port's rate limit after all retries. Run Terraform with a lower -parallelism, or raise max_retries in the provider block."
	case errors.Is(f.Err, port.ErrOutcomeUnknown):
		return "It is not known whether Port carried out the request. Check the object in Port before you apply again."
	case errors.Is(f.Err, context.Canceled):
		return "Terraform was interrupted. Run a plan to see what is left to do."
	case isTransport(f.Err) && errors.Is(f.Err, context.DeadlineExceeded):
		return "Port took too long to respond. Check the network and the proxy (HTTPS_PROXY, NO_PROXY), or raise request_timeout in the provider block, then run Terraform again."
	case isTransport(f.Err):
		return "Port did not respond. Check the network, the base URL (base_url, PORT_BASE_URL) and the proxy (HTTPS_PROXY, NO_PROXY), then run Terraform again."
	case isServerError(f.Err):
		return "The error occurred in Port, not in the configuration. Run Terraform again later. If the error persists, send it to Port's support."
	default:
		return ""
	}
}

func isTransport(err error) bool {
	_, failed := errors.AsType[*port.TransportError](err)
	return failed
}

func isServerError(err error) bool {
	failed, responded := errors.AsType[*port.Error](err)
	return responded && failed.StatusCode >= http.StatusInternalServerError
}

func gerund(verb string) string {
	switch verb {
	case "Create", "Update", "Delete":
		return verb[:len(verb)-1] + "ing"
	default:
		return verb + "ing"
	}
}
