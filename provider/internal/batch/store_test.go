package batch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/port-changelog/terraform-provider-port/internal/emulator"
	"github.com/port-changelog/terraform-provider-port/internal/port"
)

const (
	bulkRoute   = "POST /v1/blueprints/{blueprint_identifier}/entities/bulk"
	singleRoute = "POST /v1/blueprints/{blueprint_identifier}/entities"
	deleteRoute = "POST /v1/blueprints/{blueprint_identifier}/bulk/entities/delete"
	countRoute  = "GET /v1/blueprints/{blueprint_identifier}/entities-count"
	pageRoute   = "POST /v1/blueprints/{blueprint_identifier}/entities/search"
	searchRoute = "POST /v1/entities/search"
	readRoute   = "GET /v1/blueprints/{blueprint_identifier}/entities/{entity_identifier}"
)

// scene is a store with an emulated Port that has the blueprints "thing", which
// relates to itself, and "other".
type scene struct {
	*Store
	t        *testing.T
	emulator *emulator.Emulator
	url      string
	mutex    sync.Mutex
}

// The credentials of the emulator.
const id, secret = "id", "secret-of-the-emulator"

// elsewhere is another client of the same Port.
func (s *scene) elsewhere() *port.Client {
	s.t.Helper()
	client, err := port.New(s.url, port.WithCredentials(id, secret))
	if err != nil {
		s.t.Fatal(err)
	}
	return client
}

