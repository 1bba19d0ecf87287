package port_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/port"
)

const (
	tokenRoute  = "POST /v1/auth/access_token"
	createRoute = "POST /v1/blueprints/service/entities"
	readKnown   = "GET /v1/blueprints/service/entities/known"
	readFresh   = "GET /v1/blueprints/service/entities/fresh"
	putKnown    = "PUT /v1/blueprints/service/entities/known"
	deleteKnown = "DELETE /v1/blueprints/service/entities/known"
)

// Calls for the fault table follow.

func get(ctx context.Context, client *port.Client) error {
	entity, err := client.Entities.Get(ctx, "service", "known", port.GetEntityOptions{})
	if err == nil && (entity.Title == nil || *entity.Title != "Known") {
		return fmt.Errorf("the entity is incomplete: %+v", entity)
	}
	return err
}

func fresh() *port.Entity {
	return &port.Entity{Identifier: "fresh", Title: new("Fresh"), Properties: map[string]any{"tier": 1}}
}

func create(ctx context.Context, client *port.Client) error {
	return createWith(port.CreateEntityOptions{}, fresh())(ctx, client)
}

func createWith(options port.CreateEntityOptions, entity *port.Entity) func(context.Context, *port.Client) error {
	return func(ctx context.Context, client *port.Client) error {
		created, err := client.Entities.Create(ctx, "service", entity, options)
		if err == nil && !options.ValidationOnly && created.Title == nil {
			return fmt.Errorf("the entity is incomplete: %+v", created)
		}
		return err
	}
}

// rename renames the entity "known" to "fresh".
func rename(ctx context.Context, client *port.Client) error {
	renamed, err := client.Entities.Update(ctx, "service", "known", fresh(), port.UpdateEntityOptions{})
	if err == nil && renamed.Identifier != "fresh" {
		return fmt.Errorf("the entity was not renamed: %+v", renamed)
	}
	return err
}

func remove(ctx context.Context, client *port.Client) error {
	return client.Entities.Delete(ctx, "service", "known", port.DeleteEntityOptions{})
}

func bulkCreateWith(options port.CreateEntityOptions) func(context.Context, *port.Client) error {
	return func(ctx context.Context, client *port.Client) error {
		var failures []error
		entities := func(yield func(*port.Entity) bool) { yield(fresh()) }
		for _, err := range client.Entities.BulkCreate(ctx, "service", entities, options) {
			failures = append(failures, err)
		}
		return errors.Join(failures...)
	}
}

// getAround reads before and after a pause.
func getAround(pause time.Duration) func(context.Context, *port.Client) error {
	return func(ctx context.Context, client *port.Client) error {
		if err := get(ctx, client); err != nil {
			return err
		}
		time.Sleep(pause) // Virtual time.
		return get(ctx, client)
	}
}

// jwt returns a token with an expiry.
func jwt(expiry time.Time) string {
	payload := base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, `{"exp":%d}`, expiry.Unix()))
	return "eyJhbGciOiJIUzI1NiJ9." + payload + ".c2lnbmF0dXJl"
}

// start is the beginning of the virtual time of a test.
func start() time.Time { return time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) }

// faultCase is one failure scenario and its effect on the caller.
type faultCase struct {
	name    string
	prepare func(p *fakePort)
	faults  []*fault
	options []port.Option
	call    func(ctx context.Context, client *port.Client) error
	// is is the sentinel that the error must match; nil for success.
	is error
	// fails expects an error that matches no sentinel.
	fails bool
	// isNot is a sentinel that the error must not match.
	isNot error
	// errorContains are substrings of the error text.
	errorContains []string
	// sent is the number of requests by route.
	sent map[string]int
	// minTime and maxTime bound the virtual time that the call takes; maxTime 0 means any.
	minTime, maxTime time.Duration
	after            func(p *fakePort) error
}

func TestFaults(t *testing.T) {
	t.Parallel()
	groups := map[string][]faultCase{
		"token":      tokenFaults(),
		"rate limit": rateLimitFaults(),
		"server":     serverFaults(),
		"response":   responseFaults(),
		"create":     createFaults(),
		"change":     changeFaults(),
		"interrupt":  interruptFaults(),
	}
	for name, cases := range groups {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, c := range cases {
				t.Run(c.name, func(t *testing.T) {
					t.Parallel()
					synctest.Test(t, c.run)
				})
			}
		})
	}
}

func (c faultCase) run(t *testing.T) {
	fake := newFakePort()
	if c.prepare != nil {
		c.prepare(fake)
	}
	fake.faults = c.faults
	client := fake.client(t, c.options...)
	began := time.Now()
	err := c.call(t.Context(), client)
	took := time.Since(began)

	if !c.fails {
		want(t, err, c.is)
	}
	if c.fails && err == nil {
		t.Error("error = nil, want one")
	}
	if c.isNot != nil && errors.Is(err, c.isNot) {
		t.Errorf("error = %v, want anything but %v", err, c.isNot)
	}
	for _, part := range c.errorContains {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("error = %v, want it to contain %q", err, part)
		}
	}
	for route, times := range c.sent {
		if got := fake.count(route); got != times {
			t.Errorf("sent %s %d times, want %d", route, got, times)
		}
	}
	if took < c.minTime || (c.maxTime > 0 && took > c.maxTime) {
		t.Errorf("took %s, want %s to %s", took, c.minTime, c.maxTime)
	}
	if c.after != nil {
		if err := c.after(fake); err != nil {
			t.Error(err)
		}
	}
}

// expectEntity checks the entity with an identifier; an empty title means that it must not exist.
func expectEntity(identifier, title string) func(p *fakePort) error {
	return func(p *fakePort) error {
		entity, found := p.entities[identifier]
		if found != (title != "") || !strings.Contains(string(entity), title) {
			return fmt.Errorf("entity %s = %s, want title %q", identifier, entity, title)
		}
		return nil
	}
}
