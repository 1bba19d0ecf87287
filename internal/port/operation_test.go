package port_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/port"
)

// recorder is a transport that answers all requests alike and remembers them.
type recorder struct {
	mutex   sync.Mutex
	status  int
	answers []string
	sent    []sentRequest
}

type sentRequest struct {
	line   string
	body   string
	header http.Header
}

// RoundTrip implements [http.RoundTripper]. Of several answers each is given once, and the last one from then on.
func (r *recorder) RoundTrip(request *http.Request) (*http.Response, error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	sent := sentRequest{line: request.Method + " " + request.URL.RequestURI(), header: request.Header}
	if request.Body != nil {
		body, err := io.ReadAll(request.Body)
		if err != nil {
			return nil, err
		}
		sent.body = string(body)
	}
	r.sent = append(r.sent, sent)
	body := r.answers[0]
	if len(r.answers) > 1 {
		r.answers = r.answers[1:]
	}
	return answer(r.status, nil, body)(nil, request)
}

// record returns a client whose requests are answered in turn, and their record.
func record(tb testing.TB, status int, answers ...string) (*port.Client, *recorder) {
	tb.Helper()
	transport := &recorder{status: status, answers: answers}
	client, err := port.New(fakeAddress, port.WithToken("a-token-for-tests"), port.WithTransport(transport))
	if err != nil {
		tb.Fatal(err)
	}
	return client, transport
}

// drain reads a sequence to its end.
func drain[T any](elements func(yield func(T, error) bool)) (all []T, err error) {
	for element, failure := range elements {
		if failure != nil {
			return all, failure
		}
		all = append(all, element)
	}
	return all, nil
}

const (
	oneBlueprint = `{"ok":true,"blueprint":{"identifier":"b/1","title":"B","schema":{"properties":{}}}}`
	oneEntity    = `{"ok":true,"entity":{"identifier":"e:1","title":"E"}}`
	plainOK      = `{"ok":true}`
)

// testOperation is one method of the client: the request that it sends, and what it makes of an answer.
type testOperation struct {
	answer string
	call   func(ctx context.Context, client *port.Client) (any, error)
	// sent is the last request; a create reads first.
	sent string
	body string
	want any
}

func TestOperations(t *testing.T) {
	t.Parallel()
	for group, operations := range map[string]map[string]testOperation{
		"blueprints": blueprintOperations(), "entities": entityOperations(), "others": otherOperations(),
	} {
		for name, o := range operations {
			t.Run(group+"/"+name, func(t *testing.T) {
				t.Parallel()
				client, requests := record(t, http.StatusOK, o.answer)
				got, err := o.call(t.Context(), client)
				want(t, err, nil)
				if !reflect.DeepEqual(got, o.want) {
					t.Errorf("returned %#v, want %#v", got, o.want)
				}
				last := requests.sent[len(requests.sent)-1]
				if last.line != o.sent {
					t.Errorf("sent %s, want %s", last.line, o.sent)
				}
				if last.body != o.body {
					t.Errorf("sent the body %s, want %s", last.body, o.body)
				}
			})
		}
	}
}

func title(blueprint *port.Blueprint, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return blueprint.Title, nil
}

func entityTitle(entity *port.Entity, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return *entity.Title, nil
}

