package port_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/contract"
	"github.com/port-changelog/terraform-provider-port/internal/emulator"
	"github.com/port-changelog/terraform-provider-port/internal/port"
)

// These tests run the client against the emulator over real connections, to show that they agree on
// the API.

// world is an emulator and a client of it.
type world struct {
	address string
	client  *port.Client
}

func newWorld(t *testing.T, options emulator.Options) *world {
	t.Helper()
	options.ClientID, options.ClientSecret = testClientID, testClientSecret
	backend, err := emulator.New(options)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(contract.Wrap(t, backend))
	t.Cleanup(func() {
		server.Close()
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 10*time.Second)
		defer cancel()
		if err := backend.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	return &world{address: server.URL, client: connect(t, server.URL)}
}

// fault injects a fault into the emulator.
func (w *world) fault(t *testing.T, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.address+"/_emulator/faults", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusCreated {
		t.Fatalf("the emulator refused the fault with %s", response.Status)
	}
}

// makeBlueprints creates the blueprint "cluster", and "service" with a relation to it.
func (w *world) makeBlueprints(t *testing.T) {
	t.Helper()
	for _, blueprint := range []*port.Blueprint{
		{Identifier: "cluster", Title: "Cluster", Schema: port.Schema{Properties: map[string]port.Property{
			"region": {Type: "string"},
		}}},
		{
			Identifier: "service", Title: "Service",
			Schema: port.Schema{Properties: map[string]port.Property{
				"tier": {Type: "number", Default: json.RawMessage("3")},
				"tags": {Type: "array"},
			}},
			Relations:        map[string]port.Relation{"cluster": {Target: "cluster"}},
			MirrorProperties: map[string]port.MirrorProperty{"where": {Path: "cluster.region"}},
		},
	} {
		_, err := w.client.Blueprints.Create(t.Context(), blueprint, port.CreateBlueprintOptions{})
		want(t, err, nil)
	}
}

func (w *world) makeEntity(t *testing.T, blueprint string, entity *port.Entity) *port.Entity {
	t.Helper()
	created, err := w.client.Entities.Create(t.Context(), blueprint, entity, port.CreateEntityOptions{})
	want(t, err, nil)
	return created
}

func TestEmulatorBlueprints(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Options{})
	w.makeBlueprints(t)
	ctx, blueprints := t.Context(), w.client.Blueprints

	service, err := blueprints.Get(ctx, "service")
	want(t, err, nil)
	if service.CreatedAt == "" || service.Relations["cluster"].Target != "cluster" {
		t.Errorf("read %+v", service)
	}
	_, err = blueprints.Create(ctx, service, port.CreateBlueprintOptions{})
	want(t, err, port.ErrExists)

	for _, rename := range []func() (*port.Blueprint, error){
		func() (*port.Blueprint, error) { return blueprints.RenameProperty(ctx, "service", "tier", "level") },
		func() (*port.Blueprint, error) { return blueprints.RenameMirror(ctx, "service", "where", "region") },
		func() (*port.Blueprint, error) {
			return blueprints.RenameRelation(ctx, "service", "cluster", "runs_on")
		},
	} {
		_, err := rename()
		want(t, err, nil)
	}
	_, err = blueprints.Patch(ctx, "service", port.BlueprintPatch{"description": "Patched"})
	want(t, err, nil)
	service, err = blueprints.Get(ctx, "service")
	want(t, err, nil)
	got := []string{
		strings.Join(slices.Sorted(maps.Keys(service.Schema.Properties)), "+"),
		service.MirrorProperties["region"].Path,
		service.Relations["runs_on"].Target,
		*service.Description,
	}
	if expected := []string{"level+tags", "runs_on.region", "cluster", "Patched"}; !slices.Equal(got, expected) {
		t.Errorf("after the renames: %q, want %q", got, expected)
	}

	service.Identifier = "app"
	_, err = blueprints.Update(ctx, "service", service)
	want(t, err, nil)
	_, err = blueprints.Get(ctx, "service")
	want(t, err, port.ErrNotFound)
	all, err := blueprints.List(ctx)
	want(t, err, nil)
	if identifiers := slices.Collect(func(yield func(string) bool) {
		for _, blueprint := range all {
			if !strings.HasPrefix(blueprint.Identifier, "_") && !yield(blueprint.Identifier) {
				return
			}
		}
	}); !slices.Equal(slices.Sorted(slices.Values(identifiers)), []string{"app", "cluster"}) {
		t.Errorf("listed %q, want app and cluster", identifiers)
	}
	want(t, blueprints.Delete(ctx, "app", port.DeleteBlueprintOptions{DeleteActions: true}), nil)
	structure, err := blueprints.SystemStructure(ctx, "_user")
	want(t, err, nil)
	if structure.Identifier != "_user" || len(structure.Schema.Properties) == 0 {
		t.Errorf("structure of _user = %+v", structure)
	}
}

