package notifier_test

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/port-changelog/terraform-provider-port/listener/internal/queue"
	"github.com/port-changelog/terraform-provider-port/listener/internal/slack"
)

func TestABacklogIsSentInDigests(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t)
		s.start(t)
		after(10 * time.Second)
		var names []string
		for i := range 1000 {
			names = append(names, fmt.Sprintf("alert-%04d-%s", i, strings.Repeat("x", 60)))
		}
		s.lane.add(names[0])
		after(time.Millisecond)
		// The first is sent alone, at once.
		s.expect(t, names[0])
		s.lane.add(names[1:]...)
		after(time.Minute)
		if requests := s.outlet.count(); requests > 12 {
			t.Errorf("%d messages", requests)
		}
		story := s.outlet.story()
		for _, name := range names {
			if strings.Count(story, name) != 1 {
				t.Errorf("%s is sent %d times", name, strings.Count(story, name))
			}
		}
		if s.lane.left() != 0 || s.lane.sentCount() != 1000 {
			t.Errorf("%d are left, %d are recorded as sent", s.lane.left(), s.lane.sentCount())
		}
		s.stop()
	})
}

func TestAShortBacklogIsSentOneByOne(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t)
		for i := range 60 {
			s.lane.add(strconv.Itoa(i))
		}
		s.start(t)
		after(2 * time.Minute)
		if requests := s.outlet.count(); requests != 60 {
			t.Errorf("%d messages", requests)
		}
		s.stop()
	})
}

func TestARefusedDigestIsTakenApart(t *testing.T) {
	t.Parallel()
	for name, failure := range map[string]func(string, bool) *slack.Failure{
		"refused": func(string, bool) *slack.Failure { return &slack.Failure{Reason: slack.ReasonRefused, Status: 400} },
		"failing": down,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newScene(t)
				s.outlet.respond = func(text string, plain bool) *slack.Failure {
					if strings.Contains(text, "\n") {
						return failure(text, plain)
					}
					return nil
				}
				for i := range 70 {
					s.lane.add(fmt.Sprintf("alert-%02d", i))
				}
				s.start(t)
				after(5 * time.Minute)
				var count []string
				for _, sent := range s.outlet.requests {
					if !strings.Contains(sent.text, "\n") {
						count = append(count, strings.TrimSuffix(sent.text, "?"))
					}
				}
				if len(count) != 70 || !slices.IsSorted(count) || s.lane.graves() != "map[]" {
					t.Errorf("sent %v, given up %s", count, s.lane.graves())
				}
				s.stop()
			})
		})
	}
}

// TestACrashRepeatsOnlyTheMessageInProgress ends the process while a message is being sent.
func TestACrashRepeatsOnlyTheMessageInProgress(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t)
		s.lane.add("a", "b")
		s.lane.setFailFinish(queue.ErrLaneLost)
		s.start(t)
		after(5 * time.Second)
		s.expect(t, "a")
		s.stop()
		s.lane.setFailFinish(nil)
		s.start(t)
		after(time.Minute)
		s.expect(t, "a a? b")
		s.stop()
	})
}

// TestNothingIsSentWhileADeliveryCannotBeRecorded fails the store after a message was delivered:
// neither this message nor any other is sent.
func TestNothingIsSentWhileADeliveryCannotBeRecorded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t)
		s.lane.add("a", "b")
		s.lane.setFailFinish(errors.New("the disk is full"))
		s.start(t)
		after(time.Minute)
		s.expect(t, "a")
		s.lane.setFailFinish(nil)
		after(time.Minute)
		s.expect(t, "a b")
		s.stop()
	})
}

func TestSentAlertsAreNotSentAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t)
		s.lane.add("a", "b")
		s.lane.sent["a"] = true
		s.start(t)
		after(time.Minute)
		s.expect(t, "b")
		if s.lane.left() != 0 {
			t.Error("it stays in the lane")
		}
		s.stop()
		if count := strings.Count(s.log.String(), `msg="alert skipped: it was already sent" destination=d event=a rule=health`); count != 1 {
			t.Errorf("it is logged %d times:\n%s", count, s.log)
		}
	})
}
