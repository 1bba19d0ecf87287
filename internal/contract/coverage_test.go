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

// TestDocument shows that everything in the document can be checked: it is valid,
// and all its schemas can be compiled.
func TestDocument(t *testing.T) {
	t.Parallel()
	for name, o := range needDocument(t).operations {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := o.route.Operation.Validate(openapi3.WithValidationOptions(t.Context(), openapi3.IsOpenAPI31OrLater())); err != nil {
				t.Error(err)
			}
			forms := slices.Collect(maps.Values(o.answers))
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

// TestAmendments names the amendments that the document needs no more.
func TestAmendments(t *testing.T) {
	t.Parallel()
	list := amendments()
	needed := make(map[int]bool)
	for name, o := range needDocument(t).operations {
		forms := slices.Collect(maps.Values(o.answers))
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
			t.Errorf("the document does not need this amendment any more: %s", a.reason)
		}
	}
}

// TestCoverage uses every operation of the document through the client, and sees every answer that
// the document has for it. It names the operation and the status that it has not seen, so that what
// is new in the document is noticed, and the exceptions that nothing needs any more.
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
				t.Skip("SKIPPED: " + runsVariable + " names no document that has it")
			}
			if o == nil {
				t.Fatal("the document has no such operation any more")
			}
			tryOut(t, newWorld(t, d, seen, emulator.Options{}), o, u)
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

// tryOut asks for every answer of an operation. The success comes last, for it may delete things.
func tryOut(t *testing.T, w *world, o *operation, u use) {
	t.Helper()
	asked := w.caller(t, o, u, asStranger)
	if u.stranger != nil {
		asked = func(n names) error { return u.call(t.Context(), w.connect(t, u.stranger), n) }
	}
	if err := asked(w.present); !errors.Is(err, port.ErrUnauthorized) {
		t.Errorf("a stranger got %v, want a 401", err)
	}
	if unreachable(o.name, http.StatusNotFound) == "" {
		if err := w.caller(t, o, u, nil)(absent()); !errors.Is(err, port.ErrNotFound) {
			t.Errorf("what is not there got %v, want a 404", err)
		}
	}
	if o.answers[http.StatusUnprocessableEntity] != nil && unreachable(o.name, http.StatusUnprocessableEntity) == "" {
		alter := w.withFlags
		if o.request != nil {
			alter = w.withLists
		}
		if err := w.caller(t, o, u, alter)(w.present); !errors.Is(err, port.ErrInvalid) {
			t.Errorf("a wrong request got %v, want a 422", err)
		}
	}
	if o.answers[http.StatusRequestEntityTooLarge] != nil && o.request != nil {
		if err := w.caller(t, o, u, w.withoutLimit)(w.present); !errors.Is(err, port.ErrTooLarge) {
			t.Errorf("a large request got %v, want a 413", err)
		}
	}
	if err := w.caller(t, o, u, nil)(w.present); err != nil {
		t.Error(err)
	}
}

// checkCoverage fails when an operation was not used, or an answer of it that the
// document has was not seen.
func checkCoverage(t *testing.T, o *operation, seen []answer) {
	t.Helper()
	has := func(fits func(status int) bool) bool {
		return slices.ContainsFunc(seen, func(a answer) bool { return fits(a.status) })
	}
	if !has(func(status int) bool { return status < http.StatusMultipleChoices }) {
		t.Errorf("%s has never succeeded", o.name)
	}
	for _, status := range slices.Sorted(maps.Keys(o.answers)) {
		found := has(func(s int) bool { return s == status })
		reason := unreachable(o.name, status)
		switch {
		case found && reason != "":
			t.Errorf("%s is said never to answer with %d, but does", o.name, status)
		case !found && reason == "":
			t.Errorf("%s has never answered with %d", o.name, status)
		}
	}
}

// checkNeed fails when an exception, or a part of it, could be left out.
func checkNeed(t *testing.T, d *document, i int, seen *exchanges) {
	t.Helper()
	e := d.exceptions[i]
	if e.reason == "" {
		t.Errorf("exception %d has no reason", i)
	}
	if e.undocumented != "" {
		if d.has(e.undocumented) && !e.elsewhere {
			t.Errorf("the document has the operation %s now", e.undocumented)
		}
		return
	}
	// neededBy reports whether an answer violates the document once the exception is replaced.
	neededBy := func(name string, replaced ...exception) bool {
		without := *d
		without.exceptions = slices.Replace(slices.Clone(d.exceptions), i, i+1, replaced...)
		return slices.ContainsFunc(seen.of(d.operations[name]), func(a answer) bool {
			return without.checkAnswer(d.operations[name], a) != nil
		})
	}
	operations := e.operations
	if len(operations) == 0 {
		operations = slices.Collect(maps.Keys(d.operations))
		if !slices.ContainsFunc(operations, func(name string) bool { return neededBy(name) }) {
			t.Errorf("nothing needs the exception for status %d or keys %q", e.status, e.keys)
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
			t.Errorf("nothing needs the exception for key %s", key)
		}
	}
}
