package notifier_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/port-changelog/terraform-provider-port/listener/internal/slack"
)

// TestEveryAttemptIsKept tests each kind of response: each request is recorded once with each of
// its alerts.
func TestEveryAttemptIsKept(t *testing.T) {
	t.Parallel()
	refused := func(string, bool) *slack.Failure { return &slack.Failure{Reason: slack.ReasonRefused, Status: 400} }
	for _, test := range []struct {
		name    string
		respond func(text string, plain bool) *slack.Failure
		after   time.Duration
		want    string
	}{
		{"taken", takesAll, 5 * time.Second, "a:delivered b:delivered"},
		{"refused", refused, 10 * time.Second, "a:refused a:refused(plain) b:refused b:refused(plain)"},
		{"away", unreachable, 2 * time.Second, "a:unavailable a:unavailable"},
		{"paused", func(string, bool) *slack.Failure {
			return &slack.Failure{Reason: slack.ReasonRateLimited, Status: 429, Pause: time.Hour}
		}, time.Minute, "a:rate_limited"},
		{"parked", gone, time.Minute, "a:destination"},
		{"intercepted", intercepted, time.Second, "a:intercepted"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newScene(t)
				s.outlet.respond = test.respond
				s.lane.add("a", "b")
				s.start(t)
				after(test.after)
				s.stop()
				if got := strings.Join(s.lane.attempts, " "); got != test.want {
					t.Errorf("recorded %s, want %s", got, test.want)
				}
			})
		})
	}
}

// TestAttemptsOfADigestAreKept delivers a digest.
func TestAttemptsOfADigestAreKept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t)
		for i := range 70 {
			s.lane.add(fmt.Sprint("alert-", i))
		}
		s.start(t)
		after(2 * time.Second)
		s.stop()
		if len(s.lane.attempts) != 70 || s.lane.attempts[69] != "alert-69:delivered(70)" {
			t.Errorf("recorded %d: %v", len(s.lane.attempts), s.lane.attempts)
		}
	})
}