func blueprintOperations() map[string]testOperation {
	whole := &port.Blueprint{
		Identifier: "b/1", Title: "<B>", CreatedAt: "never sent", UpdatedBy: "never sent",
		Extra: map[string]json.RawMessage{"kept": json.RawMessage("1")},
	}
	const wholeBody = `{"identifier":"b/1","kept":1,"schema":{"properties":{}},"title":"<B>"}`
	return map[string]testOperation{
		"get": {
			answer: oneBlueprint,
			call:   func(ctx context.Context, c *port.Client) (any, error) { return title(c.Blueprints.Get(ctx, "b/1")) },
			sent:   "GET /v1/blueprints/b%2F1",
			want:   "B",
		},
		"list": {
			answer: `{"ok":true,"blueprints":[{"identifier":"a"},{"identifier":"b"}]}`,
			call: func(ctx context.Context, c *port.Client) (any, error) {
				all, err := c.Blueprints.List(ctx)
				return len(all), err
			},
			sent: "GET /v1/blueprints",
			want: 2,
		},
		"create": {
			answer: oneBlueprint,
			call: func(ctx context.Context, c *port.Client) (any, error) {
				return title(c.Blueprints.Create(ctx, whole, port.CreateBlueprintOptions{}))
			},
			sent: "POST /v1/blueprints", body: wholeBody, want: "B",
		},
		"create without a page": {
			answer: oneBlueprint,
			call: func(ctx context.Context, c *port.Client) (any, error) {
				return title(c.Blueprints.Create(ctx, whole, port.CreateBlueprintOptions{CatalogPage: new(false)}))
			},
			sent: "POST /v1/blueprints?create_catalog_page=false", body: wholeBody, want: "B",
		},
		"update": {
			answer: oneBlueprint,
			call: func(ctx context.Context, c *port.Client) (any, error) {
				return title(c.Blueprints.Update(ctx, "old", whole))
			},
			sent: "PUT /v1/blueprints/old", body: wholeBody, want: "B",
		},
		"patch": {
			answer: oneBlueprint,
			call: func(ctx context.Context, c *port.Client) (any, error) {
				patch := port.BlueprintPatch{"relations": map[string]port.Relation{"r": {Target: "t"}}}
				return title(c.Blueprints.Patch(ctx, "b", patch))
			},
			sent: "PATCH /v1/blueprints/b",
			body: `{"relations":{"r":{"many":false,"required":false,"target":"t"}}}`,
			want: "B",
		},
		"delete": {
			answer: plainOK,
			call: func(ctx context.Context, c *port.Client) (any, error) {
				return nil, c.Blueprints.Delete(ctx, "b", port.DeleteBlueprintOptions{})
			},
			sent: "DELETE /v1/blueprints/b",
		},
		"delete with actions": {
			answer: plainOK,
			call: func(ctx context.Context, c *port.Client) (any, error) {
				return nil, c.Blueprints.Delete(ctx, "b", port.DeleteBlueprintOptions{DeleteActions: true})
			},
			sent: "DELETE /v1/blueprints/b?delete_actions=true",
		},
		"delete with entities": {
			answer: `{"ok":true,"migrationId":"m1"}`,
			call: func(ctx context.Context, c *port.Client) (any, error) {
				return c.Blueprints.DeleteWithEntities(ctx, "b")
			},
			sent: "DELETE /v1/blueprints/b/all-entities?delete_blueprint=true",
			want: "m1",
		},
		"delete entities": {
			answer: plainOK,
			call:   func(ctx context.Context, c *port.Client) (any, error) { return c.Blueprints.DeleteEntities(ctx, "b") },
			sent:   "DELETE /v1/blueprints/b/all-entities?delete_blueprint=false",
			want:   "",
		},
		"rename property": {
			answer: oneBlueprint,
			call: func(ctx context.Context, c *port.Client) (any, error) {
				return title(c.Blueprints.RenameProperty(ctx, "b", "old=", "new"))
			},
			sent: "PATCH /v1/blueprints/b/properties/old=/rename", body: `{"newPropertyName":"new"}`, want: "B",
		},
		"rename mirror": {
			answer: oneBlueprint,
			call: func(ctx context.Context, c *port.Client) (any, error) {
				return title(c.Blueprints.RenameMirror(ctx, "b", "old", "new"))
			},
			sent: "PATCH /v1/blueprints/b/mirror/old/rename", body: `{"newMirrorName":"new"}`, want: "B",
		},
		"rename relation": {
			answer: oneBlueprint,
			call: func(ctx context.Context, c *port.Client) (any, error) {
				return title(c.Blueprints.RenameRelation(ctx, "b", "old", "new"))
			},
			sent: "PATCH /v1/blueprints/b/relations/old/rename", body: `{"newRelationIdentifier":"new"}`, want: "B",
		},
		"structure": {
			answer: `{"ok":true,"structure":{"identifier":"_user","title":"User"}}`,
			call: func(ctx context.Context, c *port.Client) (any, error) {
				return title(c.Blueprints.SystemStructure(ctx, "_user"))
			},
			sent: "GET /v1/blueprints/system/_user/structure",
			want: "User",
		},
		"structure as a blueprint": {
			answer: `{"ok":true,"blueprint":{"identifier":"_user","title":"User"}}`,
			call: func(ctx context.Context, c *port.Client) (any, error) {
				return title(c.Blueprints.SystemStructure(ctx, "_user"))
			},
			sent: "GET /v1/blueprints/system/_user/structure",
			want: "User",
		},
		"bare structure": {
			answer: `{"ok":true,"identifier":"_user","title":"User","x":1}`,
			call: func(ctx context.Context, c *port.Client) (any, error) {
				structure, err := c.Blueprints.SystemStructure(ctx, "_user")
				if err != nil {
					return nil, err
				}
				return structure.Title + fmt.Sprint(slices.Collect(maps.Keys(structure.Extra))), nil
			},
			sent: "GET /v1/blueprints/system/_user/structure",
			want: "User[x]",
		},
	}
}

