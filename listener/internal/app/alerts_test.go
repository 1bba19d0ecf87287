package app

import (
	"fmt"
	"log/slog"
	"testing"

	"github.com/port-changelog/terraform-provider-port/listener/internal/budget"
	"github.com/port-changelog/terraform-provider-port/listener/internal/config"
	"github.com/port-changelog/terraform-provider-port/listener/internal/metrics"
	"github.com/port-changelog/terraform-provider-port/listener/internal/queue"
	"github.com/port-changelog/terraform-provider-port/listener/internal/rule"
)

// TestAnEventIsEvaluatedAgain evaluates two changes of an entity, and then both again, because the
// first evaluation could not be stored: they are still in order.
func TestAnEventIsEvaluatedAgain(t *testing.T) {
	t.Parallel()
	evaluator := &alerts{recorder: metrics.New("test"), memory: budget.NewMemory(), logger: slog.New(slog.DiscardHandler)}
	evaluator.use(&config.Config{Rules: []config.Rule{{Rule: rule.DefaultHealth(), Destinations: []string{"default"}}}})
	for _, step := range []struct {
		second int
		want   bool
	}{{1, false}, {2, false}, {1, false}, {2, false}, {0, true}, {0, true}} {
		body := fmt.Appendf(nil, `{"action":"UPDATE","resourceType":"entity","trigger":{"at":"2026-01-02T03:04:0%dZ"},"context":{"entity":"cart","blueprint":"service"},
			"diff":{"before":{"properties":{"healthStatus":"Healthy"}},"after":{"properties":{"healthStatus":"Crashed"}}}}`, step.second)
		evaluation := evaluator.evaluate(queue.Event{Identity: fmt.Sprint("event-", step.second), Body: body})
		if len(evaluation.Deliveries) != 1 {
			t.Fatalf("the change of second %d: %d deliveries", step.second, len(evaluation.Deliveries))
		}
		if got := evaluation.Deliveries[0].Overtaken; got != step.want {
			t.Errorf("the change of second %d: overtaken is %t", step.second, got)
		}
	}
}
