package port_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/port"
)

const parallelCalls = 50

// inParallel runs concurrent calls, as an apply does, and returns their errors.
func inParallel(ctx context.Context, client *port.Client, calls int) []error {
	failures := make([]error, calls)
	var group sync.WaitGroup
	for i := range calls {
		group.Go(func() { failures[i] = get(ctx, client) })
	}
	group.Wait()
	return failures
}

// slowTokens delays each token by a second.
func slowTokens(p *fakePort, r *http.Request) (*http.Response, error) {
	select {
	case <-time.After(time.Second):
		return p.handle(r), nil
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}

func TestParallelCallsShareOneToken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fake := newFakePort()
		fake.faults = []*fault{{method: "POST", path: "/access_token", act: slowTokens}}
		client := fake.client(t)
		want(t, errors.Join(inParallel(t.Context(), client, parallelCalls)...), nil)
		if got := fake.count(tokenRoute); got != 1 {
			t.Errorf("requested %d tokens, want 1", got)
		}
	})
}

func TestParallelCallsShareOneRenewal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fake := newFakePort()
		fake.faults = []*fault{{method: "POST", path: "/access_token", act: slowTokens}}
		client := fake.client(t)
		want(t, get(t.Context(), client), nil)
		fake.revokeTokens()
		want(t, errors.Join(inParallel(t.Context(), client, parallelCalls)...), nil)
		if got := fake.count(tokenRoute); got != 2 {
			t.Errorf("requested %d tokens, want 2", got)
		}
		if fake.refused != parallelCalls {
			t.Errorf("%d requests were refused, want each of the %d once", fake.refused, parallelCalls)
		}
	})
}

func TestParallelCallsShareOneRefusal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fake := newFakePort()
		fake.faults = []*fault{{method: "POST", path: "/access_token", act: slowTokens}}
		client := fake.client(t, port.WithCredentials(testClientID, "wrong-secret-123"))
		for _, err := range inParallel(t.Context(), client, parallelCalls) {
			want(t, err, port.ErrUnauthorized)
		}
		if got := fake.count(tokenRoute); got != 1 {
			t.Errorf("requested %d tokens, want 1", got)
		}
	})
}

func TestCancelledCallDoesNotCancelTheSharedTokenRequest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fake := newFakePort()
		fake.faults = []*fault{{method: "POST", path: "/access_token", act: slowTokens}}
		client := fake.client(t)
		impatient, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()

		var group sync.WaitGroup
		group.Go(func() { check(t, get(impatient, client), context.DeadlineExceeded) })
		synctest.Wait()
		group.Go(func() { check(t, get(t.Context(), client), nil) })
		group.Wait()
	})
}

func TestParallelCallsShareOneRateLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fake := newFakePort()
		fake.limit, fake.period = 10, 10*time.Second
		client := fake.client(t)
		want(t, get(t.Context(), client), nil)

		began := time.Now()
		want(t, errors.Join(inParallel(t.Context(), client, parallelCalls)...), nil)
		if fake.throttled != 0 {
			t.Errorf("Port refused %d requests, want none: the first response reported the limit", fake.throttled)
		}
		// One call came before, so nine of the fifty pass at once, and the last passes after five
		// periods.
		if took := time.Since(began); took != 50*time.Second {
			t.Errorf("took %s, want 50s", took)
		}
	})
}

func TestRateLimitedCallDelaysOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fake := newFakePort()
		fake.faults = []*fault{{method: "GET", times: 1, act: respond(429, map[string]string{"Retry-After": "60"}, `{"ok":false}`)}}
		client := fake.client(t)
		began := time.Now()

		var group sync.WaitGroup
		group.Go(func() { check(t, get(t.Context(), client), nil) })
		synctest.Wait()
		group.Go(func() {
			check(t, get(t.Context(), client), nil)
			if took := time.Since(began); took != time.Minute {
				t.Errorf("the other call went after %s, want 1m", took)
			}
		})
		group.Wait()
	})
}