func entityOperations() map[string]testOperation {
	entity := &port.Entity{
		Identifier: "e/1", Team: []string{}, Properties: map[string]any{"a": nil}, Relations: map[string]any{"r": []string{"x"}},
		Blueprint: "never sent", CreatedAt: "never sent", Extra: map[string]json.RawMessage{"scorecards": json.RawMessage(`{}`)},
	}
	const body = `{"identifier":"e/1","properties":{"a":null},"relations":{"r":["x"]},"team":[]}`
	return map[string]testOperation{
		"get": {
			answer: oneEntity,
			call: func(ctx context.Context, c *port.Client) (any, error) {
				return entityTitle(c.Entities.Get(ctx, "b", `a:b/c=d@e\f ü%2F+`, port.GetEntityOptions{}))
			},
			sent: "GET /v1/blueprints/b/entities/a:b%2Fc=d@e%5Cf%20%C3%BC%252F+",
			want: "E",
		},
		"get with options": {
			answer: oneEntity,
			call: func(ctx context.Context, c *port.Client) (any, error) {
				return entityTitle(c.Entities.Get(ctx, "b", "e", port.GetEntityOptions{
					ExcludeCalculated: true, AttachTitleToRelation: true, Include: []string{"a", "b"}, Exclude: []string{"c"},
				}))
			},
			sent: "GET /v1/blueprints/b/entities/e?attach_title_to_relation=true&exclude=c" +
				"&exclude_calculated_properties=true&include=a&include=b",
			want: "E",
		},
		"list": {
			answer: `{"ok":true,"entities":[{"identifier":"a"},{"identifier":"b"}]}`,
			call: func(ctx context.Context, c *port.Client) (any, error) {
				all, err := drain(c.Entities.List(ctx, "b", port.GetEntityOptions{}))
				return len(all), err
			},
			sent: "GET /v1/blueprints/b/entities",
			want: 2,
		},
		"create": {
			answer: oneEntity,
			call: func(ctx context.Context, c *port.Client) (any, error) {
				return entityTitle(c.Entities.Create(ctx, "b", entity, port.CreateEntityOptions{}))
			},
			sent: "POST /v1/blueprints/b/entities?upsert=false", body: body, want: "E",
		},
		"create with options": {
			answer: oneEntity,
			call: func(ctx context.Context, c *port.Client) (any, error) {
				return entityTitle(c.Entities.Create(ctx, "b", entity, port.CreateEntityOptions{
					Upsert: true, Merge: true, ValidationOnly: true, CreateMissingRelated: true, RunID: "r 1",
				}))
			},
			sent: "POST /v1/blueprints/b/entities?create_missing_related_entities=true&merge=true&run_id=r+1&upsert=true&validation_only=true",
			body: body, want: "E",
		},
		"update": {
			answer: oneEntity,
			call: func(ctx context.Context, c *port.Client) (any, error) {
				options := port.UpdateEntityOptions{CreateMissingRelated: true, RunID: "r"}
				return entityTitle(c.Entities.Update(ctx, "b", "old", entity, options))
			},
			sent: "PUT /v1/blueprints/b/entities/old?create_missing_related_entities=true&run_id=r", body: body, want: "E",
		},
		"patch": {
			answer: oneEntity,
			call: func(ctx context.Context, c *port.Client) (any, error) {
				patch := &port.EntityPatch{Title: port.Unset[string]()}
				return entityTitle(c.Entities.Patch(ctx, "b", "e", patch, port.UpdateEntityOptions{}))
			},
			sent: "PATCH /v1/blueprints/b/entities/e", body: `{"title":null}`, want: "E",
		},
		"delete": {
			answer: plainOK,
			call: func(ctx context.Context, c *port.Client) (any, error) {
				return nil, c.Entities.Delete(ctx, "b", "e", port.DeleteEntityOptions{})
			},
			sent: "DELETE /v1/blueprints/b/entities/e?delete_dependents=false",
		},
		"delete with dependents": {
			answer: plainOK,
			call: func(ctx context.Context, c *port.Client) (any, error) {
				return nil, c.Entities.Delete(ctx, "b", "e", port.DeleteEntityOptions{Dependents: true, RunID: "r"})
			},
			sent: "DELETE /v1/blueprints/b/entities/e?delete_dependents=true&run_id=r",
		},
		"count": {
			answer: `{"ok":true,"count":12345678901}`,
			call:   func(ctx context.Context, c *port.Client) (any, error) { return c.Entities.Count(ctx, "b") },
			sent:   "GET /v1/blueprints/b/entities-count",
			want:   int64(12345678901),
		},
		"search": {
			answer: `{"ok":true,"entities":[{"identifier":"a"}],"matchingBlueprints":["b"],"failedBlueprints":[]}`,
			call: func(ctx context.Context, c *port.Client) (any, error) {
				options := port.SearchOptions{AllowPartialResults: true}
				options.ExcludeCalculated = true
				result, err := c.Entities.Search(ctx, json.RawMessage(`{"combinator":"and","rules":[]}`), options)
				if err != nil {
					return nil, err
				}
				return result.Entities[0].Identifier + result.MatchingBlueprints[0], nil
			},
			sent: "POST /v1/entities/search?allow_partial_results=true&exclude_calculated_properties=true",
			body: `{"combinator":"and","rules":[]}`,
			want: "ab",
		},
		"bulk delete": {
			answer: `{"ok":true,"deletedEntities":["a","b"]}`,
			call: func(ctx context.Context, c *port.Client) (any, error) {
				return drain(c.Entities.BulkDelete(ctx, "b", slices.Values([]string{"a", "b"}), port.DeleteEntityOptions{Dependents: true}))
			},
			sent: "POST /v1/blueprints/b/bulk/entities/delete?delete_dependents=true",
			body: `{"entities":["a","b"]}`,
			want: []string{"a", "b"},
		},
	}
}

