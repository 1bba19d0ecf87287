package port_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/port"
)

// grace is how long the response to a change in flight is awaited after its context ends.
const grace = 5 * time.Second

// slowly delays a fault, unless the request is cancelled first.
func slowly(pause time.Duration, then act) act {
	return func(p *fakePort, r *http.Request) (*http.Response, error) {
		select {
		case <-time.After(pause): // Virtual time.
			return then(p, r)
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
}

func pass(p *fakePort, r *http.Request) (*http.Response, error) { return p.handle(r), nil }

func getThenCreate(ctx context.Context, client *port.Client) error {
	if err := get(ctx, client); err != nil {
		return err
	}
	return create(ctx, client)
}

// interrupted runs a call with a context that ends after a second.
func interrupted(call func(context.Context, *port.Client) error) func(context.Context, *port.Client) error {
	return func(ctx context.Context, client *port.Client) error {
		ctx, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		return call(ctx, client)
	}
}

func patch(ctx context.Context, client *port.Client) error {
	_, err := client.Entities.Patch(ctx, "service", "known", &port.EntityPatch{Title: port.Set("Fresh")}, port.UpdateEntityOptions{})
	return err
}

// update replaces "known" without renaming it.
func update(ctx context.Context, client *port.Client) error {
	_, err := client.Entities.Update(ctx, "service", "known", &port.Entity{Identifier: "known", Title: new("Fresh")}, port.UpdateEntityOptions{})
	return err
}

func named(ctx context.Context, client *port.Client) error {
	return createWith(port.CreateEntityOptions{}, &port.Entity{Title: new("Fresh")})(ctx, client)
}

// interruptFaults are calls whose context ends while a request or a wait is in progress.
func interruptFaults() []faultCase {
	const afterwards = 3 * time.Second // The response arrives 2 s after the context has ended.
	slow := func(method, path string, then act) []*fault {
		return []*fault{{method: method, path: path, act: slowly(afterwards, then)}}
	}
	once := func(route string) map[string]int { return map[string]int{route: 1} }
	return []faultCase{
		{name: "the response to a create arrives in the grace period", faults: slow("POST", "", pass), call: interrupted(create), sent: once(createRoute), minTime: afterwards, maxTime: afterwards, after: expectEntity("fresh", "Fresh")},
		{name: "the response to a create without identifier arrives in the grace period", faults: slow("POST", "", pass), call: interrupted(named), sent: once(createRoute), maxTime: afterwards},
		{name: "the response to a replacement arrives in the grace period", faults: slow("PUT", "", pass), call: interrupted(update), sent: once(putKnown), maxTime: afterwards, after: expectEntity("known", "Fresh")},
		{name: "the response to a patch arrives in the grace period", faults: slow("PATCH", "", pass), call: interrupted(patch), maxTime: afterwards},
		{name: "the response to a rename arrives in the grace period", faults: slow("PUT", "", pass), call: interrupted(rename), sent: once(putKnown), maxTime: afterwards, after: expectEntity("fresh", "Fresh")},
		{name: "the response to a delete arrives in the grace period", faults: slow("DELETE", "", pass), call: interrupted(remove), sent: once(deleteKnown), maxTime: afterwards, after: expectEntity("known", "")},
		{name: "a create whose response is lost is settled by a read", faults: slow("POST", "", resetAfter), call: interrupted(create), sent: map[string]int{createRoute: 1, readFresh: 1}, maxTime: afterwards},
		{name: "a rename whose response is lost is settled by a read", faults: slow("PUT", "", resetAfter), call: interrupted(rename), sent: once(putKnown), maxTime: afterwards},
		{name: "a create without response", faults: []*fault{{method: "POST", act: hang}}, call: interrupted(create), is: port.ErrOutcomeUnknown, sent: once(createRoute), minTime: time.Second + grace, maxTime: time.Second + grace},
		{name: "a replacement without response", faults: []*fault{{method: "PUT", act: hang}}, call: interrupted(update), is: context.DeadlineExceeded, sent: once(putKnown), maxTime: time.Second + grace},
		{name: "a delete without response", faults: []*fault{{method: "DELETE", act: hang}}, call: interrupted(remove), is: context.DeadlineExceeded, sent: once(deleteKnown), maxTime: time.Second + grace},
		{name: "a replacement is not retried", faults: slow("PUT", "", status(http.StatusServiceUnavailable)), call: interrupted(update), is: context.DeadlineExceeded, sent: once(putKnown), maxTime: afterwards},
		{name: "a create is not retried after a 429", faults: slow("POST", "", status(http.StatusTooManyRequests)), call: interrupted(create), is: context.DeadlineExceeded, isNot: port.ErrOutcomeUnknown, sent: once(createRoute), maxTime: afterwards},
		{name: "a create is not retried after a 401", faults: slow("POST", "", func(p *fakePort, r *http.Request) (*http.Response, error) {
			p.revokeTokens()
			return p.handle(r), nil
		}), call: interrupted(create), is: context.DeadlineExceeded, isNot: port.ErrOutcomeUnknown, sent: map[string]int{createRoute: 1, tokenRoute: 1}, maxTime: afterwards},
		{name: "a read ends at once", faults: []*fault{{method: "GET", act: hang}}, call: interrupted(get), is: context.DeadlineExceeded, maxTime: time.Second},
		{name: "a validation ends at once", faults: []*fault{{method: "POST", act: hang}}, call: interrupted(createWith(port.CreateEntityOptions{ValidationOnly: true}, fresh())), is: context.DeadlineExceeded, maxTime: time.Second},
		{name: "a wait between attempts ends at once", faults: []*fault{{method: "PUT", act: respond(http.StatusServiceUnavailable, map[string]string{"Retry-After": "60"}, `{"ok":false}`)}}, call: interrupted(update), is: context.DeadlineExceeded, sent: once(putKnown), maxTime: time.Second},
		{name: "a wait for the rate limit ends at once", prepare: func(p *fakePort) { p.limit, p.period = 1, time.Minute }, call: interrupted(getThenCreate), is: context.DeadlineExceeded, isNot: port.ErrOutcomeUnknown, sent: map[string]int{createRoute: 0}, maxTime: time.Second},
		{name: "a request for a token ends at once", faults: []*fault{{method: "POST", path: "/access_token", act: hang}}, call: interrupted(update), is: context.DeadlineExceeded, sent: map[string]int{putKnown: 0}, maxTime: time.Second},
		{name: "nothing is sent once the context has ended", call: func(ctx context.Context, client *port.Client) error {
			ctx, cancel := context.WithCancel(ctx)
			cancel()
			return update(ctx, client)
		}, is: context.Canceled, sent: map[string]int{putKnown: 0}},
	}
}

func TestLinger_endsAfterItsParent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		parent, end := context.WithCancel(t.Context())
		lingering, release := port.Linger(parent)
		defer release()
		time.Sleep(time.Hour) // Virtual time.
		if err := lingering.Err(); err != nil {
			t.Errorf("the context ended with %v before its parent", err)
		}
		end()
		ended := time.Now()
		<-lingering.Done()
		if took := time.Since(ended); took != grace {
			t.Errorf("the context ended %s after its parent, want %s", took, grace)
		}
	})
}

// TestLinger_releases checks that nothing keeps running, whichever context ends first.
func TestLinger_releases(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		parent, end := context.WithCancel(t.Context())
		_, release := port.Linger(parent)
		release()
		end()
		parent, end = context.WithCancel(t.Context())
		lingering, release := port.Linger(parent)
		end()
		synctest.Wait()
		release()
		if !errors.Is(lingering.Err(), context.Canceled) {
			t.Errorf("the released context ends with %v", lingering.Err())
		}
	})
}