func TestEmulatorBlueprintWithEntities(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Options{DeleteLag: 50 * time.Millisecond})
	w.makeBlueprints(t)
	ctx := t.Context()
	w.makeEntity(t, "service", &port.Entity{Identifier: "a"})
	want(t, w.client.Blueprints.Delete(ctx, "service", port.DeleteBlueprintOptions{}), port.ErrHasDependents)

	migration, err := w.client.Blueprints.DeleteWithEntities(ctx, "service")
	want(t, err, nil)
	want(t, w.client.Migrations.Wait(ctx, migration), nil)
	_, err = w.client.Blueprints.Get(ctx, "service")
	want(t, err, port.ErrNotFound)
	all, err := w.client.Migrations.List(ctx, port.ListMigrationsOptions{Status: []port.MigrationStatus{port.MigrationCompleted}})
	if err != nil || len(all) != 1 || all[0].ID != migration {
		t.Errorf("migrations = %v, %v; want %s", all, err, migration)
	}
}

func TestEmulatorEntities(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Options{})
	w.makeBlueprints(t)
	ctx, entities := t.Context(), w.client.Entities
	const name = `arn:aws/x=1@y\z.ü+é`

	missing := &port.Entity{Identifier: name, Relations: map[string]any{"cluster": "nowhere"}}
	_, err := entities.Create(ctx, "service", missing, port.CreateEntityOptions{ValidationOnly: true})
	if err == nil {
		t.Error("an entity with a missing relation is valid")
	}
	_, err = entities.Create(ctx, "service", missing, port.CreateEntityOptions{CreateMissingRelated: true})
	want(t, err, nil)
	_, err = entities.Create(ctx, "service", missing, port.CreateEntityOptions{})
	want(t, err, port.ErrExists)

	_, err = entities.Patch(ctx, "service", name, &port.EntityPatch{
		Title: port.Set("Title"), Properties: map[string]any{"tier": json.Number("9007199254740993"), "tags": []any{1, "a"}},
	}, port.UpdateEntityOptions{})
	want(t, err, nil)
	read, err := entities.Get(ctx, "service", name, port.GetEntityOptions{ExcludeCalculated: true})
	want(t, err, nil)
	if read.Properties["tier"] != json.Number("9007199254740993") || read.Relations["cluster"] != "nowhere" {
		t.Errorf("read %+v", read)
	}

	read.Identifier, read.Title = "renamed", nil
	updated, err := entities.Update(ctx, "service", name, read, port.UpdateEntityOptions{})
	want(t, err, nil)
	if updated.Identifier != "renamed" || updated.Title != nil {
		t.Errorf("updated to %+v, want no title", updated)
	}
	w.makeEntity(t, "service", &port.Entity{Identifier: "other"})
	read.Identifier = "other"
	_, err = entities.Update(ctx, "service", "renamed", read, port.UpdateEntityOptions{})
	want(t, err, port.ErrExists)

	want(t, entities.Delete(ctx, "cluster", "nowhere", port.DeleteEntityOptions{}), port.ErrHasDependents)
	want(t, entities.Delete(ctx, "cluster", "nowhere", port.DeleteEntityOptions{Dependents: true}), nil)
	want(t, entities.Delete(ctx, "service", "renamed", port.DeleteEntityOptions{}), port.ErrNotFound)
	count, err := entities.Count(ctx, "service")
	if err != nil || count != 1 {
		t.Errorf("count = %d, %v; want 1", count, err)
	}

	created, err := entities.Create(ctx, "service", &port.Entity{Title: new("Nameless")}, port.CreateEntityOptions{})
	want(t, err, nil)
	if created.Identifier == "" {
		t.Error("Port generated no identifier")
	}
}

