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

// Query is a part of the audit log.
type Query struct {
	// Blueprint is "" for all of them.
	Blueprint string
	// Resources are types of resources, sorted.
	Resources []string
}

// name tells queries apart in the store.
func (q Query) name() string {
	values := url.Values{"resources": q.Resources}
	if q.Blueprint != "" {
		values.Set("blueprint", q.Blueprint)
	}
	return values.Encode()
}

// parseQuery returns the query of a name.
func parseQuery(name string) (Query, bool) {
	values, err := url.ParseQuery(name)
	return Query{Blueprint: values.Get("blueprint"), Resources: values["resources"]}, err == nil && len(values["resources"]) > 0
}

// String names the query for a log.
func (q Query) String() string {
	of := "every blueprint"
	if q.Blueprint != "" {
		of = "blueprint " + q.Blueprint
	}
	return of + ", " + strings.Join(q.Resources, " and ")
}

func (q Query) options(from, to time.Time, limit int) port.AuditLogOptions {
	// Whether the ends belong to the window is not documented.
	return port.AuditLogOptions{From: from.Add(-shortestWindow), To: to, Blueprint: q.Blueprint, Resources: q.Resources, Limit: limit}
}

// pollError is a reading that Port has not let us do.
type pollError struct {
	reason metrics.PollFailure
	// query is "" for what concerns all of them.
	query      string
	retryAfter time.Duration
	err        error
}

func (e *pollError) Error() string { return e.err.Error() }

func (e *pollError) Unwrap() error { return e.err }

func newPollError(query string, err error) *pollError {
	failed := &pollError{reason: metrics.PollUnavailable, query: query, err: err}
	answered, ok := errors.AsType[*port.Error](err)
	if !ok {
		return failed
	}
	failed.retryAfter = answered.RetryAfter
	switch {
	case errors.Is(err, port.ErrUnauthorized):
		failed.reason = metrics.PollUnauthorized
	case errors.Is(err, port.ErrForbidden):
		failed.reason = metrics.PollForbidden
	case errors.Is(err, port.ErrRateLimited):
		failed.reason = metrics.PollRateLimited
	case answered.StatusCode >= http.StatusInternalServerError:
	case errors.Is(err, port.ErrMalformedResponse):
		failed.reason = metrics.PollMalformed
	default:
		failed.reason = metrics.PollRefused
	}
	return failed
}
