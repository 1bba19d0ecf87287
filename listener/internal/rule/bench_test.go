package rule_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/port-changelog/terraform-provider-port/internal/changelog"
	"github.com/port-changelog/terraform-provider-port/listener/internal/rule"
)

// BenchmarkEvaluate evaluates rules for the worked example. Parsing is measured separately in the
// same run. To resemble a real configuration, a third of the hundred rules are for other
// blueprints, a third have a property, and a third have a jq condition.
func BenchmarkEvaluate(b *testing.B) {
	body, err := os.ReadFile("../../example-event.json")
	if err != nil {
		b.Fatal(err)
	}
	event, err := changelog.Parse(body)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("parse", func(b *testing.B) {
		for b.Loop() {
			if _, err := changelog.Parse(body); err != nil {
				b.Fatal(err)
			}
		}
	})
	kinds := map[string]func(i int) rule.Rule{
		"blueprint": func(i int) rule.Rule { return rule.Rule{Blueprints: []string{fmt.Sprint("other-", i)}} },
		"property":  func(int) rule.Rule { return rule.Rule{Property: "healthStatus", From: []any{"Crashed"}} },
		"jq": func(i int) rule.Rule {
			condition, err := rule.All(fmt.Sprintf(".diff.after.properties.cpuUtil > %d and (.diff.before.properties.cpuUtil // 0) <= %d", 100+i, 100+i))
			if err != nil {
				b.Fatal(err)
			}
			return rule.Rule{When: condition}
		},
	}
	mixed := []string{"blueprint", "property", "jq"}
	kinds["mixed"] = func(i int) rule.Rule { return kinds[mixed[i%len(mixed)]](i) }
	for _, kind := range append(mixed, "mixed") {
		for _, count := range []int{1, 100} {
			rules := make([]rule.Rule, count)
			for i := range rules {
				rules[i] = kinds[kind](i)
			}
			b.Run(fmt.Sprintf("%s/%d", kind, count), func(b *testing.B) {
				for b.Loop() {
					for _, r := range rules {
						if match(r, event).Matches {
							b.Fatal("it matches")
						}
					}
				}
			})
		}
	}
}