func TestEmulatorManyEntities(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Options{})
	w.makeBlueprints(t)
	ctx, entities := t.Context(), w.client.Entities
	many := func(yield func(*port.Entity) bool) {
		for i := range 230 {
			if !yield(&port.Entity{Identifier: fmt.Sprintf("e%03d", i), Properties: map[string]any{"tier": i}}) {
				return
			}
		}
	}
	w.makeEntity(t, "service", &port.Entity{Identifier: "e025"})
	var taken []error
	created := 0
	for result, err := range entities.BulkCreate(ctx, "service", many, port.CreateEntityOptions{}) {
		if err == nil && result.Created {
			created++
			continue
		}
		taken = append(taken, err)
		var failure *port.BulkError
		if !errors.As(err, &failure) || failure.Index != 25 || failure.Identifier != "e025" {
			t.Errorf("error = %v, want entity number 25", err)
		}
	}
	if created != 229 || len(taken) != 1 {
		t.Fatalf("created %d, failed %d; want 229 and 1", created, len(taken))
	}
	want(t, taken[0], port.ErrExists)

	query := json.RawMessage(`{"combinator":"and","rules":[{"property":"tier","operator":">=","value":20}]}`)
	found, err := drain(entities.SearchBlueprint(ctx, "service", query, port.SearchBlueprintOptions{PageSize: 50}))
	want(t, err, nil)
	if len(found) != 209 {
		t.Errorf("found %d entities, want 209", len(found))
	}
	rules := json.RawMessage(`{"combinator":"and","rules":[{"property":"$identifier","operator":"=","value":"e025"}]}`)
	result, err := entities.Search(ctx, rules, port.SearchOptions{})
	want(t, err, nil)
	if len(result.Entities) != 1 || result.Entities[0].Blueprint != "service" {
		t.Errorf("found %+v, want e025", result)
	}

	identifiers := func(yield func(string) bool) {
		for entity := range many {
			if !yield(entity.Identifier) {
				return
			}
		}
	}
	deleted, err := drain(entities.BulkDelete(ctx, "service", identifiers, port.DeleteEntityOptions{}))
	want(t, err, nil)
	left, err := drain(entities.List(ctx, "service", port.GetEntityOptions{}))
	want(t, err, nil)
	if len(deleted) != 230 || len(left) != 0 {
		t.Errorf("deleted %d entities and left %d, want all 230", len(deleted), len(left))
	}
}

func TestEmulatorOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Options{})
	w.makeBlueprints(t)
	ctx := t.Context()

	organization, err := w.client.Organization.Get(ctx)
	want(t, err, nil)
	want(t, w.client.Organization.Update(ctx, port.OrganizationUpdate{Name: organization.Name + " Inc."}), nil)
	want(t, w.client.Organization.Patch(ctx, port.OrganizationUpdate{
		Name: organization.Name + " Inc.", Settings: json.RawMessage(`{"portalTitle":"Portal"}`),
	}), nil)
	changed, err := w.client.Organization.Get(ctx)
	want(t, err, nil)
	if changed.Name != organization.Name+" Inc." || !strings.Contains(string(changed.Settings), "Portal") {
		t.Errorf("organization = %+v", changed)
	}

	w.makeEntity(t, "service", &port.Entity{Identifier: "a", Title: new("A")})
	events, err := drain(w.client.AuditLog.List(ctx, port.AuditLogOptions{Resources: []string{"entity"}, Blueprint: "service", Limit: 5}))
	want(t, err, nil)
	if len(events) != 1 || events[0].Action != "CREATE" || events[0].Identifier == "" {
		t.Errorf("events = %+v, want the create", events)
	}

	migration, err := w.client.Migrations.Create(ctx, &port.CreateMigration{
		SourceBlueprint: "service",
		Mapping: port.MigrationMapping{
			Blueprint: "cluster", Entity: port.MigrationEntity{Identifier: ".identifier", Title: ".title"},
		},
	})
	want(t, err, nil)
	want(t, w.client.Migrations.Wait(ctx, migration.ID), nil)
}

func TestEmulatorFaults(t *testing.T) {
	t.Parallel()
	const (
		ofBlueprints = `/v1/blueprints`
		ofBlueprint  = `/v1/blueprints/{identifier}`
		ofEntities   = `/v1/blueprints/{blueprint_identifier}/entities`
		ofEntity     = ofEntities + `/{entity_identifier}`
	)
	cases := map[string]struct {
		method, route, fault string
		call                 func(ctx context.Context, client *port.Client) error
	}{
		"a lost create of an entity":    {"POST", ofEntities, `"drop":"after"`, create},
		"a truncated create":            {"POST", ofEntities, `"drop":"truncate"`, create},
		"a lost rename of an entity":    {"PUT", ofEntity, `"drop":"after","times":1`, rename},
		"a lost delete of an entity":    {"DELETE", ofEntity, `"drop":"after","times":1`, remove},
		"a truncated read":              {"GET", ofEntity, `"drop":"truncate","times":1`, get},
		"a read that never arrived":     {"GET", ofEntity, `"drop":"before","times":1`, get},
		"a read during an outage":       {"GET", ofEntity, `"status":503,"times":2`, get},
		"a lost create of a blueprint":  {"POST", ofBlueprints, `"drop":"after"`, createBlueprint},
		"a lost rename of a blueprint":  {"PUT", ofBlueprint, `"drop":"after","times":1`, renameBlueprint},
		"a lost patch with a rename":    {"PATCH", ofBlueprint, `"drop":"after","times":1`, renameBlueprintByPatch},
		"a lost rename of a property":   {"PATCH", ofBlueprints + "/{blueprint_identifier}/properties/{property_identifier}/rename", `"drop":"after","times":1`, renameProperty},
		"a lost delete of a blueprint":  {"DELETE", ofBlueprint, `"drop":"after","times":1`, deleteBlueprint},
		"a token that is revoked":       {"GET", ofEntity, `"status":401,"times":1`, get},
		"a read that is slowed down":    {"GET", ofEntity, `"status":429,"headers":{"Retry-After":"0"},"times":1`, get},
		"a lost deletion with entities": {"DELETE", ofBlueprints + "/{blueprint_identifier}/all-entities", `"drop":"after","times":1`, deleteWithEntities},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, emulator.Options{ChangelogDestination: emulator.DropDestination})
			w.makeBlueprints(t)
			w.makeEntity(t, "service", &port.Entity{Identifier: "known", Title: new("Known")})
			w.fault(t, fmt.Sprintf(`{"method":%q,"route":%q,%s}`, c.method, c.route, c.fault))
			want(t, c.call(t.Context(), w.client), nil)
		})
	}
}

