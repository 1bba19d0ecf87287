package entity_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/emulator"
	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/acctest"
)

// parallelism is Terraform's default parallelism.
const parallelism = 10

// numbered returns the configuration of one of many entities.
func numbered(i int) string {
	return strings.Replace(declare(fmt.Sprintf(`"title": "E%d", "properties": {"string_props": {"text": "x"}}`, i)), `"e"`, fmt.Sprintf(`"e%d"`, i), 1)
}

// newMany returns a Port with latency and that many entities, and a session for each of them in one
// provider process.
func newMany(t *testing.T, many int) (*acctest.Environment, []*acctest.Session) {
	t.Helper()
	env := newThings(t, func(options *emulator.Options) { options.Latency = 5 * time.Millisecond })
	entities := func(yield func(*port.Entity) bool) {
		for i := range many {
			entity := &port.Entity{Identifier: fmt.Sprintf("e%d", i), Title: new(fmt.Sprintf("E%d", i)), Properties: map[string]any{"text": "x"}}
			if !yield(entity) {
				return
			}
		}
	}
	for _, err := range env.Client.Entities.BulkCreate(t.Context(), "thing", entities, port.CreateEntityOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
	}
	sessions := []*acctest.Session{env.NewSession(t, "port_entity")}
	for len(sessions) < many {
		sessions = append(sessions, sessions[0].Sibling("port_entity"))
	}
	inParallel(many, func(i int) { sessions[i].Import(fmt.Sprintf("thing:e%d", i)) })
	env.Requests(t)
	return env, sessions
}

// inParallel calls do many times, with the parallelism of Terraform.
func inParallel(many int, do func(i int)) {
	var group sync.WaitGroup
	numbers := make(chan int)
	for range parallelism {
		group.Go(func() {
			for i := range numbers {
				do(i)
			}
		})
	}
	for i := range many {
		numbers <- i
	}
	close(numbers)
	group.Wait()
}

// TestEntity_planNeedsFewRequests checks that a plan needs far fewer requests than entities, and
// reads their blueprint once.
func TestEntity_planNeedsFewRequests(t *testing.T) {
	t.Parallel()
	const many = 100
	env, sessions := newMany(t, many)
	inParallel(many, func(i int) {
		if changed := sessions[i].Changes(numbered(i)); len(changed) > 0 {
			t.Errorf("the plan of e%d changes %v", i, changed)
		}
	})
	requests := env.Requests(t)
	total := 0
	for _, count := range requests {
		total += count
	}
	if total > many/2 {
		t.Errorf("%d unchanged entities took %d requests: %v", many, total, requests)
	}
	inParallel(many, func(i int) {
		if changed := sessions[i].Changes(strings.Replace(numbered(i), `"x"`, `"y"`, 1)); len(changed) != 1 {
			t.Errorf("the plan of e%d changes %v", i, changed)
		}
	})
	if blueprints := env.Requests(t)["GET /v1/blueprints/{identifier}"]; blueprints > 1 {
		t.Errorf("the checks of %d changed entities read their blueprint %d times", many, blueprints)
	}
}

// TestEntity_batchedReadsShowChanges checks that changed and deleted entities show among others
// that did not change.
func TestEntity_batchedReadsShowChanges(t *testing.T) {
	t.Parallel()
	const many = 60 // Of every three, one is changed and one deleted.
	env, sessions := newMany(t, many)
	for i := 0; i < many; i += 3 {
		if _, err := env.Client.Entities.Patch(t.Context(), "thing", fmt.Sprintf("e%d", i), property("text", "changed"), port.UpdateEntityOptions{}); err != nil {
			t.Fatal(err)
		}
		if err := env.Client.Entities.Delete(t.Context(), "thing", fmt.Sprintf("e%d", i+1), port.DeleteEntityOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	inParallel(many, func(i int) {
		sessions[i].Refresh()
		if isGone := sessions[i].IsGone(); isGone != (i%3 == 1) {
			t.Errorf("e%d is gone: %t", i, isGone)
		}
		if i%3 == 1 {
			return
		}
		if changed := sessions[i].Changes(numbered(i)); (len(changed) > 0) != (i%3 == 0) {
			t.Errorf("the plan of e%d changes %v", i, changed)
		}
	})
}

// TestEntity_failedSearchFallsBackToSingleReads checks that each entity is read by itself if the
// search fails.
func TestEntity_failedSearchFallsBackToSingleReads(t *testing.T) {
	t.Parallel()
	const many = 40
	env, sessions := newMany(t, many)
	env.Control(t, "POST", "/_emulator/faults", `{"method": "POST", "route": "/v1/entities/search", "status": 403, "body": {"ok": false, "error": "forbidden", "message": "No"}}`)
	inParallel(many, func(i int) {
		if changed := sessions[i].Changes(numbered(i)); len(changed) > 0 {
			t.Errorf("the plan of e%d changes %v", i, changed)
		}
	})
}
