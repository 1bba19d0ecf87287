package notifier_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/port-changelog/terraform-provider-port/listener/internal/queue"
	"github.com/port-changelog/terraform-provider-port/listener/internal/slack"
)

func TestAlertsKeepOrderAndRate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t)
		s.outlet.takes = 300 * time.Millisecond
		s.start(t)
		after(10 * time.Second)
		s.lane.add("a", "b", "c", "d")
		after(time.Millisecond)
		s.expect(t, "a")
		after(10 * time.Second)
		s.expect(t, "a b c d")
		for i := 1; i < 4; i++ {
			// The interval counts from the response.
			if gap := s.outlet.requests[i].at - s.outlet.requests[i-1].at; gap != 1300*time.Millisecond {
				t.Errorf("request %d followed after %s", i, gap)
			}
		}
		if s.lane.left() != 0 || s.lane.sentCount() != 4 {
			t.Errorf("%d are left, %d are recorded as sent", s.lane.left(), s.lane.sentCount())
		}
		s.stop()
	})
}

func TestASuccessorRespectsTheRate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t)
		s.lane.add("a")
		s.start(t)
		after(999 * time.Millisecond)
		s.expect(t, "")
		after(time.Millisecond)
		s.expect(t, "a")
		s.stop()
	})
}

func TestAPauseIsForTheDestination(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t)
		s.outlet.respond = func(string, bool) *slack.Failure {
			return &slack.Failure{Reason: slack.ReasonRateLimited, Status: 429, Pause: 30 * time.Second}
		}
		s.lane.add("a", "b")
		s.start(t)
		after(2 * time.Second)
		s.stop()
		// The pause survives a restart, and does not count as an attempt.
		s.start(t)
		after(20 * time.Second)
		s.expect(t, "a")
		s.outlet.respondWith(takesAll)
		after(20 * time.Second)
		s.expect(t, "a a b")
		s.stop()
	})
}

func TestAnOutageKeepsTheOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t)
		s.outlet.respond = down
		s.lane.add("a", "b")
		s.start(t)
		after(time.Hour)
		s.outlet.respondWith(takesAll)
		before := s.outlet.count()
		after(10 * time.Minute)
		if got := s.outlet.story(); !strings.HasSuffix(got, " a? b?") || s.outlet.count() != before+2 {
			t.Errorf("sent %s", got)
		}
		// The other alert was tried from time to time, which did not count as a failure.
		if tried := strings.Count(s.outlet.story(), "b"); tried < 2 || tried > before/4 {
			t.Errorf("of %d attempts, b had %d", before, tried)
		}
		s.stop()
	})
}

func TestAnOutageIsRetriedWithBackoff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t)
		s.outlet.respond = unreachable
		s.lane.add("a")
		s.start(t)
		after(30 * time.Minute)
		want := []time.Duration{0, 1000, 1000, 2000, 4000, 7500, 7500, 7500}
		for i := 1; i < len(want); i++ {
			if gap := s.outlet.requests[i].at - s.outlet.requests[i-1].at; gap != want[i]*time.Millisecond {
				t.Errorf("attempt %d came after %s, want %dms", i+1, gap, want[i])
			}
		}
		// Without a connection, a message was certainly not delivered.
		if got := s.outlet.story(); strings.Contains(got, "?") {
			t.Errorf("sent %s", got)
		}
		s.stop()
		// The first pause is shorter than the interval of the destination.
		if log := s.log.String(); !strings.Contains(log, "failures=1 again_in=1s") || !strings.Contains(log, "failures=3 again_in=2s") {
			t.Errorf("the log reads:\n%s", log)
		}
	})
}

func TestAlertsThatFailForTooLongAreGivenUp(t *testing.T) {
	t.Parallel()
	for name, respond := range map[string]func(string, bool) *slack.Failure{
		"an outage": down,
		"a limit": func(string, bool) *slack.Failure {
			return &slack.Failure{Reason: slack.ReasonRateLimited, Status: 429, Pause: time.Minute}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newScene(t)
				s.outlet.respond = respond
				s.lane.add("a")
				s.start(t)
				after(23 * time.Hour)
				if s.lane.graves() != "map[]" {
					t.Error("it was given up early")
				}
				after(2 * time.Hour)
				if got := s.lane.graves(); got != "map[a:expired]" {
					t.Errorf("given up: %s", got)
				}
				s.stop()
			})
		})
	}
}

func TestARefusedMessageGoesAsPlainTextThenToTheDeadLetters(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t)
		s.outlet.respond = func(text string, plain bool) *slack.Failure {
			if text == "a" && plain || text == "c" {
				return nil
			}
			return &slack.Failure{Reason: slack.ReasonRefused, Status: 400}
		}
		s.lane.add("a", "b", "c", "unreadable")
		s.start(t)
		after(time.Minute)
		s.expect(t, "a a(plain) b b(plain) c")
		if got := s.lane.graves(); got != "map[b:refused unreadable:unreadable]" {
			t.Errorf("given up: %s", got)
		}
		s.stop()
	})
}

