package acctest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/port-changelog/terraform-provider-port/internal/port"
)

// sweepPrefix is the prefix of the identifiers of everything that tests create in live Port.
const sweepPrefix = "tf-acc-"

// sweep deletes what tests have left behind: first actions, then blueprints with their entities. It
// repeats that as long as it makes progress, because blueprints may depend on one another.
func sweep(ctx context.Context, client *port.Client, log func(text string)) error {
	actions, err := client.Actions.List(ctx, port.ListActionsOptions{})
	if err != nil {
		return err
	}
	for _, action := range actions {
		if strings.HasPrefix(action.Identifier(), sweepPrefix) {
			log("action " + action.Identifier())
			err = errors.Join(err, client.Actions.Delete(ctx, action.Identifier()))
		}
	}
	for remaining := -1; ; {
		blueprints, listErr := client.Blueprints.List(ctx)
		if listErr != nil {
			return errors.Join(err, listErr)
		}
		blueprints = slices.DeleteFunc(blueprints, func(b port.Blueprint) bool { return !strings.HasPrefix(b.Identifier, sweepPrefix) })
		if len(blueprints) == 0 {
			return err
		}
		var failures error
		for _, blueprint := range blueprints {
			log("blueprint " + blueprint.Identifier)
			failures = errors.Join(failures, sweepBlueprint(ctx, client, &blueprint))
		}
		if failures != nil && len(blueprints) == remaining {
			return errors.Join(err, failures)
		}
		remaining = len(blueprints)
	}
}

// sweepBlueprint deletes a blueprint with its entities. It first removes the blueprint's relations,
// because they would prevent deleting their targets.
func sweepBlueprint(ctx context.Context, client *port.Client, blueprint *port.Blueprint) error {
	if len(blueprint.Relations) > 0 {
		if _, err := client.Blueprints.Update(ctx, blueprint.Identifier, &port.Blueprint{Identifier: blueprint.Identifier, Title: blueprint.Title}); err != nil {
			return err
		}
	}
	migration, err := client.Blueprints.DeleteWithEntities(ctx, blueprint.Identifier)
	if err != nil {
		return err
	}
	return client.Migrations.Wait(ctx, migration)
}

// TestSweep sweeps live Port, or checks with an emulator that sweep deletes only what tests have
// created.
func TestSweep(t *testing.T) {
	t.Parallel()
	environment := New(t)
	if IsLive() {
		if err := sweep(t.Context(), environment.Client, func(text string) { t.Log("deleting the " + text) }); err != nil {
			t.Fatal(err)
		}
		return
	}
	ctx, client := t.Context(), environment.Client
	create := func(identifier string, relations map[string]port.Relation) {
		t.Helper()
		if _, err := client.Blueprints.Create(ctx, &port.Blueprint{Identifier: identifier, Title: identifier, Relations: relations}, port.CreateBlueprintOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	create("foreign", nil)
	create("tf-acc-a", nil)
	create("tf-acc-b", map[string]port.Relation{"a": {Target: "tf-acc-a"}})
	create("tf-acc-c", map[string]port.Relation{"b": {Target: "tf-acc-b"}})
	if _, err := client.Entities.Create(ctx, "tf-acc-a", &port.Entity{Identifier: "one"}, port.CreateEntityOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := sweep(ctx, client, func(string) {}); err != nil {
		t.Fatal(err)
	}
	blueprints, err := client.Blueprints.List(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, blueprint := range blueprints {
		if blueprint.Identifier != "foreign" && !strings.HasPrefix(blueprint.Identifier, "_") {
			t.Errorf("%s was not deleted", blueprint.Identifier)
		}
	}
	if _, err := client.Blueprints.Get(ctx, "foreign"); err != nil {
		t.Errorf("read the foreign blueprint: %v", err)
	}
}