// createBlueprint creates a blueprint with a part that the emulator drops, as Port does.
func createBlueprint(ctx context.Context, client *port.Client) error {
	created, err := client.Blueprints.Create(ctx, &port.Blueprint{
		Identifier: "new", Title: "New", ChangelogDestination: &port.ChangelogDestination{Type: port.ChangelogKafka},
		Schema: port.Schema{Properties: map[string]port.Property{"a": {Type: "string", Default: json.RawMessage(`"x"`)}}},
	}, port.CreateBlueprintOptions{})
	if err == nil && (created.CreatedAt == "" || created.ChangelogDestination != nil) {
		return fmt.Errorf("the blueprint is incomplete: %+v", created)
	}
	return err
}

func renameBlueprint(ctx context.Context, client *port.Client) error {
	service, err := client.Blueprints.Get(ctx, "service")
	if err != nil {
		return err
	}
	service.Identifier = "app"
	renamed, err := client.Blueprints.Update(ctx, "service", service)
	if err == nil && renamed.Identifier != "app" {
		return fmt.Errorf("the blueprint was not renamed: %+v", renamed)
	}
	return err
}

func renameBlueprintByPatch(ctx context.Context, client *port.Client) error {
	_, err := client.Blueprints.Patch(ctx, "service", port.BlueprintPatch{"identifier": "app", "title": "App"})
	return err
}

func renameProperty(ctx context.Context, client *port.Client) error {
	_, err := client.Blueprints.RenameProperty(ctx, "service", "tier", "level")
	return err
}

func deleteBlueprint(ctx context.Context, client *port.Client) error {
	if err := remove(ctx, client); err != nil {
		return err
	}
	return client.Blueprints.Delete(ctx, "service", port.DeleteBlueprintOptions{})
}

func deleteWithEntities(ctx context.Context, client *port.Client) error {
	migration, err := client.Blueprints.DeleteWithEntities(ctx, "service")
	if err != nil || migration == "" {
		return err
	}
	return client.Migrations.Wait(ctx, migration)
}

// TestEmulatorRateLimit runs in virtual time, which requires a connection without sockets.
func TestEmulatorRateLimit(t *testing.T) {
	t.Parallel()
	for _, form := range []emulator.ResetForm{emulator.ResetEpoch, emulator.ResetSeconds} {
		t.Run(string(form), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				backend, err := emulator.New(emulator.Options{
					ClientID: testClientID, ClientSecret: testClientSecret,
					RateLimit: 20, RateLimitPeriod: 30 * time.Second, RateLimitReset: form,
				})
				want(t, err, nil)
				defer func() { want(t, backend.Close(t.Context()), nil) }()
				checked := contract.Wrap(t, backend)
				var refused atomic.Int32
				client := connect(t, fakeAddress, port.WithTransport(roundTripper(func(r *http.Request) (*http.Response, error) {
					if r.Body == nil {
						r.Body = http.NoBody
					}
					recorder := httptest.NewRecorder()
					checked.ServeHTTP(recorder, r)
					if recorder.Code == http.StatusTooManyRequests {
						refused.Add(1)
					}
					return recorder.Result(), nil
				})))
				w := &world{client: client}
				w.makeBlueprints(t)
				w.makeEntity(t, "service", &port.Entity{Identifier: "known", Title: new("Known")})

				began := time.Now()
				want(t, errors.Join(inParallel(t.Context(), client, parallelCalls)...), nil)
				if took := time.Since(began); took < time.Minute || took > 92*time.Second {
					t.Errorf("took %s, want two to three periods", took)
				}
				if refused.Load() > 0 {
					t.Errorf("the emulator refused %d requests, want none", refused.Load())
				}
			})
		})
	}
}
