package ingest

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/listener/internal/metrics"
)

// Query selects a part of the audit log.
type Query struct {
	// Blueprint is the identifier of a blueprint, or "" for all.
	Blueprint string
	// Resources are the sorted resource types.
	Resources []string
}

// name identifies the query in the store.
func (q Query) name() string {
	values := url.Values{"resources": q.Resources}
	if q.Blueprint != "" {
		values.Set("blueprint", q.Blueprint)
	}
	return values.Encode()
}

// parseQuery returns the query with a name.
func parseQuery(name string) (Query, bool) {
	values, err := url.ParseQuery(name)
	return Query{Blueprint: values.Get("blueprint"), Resources: values["resources"]}, err == nil && len(values["resources"]) > 0
}

// String describes the query for the log.
func (q Query) String() string {
	of := "every blueprint"
	if q.Blueprint != "" {
		of = "blueprint " + q.Blueprint
	}
	return of + ", " + strings.Join(q.Resources, " and ")
}

func (q Query) options(from, to time.Time, limit int) port.AuditLogOptions {
	// Port does not document whether the limits of the period are inclusive.
	return port.AuditLogOptions{From: from.Add(-minWindow), To: to, Blueprint: q.Blueprint, Resources: q.Resources, Limit: limit}
}

// pollError is the failure of a query to Port.
type pollError struct {
	reason metrics.PollFailure
	// query is "" if the failure concerns all queries.
	query      string
	retryAfter time.Duration
	err        error
}

func (e *pollError) Error() string { return e.err.Error() }

func (e *pollError) Unwrap() error { return e.err }

func newPollError(query string, err error) *pollError {
	failed := &pollError{reason: metrics.PollUnavailable, query: query, err: err}
	apiError, ok := errors.AsType[*port.Error](err)
	if !ok {
		return failed
	}
	failed.retryAfter = apiError.RetryAfter
	switch {
	case errors.Is(err, port.ErrUnauthorized):
		failed.reason = metrics.PollUnauthorized
	case errors.Is(err, port.ErrForbidden):
		failed.reason = metrics.PollForbidden
	case errors.Is(err, port.ErrRateLimited):
		failed.reason = metrics.PollRateLimited
	case apiError.StatusCode >= http.StatusInternalServerError:
	case errors.Is(err, port.ErrMalformedResponse):
		failed.reason = metrics.PollMalformed
	default:
		failed.reason = metrics.PollRefused
	}
	return failed
}
