package queue_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/port-changelog/terraform-provider-port/listener/internal/queue"
)

// TestAnExplanationIsBounded encodes explanations that are far too large, and checks that the most
// important parts remain.
func TestAnExplanationIsBounded(t *testing.T) {
	t.Parallel()
	full := queue.Explanation{Origin: queue.Origin{Source: "webhook", Blueprint: strings.Repeat("b", 5000), Entity: strings.Repeat("\x00<é\u202e", 5000)}}
	for i := range 300 {
		full.Rules = append(full.Rules, queue.Verdict{Rule: fmt.Sprint("a-rule-with-a-long-name-", i), Part: "property", Property: "healthStatus"})
	}
	full.Rules[250].Part, full.Rules[250].Property = "", ""
	for i := range 30 {
		history := queue.DeliveryHistory{Rule: "a-rule-with-a-long-name-250", Destination: fmt.Sprint("destination-", i), State: queue.StateDelivered, At: time.Now()}
		for range 20 {
			history.Attempts = append(history.Attempts, queue.Attempts{Attempt: queue.Attempt{At: time.Now(), Outcome: "unavailable", Response: strings.Repeat("x", 160)}, Count: 1, Last: time.Now()})
		}
		full.Deliveries = append(full.Deliveries, history)
	}
	full.Deliveries[3].State = queue.StateDeadLetter
	written := queue.Encode(full)
	if len(written) > 2048 {
		t.Errorf("it has %d bytes", len(written))
	}
	var read queue.Explanation
	if err := json.Unmarshal([]byte(written), &read); err != nil {
		t.Fatal(err)
	}
	if read.Omitted == 0 || read.Outcome() != queue.OutcomeDeadLetter || !read.Matched() || strings.ContainsAny(written, "\x00\u202e") {
		t.Errorf("it says %s", written)
	}
	if len(full.Rules) != 300 || len(full.Deliveries) != 30 || len(full.Deliveries[3].Attempts) != 20 {
		t.Error("what was encoded has changed")
	}
}

// TestAShortExplanationIsComplete encodes an explanation that fits.
func TestAShortExplanationIsComplete(t *testing.T) {
	t.Parallel()
	const want = `{"source":"webhook","entity":"a <b> & c","rules":[{"rule":"health","part":"when"}],"other_rules":2}`
	got := queue.Encode(queue.Explanation{
		Origin: queue.Origin{Source: "webhook", Entity: "a <b> & c"}, Rules: []queue.Verdict{{Rule: "health", Part: "when"}}, OtherRules: 2,
	})
	if got != want {
		t.Errorf("it is %s, want %s", got, want)
	}
}