func newScene(t *testing.T) *scene {
	t.Helper()
	served, err := emulator.New(emulator.Options{ClientID: id, ClientSecret: secret})
	if err != nil {
		t.Fatal(err)
	}
	s := &scene{t: t, emulator: served}
	listening := httptest.NewServer(served)
	s.url = listening.URL
	t.Cleanup(func() {
		served.ClearFaults()
		listening.Close()
		if err := served.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	client, err := port.New(listening.URL, port.WithCredentials(id, secret))
	if err != nil {
		t.Fatal(err)
	}
	for _, blueprint := range []*port.Blueprint{
		{
			Identifier: "thing", Title: "Thing", Schema: port.Schema{Properties: map[string]port.Property{"number": {Type: "number"}}},
			Relations:             map[string]port.Relation{"parent": {Target: "thing"}},
			CalculationProperties: map[string]port.CalculationProperty{"shout": {Type: "string", Calculation: ".identifier"}},
		},
		{Identifier: "other", Title: "Other"},
	} {
		if _, err := client.Blueprints.Create(t.Context(), blueprint, port.CreateBlueprintOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	s.Store = New(client, client.Blueprints.Get)
	s.count()
	return s
}

// fill creates entities of "thing" at Port without the store.
func (s *scene) fill(many int) {
	s.t.Helper()
	entities := func(yield func(*port.Entity) bool) {
		for i := range many {
			if !yield(named(fmt.Sprintf("e%d", i))) {
				return
			}
		}
	}
	for _, err := range s.client.Entities.BulkCreate(s.t.Context(), "thing", entities, port.CreateEntityOptions{}) {
		if err != nil {
			s.t.Fatal(err)
		}
	}
	s.count()
}

func named(identifier string) *port.Entity {
	return &port.Entity{Identifier: identifier, Properties: map[string]any{"number": 1}}
}

// control sends a request to the emulator's control endpoints.
func (s *scene) control(method, path, body string) string {
	s.t.Helper()
	req := httptest.NewRequestWithContext(s.t.Context(), method, path, strings.NewReader(body))
	req.Header.Set("Content-Type", "application/json")
	response := httptest.NewRecorder()
	s.emulator.ServeHTTP(response, req)
	if response.Code >= http.StatusBadRequest {
		s.t.Fatalf("%s %s: %d %s", method, path, response.Code, response.Body)
	}
	return response.Body.String()
}

// fault injects one fault on a route.
func (s *scene) fault(route, what string) {
	s.t.Helper()
	method, path, _ := strings.Cut(route, " ")
	s.control(http.MethodPost, "/_emulator/faults", fmt.Sprintf(`{"method": %q, "route": %q, "times": 1, %s}`, method, path, what))
}

// count returns the requests since the last call, by method and route.
func (s *scene) count() map[string]int {
	s.t.Helper()
	var traffic struct {
		Requests []struct {
			Method, Route string
			Count         int
		}
	}
	if err := json.Unmarshal([]byte(s.control(http.MethodGet, "/_emulator/requests", "")), &traffic); err != nil {
		s.t.Fatal(err)
	}
	s.control(http.MethodDelete, "/_emulator/requests", "")
	counts := map[string]int{}
	for _, request := range traffic.Requests {
		counts[request.Method+" "+request.Route] += request.Count
	}
	delete(counts, "POST /v1/auth/access_token")
	return counts
}

// expect checks the requests since the last call of count, and that there were no others.
func (s *scene) expect(want map[string]int) {
	s.t.Helper()
	if got := s.count(); fmt.Sprint(got) != fmt.Sprint(want) {
		s.t.Errorf("the requests were %v, want %v", got, want)
	}
}

// crowd makes the next calls one round, which starts when that many have come.
func (s *scene) crowd(size int) {
	s.gate.mutex.Lock()
	defer s.gate.mutex.Unlock()
	s.gate.expected, s.gate.lastSize = size, size
	s.gate.pause = longestQuiet // Silence does not start it earlier.
}

// createAll creates entities of "thing" in one round and returns what became of each.
func (s *scene) createAll(entities ...*port.Entity) ([]*port.Entity, []error) {
	s.t.Helper()
	s.crowd(len(entities))
	created, errs := make([]*port.Entity, len(entities)), make([]error, len(entities))
	var group sync.WaitGroup
	for i, entity := range entities {
		group.Go(func() { created[i], errs[i] = s.Create(s.t.Context(), "thing", entity, port.CreateEntityOptions{}) })
	}
	group.Wait()
	return created, errs
}

// isThere reports whether an entity of "thing" exists at Port.
func (s *scene) isThere(identifier string) bool {
	s.t.Helper()
	_, err := s.client.Entities.Get(s.t.Context(), "thing", identifier, port.GetEntityOptions{})
	if err != nil && !errors.Is(err, port.ErrNotFound) {
		s.t.Fatal(err)
	}
	return err == nil
}

func manyNamed(prefix string, many int) []*port.Entity {
	entities := make([]*port.Entity, many)
	for i := range entities {
		entities[i] = named(fmt.Sprintf("%s%d", prefix, i))
	}
	return entities
}

func TestCreate_together(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	created, errs := s.createAll(manyNamed("n", 12)...)
	for i, err := range errs {
		if err != nil || created[i].Identifier != fmt.Sprintf("n%d", i) || created[i].CreatedAt == "" || created[i].CreatedBy == "" {
			t.Errorf("n%d: %+v, %v", i, created[i], err)
		}
	}
	s.expect(map[string]int{bulkRoute: 1, searchRoute: 1})
}

// TestCreate_alone: one entity alone is created immediately, with a single create.
func TestCreate_alone(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	created, err := s.Create(t.Context(), "thing", named("n"), port.CreateEntityOptions{})
	if err != nil || created.CreatedAt == "" {
		t.Errorf("%+v, %v", created, err)
	}
	if _, err := s.Create(t.Context(), "thing", &port.Entity{}, port.CreateEntityOptions{}); err != nil {
		t.Errorf("an entity that Port names: %v", err)
	}
	s.expect(map[string]int{singleRoute: 2})
}

// TestCreate_invalidAmongOthers: Port responds 207, and only the invalid entity fails.
func TestCreate_invalidAmongOthers(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	entities := manyNamed("n", 6)
	entities[2].Properties["number"] = "text"
	_, errs := s.createAll(entities...)
	for i, err := range errs {
		refused, isRefusal := errors.AsType[*port.Error](err)
		if (i == 2) != (err != nil) || (i == 2 && (!isRefusal || !strings.Contains(refused.Message, "properties/number"))) {
			t.Errorf("n%d: %v", i, err)
		}
		if s.isThere(entities[i].Identifier) != (i != 2) {
			t.Errorf("n%d is there: %t", i, i == 2)
		}
	}
}

// TestCreate_takenAmongOthers: an existing entity fails with the same error as alone.
func TestCreate_takenAmongOthers(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.fill(1)
	_, errs := s.createAll(append(manyNamed("n", 4), named("e0"))...)
	for i, err := range errs {
		if errors.Is(err, port.ErrExists) != (i == 4) || (err != nil) != (i == 4) {
			t.Errorf("entity %d: %v", i, err)
		}
	}
}

func TestCreate_relationsInOneBatch(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	entities := manyNamed("n", 8)
	for i, entity := range entities[:7] {
		entity.Relations = map[string]any{"parent": fmt.Sprintf("n%d", i+1)}
	}
	created, errs := s.createAll(entities...)
	for i, err := range errs {
		if err != nil || (i < 7 && created[i].Relations["parent"] != fmt.Sprintf("n%d", i+1)) {
			t.Errorf("n%d: %+v, %v", i, created[i], err)
		}
	}
}

// TestCreate_lostResponse: after the response to a bulk create is lost, the outcome of each entity
// is determined.
func TestCreate_lostResponse(t *testing.T) {
	t.Parallel()
	t.Run("after it was handled", func(t *testing.T) {
		t.Parallel()
		s := newScene(t)
		s.fault(bulkRoute, `"drop": "after"`)
		entities := manyNamed("n", 5)
		entities[3].Properties["number"] = "text"
		created, errs := s.createAll(entities...)
		for i, err := range errs {
			if (err != nil) != (i == 3) || (err == nil && created[i].CreatedAt == "") || errors.Is(err, port.ErrOutcomeUnknown) {
				t.Errorf("n%d: %+v, %v", i, created[i], err)
			}
		}
	})
	t.Run("before it was handled", func(t *testing.T) {
		t.Parallel()
		s := newScene(t)
		s.fill(1)
		s.fault(bulkRoute, `"drop": "before"`)
		_, errs := s.createAll(append(manyNamed("n", 4), named("other"))...)
		for i, err := range errs {
			if err == nil || errors.Is(err, port.ErrOutcomeUnknown) {
				t.Errorf("entity %d: %v", i, err)
			}
		}
	})
}

func TestCreate_rateLimited(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.fault(bulkRoute, `"status": 429, "headers": {"Retry-After": "0"}`)
	_, errs := s.createAll(manyNamed("n", 5)...)
	if err := errors.Join(errs...); err != nil {
		t.Error(err)
	}
	s.expect(map[string]int{bulkRoute: 2, searchRoute: 1})
}

// TestCreate_canceledInMidBatch: a canceled caller does not affect the others, and gets its created
// entity.
func TestCreate_canceledInMidBatch(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.fault(bulkRoute, `"hold": true`)
	ctx, cancel := context.WithCancel(t.Context())
	entities := manyNamed("n", 5)
	s.crowd(len(entities))
	errs := make([]error, len(entities))
	var group sync.WaitGroup
	for i, entity := range entities {
		group.Go(func() {
			own := t.Context()
			if i == 1 {
				own = ctx
			}
			_, errs[i] = s.Create(own, "thing", entity, port.CreateEntityOptions{})
		})
	}
	<-s.emulator.Held()
	cancel()
	s.emulator.ClearFaults()
	group.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Error(err)
	}
}

// TestCreate_canceledBeforeItsRound: nothing is sent for a caller that gives up before its round.
func TestCreate_canceledBeforeItsRound(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.crowd(100)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Create(ctx, "thing", named("n"), port.CreateEntityOptions{}); !errors.Is(err, context.Canceled) || errors.Is(err, port.ErrOutcomeUnknown) {
		t.Errorf("it ends with %v", err)
	}
	s.expect(map[string]int{})
}

// deleteAll deletes entities of "thing" in one round, each with its own options.
func (s *scene) deleteAll(options map[string]port.DeleteEntityOptions) map[string]error {
	s.t.Helper()
	s.crowd(len(options))
	errs := map[string]error{}
	var group sync.WaitGroup
	for identifier, option := range options {
		group.Go(func() {
			err := s.Delete(s.t.Context(), "thing", identifier, option)
			s.mutex.Lock()
			defer s.mutex.Unlock()
			errs[identifier] = err
		})
	}
	group.Wait()
	return errs
}

// TestDelete_dependentsAmongOthers: a refused bulk delete is repeated one by one, and deletes with
// and without dependents do not share a request.
func TestDelete_dependentsAmongOthers(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.fill(6)
	dependent := named("dependent")
	dependent.Relations = map[string]any{"parent": "e2"}
	if _, err := s.client.Entities.Create(t.Context(), "thing", dependent, port.CreateEntityOptions{}); err != nil {
		t.Fatal(err)
	}
	s.count()
	options := map[string]port.DeleteEntityOptions{"e4": {Dependents: true}, "e5": {Dependents: true}, "gone": {}}
	for i := range 4 {
		options[fmt.Sprintf("e%d", i)] = port.DeleteEntityOptions{}
	}
	errs := s.deleteAll(options)
	if requests := s.count(); requests[deleteRoute] != 2 {
		t.Errorf("there were %v, want two bulk requests", requests)
	}
	for identifier, err := range errs {
		switch {
		case identifier == "e2":
			if !errors.Is(err, port.ErrHasDependents) {
				t.Errorf("e2 has a dependent, and its deletion ends with %v", err)
			}
		case identifier == "gone":
			if !errors.Is(err, port.ErrNotFound) {
				t.Errorf("the deletion of what is not there ends with %v", err)
			}
		case err != nil || s.isThere(identifier):
			t.Errorf("%s: %v", identifier, err)
		}
	}
}

// getAll reads entities in one round.
func (s *scene) getAll(addresses ...address) map[address]error {
	s.t.Helper()
	s.crowd(len(addresses))
	errs := map[address]error{}
	var group sync.WaitGroup
	for _, at := range addresses {
		group.Go(func() {
			entity, err := s.Get(s.t.Context(), at.blueprint, at.identifier)
			if err == nil && (entity.Identifier != at.identifier || entity.Blueprint != at.blueprint || entity.Properties["shout"] != nil) {
				err = fmt.Errorf("it is %+v", entity)
			}
			s.mutex.Lock()
			defer s.mutex.Unlock()
			errs[at] = err
		})
	}
	group.Wait()
	return errs
}

func TestGet_strayEntitiesTogether(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.fill(5)
	if _, err := s.client.Entities.Create(t.Context(), "other", &port.Entity{Identifier: "e0"}, port.CreateEntityOptions{}); err != nil {
		t.Fatal(err)
	}
	s.count()
	for at, err := range s.getAll(address{"thing", "e0"}, address{"thing", "e4"}, address{"other", "e0"}, address{"other", "e1"}, address{"none", "e0"}) {
		isThere := at != address{"other", "e1"} && at.blueprint != "none"
		if isThere && err != nil || !isThere && !errors.Is(err, port.ErrNotFound) {
			t.Errorf("%v: %v", at, err)
		}
	}
	s.expect(map[string]int{searchRoute: 1, readRoute: 2})
}

// TestGet_canceledInMidBatch: a canceled caller returns immediately, and the others get the result
// of the same search.
func TestGet_canceledInMidBatch(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.fill(4)
	s.fault(searchRoute, `"hold": true`)
	s.crowd(4)
	ctx, cancel := context.WithCancel(t.Context())
	gaveUp := make(chan error, 1)
	go func() {
		_, err := s.Get(ctx, "thing", "e3")
		gaveUp <- err
	}()
	var group sync.WaitGroup
	for i := range 3 {
		group.Go(func() {
			if _, err := s.Get(t.Context(), "thing", fmt.Sprintf("e%d", i)); err != nil {
				t.Errorf("e%d: %v", i, err)
			}
		})
	}
	<-s.emulator.Held()
	cancel()
	if err := <-gaveUp; !errors.Is(err, context.Canceled) {
		t.Errorf("it ends with %v", err)
	}
	s.emulator.ClearFaults()
	group.Wait()
	s.expect(map[string]int{searchRoute: 1})
}

// refresh refreshes entities of "thing" one after the other, and returns those that exist.
func (s *scene) refresh(identifiers ...string) (there []string) {
	s.t.Helper()
	for _, identifier := range identifiers {
		entity, err := s.Refresh(s.t.Context(), "thing", identifier)
		switch {
		case err == nil && entity.Properties["shout"] == nil:
			there = append(there, entity.Identifier)
		case !errors.Is(err, port.ErrNotFound):
			s.t.Errorf("%s: %v, %v", identifier, entity, err)
		}
	}
	return there
}

// TestRefresh_fewOfMany: only the requested entities are read.
func TestRefresh_fewOfMany(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.fill(500)
	if there := s.refresh("e1", "e2", "e3"); len(there) != 3 {
		t.Errorf("there are %v", there)
	}
	s.expect(map[string]int{readRoute: 3})
	if there := s.refresh("e4", "e5"); len(there) != 2 {
		t.Errorf("there are %v", there)
	}
	s.expect(map[string]int{readRoute: 2, countRoute: 1})
}

// TestRefresh_readsAhead: after the third entity, all entities of the blueprint are read.
func TestRefresh_readsAhead(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.fill(100)
	identifiers := make([]string, 100)
	for i := range identifiers {
		identifiers[i] = fmt.Sprintf("e%d", i)
	}
	if there := s.refresh(identifiers...); !slices.Equal(there, identifiers) {
		t.Errorf("there are %v", there)
	}
	s.expect(map[string]int{readRoute: 3, countRoute: 1, pageRoute: 1, "GET /v1/blueprints/{identifier}": 1})
}

// TestRefresh_afterAWrite: an entity that this run has written is not returned as it was before.
func TestRefresh_afterAWrite(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.fill(10)
	s.refresh("e0", "e1", "e2", "e3")
	if err := s.Delete(t.Context(), "thing", "e7", port.DeleteEntityOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.client.Entities.Patch(t.Context(), "thing", "e8", &port.EntityPatch{Title: port.Set("New")}, port.UpdateEntityOptions{}); err != nil {
		t.Fatal(err)
	}
	if there := s.refresh("e7"); len(there) > 0 {
		t.Error("what was deleted is still there")
	}
	if entity, err := s.Refresh(t.Context(), "thing", "e8"); err != nil || entity.Title == nil || *entity.Title != "New" {
		t.Errorf("what was changed is %+v, %v", entity, err)
	}
	if _, err := s.Create(t.Context(), "thing", named("e7"), port.CreateEntityOptions{}); err != nil {
		t.Fatal(err)
	}
	if there := s.refresh("e7"); len(there) != 1 {
		t.Error("what was created again is not there")
	}
}

// TestRefresh_deletedAfterItWasReadAhead: a refresh returns the entity as it was read ahead; every
// other read returns the current one.
func TestRefresh_deletedAfterItWasReadAhead(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.fill(10)
	s.refresh("e0", "e1", "e2", "e3")
	elsewhere := s.elsewhere()
	if err := elsewhere.Entities.Delete(t.Context(), "thing", "e7", port.DeleteEntityOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Get(t.Context(), "thing", "e7"); !errors.Is(err, port.ErrNotFound) {
		t.Errorf("a read of what was deleted ends with %v", err)
	}
	if there := s.refresh("e7"); len(there) != 1 {
		t.Error("the refresh does not show what it has read")
	}
	if there := s.refresh("e7"); len(there) > 0 {
		t.Error("the next refresh shows what was deleted")
	}
}

// TestRefresh_pagesThatFail: if reading ahead fails, each entity is read alone.
func TestRefresh_pagesThatFail(t *testing.T) {
	t.Parallel()
	for _, route := range []string{countRoute, pageRoute} {
		t.Run(route, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			s.fill(10)
			s.fault(route, `"status": 403, "body": {"ok": false, "error": "forbidden", "message": "No"}`)
			if there := s.refresh("e0", "e1", "e2", "e3", "e4", "e5", "nobody"); len(there) != 6 {
				t.Errorf("there are %v", there)
			}
			if requests := s.count(); requests[route] != 1 || requests[readRoute] != 7 {
				t.Errorf("the requests were %v", requests)
			}
		})
	}
}

// TestRefresh_canceledWhileReadingAhead: reading ahead stops when no caller waits for it any more,
// and a later caller starts it again.
func TestRefresh_canceledWhileReadingAhead(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.fill(10)
	s.refresh("e0", "e1", "e2")
	s.fault(countRoute, `"hold": true`)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() {
		_, err := s.Refresh(ctx, "thing", "e3")
		ended <- err
	}()
	<-s.emulator.Held()
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("it ends with %v", err)
	}
	s.emulator.ClearFaults()
	if there := s.refresh("e4", "e5"); len(there) != 2 {
		t.Errorf("there are %v", there)
	}
}