func otherOperations() map[string]testOperation {
	moment := time.Date(2026, 1, 2, 4, 4, 5, 678e6, time.FixedZone("", 3600))
	return map[string]testOperation{
		"get migration": {
			answer: `{"ok":true,"migration":{"id":"m","status":"RUNNING","x":1}}`,
			call: func(ctx context.Context, c *port.Client) (any, error) {
				migration, err := c.Migrations.Get(ctx, "m")
				if err != nil {
					return nil, err
				}
				return migration.Status, nil
			},
			sent: "GET /v1/migrations/m",
			want: port.MigrationRunning,
		},
		"list migrations": {
			answer: `{"ok":true,"migrations":[{"id":"m","status":"RUNNING"}]}`,
			call: func(ctx context.Context, c *port.Client) (any, error) {
				return c.Migrations.List(ctx, port.ListMigrationsOptions{
					Status: []port.MigrationStatus{port.MigrationRunning, port.MigrationPending}, Actor: "a", Blueprint: "b",
				})
			},
			sent: "GET /v1/migrations?actor=a&blueprint=b&status=RUNNING&status=PENDING",
			want: []port.Migration{{ID: "m", Status: port.MigrationRunning}},
		},
		"create migration": {
			answer: `{"ok":true,"migration":{"id":"m","status":"PENDING"}}`,
			call: func(ctx context.Context, c *port.Client) (any, error) {
				migration, err := c.Migrations.Create(ctx, &port.CreateMigration{
					SourceBlueprint: "a",
					Mapping:         port.MigrationMapping{Blueprint: "b", Entity: port.MigrationEntity{Properties: map[string]string{"p": ".q"}}},
				})
				if err != nil {
					return nil, err
				}
				return migration.ID, nil
			},
			sent: "POST /v1/migrations",
			body: `{"sourceBlueprint":"a","mapping":{"blueprint":"b","entity":{"properties":{"p":".q"}}}}`,
			want: "m",
		},
		"cancel migration": {
			answer: plainOK,
			call: func(ctx context.Context, c *port.Client) (any, error) {
				return nil, c.Migrations.Cancel(ctx, "m", "enough")
			},
			sent: "POST /v1/migrations/m/cancel",
			body: `{"reason":"enough"}`,
		},
		"get organization": {
			answer: `{"ok":true,"organization":{"id":"o","name":"N","settings":{"a":1},"x":2}}`,
			call:   func(ctx context.Context, c *port.Client) (any, error) { return c.Organization.Get(ctx) },
			sent:   "GET /v1/organization",
			want: &port.Organization{
				ID: "o", Name: "N", Settings: json.RawMessage(`{"a":1}`), Extra: map[string]json.RawMessage{"x": json.RawMessage("2")},
			},
		},
		"get bare organization": {
			answer: `{"ok":true,"id":"o","name":"N"}`,
			call:   func(ctx context.Context, c *port.Client) (any, error) { return c.Organization.Get(ctx) },
			sent:   "GET /v1/organization",
			want:   &port.Organization{ID: "o", Name: "N"},
		},
		"update organization": {
			answer: plainOK,
			call: func(ctx context.Context, c *port.Client) (any, error) {
				return nil, c.Organization.Update(ctx, port.OrganizationUpdate{Name: "N", Settings: json.RawMessage(`{}`)})
			},
			sent: "PUT /v1/organization",
			body: `{"name":"N","settings":{}}`,
		},
		"patch organization": {
			answer: plainOK,
			call: func(ctx context.Context, c *port.Client) (any, error) {
				return nil, c.Organization.Patch(ctx, port.OrganizationUpdate{Name: "N"})
			},
			sent: "PATCH /v1/organization",
			body: `{"name":"N"}`,
		},
		"page exists": {
			answer: plainOK,
			call:   func(ctx context.Context, c *port.Client) (any, error) { return c.Pages.Exists(ctx, "p") },
			sent:   "GET /v1/pages/p",
			want:   true,
		},
		"audit log": {
			answer: `{"ok":true,"audits":[{"identifier":"event_1","action":"UPDATE","diff":{"before":1.10}}]}`,
			call: func(ctx context.Context, c *port.Client) (any, error) {
				return drain(c.AuditLog.List(ctx, port.AuditLogOptions{
					From: moment, To: moment.Add(time.Hour), Identifier: "i", Blueprint: "b", Entity: "e", RunID: "r",
					Resources: []string{"entity", "run"}, Action: "UPDATE", Status: "SUCCESS", Origin: []string{"UI"},
					IncludeDeletedEntities: true, Limit: 5,
				}))
			},
			sent: "GET /v1/audit-log?action=UPDATE&blueprint=b&entity=e&from=2026-01-02T03%3A04%3A05.678Z&identifier=i" +
				"&include_deleted_entities=true&limit=5&origin=UI&resources=entity&resources=run&run_id=r&status=SUCCESS" +
				"&to=2026-01-02T04%3A04%3A05.678Z",
			want: []*port.AuditEvent{{Identifier: "event_1", Action: "UPDATE", Diff: json.RawMessage(`{"before":1.10}`)}},
		},
		"bare audit log": {
			answer: `[{"identifier":"event_1","x":1}]`,
			call: func(ctx context.Context, c *port.Client) (any, error) {
				return drain(c.AuditLog.List(ctx, port.AuditLogOptions{}))
			},
			sent: "GET /v1/audit-log",
			want: []*port.AuditEvent{{Identifier: "event_1", Extra: map[string]json.RawMessage{"x": json.RawMessage("1")}}},
		},
	}
}

