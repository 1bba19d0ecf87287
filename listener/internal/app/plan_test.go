package app

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/port-changelog/terraform-provider-port/listener/internal/config"
	"github.com/port-changelog/terraform-provider-port/listener/internal/rule"
)

func TestPlanOfRules(t *testing.T) {
	t.Parallel()
	blueprints := func(count int) (names []string) {
		for i := range count {
			names = append(names, fmt.Sprintf("b%02d", i))
		}
		return names
	}
	for name, test := range map[string]struct {
		rules []rule.Rule
		want  []string
	}{
		"no blueprint":                  {[]rule.Rule{{}}, []string{"every blueprint, entity"}},
		"some blueprints":               {[]rule.Rule{{Blueprints: []string{"b", "a"}}, {Blueprints: []string{"a"}}}, []string{"blueprint a, entity", "blueprint b, entity"}},
		"blueprints and none":           {[]rule.Rule{{Blueprints: []string{"a"}}, {}}, []string{"every blueprint, entity"}},
		"more than ten":                 {[]rule.Rule{{Blueprints: blueprints(11)}}, []string{"every blueprint, entity"}},
		"several types":                 {[]rule.Rule{{ResourceTypes: []string{"run", "planet"}}, {}}, []string{"every blueprint, entity and run"}},
		"only what the log has not got": {[]rule.Rule{{ResourceTypes: []string{"planet"}}}, nil},
	} {
		loaded := &config.Config{CatchUp: config.CatchUp{Interval: time.Minute}}
		for _, r := range test.rules {
			loaded.Rules = append(loaded.Rules, config.Rule{Rule: r})
		}
		plan := planOf(loaded)
		var got []string
		for _, query := range plan.Queries {
			got = append(got, query.String())
		}
		if !slices.Equal(got, test.want) || plan.Interval != time.Minute {
			t.Errorf("%s: %q", name, got)
		}
	}
	if plan := planOf(&config.Config{Rules: []config.Rule{{Rule: rule.Rule{Blueprints: blueprints(10)}}}, Port: config.Port{Poll: time.Second}, CatchUp: config.CatchUp{Interval: time.Minute}}); len(plan.Queries) != 10 || plan.Interval != time.Second || plan.CatchUp != time.Minute {
		t.Errorf("ten blueprints: %+v", plan)
	}
}
