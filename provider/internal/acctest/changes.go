package acctest

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
)

// NoChanges checks that the plan is empty.
func NoChanges() resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}}
}

// Changes checks that the plan updates a resource in place and changes exactly these attributes,
// named as in `properties.string_props.a.title`. In addition, updated_at and updated_by may be
// unknown.
func Changes(address string, attributes ...string) resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
		plancheck.ExpectResourceAction(address, plancheck.ResourceActionUpdate),
		onlyChanges{address: address, attributes: attributes},
	}}
}

type onlyChanges struct {
	address    string
	attributes []string
}

func (c onlyChanges) CheckPlan(_ context.Context, req plancheck.CheckPlanRequest, resp *plancheck.CheckPlanResponse) {
	for _, change := range req.Plan.ResourceChanges {
		if change.Address != c.address {
			continue
		}
		changed := changedPaths("", change.Change.Before, change.Change.After, change.Change.AfterUnknown)
		changed = slices.DeleteFunc(changed, func(path string) bool {
			return path == "updated_at (unknown)" || path == "updated_by (unknown)"
		})
		want := slices.Sorted(slices.Values(c.attributes))
		if !slices.Equal(changed, want) {
			resp.Error = fmt.Errorf("the plan of %s changes [%s], want [%s]", c.address, strings.Join(changed, ", "), strings.Join(want, ", "))
		}
		return
	}
	resp.Error = fmt.Errorf("the plan does not mention %s", c.address)
}

// changedPaths returns the sorted paths of the leaves in which two values differ.
func changedPaths(path string, before, after, unknown any) []string {
	if unknown == true {
		return []string{path + " (unknown)"}
	}
	old, oldIsObject := before.(map[string]any)
	current, currentIsObject := after.(map[string]any)
	if !oldIsObject || !currentIsObject {
		if reflect.DeepEqual(before, after) {
			return nil
		}
		return []string{path}
	}
	unknowns, _ := unknown.(map[string]any)
	keys := maps.Clone(old)
	maps.Copy(keys, current)
	maps.Copy(keys, unknowns)
	var changed []string
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		changed = append(changed, changedPaths(join(path, key), old[key], current[key], unknowns[key])...)
	}
	return changed
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