func TestPageThatIsMissing(t *testing.T) {
	t.Parallel()
	client, _ := record(t, http.StatusNotFound, `{"ok":false,"error":"not_found","message":"No page"}`)
	exists, err := client.Pages.Exists(t.Context(), "p")
	want(t, err, nil)
	if exists {
		t.Error("the page exists, want none")
	}
}

func TestBulkCreateGoesInChunks(t *testing.T) {
	t.Parallel()
	const partly = `{"ok":false,"entities":[{"index":0,"identifier":"x","created":true,"additionalData":{"a":1}}],
		"errors":[{"index":3,"identifier":"y","statusCode":409,"error":"taken","message":"There is one"},
		{"index":4,"identifier":"z","statusCode":404,"error":"not_found","message":"No relation"}]}`
	client, requests := record(t, http.StatusMultiStatus, partly)
	entities := func(yield func(*port.Entity) bool) {
		for i := range 45 {
			if !yield(&port.Entity{Identifier: fmt.Sprint(i), CreatedAt: "never sent"}) {
				return
			}
		}
	}
	var created []int
	var failed []*port.BulkError
	for result, err := range client.Entities.BulkCreate(t.Context(), "b", entities, port.CreateEntityOptions{Merge: true}) {
		var failure *port.BulkError
		switch {
		case err == nil:
			created = append(created, result.Index)
		case errors.As(err, &failure):
			failed = append(failed, failure)
		default:
			t.Fatal(err)
		}
	}
	if !slices.Equal(created, []int{0, 20, 40}) {
		t.Errorf("created %v, want the first of each chunk", created)
	}
	if len(failed) != 6 || failed[3].Index != 24 || failed[2].Identifier != "y" {
		t.Fatalf("failed %v, want two of each chunk", failed)
	}
	check(t, failed[2], port.ErrExists)
	check(t, failed[3], port.ErrNotFound)
	if text := failed[2].Error(); text != `entity "y" (number 24): 409 (taken): There is one` {
		t.Errorf("the error reads %q", text)
	}
	sizes := make([]int, 0, len(requests.sent))
	for _, sent := range requests.sent {
		if sent.line != "POST /v1/blueprints/b/entities/bulk?merge=true&upsert=false" {
			t.Errorf("sent %s", sent.line)
		}
		sizes = append(sizes, strings.Count(sent.body, "identifier"))
	}
	if !slices.Equal(sizes, []int{20, 20, 5}) {
		t.Errorf("sent chunks of %v, want 20, 20, 5", sizes)
	}
}

