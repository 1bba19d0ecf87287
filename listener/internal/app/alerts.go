package app

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/changelog"
	"github.com/port-changelog/terraform-provider-port/listener/internal/message"
	"github.com/port-changelog/terraform-provider-port/listener/internal/queue"
	"github.com/port-changelog/terraform-provider-port/listener/internal/rule"
)

// healthRule names the classic rule in deliveries.
const healthRule = "health"

// alerts decides which alerts follow from an event, and makes messages of them.
type alerts struct {
	rule         rule.Health
	destinations []string
	unmatched    func()
	logger       *slog.Logger
	// latest is used by evaluate alone, which the queue calls once at a time.
	latest latest
}

// evaluate is a queue.Evaluator. An event that cannot be read goes to every
// destination, whose courier puts it among the dead letters.
func (a *alerts) evaluate(stored queue.Event) []queue.Delivery {
	event, err := changelog.Parse(stored.Body)
	if err != nil {
		a.logger.Error("a stored event cannot be read", "event", stored.ShortIdentity(), "cause", err)
		return a.deliveries(stored, false)
	}
	if _, ok := a.rule.Match(event); !ok {
		a.unmatched()
		return nil
	}
	return a.deliveries(stored, a.latest.overtakes(event.About(), event.HappenedAt()))
}

func (a *alerts) deliveries(stored queue.Event, overtaken bool) []queue.Delivery {
	made := make([]queue.Delivery, len(a.destinations))
	for i, destination := range a.destinations {
		made[i] = queue.Delivery{Event: stored, Destination: destination, Rule: healthRule, Overtaken: overtaken}
	}
	return made
}

// Alert implements courier.Renderer.
func (a *alerts) Alert(delivery queue.Delivery, notes message.Notes) (message.Message, error) {
	event, change, err := a.read(delivery)
	if err != nil {
		return message.Message{}, err
	}
	return message.Health(event, change, notes), nil
}

// Line implements courier.Renderer.
func (a *alerts) Line(delivery queue.Delivery) (string, error) {
	event, change, err := a.read(delivery)
	if err != nil {
		return "", err
	}
	return message.HealthLine(event, change), nil
}

// About implements courier.Renderer.
func (a *alerts) About(delivery queue.Delivery) string {
	event, err := changelog.Parse(delivery.Body)
	if err != nil {
		return ""
	}
	return event.About()
}

func (a *alerts) read(delivery queue.Delivery) (*changelog.Event, rule.Change, error) {
	event, err := changelog.Parse(delivery.Body)
	if err != nil {
		return nil, rule.Change{}, err
	}
	change, ok := a.rule.Match(event)
	if !ok {
		return nil, rule.Change{}, fmt.Errorf("the rule %s does not match it any more", delivery.Rule)
	}
	return event, change, nil
}

// latestLimit bounds the entities that are remembered.
const latestLimit = 10_000

// latest remembers when each entity has changed last, as far as it was told: an
// event that arrives after a later one is said to be late.
type latest struct {
	times map[string]time.Time
}

// overtakes reports whether a later change of the entity was seen before, and
// notes this one.
func (l *latest) overtakes(entity string, at time.Time) bool {
	if at.IsZero() {
		return false
	}
	if at.Before(l.times[entity]) {
		return true
	}
	if l.times == nil || len(l.times) >= latestLimit {
		// To forget everything now and then costs a remark, not an alert.
		l.times = make(map[string]time.Time)
	}
	l.times[entity] = at
	return false
}