func TestABrokenDestinationIsParkedAndProbed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t)
		s.outlet.respond = gone
		s.lane.add("a", "b")
		s.start(t)
		after(10 * time.Minute)
		s.expect(t, "a")
		if status := s.lane.known(); status.ParkedSince.IsZero() || !strings.Contains(status.Cause, "rejects every message") || status.RetryAt.Sub(status.ParkedSince) != 15*time.Minute {
			t.Errorf("the status is %+v", status)
		}
		// The parking survives a restart, and the destination is probed every fifteen minutes.
		s.stop()
		s.start(t)
		after(21 * time.Minute)
		s.expect(t, "a a a")
		// A probe during an outage is inconclusive.
		s.outlet.respondWith(down)
		after(15 * time.Minute)
		s.expect(t, "a a a a")
		// Alerts in a parked lane do not age.
		s.outlet.respondWith(gone)
		after(48 * time.Hour)
		s.outlet.respondWith(takesAll)
		after(15 * time.Minute)
		if got := s.outlet.story(); !strings.HasSuffix(got, " a? b") || s.lane.graves() != "map[]" {
			t.Errorf("sent %s, given up %s", got, s.lane.graves())
		}
		if status := s.lane.known(); status != (queue.Status{ResumedAt: status.ResumedAt}) {
			t.Errorf("the status is %+v", status)
		}
		s.stop()
	})
}

func TestAlertsAgeFromTheEndOfTheParking(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t)
		s.outlet.respond = gone
		s.lane.add("a")
		s.start(t)
		after(48 * time.Hour)
		s.lane.unpark()
		s.outlet.respondWith(down)
		after(23 * time.Hour)
		if got := s.lane.graves(); got != "map[]" {
			t.Errorf("given up: %s", got)
		}
		after(2 * time.Hour)
		if got := s.lane.graves(); got != "map[a:expired]" {
			t.Errorf("given up: %s", got)
		}
		s.stop()
	})
}

func TestTheOperatorUnparks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t)
		// Unparking before the parking has no effect.
		s.lane.unpark()
		s.outlet.respond = gone
		s.lane.add("a")
		s.start(t)
		after(time.Minute)
		s.expect(t, "a")
		s.outlet.respondWith(takesAll)
		s.lane.unpark()
		after(time.Second)
		s.expect(t, "a a")
		s.stop()
	})
}

// TestAnotherWebhookUnparks changes the webhook of a destination while nobody serves it.
func TestAnotherWebhookUnparks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t)
		s.outlet.respond = gone
		s.lane.add("a")
		s.start(t)
		after(time.Minute)
		s.stop()
		s.expect(t, "a")
		s.webhook = "another"
		s.start(t)
		after(10 * time.Minute)
		s.expect(t, "a a")
		// It does not work either, so it is parked like the first one.
		s.stop()
		s.start(t)
		after(4 * time.Minute)
		s.expect(t, "a a")
		after(2 * time.Minute)
		s.expect(t, "a a a")
		s.stop()
	})
}

func TestAPoisonousMessageMovesAside(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t)
		s.outlet.respond = func(text string, _ bool) *slack.Failure {
			if strings.HasPrefix(text, "poison") {
				return down(text, false)
			}
			return nil
		}
		s.lane.add("poison", "b", "c")
		s.start(t)
		after(time.Minute)
		if got := s.outlet.story(); !strings.HasPrefix(got, "poison poison? poison? poison? poison? b ") || !strings.Contains(got, " c") {
			t.Errorf("sent %s", got)
		}
		if !strings.Contains(s.log.String(), "set aside") {
			t.Errorf("the log reads\n%s", s.log)
		}
		// It is retried, even after a restart, and no other alert waits for it.
		s.stop()
		s.start(t)
		s.lane.add("d")
		after(2 * time.Second)
		if got := s.outlet.story(); !strings.Contains(got, " d") {
			t.Errorf("sent %s", got)
		}
		after(25 * time.Hour)
		if got := s.lane.graves(); got != "map[poison:expired]" {
			t.Errorf("given up: %s", got)
		}
		s.stop()
	})
}

// TestAnOutageIsShown checks what the operator sees during an outage of Slack, and how soon the
// first alert is sent afterwards.
func TestAnOutageIsShown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t)
		s.outlet.respond = down
		s.lane.add("a")
		s.start(t)
		after(3 * time.Hour)
		status := s.lane.known()
		if time.Since(status.FailingSince) < 179*time.Minute || !strings.Contains(status.Cause, "unavailable") || time.Until(status.RetryAt) > 15*time.Second {
			t.Errorf("the status is %+v", status)
		}
		s.outlet.respondWith(takesAll)
		after(15 * time.Second)
		if s.lane.left() != 0 {
			t.Error("a quarter of a minute after the outage the alert has not been delivered")
		}
		if s.lane.known() != (queue.Status{}) {
			t.Errorf("afterwards the status is %+v", s.lane.known())
		}
		s.stop()
	})
}

// TestInterceptedResponsesAreAnOutage responds like a proxy: for an hour that is an outage, then
// the destination is parked.
func TestInterceptedResponsesAreAnOutage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t)
		s.outlet.respond = intercepted
		s.lane.add("a", "b")
		s.start(t)
		after(59 * time.Minute)
		if s.lane.graves() != "map[]" || !s.lane.known().ParkedSince.IsZero() || s.lane.known().FailingSince.IsZero() {
			t.Errorf("given up %s, the status is %+v", s.lane.graves(), s.lane.known())
		}
		after(2 * time.Minute)
		if s.lane.known().ParkedSince.IsZero() {
			t.Errorf("after an hour the status is %+v", s.lane.known())
		}
		s.outlet.respondWith(takesAll)
		after(16 * time.Minute)
		if s.lane.left() != 0 || s.lane.graves() != "map[]" {
			t.Errorf("%d are left, given up %s", s.lane.left(), s.lane.graves())
		}
		s.stop()
	})
}
