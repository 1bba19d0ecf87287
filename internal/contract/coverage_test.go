package contract

import (
	"errors"
	"maps"
	"net/http"
	"slices"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/port-changelog/terraform-provider-port/internal/emulator"
	"github.com/port-changelog/terraform-provider-port/internal/port"
)

// TestDocument checks that the document is valid and that all its schemas can be compiled.
func TestDocument(t *testing.T) {
	t.Parallel()
	for name, o := range needDocument(t).operations {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := o.route.Operation.Validate(openapi3.WithValidationOptions(t.Context(), openapi3.IsOpenAPI31OrLater())); err != nil {
				t.Error(err)
			}
			forms := slices.Collect(maps.Values(o.responses))
			if o.request != nil {
				forms = append(forms, o.request)
			}
			for _, f := range forms {
				if _, err := f.schema(); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// TestAmendments reports amendments that the document no longer needs.
func TestAmendments(t *testing.T) {
	t.Parallel()
	list := amendments()
	needed := make(map[int]bool)
	for name, o := range needDocument(t).operations {
		forms := slices.Collect(maps.Values(o.responses))
		if o.request != nil {
			forms = append(forms, o.request)
		}
		for _, f := range forms {
			schema, err := decode(f.content.Get(mediaType))
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			maps.Copy(needed, amend(schema, list, f.isRequest))
		}
	}
	for i, a := range list {
		if !needed[i] {
			t.Errorf("the document no longer needs this amendment: %s", a.reason)
		}
	}
}

// TestCoverage uses every operation of the document and provokes every documented status. It
// reports operations and statuses that it did not observe, which reveals additions to the document,
// and exceptions that are no longer needed.
func TestCoverage(t *testing.T) {
	t.Parallel()
	d := needDocument(t)
	seen := &exchanges{}
	t.Cleanup(func() { // All subtests have ended by then.
		for _, name := range slices.Sorted(maps.Keys(d.operations)) {
			checkCoverage(t, d.operations[name], seen.of(d.operations[name]))
		}
		for i := range d.exceptions {
			checkNeed(t, d, i, seen)
		}
	})
	for name, u := range uses() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := d.operations[name]
			if o == nil && d.isElsewhere(name) {
				t.Skip("SKIPPED: " + runsVariable + " names no document with this operation")
			}
			if o == nil {
				t.Fatal("the document no longer has this operation")
			}
			exerciseOperation(t, newWorld(t, d, seen, emulator.Options{}), o, u)
		})
	}
	for name, o := range others() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := o.act(t.Context(), newWorld(t, d, seen, o.options)); !errors.Is(err, o.want) {
				t.Errorf("error = %v, want %v", err, o.want)
			}
		})
	}
}

// exerciseOperation provokes every status of an operation. The success comes last, since it may
// delete objects.
func exerciseOperation(t *testing.T, w *world, o *operation, u use) {
	t.Helper()
	call := w.caller(t, o, u, withInvalidToken)
	if u.credentials != nil {
		call = func(n names) error { return u.call(t.Context(), w.connect(t, u.credentials), n) }
	}
	if err := call(w.present); !errors.Is(err, port.ErrUnauthorized) {
		t.Errorf("with an invalid token: %v, want a 401", err)
	}
	if unreachable(o.name, http.StatusNotFound) == "" {
		if err := w.caller(t, o, u, nil)(absent()); !errors.Is(err, port.ErrNotFound) {
			t.Errorf("with absent names: %v, want a 404", err)
		}
	}
	if o.responses[http.StatusUnprocessableEntity] != nil && unreachable(o.name, http.StatusUnprocessableEntity) == "" {
		alter := w.withInvalidFlags
		if o.request != nil {
			alter = w.withLists
		}
		if err := w.caller(t, o, u, alter)(w.present); !errors.Is(err, port.ErrInvalid) {
			t.Errorf("with an invalid request: %v, want a 422", err)
		}
	}
	if o.responses[http.StatusRequestEntityTooLarge] != nil && o.request != nil {
		if err := w.caller(t, o, u, w.withOversizedBody)(w.present); !errors.Is(err, port.ErrTooLarge) {
			t.Errorf("with an oversized request: %v, want a 413", err)
		}
	}
	if err := w.caller(t, o, u, nil)(w.present); err != nil {
		t.Error(err)
	}
}

// checkCoverage reports an operation that never succeeded, and documented statuses that were not
// observed.
func checkCoverage(t *testing.T, o *operation, seen []response) {
	t.Helper()
	has := func(fits func(status int) bool) bool {
		return slices.ContainsFunc(seen, func(a response) bool { return fits(a.status) })
	}
	if !has(func(status int) bool { return status < http.StatusMultipleChoices }) {
		t.Errorf("%s has never succeeded", o.name)
	}
	for _, status := range slices.Sorted(maps.Keys(o.responses)) {
		found := has(func(s int) bool { return s == status })
		reason := unreachable(o.name, status)
		switch {
		case found && reason != "":
			t.Errorf("%s returned %d, which is marked as unreachable", o.name, status)
		case !found && reason == "":
			t.Errorf("%s has never returned %d", o.name, status)
		}
	}
}

// checkNeed reports an exception, or a part of one, that is not needed.
func checkNeed(t *testing.T, d *document, i int, seen *exchanges) {
	t.Helper()
	e := d.exceptions[i]
	if e.reason == "" {
		t.Errorf("exception %d has no reason", i)
	}
	if e.undocumented != "" {
		if d.has(e.undocumented) && !e.elsewhere {
			t.Errorf("the document now has the operation %s", e.undocumented)
		}
		return
	}
	// neededBy reports whether a response violates the document when the exception is replaced.
	neededBy := func(name string, replaced ...exception) bool {
		without := *d
		without.exceptions = slices.Replace(slices.Clone(d.exceptions), i, i+1, replaced...)
		return slices.ContainsFunc(seen.of(d.operations[name]), func(a response) bool {
			return without.checkResponse(d.operations[name], a) != nil
		})
	}
	operations := e.operations
	if len(operations) == 0 {
		operations = slices.Collect(maps.Keys(d.operations))
		if !slices.ContainsFunc(operations, func(name string) bool { return neededBy(name) }) {
			t.Errorf("no operation needs the exception for status %d or keys %q", e.status, e.keys)
		}
		return
	}
	operations = d.operationsOf(e)
	for _, name := range operations {
		if !neededBy(name) {
			t.Errorf("%s does not need the exception for status %d or keys %q", name, e.status, e.keys)
		}
	}
	for k, key := range e.keys {
		fewer := e
		fewer.keys = slices.Delete(slices.Clone(e.keys), k, k+1)
		if !slices.ContainsFunc(operations, func(name string) bool { return neededBy(name, fewer) }) {
			t.Errorf("no operation needs the exception for key %s", key)
		}
	}
}