func TestBulkCreateSendsNoMoreThanIsAskedFor(t *testing.T) {
	t.Parallel()
	client, requests := record(t, http.StatusOK, `{"ok":true,"entities":[{"index":0,"identifier":"x"}],"errors":[]}`)
	taken := 0
	entities := func(yield func(*port.Entity) bool) {
		for yield(&port.Entity{Identifier: "x"}) {
			taken++
		}
	}
	for range client.Entities.BulkCreate(t.Context(), "b", entities, port.CreateEntityOptions{}) {
		break
	}
	if len(requests.sent) != 1 || taken != 19 {
		t.Errorf("sent %d requests after taking %d entities more, want one with twenty", len(requests.sent), taken)
	}
}

func TestBulkRequestThatFailsWhole(t *testing.T) {
	t.Parallel()
	client, requests := record(t, http.StatusUnprocessableEntity, `{"ok":false,"error":"has_dependents","message":"No"}`)
	identifiers := slices.Values(slices.Repeat([]string{"a"}, 250))
	_, err := drain(client.Entities.BulkDelete(t.Context(), "b", identifiers, port.DeleteEntityOptions{}))
	want(t, err, port.ErrHasDependents)
	if len(requests.sent) != 1 || strings.Count(requests.sent[0].body, `"a"`) != 100 {
		t.Errorf("sent %d requests, want one with a hundred entities", len(requests.sent))
	}
}

