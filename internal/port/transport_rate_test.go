package port

import (
	"net/http"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func moment() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }

// rateHeaders contains the status and the rate limit headers of a response.
type rateHeaders struct {
	status int
	header http.Header
}

func withHeaders(status int, header map[string]string) *rateHeaders {
	response := &rateHeaders{status: status, header: http.Header{}}
	for name, value := range header {
		response.header.Set(name, value)
	}
	return response
}

func TestAskedWait(t *testing.T) {
	t.Parallel()
	epoch := func(after time.Duration) string { return strconv.FormatInt(moment().Add(after).Unix(), 10) }
	const unknown = -1
	cases := map[string]struct {
		status int
		header map[string]string
		want   time.Duration
	}{
		"seconds":                  {429, map[string]string{"Retry-After": "7"}, 7 * time.Second},
		"fractions of seconds":     {429, map[string]string{"Retry-After": "1.5"}, 1500 * time.Millisecond},
		"zero seconds":             {429, map[string]string{"Retry-After": "0"}, 0},
		"negative seconds":         {429, map[string]string{"Retry-After": "-5"}, unknown},
		"not a number":             {429, map[string]string{"Retry-After": "NaN"}, unknown},
		"endless":                  {429, map[string]string{"Retry-After": "Inf"}, 365 * 24 * time.Hour},
		"a date":                   {429, map[string]string{"Retry-After": moment().Add(time.Minute).Format(http.TimeFormat)}, time.Minute},
		"a date in the past":       {429, map[string]string{"Retry-After": moment().Add(-time.Minute).Format(http.TimeFormat)}, 0},
		"Retry-After before reset": {429, map[string]string{"Retry-After": "7", "X-Ratelimit-Remaining": "0", "X-Ratelimit-Reset": "9"}, 7 * time.Second},
		"reset in seconds":         {429, map[string]string{"X-Ratelimit-Remaining": "0", "X-Ratelimit-Reset": "9"}, 9 * time.Second},
		"reset as an epoch":        {429, map[string]string{"X-Ratelimit-Remaining": "0", "X-Ratelimit-Reset": epoch(9 * time.Second)}, 9 * time.Second},
		"reset in milliseconds":    {429, map[string]string{"X-Ratelimit-Remaining": "0", "X-Ratelimit-Reset": epoch(9*time.Second) + "500"}, 9500 * time.Millisecond},
		"reset in the past":        {429, map[string]string{"X-Ratelimit-Remaining": "0", "X-Ratelimit-Reset": epoch(-time.Hour)}, 0},
		"reset beyond the maximum": {429, map[string]string{"X-Ratelimit-Remaining": "0", "X-Ratelimit-Reset": "1e300"}, 365 * 24 * time.Hour},
		"the maximum in seconds":   {429, map[string]string{"X-Ratelimit-Remaining": "0", "X-Ratelimit-Reset": "100000000"}, 365 * 24 * time.Hour},
		"period without reset":     {429, map[string]string{"X-Ratelimit-Remaining": "0", "X-Ratelimit-Period": "60"}, time.Minute},
		"requests remain":          {429, map[string]string{"X-Ratelimit-Remaining": "3", "X-Ratelimit-Reset": "9"}, unknown},
		"no headers":               {429, nil, unknown},
		"503 with Retry-After":     {503, map[string]string{"Retry-After": "7"}, 7 * time.Second},
		"502 is ignored":           {502, map[string]string{"Retry-After": "7"}, unknown},
		"a success is ignored":     {200, map[string]string{"Retry-After": "7", "X-Ratelimit-Remaining": "0", "X-Ratelimit-Reset": "9"}, unknown},
		"by the server's clock":    {429, map[string]string{"Date": moment().Add(time.Hour).Format(http.TimeFormat), "X-Ratelimit-Remaining": "0", "X-Ratelimit-Reset": epoch(time.Hour + 9*time.Second)}, 9 * time.Second},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, ok := requestedWait(c.status, withHeaders(c.status, c.header).header, moment())
			if !ok {
				got = unknown
			}
			if got != c.want {
				t.Errorf("the requested wait is %s, want %s", got, c.want)
			}
		})
	}
}

// limits is a success with rate limit headers; reset is relative to the time of the response.
func limits(limit, remaining, reset int) *rateHeaders {
	return withHeaders(http.StatusOK, map[string]string{
		headerLimit: strconv.Itoa(limit), headerRemaining: strconv.Itoa(remaining),
		headerPeriod: "60", headerReset: strconv.Itoa(reset),
	})
}

