package app

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/port-changelog/terraform-provider-port/listener/internal/message"
	"github.com/port-changelog/terraform-provider-port/listener/internal/queue"
	"github.com/port-changelog/terraform-provider-port/listener/internal/rule"
	"github.com/port-changelog/terraform-provider-port/listener/internal/slack"
)

// outletFunc is an outlet made of a function.
type outletFunc func(message.Message) (slack.Receipt, error)

func (f outletFunc) Send(_ context.Context, content message.Message) (slack.Receipt, error) {
	return f(content)
}

const crashed = `{"action":"UPDATE","resourceType":"entity","context":{"entity":"cart"},"diff":{"before":{"properties":{"healthStatus":"Healthy"}},"after":{"properties":{"healthStatus":"Crashed"}}}}`

func TestCourierDecides(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 6, 15, 16, 0, 0, 0, time.UTC)
	failing := func(failure error) outletFunc {
		return func(message.Message) (slack.Receipt, error) { return slack.Receipt{}, failure }
	}
	delivered := outletFunc(func(message.Message) (slack.Receipt, error) { return slack.Receipt{}, nil })
	tests := []struct {
		name   string
		body   string
		age    time.Duration
		outlet outletFunc
		want   queue.Verdict
		log    string
	}{
		{"delivered", crashed, 0, delivered, queue.Done(), "alert delivered"},
		{"delivered as plain text", crashed, 0, func(message.Message) (slack.Receipt, error) {
			return slack.Receipt{Refusal: &slack.Failure{Reason: slack.ReasonRefused}}, nil
		}, queue.Done(), "alert delivered as plain text"},
		{"not a change that matters", `{"action":"DELETE"}`, 0, nil, queue.Done(), ""},
		{"not readable", `[]`, 0, nil, queue.Done(), "cannot be read"},
		{"rate limited", crashed, 0, failing(&slack.Failure{Reason: slack.ReasonRateLimited, Pause: 7 * time.Second}), queue.Again(7 * time.Second), "tried again"},
		{"a broken destination", crashed, 0, failing(&slack.Failure{Reason: slack.ReasonDestination}), queue.Again(time.Minute), "must be replaced"},
		{"refused", crashed, 0, failing(&slack.Failure{Reason: slack.ReasonRefused}), queue.Done(), "alert dropped: no attempt can succeed"},
		{"an error of another kind", crashed, 0, failing(errors.New("x")), queue.Done(), "alert dropped: no attempt can succeed"},
		{"tried for a day", crashed, 24 * time.Hour, failing(&slack.Failure{Reason: slack.ReasonDestination}), queue.Again(time.Minute), "must be replaced"},
		{"tried for more than a day", crashed, 24*time.Hour + 1, failing(&slack.Failure{Reason: slack.ReasonDestination}), queue.Done(), "for too long"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			sender := &courier{
				rule: rule.DefaultHealth(), outlet: test.outlet,
				logger: slog.New(slog.NewTextHandler(&log, nil)), now: func() time.Time { return now },
			}
			got := sender.handle(t.Context(), queue.Delivery{
				Event: queue.Event{Identity: "id", Body: []byte(test.body)}, Attempt: 1, StoredAt: now.Add(-test.age),
			})
			if got != test.want {
				t.Errorf("decided %+v, want %+v", got, test.want)
			}
			if !strings.Contains(log.String(), test.log) || test.log == "" && log.Len() > 0 {
				t.Errorf("the log reads %q", log.String())
			}
		})
	}
}

func TestRetryAfterAnOutage(t *testing.T) {
	t.Parallel()
	outage := &slack.Failure{Reason: slack.ReasonUnavailable}
	tests := []struct {
		attempt int
		jitter  float64
		want    time.Duration
	}{
		{1, 0.5, 500 * time.Millisecond},
		{2, 0.5, time.Second},
		{5, 0.5, 8 * time.Second},
		{9, 0.5, 128 * time.Second},
		{10, 0.5, 150 * time.Second},
		{1_000_000, 0.5, 150 * time.Second},
		{3, 0, 0},
	}
	for _, test := range tests {
		if got := retryAfter(outage, test.attempt, test.jitter); got != test.want {
			t.Errorf("after attempt %d it waits %s, want %s", test.attempt, got, test.want)
		}
	}
}