func TestSearchBlueprintReadsPages(t *testing.T) {
	t.Parallel()
	pages := []string{
		`{"ok":true,"entities":[{"identifier":"a"},{"identifier":"b"}],"next":"2"}`,
		`{"ok":true,"entities":[],"next":"3"}`,
		`{"ok":true,"entities":[{"identifier":"c"}]}`,
	}
	query := json.RawMessage(`{"combinator":"or","rules":[{"value":1.10}]}`)

	t.Run("all", func(t *testing.T) {
		t.Parallel()
		client, requests := record(t, http.StatusOK, pages...)
		options := port.SearchBlueprintOptions{PageSize: 2, Include: []string{"p"}, Exclude: []string{"q"}}
		all, err := drain(client.Entities.SearchBlueprint(t.Context(), "b", query, options))
		want(t, err, nil)
		if len(all) != 3 || all[2].Identifier != "c" {
			t.Errorf("found %v, want a, b, c", all)
		}
		if got := len(requests.sent); got != 3 {
			t.Fatalf("sent %d requests, want 3", got)
		}
		expected := `{"query":{"combinator":"or","rules":[{"value":1.10}]},"limit":2,"from":"3","include":["p"],"exclude":["q"]}`
		if last := requests.sent[2]; last.line != "POST /v1/blueprints/b/entities/search" || last.body != expected {
			t.Errorf("sent %s %s, want %s", last.line, last.body, expected)
		}
	})
	t.Run("only what is asked for", func(t *testing.T) {
		t.Parallel()
		client, requests := record(t, http.StatusOK, pages...)
		for entity, err := range client.Entities.SearchBlueprint(t.Context(), "b", nil, port.SearchBlueprintOptions{}) {
			want(t, err, nil)
			if entity.Identifier == "b" {
				break
			}
		}
		if len(requests.sent) != 1 || requests.sent[0].body != "{}" {
			t.Errorf("sent %v, want one request with an empty body", requests.sent)
		}
	})
	t.Run("a server that never ends", func(t *testing.T) {
		t.Parallel()
		client, _ := record(t, http.StatusOK, pages[0])
		all, err := drain(client.Entities.SearchBlueprint(t.Context(), "b", nil, port.SearchBlueprintOptions{}))
		want(t, err, port.ErrMalformedAnswer)
		if len(all) != 2 {
			t.Errorf("found %d entities before the error, want 2", len(all))
		}
	})
}

func TestRenameOfAKeyWhoseAnswerWasLost(t *testing.T) {
	t.Parallel()
	renamed := `{"ok":true,"blueprint":{"identifier":"b","schema":{"properties":{"new":{"type":"string"}}}}}`
	both := `{"ok":true,"blueprint":{"identifier":"b","schema":{"properties":{"new":{"type":"string"},"old":{"type":"string"}}}}}`
	cases := map[string]struct {
		before *fault
		now    string
		is     error
	}{
		"it took effect":             {&fault{method: "PATCH", times: 1, act: resetBefore}, renamed, nil},
		"both keys exist":            {&fault{method: "PATCH", times: 1, act: resetBefore}, both, port.ErrNotFound},
		"there was no lost answer":   {&fault{method: "PATCH", times: 1, act: refuseConnection}, renamed, port.ErrNotFound},
		"a proxy answered for it":    {&fault{method: "PATCH", times: 1, act: status(504)}, renamed, nil},
		"the blueprint disappeared":  {&fault{method: "PATCH", times: 1, act: resetBefore}, `{"ok":false}`, port.ErrOutcomeUnknown},
		"the limit was reached once": {&fault{method: "PATCH", times: 1, act: status(429)}, renamed, port.ErrNotFound},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				fake := newFakePort()
				fake.faults = []*fault{
					c.before,
					{method: "PATCH", act: status(404)},
					{method: "GET", path: "/blueprints/b", act: answer(200, nil, c.now)},
				}
				_, err := fake.client(t).Blueprints.RenameProperty(t.Context(), "b", "old", "new")
				want(t, err, c.is)
			})
		})
	}
}