func TestCancellingEndsAWaitAtOnce(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		faults []*fault
		// first makes a call before the cancelled one.
		first bool
	}{
		"between two attempts":     {faults: []*fault{{method: "GET", act: respond(503, map[string]string{"Retry-After": "100"}, `{"ok":false}`)}}},
		"for the rate limit":       {faults: []*fault{{method: "GET", act: exhausted}}, first: true},
		"for a response":           {faults: []*fault{{method: "GET", act: hang}}},
		"for a token":              {faults: []*fault{{method: "POST", path: "/access_token", act: hang}}},
		"for a retry of the token": {faults: []*fault{{method: "POST", path: "/access_token", act: status(503)}}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				fake := newFakePort()
				fake.faults = c.faults
				client := fake.client(t)
				if c.first {
					want(t, get(t.Context(), client), nil)
				}
				ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
				defer cancel()
				began := time.Now()
				want(t, get(ctx, client), context.DeadlineExceeded)
				if took := time.Since(began); took != 50*time.Millisecond {
					t.Errorf("ended after %s, want 50ms", took)
				}
			})
		})
	}
}

func TestCancellingEndsAWaitForASharedToken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fake := newFakePort()
		fake.faults = []*fault{{method: "POST", path: "/access_token", act: hang}}
		client := fake.client(t)
		patient, giveUp := context.WithCancel(t.Context())
		var group sync.WaitGroup
		group.Go(func() { check(t, get(patient, client), context.Canceled) })
		synctest.Wait()

		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		began := time.Now()
		check(t, get(ctx, client), context.DeadlineExceeded)
		if took := time.Since(began); took != 50*time.Millisecond {
			t.Errorf("ended after %s, want 50ms", took)
		}
		giveUp()
		group.Wait()
	})
}

// exhausted responds that no requests remain in a long period.
func exhausted(p *fakePort, r *http.Request) (*http.Response, error) {
	response := p.handle(r)
	response.Header.Set("X-Ratelimit-Limit", "10")
	response.Header.Set("X-Ratelimit-Remaining", "0")
	response.Header.Set("X-Ratelimit-Reset", "90")
	return response, nil
}

func TestWaitForMigration(t *testing.T) {
	t.Parallel()
	cases := map[port.MigrationStatus]bool{
		port.MigrationCompleted: true,
		port.MigrationFailure:   false,
		port.MigrationCancelled: false,
	}
	for last, succeeds := range cases {
		t.Run(string(last), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				fake := newFakePort()
				fake.faults = []*fault{
					migrationResponse(port.MigrationPending, 1),
					migrationResponse(port.MigrationInitializing, 1),
					migrationResponse(port.MigrationRunning, 3),
					migrationResponse(last, 0),
				}
				err := fake.client(t).Migrations.Wait(t.Context(), "m")
				if succeeds {
					want(t, err, nil)
				}
				var failed *port.MigrationError
				if !succeeds && (!errors.As(err, &failed) || failed.ID != "m" || failed.Status != last) {
					t.Errorf("error = %v, want migration m to end with status %s", err, last)
				}
				if got := fake.count("GET /v1/migrations/m"); got != 6 {
					t.Errorf("polled %d times, want 6", got)
				}
			})
		})
	}
}

// migrationResponse makes the fake, which has no migrations, return one for a number of requests.
func migrationResponse(status port.MigrationStatus, times int) *fault {
	body := fmt.Sprintf(`{"ok":true,"migration":{"id":"m","status":%q}}`, status)
	return &fault{method: "GET", times: times, act: respond(200, nil, body)}
}

func TestWaitForMigrationEndsWithContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fake := newFakePort()
		fake.faults = []*fault{migrationResponse(port.MigrationRunning, 0)}
		client := fake.client(t)
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		want(t, client.Migrations.Wait(ctx, "m"), context.DeadlineExceeded)
		if got := fake.count("GET /v1/migrations/m"); got > 250 {
			t.Errorf("polled %d times in an hour, want about once every 15 s", got)
		}
	})
}