func TestRateGate(t *testing.T) {
	t.Parallel()
	// A step happens some time after the beginning: either a response arrives, or a request asks to
	// pass.
	type step struct {
		after    time.Duration
		response *rateHeaders
		// want is how long the request has to wait; 0 to pass.
		want time.Duration
	}
	ask := func(after, want time.Duration) step { return step{after: after, want: want} }
	learn := func(after time.Duration, response *rateHeaders) step { return step{after: after, response: response} }
	cases := map[string][]step{
		"no response yet": {ask(0, 0), ask(0, 0)},
		"remaining requests are counted down": {
			learn(0, limits(10, 2, 30)), ask(0, 0), ask(0, 0), ask(10*time.Second, 20*time.Second),
		},
		"the next period is assumed to be equal": {
			learn(0, limits(2, 0, 30)), ask(0, 30*time.Second),
			ask(30*time.Second, 0), ask(30*time.Second, 0), ask(30*time.Second, time.Minute),
		},
		"responses out of order do not increase the count": {
			learn(0, limits(10, 0, 30)), learn(0, limits(10, 1, 30)), ask(0, 30*time.Second),
		},
		"resets within a second belong to the same period": {
			learn(0, limits(10, 0, 30)), learn(500*time.Millisecond, limits(10, 5, 30)), ask(time.Second, 29*time.Second),
		},
		"a response about a later period starts a new count": {
			learn(0, limits(10, 0, 30)), learn(31*time.Second, limits(10, 1, 60)),
			ask(31*time.Second, 0), ask(31*time.Second, time.Minute),
		},
		"a late response about an earlier period is ignored": {
			learn(31*time.Second, limits(10, 1, 60)), learn(31*time.Second, limits(10, 0, 0)), ask(31*time.Second, 0),
		},
		"a period of hours is cut to two minutes": {
			learn(0, limits(10, 0, 10_000)), ask(0, 2*time.Minute), ask(2*time.Minute, 0),
		},
		"other clients use up the limit": {
			learn(0, limits(10, 8, 30)), ask(0, 0), learn(0, limits(10, 0, 30)), ask(0, 30*time.Second),
		},
		"a 429 closes the gate": {
			learn(0, withHeaders(429, map[string]string{"Retry-After": "20"})), ask(5*time.Second, 15*time.Second), ask(20*time.Second, 0),
		},
		"a 429 for hours closes the gate for two minutes": {
			learn(0, withHeaders(429, map[string]string{"Retry-After": "7200"})), ask(0, 2*time.Minute), ask(2*time.Minute, 0),
		},
		"a 429 with a shorter wait does not open the gate": {
			learn(0, withHeaders(429, map[string]string{"Retry-After": "20"})),
			learn(0, withHeaders(429, map[string]string{"Retry-After": "5"})), ask(0, 20*time.Second),
		},
		"a 429 without a wait closes the gate briefly": {
			learn(0, withHeaders(429, nil)), ask(0, repetition.First), ask(repetition.First, 0),
		},
		"invalid headers are ignored": {
			learn(0, limits(0, 0, 30)), learn(0, limits(10, -1, 30)), learn(0, limits(10, 0, -1)),
			learn(0, withHeaders(200, map[string]string{headerLimit: "x", headerRemaining: "0", headerReset: "30"})), ask(0, 0),
		},
		"without a period the next one is unknown": {
			learn(0, withHeaders(200, map[string]string{headerLimit: "1", headerRemaining: "0", headerReset: "30"})),
			ask(0, 30*time.Second), ask(30*time.Second, 0), ask(30*time.Second, 0),
		},
	}
	for name, steps := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			gate := &rateGate{}
			for i, s := range steps {
				now := moment().Add(s.after)
				if s.response != nil {
					gate.learn(s.response.status, s.response.header, now)
					continue
				}
				if got := gate.reserve(now); got != s.want {
					t.Errorf("step %d: has to wait %s, want %s", i, got, s.want)
				}
			}
		})
	}
}

func TestRateGateWaitsAtMostTwoMinutes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		gate := &rateGate{}
		only := limits(1, 0, 60)
		gate.learn(only.status, only.header, time.Now())
		began := time.Now()
		var group sync.WaitGroup
		for range 5 {
			group.Go(func() {
				if err := gate.admit(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		if took := time.Since(began); took != maxWait {
			t.Errorf("the last of five requests went after %s, want %s", took, maxWait)
		}
	})
}
